//! Getting back in with passkeys: one as the second proof of a new password, and the account that only they open.

use domain::approvals::Given;
use domain::credentials::{self, ResetShown};
use domain::protections::{self, Carried, FreezeCause, Method, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::passkeys::Started;
use domain::sessions::{self, SignInOutcome};
use domain::{SecretText, Span};
use testkit::authenticator::{Browser, Passkey};
use testkit::{Person, World, act_link, both, refusal};

use super::passkeys::{approve, enter, register, start_sign_in, with_key};

const NEW: &str = "a fresh set of words 58 willow";

/// A reset link, and the secret of the browser that asked for it.
fn asked(world: &World, person: &Person) -> (SecretText, SecretText) {
    let actor = person.visitor();
    let ask = credentials::ask_reset(&world.app, &actor, &person.email, &person.devices);
    let browser = world.wait(ask).expect("a letter is on its way");
    world.settle();
    (browser, act_link(&world.post.newest_to(&person.email)))
}

fn shown(world: &World, (browser, link): (&SecretText, &SecretText)) -> ResetShown {
    let (browser, link) = (browser.clone(), link.clone());
    world.app.view(move |view| credentials::reset_shown(view, &link, Some(&browser))).wait().expect("it is shown")
}

fn start(world: &World, person: &Person, (browser, link): (&SecretText, &SecretText)) -> Result<Started, Stop> {
    let (browser, link) = (browser.clone(), link.clone());
    let start = move |change: &mut domain::Change<'_>| credentials::start_reset_passkey(change, &link, Some(&browser));
    world.app.change(&person.visitor(), start).wait()
}

fn reset(
    world: &World,
    person: &Person,
    (browser, link): (&SecretText, &SecretText),
    second: Option<Given>,
) -> Result<(), Stop> {
    let by = (link, Some(browser));
    world.wait(credentials::reset(&world.app, &person.visitor(), by, NEW, second)).map(drop)
}

fn lost_by_mailbox(world: &World, person: &Person) -> Carried {
    let (browser, link) = asked(world, person);
    let lose = move |change: &mut domain::Change<'_>| credentials::lose_factors_by_link(change, &link, Some(&browser));
    let (_, carried) = world.app.change(&person.visitor(), lose).wait().expect("it waits");
    world.settle();
    carried
}

/// The answer of an honest browser.
fn answered(key: &mut Passkey, question: &Started) -> Given {
    Given::Passkey(key.answer(&question.options, &Browser::default()))
}

both! {
    fn mailbox_and_passkey_set_a_new_password_and_one_of_them_alone_does_not(world: World) {
        let (mut mira, session, mut key) = with_key(&world, "mira", 7);
        let (browser, link) = asked(&world, &mira);
        let here = (&browser, &link);
        assert_eq!(shown(&world, here).second, [Method::Passkey]);
        assert_eq!(refusal(reset(&world, &mira, here, None)), Refusal::ProofMissing);
        let question = start(&world, &mira, here).unwrap();
        assert_eq!(question.options["allowCredentials"][0]["id"], key.id());
        assert_eq!(question.options["userVerification"], "required");
        reset(&world, &mira, here, Some(answered(&mut key, &question))).unwrap();
        assert!(!world.signed_in(&session.secret), "every session ended");
        mira.password = NEW.into();
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::SecondStep { .. }));
        world.settle();
        assert!(world.post.letters().iter().any(|letter| letter.subject == "Your password was reset"));
    }

    fn the_answer_is_for_one_link_of_one_account_once(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let (tom, _, mut toms_key) = with_key(&world, "tom", 9);
        let (first_browser, first) = asked(&world, &mira);
        let (browser, link) = asked(&world, &mira);
        let (toms_browser, toms) = asked(&world, &tom);
        let here = (&browser, &link);
        let refused = |given: Option<Given>| refusal(reset(&world, &mira, here, given));
        // To another question: signing in, the other link, another account's link.
        let question = start_sign_in(&world);
        assert_eq!(refused(Some(answered(&mut key, &question))), Refusal::CeremonyOver);
        let question = start(&world, &mira, (&first_browser, &first)).unwrap();
        assert_eq!(refused(Some(answered(&mut key, &question))), Refusal::CeremonyOver);
        let question = start(&world, &tom, (&toms_browser, &toms)).unwrap();
        assert_eq!(refused(Some(answered(&mut toms_key, &question))), Refusal::CeremonyOver);
        // By another passkey, for another site, and too late.
        let question = start(&world, &mira, here).unwrap();
        assert_eq!(refused(Some(answered(&mut toms_key, &question))), Refusal::PasskeyUnknown);
        let question = start(&world, &mira, here).unwrap();
        let elsewhere = Browser { origin: "https://evil.example".into(), ..Browser::default() };
        assert_eq!(refused(Some(Given::Passkey(key.answer(&question.options, &elsewhere)))), Refusal::PasskeyWrong);
        let question = start(&world, &mira, here).unwrap();
        world.clock.advance(Span::from_mins(5));
        assert_eq!(refused(Some(answered(&mut key, &question))), Refusal::CeremonyOver);
        // Nor does it sign in, or come from another browser.
        let question = start(&world, &mira, here).unwrap();
        let Given::Passkey(answer) = answered(&mut key, &question) else { unreachable!("a passkey answers so") };
        let visitor = mira.visitor();
        let tried = sessions::sign_in_by_passkey(&world.app, &visitor, (&[], None), &answer);
        assert_eq!(refusal(world.wait(tried)), Refusal::CeremonyOver);
        assert_eq!(refusal(start(&world, &mira.thief(), (&toms_browser, &link))), Refusal::LinkForOtherBrowser);
        let question = start(&world, &mira, here).unwrap();
        let given = Some(answered(&mut key, &question));
        reset(&world, &mira, here, given.clone()).unwrap();
        assert_eq!(refused(given), Refusal::LinkSpent);
    }

    fn of_fifty_resets_by_one_answer_one_sets_its_password(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let (browser, link) = asked(&world, &mira);
        let question = start(&world, &mira, (&browser, &link)).unwrap();
        let given = Some(answered(&mut key, &question));
        let done = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..50).map(|_| {
                let given = given.clone();
                let (world, mira, browser, link) = (&world, &mira, &browser, &link);
                scope.spawn(move || reset(world, mira, (browser, link), given).is_ok())
            }).collect();
            tries.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
        });
        assert_eq!(done, 1);
    }

    fn a_poor_password_uses_no_answer_up(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let (browser, link) = asked(&world, &mira);
        let question = start(&world, &mira, (&browser, &link)).unwrap();
        let given = Some(answered(&mut key, &question));
        let by = (&link, Some(&browser));
        let poor = world.wait(credentials::reset(&world.app, &mira.visitor(), by, "twelve12", given.clone()));
        assert!(matches!(refusal(poor), Refusal::PasswordUnfit(_)));
        reset(&world, &mira, (&browser, &link), given).unwrap();
    }

    fn with_passkeys_alone_no_way_in_is_weaker_but_the_seven_days(world: World) {
        let (mut mira, mut session, mut key) = with_key(&world, "mira", 7);
        let codes = recovery_codes(&world, (&mira, &mut session), &mut key);
        // Half way in by the password, before it was switched off.
        let SignInOutcome::SecondStep { secret, .. } = world.try_sign_in(&mira).unwrap() else { panic!("no second step") };
        approve(&world, (&mira, &mut session), Sensitive::PasskeyOnly, Some(&mut key)).unwrap();
        let lose = world.app.change(&mira.visitor(), {
            let secret = secret.clone();
            move |change| sessions::lose_factors(change, &secret)
        });
        assert_eq!(refusal(lose.wait()), Refusal::SignInOver, "what the password began is over");
        let code = Given::RecoveryCode(codes[0].clone());
        assert_eq!(refusal(world.second_step(&mira, &secret, &code)), Refusal::SignInOver);
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::PasskeyOnly);
        // The mailbox resets nothing, with whatever beside it.
        let (browser, link) = asked(&world, &mira);
        let here = (&browser, &link);
        assert!(shown(&world, here).passkey_only);
        for second in [None, Some(code)] {
            assert_eq!(refusal(reset(&world, &mira, here, second)), Refusal::PasskeyOnly);
        }
        assert_eq!(refusal(start(&world, &mira, here)), Refusal::PasskeyOnly);
        // A thief with mailbox and password says that all is lost; the owner reads of it and stops it.
        let eve = mira.thief();
        assert!(matches!(lost_by_mailbox(&world, &eve), Carried::Waits(_)));
        let stop = act_link(&world.post.newest_to(&mira.email));
        world.app.change(&mira.visitor(), move |change| protections::cancel_by_link(change, &stop)).wait().unwrap();
        world.clock.advance(Span::from_hours(8 * 24));
        world.settle();
        assert_eq!(refusal(world.try_sign_in(&eve)), Refusal::PasskeyOnly);
        enter(&world, &mira, &mut key).unwrap();
        // The owner who did lose all waits seven days, frozen or not, and then has password and mailbox.
        assert!(matches!(lost_by_mailbox(&world, &mira), Carried::Waits(_)));
        let account = session.account;
        world.app.change(&mira.visitor(), move |change| protections::freeze(change, account, FreezeCause::Link)).wait().unwrap();
        world.clock.advance(Span::from_hours(7 * 24) - Span::from_mins(1));
        world.settle();
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::PasskeyOnly);
        world.clock.advance(Span::from_mins(1));
        world.settle();
        assert_eq!(refusal(enter(&world, &mira, &mut key)), Refusal::PasskeyUnknown);
        let (browser, link) = asked(&world, &mira);
        reset(&world, &mira, (&browser, &link), None).unwrap();
        mira.password = NEW.into();
        let session = world.sign_in(&mut mira);
        assert!(world.signed_in(&session.secret));
    }

    fn with_two_passkeys_alone_a_lost_one_is_no_matter(world: World) {
        let (mira, mut session, mut key) = with_key(&world, "mira", 7);
        let mut other = Passkey::synced(8);
        register(&world, (&mira, &mut session), &mut other, Some(&mut key));
        approve(&world, (&mira, &mut session), Sensitive::PasskeyOnly, Some(&mut key)).unwrap();
        enter(&world, &mira.thief(), &mut other).unwrap();
    }
}

/// Recovery codes, proved for by a passkey.
fn recovery_codes(world: &World, who: (&Person, &mut domain::sessions::NewSession), key: &mut Passkey) -> Vec<String> {
    match approve(world, who, Sensitive::RenewRecoveryCodes, Some(key)).expect("proved") {
        Carried::Out(protections::Effect::Codes(codes)) => codes,
        other => panic!("no codes: {other:?}"),
    }
}
