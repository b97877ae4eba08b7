//! Pages for someone who is not signed in.

use domain::activity::Brake;
use domain::refusal::Refusal;
use web::answers::Problem;
use web::pages::accounts::{CheckMailPage, ConfirmEmailPage, ConfirmPage, SignUpPage, UndoEmailPage};
use web::pages::credentials::{ForgotPage, ForgotSentPage, ResetPage, Strength};
use web::pages::demo::{Arrived, AuthenticatorPage, MailboxPage, ShownCode, pieces};
use web::pages::frame::{Field, Frame};
use web::pages::home::LandingPage;
use web::pages::protections::{FrozenPage, NotMePage, StopPage};
use web::pages::sessions::{DeviceLinkPage, SecondStepPage, SignInPage, SmsShown, WaitingPage};
use web::pages::support::RecoverPage;
use web::pages::trouble::TroublePage;

use crate::customers::events;
use crate::{Picture, at, at_home, far_away, picture, seen, stranger};

const ADA: &str = "ada@mail.example";

pub(crate) fn pages() -> Vec<Picture> {
    let mut all = accounts();
    all.extend(signing_in());
    all.extend(proving());
    all.extend(back_in());
    all.extend(stopping());
    all.extend(trouble());
    all.extend(demo());
    all
}

fn accounts() -> Vec<Picture> {
    let confirm = |same_browser, problem| ConfirmPage {
        frame: stranger(""),
        email: ADA.to_owned(),
        asked: at_home("18:01:00"),
        same_browser,
        until: at("18:01:00"),
        action: "/l/0".to_owned(),
        problem,
    };
    vec![
        picture("landing", &LandingPage { frame: stranger("") }),
        picture(
            "sign-up",
            &SignUpPage {
                frame: stranger("sign-up"),
                problem: None,
                email: Field::empty(254),
                password: Field::empty(128),
                characters_min: 15,
                strength: None,
            },
        ),
        picture(
            "sign-up-wrong",
            &SignUpPage {
                frame: stranger("sign-up"),
                problem: None,
                email: Field::typed("ada@mail", 254).wrong(
                    "This is not a whole e-mail address. It needs a name, an @ and a place, as in you@mail.example.",
                ),
                password: Field::empty(128).wrong("This password is too short: 11 of at least 15 characters."),
                characters_min: 15,
                strength: Some(Strength {
                    good_enough: false,
                    level: 1,
                    verdict: "Too easy to guess".to_owned(),
                    reasons: vec![
                        "It has 11 characters; it needs at least 15.".to_owned(),
                        "It contains a part of your e-mail address.".to_owned(),
                    ],
                }),
            },
        ),
        picture("check-mail", &CheckMailPage { frame: stranger("sign-up"), email: ADA.to_owned(), hours: 24 }),
        picture("confirm", &confirm(true, None)),
        picture("confirm-unanswered", &confirm(true, Some("Please choose one answer.".to_owned()))),
        picture("confirm-elsewhere", &confirm(false, None)),
    ]
}

fn signing_in() -> Vec<Picture> {
    let link = |same_browser, grantable, let_in, frozen| DeviceLinkPage {
        frame: stranger(""),
        email: ADA.to_owned(),
        attempt: far_away("18:03:20"),
        unusual: None,
        same_browser,
        grantable,
        let_in,
        frozen,
        until: at("18:18:20"),
        action: "/l/0".to_owned(),
        problem: None,
    };
    let sign_in = |problem, email| SignInPage {
        frame: stranger("sign-in"),
        problem,
        email,
        password: Field::empty(128),
        next: String::new(),
        relying_party: Some("harbour.exchange.example".to_owned()),
        passkey_unknown: false,
    };
    vec![
        picture("sign-in", &sign_in(None, Field::empty(254))),
        picture(
            "sign-in-wrong",
            &sign_in(
                Some("The e-mail address or the password is wrong. Nobody was signed in.".to_owned()),
                Field::typed(ADA, 254),
            ),
        ),
        picture(
            "waiting",
            &WaitingPage {
                frame: stranger("sign-in"),
                email: ADA.to_owned(),
                unusual: None,
                attempt: at_home("18:03:20"),
                until: at("18:18:20"),
            },
        ),
        picture(
            "waiting-unusual",
            &WaitingPage {
                frame: stranger("sign-in"),
                email: ADA.to_owned(),
                unusual: Some("You are asking from Lisbon, Portugal, a country from which nobody has signed in to this account lately.".to_owned()),
                attempt: seen("18:03:20", "Lisbon, Portugal", "192.0.2.51", "Firefox 145 on Windows"),
                until: at("18:18:20"),
            },
        ),
        picture(
            "device-link-unusual",
            &DeviceLinkPage {
                attempt: seen("18:03:20", "São Paulo, Brazil", "192.0.2.55", "Firefox 145 on Windows"),
                unusual: Some("It came from São Paulo, Brazil, 2 hours after this account was used in Hamburg, Germany, about 10,000 km away. Nobody travels that fast.".to_owned()),
                ..link(true, true, None, false)
            },
        ),
        picture("device-link", &link(true, true, None, false)),
        picture("device-link-elsewhere", &link(false, false, None, false)),
        picture("device-link-late", &link(true, false, None, false)),
        picture("device-link-let-in", &link(false, false, Some(true), false)),
        picture("device-link-refused", &link(false, false, Some(false), true)),
    ]
}

fn proving() -> Vec<Picture> {
    let second_step = |by_app, code| SecondStepPage {
        frame: stranger("sign-in"),
        problem: None,
        by_passkey: by_app,
        by_app,
        by_recovery_code: true,
        by_sms: None,
        sms_code: Field::empty(64),
        code,
        recovery_code: Field::empty(64),
        until: at("18:18:20"),
        next: "/home".to_owned(),
    };
    let by_sms = |until, sms_code| SecondStepPage {
        by_sms: Some(SmsShown { ending: "67".to_owned(), until }),
        sms_code,
        ..second_step(false, Field::empty(64))
    };
    let wrong_sms = || Field::empty(64).wrong("This code is not right, or it is too old.");
    vec![
        picture("second-step", &second_step(true, Field::empty(64))),
        picture("second-step-codes", &second_step(false, Field::empty(64))),
        picture("second-step-wrong", &second_step(true, Field::empty(64).wrong("This code is not right."))),
        picture("second-step-sms", &by_sms(None, Field::empty(64))),
        picture("second-step-sms-sent", &by_sms(Some(at("18:13:20")), Field::empty(64))),
        picture("second-step-sms-wrong", &by_sms(Some(at("18:13:20")), wrong_sms())),
    ]
}

fn back_in() -> Vec<Picture> {
    let reset = |same_browser, second, passkey_only| ResetPage {
        frame: stranger(""),
        email: ADA.to_owned(),
        same_browser,
        frozen: passkey_only,
        passkey_only,
        by_app: second,
        by_recovery_code: second,
        by_passkey: false,
        lost_days: 7,
        problem: None,
        password: Field::empty(1024),
        code: Field::empty(100),
        characters_min: 15,
        strength: None,
        until: at("18:33:20"),
        action: "/l/0".to_owned(),
    };
    let confirm_email = |same_browser| ConfirmEmailPage {
        frame: stranger(""),
        new: "ada@other.example".to_owned(),
        same_browser,
        until: at("18:03:20"),
        action: "/l/0".to_owned(),
        problem: None,
    };
    let wrong = ResetPage { code: Field::empty(100).wrong("This code is not right."), ..reset(true, true, false) };
    let email = Field::typed("ada@mail", 254).wrong("This does not look like an e-mail address.");
    vec![
        picture(
            "recover",
            &RecoverPage {
                frame: stranger("sign-in"),
                lost_days: 7,
                thaw_hours: 24,
                thaw_slow_days: 7,
                undo_hours: 72,
            },
        ),
        picture("confirm-email", &confirm_email(true)),
        picture("confirm-email-elsewhere", &confirm_email(false)),
        picture(
            "undo-email",
            &UndoEmailPage {
                frame: stranger(""),
                old: ADA.to_owned(),
                new: "ada@other.example".to_owned(),
                done: at("18:03:20"),
                until: at("18:03:20"),
                or_freeze: true,
                action: "/l/0".to_owned(),
                problem: Some("Please choose one answer. Nothing was changed.".to_owned()),
            },
        ),
        picture("forgot", &ForgotPage { frame: stranger("sign-in"), problem: None, email: Field::empty(254) }),
        picture("forgot-wrong", &ForgotPage { frame: stranger("sign-in"), problem: None, email }),
        picture("forgot-sent", &ForgotSentPage { frame: stranger("sign-in"), email: ADA.to_owned(), minutes: 30 }),
        picture("reset", &reset(true, false, false)),
        picture("reset-second-proof", &reset(true, true, false)),
        picture("reset-wrong-code", &wrong),
        picture("reset-passkey-alone", &ResetPage { by_passkey: true, ..reset(true, false, false) }),
        picture("reset-passkeys", &reset(true, false, true)),
        picture("reset-by-passkey", &ResetPage { by_passkey: true, ..reset(true, false, false) }),
        picture("reset-by-either", &ResetPage { by_passkey: true, ..reset(true, true, false) }),
        picture("reset-elsewhere", &reset(false, false, false)),
    ]
}

fn stopping() -> Vec<Picture> {
    let not_me = |already_frozen, event| NotMePage {
        frame: stranger(""),
        event,
        brake: Brake::NOT_ME,
        made: at("18:03:20"),
        already_frozen,
        thaw: None,
        action: "/l/0".to_owned(),
        until: at("18:03:20"),
        problem: None,
    };
    let stop = |problem, email| StopPage { frame: stranger("stop"), problem, email, words: Field::empty(120) };
    vec![
        picture("not-me", &not_me(false, events().into_iter().next())),
        picture("not-me-old", &not_me(false, None)),
        picture("not-me-again", &not_me(true, events().into_iter().nth(1))),
        picture(
            "not-me-thaw",
            &NotMePage { thaw: Some(crate::changing::thaw_that_waits()), ..not_me(true, events().into_iter().nth(1)) },
        ),
        picture("stop", &stop(None, Field::empty(254))),
        picture(
            "stop-wrong",
            &stop(
                Some("This address and these words do not belong together. Nothing was frozen.".to_owned()),
                Field::typed(ADA, 254),
            ),
        ),
        picture(
            "frozen",
            &FrozenPage {
                frame: stranger(""),
                since: Some(at("18:04:12")),
                sessions_ended: Some(2),
                case_number: Some("K7Q2-94MX".to_owned()),
                by_words: true,
                waits: vec![crate::changing::thaw_that_waits()],
                undo: Some(("/l/0".to_owned(), "ada@other.example".to_owned())),
            },
        ),
    ]
}

fn trouble() -> Vec<Picture> {
    let refused = |refusal: &Refusal| Problem::refusal(refusal);
    let page = |problem: &Problem, seconds: Option<u64>| {
        TroublePage::new(stranger(""), problem, seconds.map(|seconds| (seconds, at("18:04:12"))))
    };
    vec![
        picture("trouble-not-found", &page(&Problem::not_found(), None)),
        picture("trouble-link", &page(&refused(&Refusal::LinkSpent), None)),
        picture("trouble-refused", &page(&refused(&Refusal::AccountFrozen), None)),
        picture("trouble-busy", &page(&refused(&Refusal::Busy), Some(5))),
        picture("trouble-later", &page(&refused(&Refusal::Busy), Some(86_400))),
        picture("trouble-done", &page(&refused(&Refusal::ApprovalDone), None)),
        picture("trouble-fault", &page(&Problem::fault("for the gallery"), None)),
    ]
}

fn demo() -> Vec<Picture> {
    let frame = || Frame { demo: true, ..stranger("") };
    let sms = Arrived {
        id: 1,
        from: "+447400000000".to_owned(),
        to: "+447400123456".to_owned(),
        subject: "SMS".to_owned(),
        when: at("18:03:21"),
        pieces: pieces("Harbour: A new browser asked to sign in. 22 Nov, 18:03 UTC. Not you? Reply FREEZE."),
        html: None,
        reply: Some("/demo/mailbox/sms/1/freeze".to_owned()),
    };
    let authenticator = |codes, problem| AuthenticatorPage { frame: frame(), codes, seconds_left: 17, problem };
    let code = |label: &str| ShownCode { label: label.to_owned(), code: "123 456".to_owned() };
    vec![
        picture("demo-authenticator", &authenticator(vec![code("noor@example.com"), code("My phone")], None)),
        picture("demo-authenticator-empty", &authenticator(Vec::new(), Some("This is not a key.".to_owned()))),
        picture(
            "demo-mailbox",
            &MailboxPage {
                seen: 2,
                frame: frame(),
                messages: vec![
                    sms,
                    Arrived {
                        id: 1,
                        from: "notices@harbour.exchange.example".to_owned(),
                        to: ADA.to_owned(),
                        subject: "Is this you signing in?".to_owned(),
                        when: at("18:03:20"),
                        pieces: pieces(
                            "Someone who knows your password wants to sign in.\n\nIf this is you, open this link in the same browser:\nhttp://localhost:8080/l/7HPX2VQ4M6\n\nIt works for 15 minutes.",
                        ),
                        html: Some("/demo/mailbox/1/html".to_owned()),
                        reply: None,
                    },
                ],
            },
        ),
    ]
}
