//! Pages for someone who is signed in.

use domain::activity::Brake;
use web::pages::activity::{
    ActivityPage, Bar, Choice, DayRow, Dot, EventRow, Filters, MapPicture, Pictures, PlaceRow, Timeline, WaitBar,
    WaitRow,
};
use web::pages::checkup::Ring;
use web::pages::credentials::{PasswordPage, Strength};
use web::pages::frame::{Field, Frame, Sighting, Tone};
use web::pages::home::{Check, OverviewPage, Thing, Verdict, Way};
use web::pages::notifications::{InboxPage, NoticeRow, PreferenceRow, PreferencesPage, SmsBox};
use web::pages::phones::{NumberShown, PhonePage};
use web::pages::protections::{FreezePage, FreezeWordsPage};
use web::pages::sessions::{SessionRow, SessionsPage};
use web::pages::support::{Advice, HelpPage};

use crate::{Picture, at, at_home, customer, far_away, frozen_customer, picture, seen};

pub(crate) const ADA: &str = "ada@mail.example";

pub(crate) fn pages() -> Vec<Picture> {
    let mut all = overviews();
    all.extend(logs());
    all.extend(settings());
    all.extend(notices());
    all.extend(crate::factors::pages());
    all.extend(crate::changing::pages());
    all.extend(phones());
    all.push(crate::browsers::page());
    all.push(help());
    all
}

fn event(sequence: i64, tone: Tone, title: &str, detail: Option<&str>, seen: Sighting) -> EventRow {
    EventRow {
        sequence,
        tone,
        title: title.to_owned(),
        detail: detail.map(str::to_owned),
        told: sequence % 2 == 1,
        this_session: sequence == 9,
        seen,
    }
}

pub(crate) fn events() -> Vec<EventRow> {
    let phone = |clock| seen(clock, "Hamburg, Germany", "198.51.100.7", "Safari 19 on iPhone");
    vec![
        event(9, Tone::Plain, "Signed in", Some("On a device you have used before"), at_home("18:01:44")),
        event(8, Tone::Warn, "Sign-in refused: wrong password", Some("3 attempts"), far_away("17:40:02")),
        event(
            7,
            Tone::Plain,
            "Session ended",
            Some("By itself, after 30 minutes without use; time and place are where it was last seen"),
            phone("14:10:31"),
        ),
        event(6, Tone::Plain, "Signed in", Some("On a device you have used before"), phone("13:31:12")),
        event(5, Tone::Warn, "Your password was changed", Some("All other sessions were ended"), at_home("09:12:40")),
        event(
            4,
            Tone::Warn,
            "Signed in from a new device",
            Some("You opened the link we mailed you"),
            phone("08:55:00"),
        ),
        event(1, Tone::Plain, "Account opened", None, at_home("08:30:19")),
    ]
}

fn check(tone: Tone, title: &str, text: &str, action: Option<Way>) -> Check {
    Check { tone, title: title.to_owned(), text: text.to_owned(), action }
}

fn overview(frame: Frame, verdict: Verdict) -> OverviewPage {
    OverviewPage {
        frame,
        verdict,
        waits: Vec::new(),
        this_session: at_home("18:01:44"),
        sessions: 2,
        checks: vec![
            check(
                Tone::Good,
                "A password of its own",
                "Changed 12 days ago.",
                Some(Way::new("/settings/password", "Change")),
            ),
            check(
                Tone::Warn,
                "Freeze words on paper",
                "You have none yet. They stop your account even without your mailbox.",
                Some(Way::new("/settings/freeze-words", "Make them")),
            ),
            check(
                Tone::Good,
                "Nobody else signed in",
                "2 devices are signed in, both known to you.",
                Some(Way::new("/settings/security/sessions", "See them")),
            ),
            check(
                Tone::Good,
                "Told about everything important",
                "To ada@mail.example.",
                Some(Way::new("/settings/notices", "Choose")),
            ),
        ],
        ring: Ring::of(&[
            (Tone::Good, "A password of its own"),
            (Tone::Good, "Known browsers"),
            (Tone::Plain, "A mailbox for this alone"),
            (Tone::Warn, "A phone that is told"),
            (Tone::Alarm, "A second factor"),
        ]),
        latest: events().into_iter().take(4).collect(),
    }
}

fn verdict(tone: Tone, title: &str, text: &str) -> Verdict {
    Verdict { tone, title: title.to_owned(), text: text.to_owned(), things: Vec::new() }
}

fn overviews() -> Vec<Picture> {
    vec![
        picture(
            "overview",
            &overview(
                customer("overview"),
                verdict(Tone::Good, "Your account looks safe", "Nothing unusual in the last 30 days."),
            ),
        ),
        picture(
            "overview-look",
            &overview(
                customer("overview"),
                Verdict {
                    things: vec![Thing {
                        text: "Your phone was removed: 22 Nov 2026, 09:12:40 UTC".to_owned(),
                        way: Way::new("/settings/phone", "See your phone"),
                    }],
                    ..verdict(Tone::Warn, "Please look at one thing", "If that was not you, freeze your account.")
                },
            ),
        ),
        picture(
            "overview-frozen",
            &overview(
                frozen_customer("overview"),
                verdict(Tone::Alarm, "Your account is frozen", "You stopped it. Nothing that moves money works."),
            ),
        ),
    ]
}

fn logs() -> Vec<Picture> {
    let row = |id: &str, this_one, last_seen| SessionRow {
        id: id.to_owned(),
        this_one,
        last_seen,
        started: at("09:00:12"),
        proved_by: "Password, authenticator app and link from your mailbox".to_owned(),
    };
    let sessions =
        |sessions| SessionsPage { frame: customer("sessions"), sessions, idle_minutes: 30, absolute_hours: 12 };
    vec![
        picture(
            "activity",
            &ActivityPage {
                frame: customer("activity"),
                events: events(),
                newest: 9,
                newest_page: true,
                filtered: false,
                older: Some("/settings/security?before=1".to_owned()),
                kept_days: None,
                looked_back_to: None,
                pictures: Some(pictures()),
                filters: Some(filters("")),
                asked: String::new(),
            },
        ),
        picture(
            "activity-oldest",
            &ActivityPage {
                frame: customer("activity"),
                events: Vec::new(),
                newest: 0,
                newest_page: false,
                filtered: false,
                older: None,
                kept_days: None,
                looked_back_to: None,
                pictures: None,
                filters: None,
                asked: String::new(),
            },
        ),
        picture(
            "activity-filtered",
            &ActivityPage {
                frame: customer("activity"),
                events: Vec::new(),
                newest: 0,
                newest_page: true,
                filtered: true,
                older: Some("/settings/security?before=7001&place=JP".to_owned()),
                kept_days: None,
                looked_back_to: Some(at("09:12:40")),
                pictures: None,
                filters: Some(filters("JP")),
                asked: "?place=JP".to_owned(),
            },
        ),
        picture(
            "sessions",
            &sessions(vec![row("a", true, at_home("18:01:44")), row("b", false, far_away("17:58:03"))]),
        ),
        picture("sessions-one", &sessions(vec![row("a", true, at_home("18:01:44"))])),
    ]
}

fn pictures() -> Pictures {
    let dot = |x, y, radius, class, label: &str| Dot { x, y, radius, class, label: label.to_owned() };
    let place =
        |place: &str, signed_in, tried| PlaceRow { place: place.to_owned(), signed_in, tried, last: at("18:01:44") };
    let waited =
        |x, y, width, class| WaitBar { x, y, width, height: 8, class, label: "Unlocking your settings".to_owned() };
    let bar = |x, y, height, class| Bar { x, y, height, class, label: "22 Nov 2026: signed in 3 times".to_owned() };
    Pictures {
        map: MapPicture {
            title: "Map of the places you signed in from".to_owned(),
            description: "Hamburg, Germany: signed in 12 times; Japan: tried once, nobody got in.".to_owned(),
            dots: vec![
                dot(608, 122, 34, "in", "Hamburg, Germany: signed in 12 times"),
                dot(1018, 186, 13, "tried", "Japan"),
            ],
            places: vec![place("Hamburg, Germany", 12, 0), place("Japan", 0, 1)],
        },
        timeline: Timeline {
            title: "The last 90 days: sign-ins above the line, notices below it".to_owned(),
            description: "12 sign-ins on 9 days, 2 notices. The table below says the same day by day.".to_owned(),
            bars: vec![
                bar(401, 60, 50, "in"),
                bar(881, 10, 100, "in"),
                bar(881, 112, 30, "alarm"),
                bar(701, 112, 8, "warn"),
            ],
            height: 204,
            waits: vec![waited(601, 182, 68, "stopped"), waited(821, 182, 78, "waits"), waited(701, 193, 28, "done")],
            wait_rows: vec![WaitRow {
                what: "Unlocking your settings".to_owned(),
                asked: Some("14 Nov 2026".to_owned()),
                ended: "still waits".to_owned(),
            }],
            first: "25 Aug 2026".to_owned(),
            middle: "8 Oct 2026".to_owned(),
            last: "Today".to_owned(),
            days: vec![DayRow {
                day: "22 Nov 2026".to_owned(),
                signed_in: 3,
                notices: 1,
                worst: Some("A new browser asked to sign in"),
            }],
        },
        drawn_from: None,
        credit: None,
    }
}

fn filters(place: &str) -> Filters {
    Filters {
        kinds: vec![Choice::new("sign_in", "Signing in, and attempts", "")],
        browsers: vec![Choice::new("Firefox on Linux", "Firefox on Linux", "")],
        places: vec![Choice::new("DE", "Germany", place), Choice::new("JP", "Japan", place)],
        from: String::new(),
        until: String::new(),
    }
}

fn settings() -> Vec<Picture> {
    let password = |current, new, strength| PasswordPage {
        frame: customer("password"),
        email: ADA.to_owned(),
        age: "You changed it 12 days ago.".to_owned(),
        problem: None,
        current,
        password: new,
        characters_min: 15,
        second_factor: false,
        strength,
    };
    let words = |shown| FreezeWordsPage {
        frame: customer("freeze-words"),
        words: ["lantern", "copper", "unfold", "sparrow"].map(str::to_owned).to_vec(),
        shown,
    };
    let freeze = |frame, problem| FreezePage { frame, problem };
    vec![
        picture("password", &password(Field::empty(128), Field::empty(128), None)),
        picture(
            "password-wrong",
            &password(
                Field::empty(128).wrong("This is not your password."),
                Field::empty(128),
                Some(Strength {
                    good_enough: true,
                    level: 4,
                    verdict: "Good: hard to guess".to_owned(),
                    reasons: vec!["Nobody can guess it in a lifetime of trying.".to_owned()],
                }),
            ),
        ),
        picture("freeze", &freeze(customer("freeze"), None)),
        picture("freeze-unanswered", &freeze(customer("freeze"), Some("Please choose one answer.".to_owned()))),
        picture("freeze-again", &freeze(frozen_customer("freeze"), None)),
        picture("freeze-words-new", &words(true)),
        picture("freeze-words", &words(false)),
    ]
}

fn notice(id: &str, title: &str, text: &str, unread: bool) -> NoticeRow {
    NoticeRow {
        id: id.to_owned(),
        when: at("17:40:02"),
        reported: None,
        title: title.to_owned(),
        text: text.to_owned(),
        reference: format!("{id}-K7PMQ"),
        whence: "From Unknown place, 2001:db8::7348, Chrome 143 on Linux".to_owned(),
        unread,
        sent: "Also by e-mail to a…@mail.example, and by SMS to a number that ends in 67.".to_owned(),
        freeze: Some(Brake::NOT_ME.freeze),
    }
}

fn inbox(notices: Vec<NoticeRow>, unread: u64) -> InboxPage {
    InboxPage {
        frame: customer("notices"),
        newest: notices.first().map(|row| row.id.clone()).unwrap_or_default(),
        notices,
        unread,
        older: (unread > 0).then(|| "/notices?before=1".to_owned()),
    }
}

fn preference(code: &str, title: &str, critical: bool, mailed: bool) -> PreferenceRow {
    let sms = Some(SmsBox { on: critical, always: critical });
    PreferenceRow { code: code.to_owned(), title: title.to_owned(), mailed, critical, sms }
}

fn notices() -> Vec<Picture> {
    vec![
        picture(
            "notices",
            &inbox(
                vec![
                    notice(
                        "3",
                        "Someone tried to sign in",
                        "3 wrong passwords from an unknown place, Chrome 143 on Linux. They did not get in.",
                        true,
                    ),
                    notice(
                        "2",
                        "Your password was changed",
                        "On 22 Nov 2026, 09:12:40 UTC, in Hamburg, Germany, with Firefox 145 on Windows.",
                        true,
                    ),
                    notice(
                        "1",
                        "Signed in from a new device",
                        "On 22 Nov 2026, 08:55:00 UTC, in Hamburg, Germany, with Safari 19 on iPhone.",
                        false,
                    ),
                ],
                2,
            ),
        ),
        picture("notices-none", &inbox(Vec::new(), 0)),
        picture(
            "preferences",
            &PreferencesPage {
                frame: Frame { done: Some("Saved."), ..customer("preferences") },
                email: ADA.to_owned(),
                phone: None,
                rows: vec![
                    preference("session.new_device", "Signed in from a new device", true, true),
                    preference("credential.password_changed", "Your password was changed", true, true),
                    preference("account.frozen", "Your account was frozen", true, true),
                    preference("session.failed", "Someone tried to sign in", false, true),
                    preference("session.ended", "A session was ended", false, false),
                ],
            },
        ),
        picture(
            "preferences-with-phone",
            &PreferencesPage {
                frame: Frame { done: Some("Saved."), ..customer("preferences") },
                email: ADA.to_owned(),
                phone: Some("67".to_owned()),
                rows: vec![
                    preference("session.new_device", "Signed in from a new device", true, true),
                    preference("credential.password_changed", "Your password was changed", true, true),
                    preference("account.frozen", "Your account was frozen", true, true),
                    preference("session.failed", "Someone tried to sign in", false, true),
                    preference("session.ended", "A session was ended", false, false),
                ],
            },
        ),
    ]
}

fn help() -> Picture {
    let advice = |title: &str, text: &str| Advice { title: title.to_owned(), text: text.to_owned() };
    picture(
        "help",
        &HelpPage {
            frame: customer("help"),
            places: web::PlacesCredit {
                table_day: "2026-11-01",
                towns: "IP Geolocation by DB-IP".to_owned(),
                towns_url: "https://db-ip.com".to_owned(),
            },
            advice: vec![
                advice("A password of its own.", "Use it here and nowhere else, and let a password manager keep it."),
                advice(
                    "A mailbox of its own.",
                    "An address nobody knows cannot be attacked. Guard it with a second factor.",
                ),
                advice(
                    "A bookmark.",
                    "Come to us by your own bookmark, never by a link in a message or a search result.",
                ),
                advice(
                    "Nobody helps you by steering your screen.",
                    "Close any program that shows your screen to someone else before you sign in.",
                ),
                advice(
                    "Look now and then.",
                    "Your activity lists every sign-in. If you do not know one, freeze first.",
                ),
            ],
        },
    )
}

fn phone(frame: Frame) -> PhonePage {
    PhonePage {
        frame,
        problem: None,
        offered: true,
        replies: true,
        phone: None,
        last_sms: "",
        waiting: None,
        number: Field::empty(40),
        code: Field::empty(16),
    }
}

fn phones() -> Vec<Picture> {
    let number = |clock| Some(NumberShown { ending: "67".to_owned(), when: at(clock) });
    let confirmed =
        |frame| PhonePage { phone: number("09:14:02"), last_sms: "The last SMS to it arrived.", ..phone(frame) };
    let country = "We do not send SMS to numbers of this country. Nothing was changed.";
    vec![
        picture("phone-none", &phone(customer("phone"))),
        picture("phone-not-offered", &PhonePage { offered: false, ..phone(customer("phone")) }),
        picture(
            "phone-refused",
            &PhonePage { number: Field::typed("+1 876 210 1234", 40).wrong(country), ..phone(customer("phone")) },
        ),
        picture(
            "phone-waiting",
            &PhonePage {
                waiting: number("18:14:12"),
                code: Field::empty(16).wrong("This code is not right, or it is too old."),
                ..phone(customer("phone"))
            },
        ),
        picture("phone", &confirmed(customer("phone"))),
        picture("phone-frozen", &confirmed(frozen_customer("phone"))),
    ]
}
