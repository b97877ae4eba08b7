//! Signing in with a second factor.

use domain::SecretText;
use domain::Span;
use domain::approvals::Given;
use domain::protections::Method;
use domain::refusal::Refusal;
use domain::sessions::{self, NewSession, SignInOutcome};
use testkit::{Person, World, act_link, both, refusal};

fn with_app(world: &World, name: &str) -> (Person, NewSession) {
    let mut person = world.customer(name);
    let mut session = world.sign_in(&mut person);
    world.add_app(&mut person, &mut session);
    (person, session)
}

/// The first step: the right password.
fn begin(world: &World, person: &Person) -> SecretText {
    match world.try_sign_in(person).expect("the right password") {
        SignInOutcome::SecondStep { secret, .. } => secret,
        other => panic!("no second step: {other:?}"),
    }
}

fn code(text: impl Into<String>) -> Given {
    Given::Code(text.into())
}

fn wrong_code(world: &World, person: &Person) -> Given {
    let right = person.app.as_ref().expect("an app").code_at(world.app.clock().now());
    code(if right == "000000" { "000001" } else { "000000" })
}

fn count(world: &World, subject: &str) -> usize {
    world.settle();
    world.post.letters().iter().filter(|letter| letter.subject == subject).count()
}

const UNPROVED: &str = "Your password was given without your second proof";
const WAITING: &str = "A new browser asked to sign in";

both! {
    fn on_a_known_device_the_password_and_a_code_sign_in(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let SignInOutcome::SecondStep { secret, methods } = world.try_sign_in(&mira).unwrap() else { panic!("no second step") };
        assert_eq!(methods, [Method::App]);
        assert_eq!(refusal(world.second_step(&mira, &secret, &wrong_code(&world, &mira))), Refusal::WrongCode);
        let SignInOutcome::In(new) = world.second_step(&mira, &secret, &code(world.code(&mira))).unwrap() else { panic!("not in") };
        assert!(world.signed_in(&new.secret));
        // What waited is over, and a second code opens nothing more with it.
        assert_eq!(refusal(world.second_step(&mira, &secret, &code(world.code(&mira)))), Refusal::SignInOver);
        world.clock.advance(Span::from_hours(1));
        assert_eq!(count(&world, UNPROVED), 0);
        let log = world.log(session.account);
        assert_eq!(log.iter().filter(|line| line.contains("sign_in.done")).count(), 2, "{log:?}");
    }

    fn from_an_unknown_browser_the_letter_goes_out_after_both_proofs(world: World) {
        let (mut mira, _) = with_app(&world, "mira");
        let before = count(&world, WAITING);
        let mut elsewhere = mira.thief();
        let secret = begin(&world, &elsewhere);
        assert_eq!(count(&world, WAITING), before, "a letter before the code");
        assert_eq!(refusal(world.second_step(&elsewhere, &secret, &wrong_code(&world, &mira))), Refusal::WrongCode);
        assert_eq!(count(&world, WAITING), before, "a letter after a wrong code");
        let outcome = world.second_step(&elsewhere, &secret, &code(world.code(&mira))).unwrap();
        let SignInOutcome::Waiting(pending) = outcome else { panic!("in without the mailbox") };
        assert_eq!(count(&world, WAITING), before + 1);
        let link = act_link(&world.post.newest_to(&mira.email));
        let confirm = world.app.change(&elsewhere.visitor(), move |change| sessions::confirm_device(change, &link, Some(&pending)));
        let new = confirm.wait().unwrap();
        assert!(world.signed_in(&new.secret));
        elsewhere.devices.extend(new.device);
        // Known by now: password and code are enough there.
        let secret = begin(&world, &elsewhere);
        assert!(matches!(world.second_step(&elsewhere, &secret, &code(world.code(&mira))).unwrap(), SignInOutcome::In(_)));
        world.sign_in(&mut mira);
    }

    fn half_signed_in_opens_nothing(world: World) {
        let (mira, _) = with_app(&world, "mira");
        let secret = begin(&world, &mira);
        assert!(!world.signed_in(&secret), "the secret of a second step opened a session");
        let looked = secret.clone();
        let step = world.app.view(move |view| sessions::second_step(view, &looked)).wait().unwrap();
        assert_eq!(step.methods, [Method::App]);
        let stranger = SecretText::presented("A".repeat(43));
        let looked = world.app.view(move |view| sessions::second_step(view, &stranger)).wait();
        assert_eq!(refusal(looked), Refusal::SignInOver);
        let stranger = SecretText::presented("A".repeat(43));
        let code = code(world.code(&mira));
        assert_eq!(refusal(world.second_step(&mira, &stranger, &code)), Refusal::SignInOver);
        // The code was not used up by it.
        assert!(matches!(world.second_step(&mira, &secret, &code).unwrap(), SignInOutcome::In(_)));
    }

    fn a_second_step_is_over_after_a_quarter_of_an_hour_and_told(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (here, elsewhere) = (begin(&world, &mira), begin(&world, &mira.thief()));
        world.clock.advance(Span::from_mins(15));
        for secret in [&here, &elsewhere] {
            assert_eq!(refusal(world.second_step(&mira, secret, &code(world.code(&mira)))), Refusal::SignInOver);
        }
        // A thief with the password and no more: told by letter. On a known device it is in the inbox.
        assert_eq!(count(&world, UNPROVED), 1);
        world.settle();
        assert_eq!(count(&world, UNPROVED), 1, "told twice");
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("sign_in.unproved")).count(), 2);
    }

    fn whoever_begins_again_on_a_known_device_is_told_of_nothing(world: World) {
        let (mut mira, session) = with_app(&world, "mira");
        begin(&world, &mira);
        world.sign_in(&mut mira);
        world.clock.advance(Span::from_mins(15));
        world.settle();
        assert!(!world.log(session.account).iter().any(|line| line.contains("sign_in.unproved")));
    }

    fn a_change_of_credentials_ends_every_second_step(world: World) {
        let (mut mira, mut session) = with_app(&world, "mira");
        let secret = begin(&world, &mira);
        let old_phone = mira.clone();
        world.add_app(&mut mira, &mut session);
        assert_eq!(refusal(world.second_step(&mira, &secret, &code(world.code(&old_phone)))), Refusal::SignInOver);
    }

    fn a_thief_with_the_password_blocks_no_known_device(world: World) {
        let (mira, _) = with_app(&world, "mira");
        let eve = mira.thief();
        let secret = begin(&world, &eve);
        for _ in 0..5 {
            assert_eq!(refusal(world.second_step(&eve, &secret, &wrong_code(&world, &mira))), Refusal::WrongCode);
        }
        let again = begin(&world, &eve);
        for secret in [&secret, &again] {
            let tried = world.second_step(&eve, secret, &code(world.code(&mira)));
            assert!(matches!(refusal(tried), Refusal::TooManyTries { .. }), "another beginning, another five guesses");
        }
        let here = begin(&world, &mira);
        assert!(matches!(world.second_step(&mira, &here, &code(world.code(&mira))).unwrap(), SignInOutcome::In(_)));
        assert_eq!(count(&world, "Somebody gave a wrong code"), 1);
    }

    fn a_recovery_code_takes_the_place_of_the_app(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let codes = world.recovery_codes(&mira, &session);
        let SignInOutcome::SecondStep { secret, methods } = world.try_sign_in(&mira).unwrap() else { panic!("no second step") };
        assert_eq!(methods, [Method::App, Method::RecoveryCode]);
        let given = Given::RecoveryCode(codes[0].clone());
        assert!(matches!(world.second_step(&mira, &secret, &given).unwrap(), SignInOutcome::In(_)));
        let secret = begin(&world, &mira);
        assert_eq!(refusal(world.second_step(&mira, &secret, &given)), Refusal::WrongCode, "used twice");
    }

    fn a_session_says_what_its_sign_in_was_proved_by(world: World) {
        let (mut mira, session) = with_app(&world, "mira");
        let codes = world.recovery_codes(&mira, &session);
        let secret = begin(&world, &mira);
        world.second_step(&mira, &secret, &Given::RecoveryCode(codes[0].clone())).unwrap();
        mira.devices.clear();
        world.sign_in(&mut mira);
        let live = world.app.view(move |view| sessions::list(view, session.account)).wait().unwrap();
        let words: Vec<String> = live.iter().rev().map(sessions::Session::proved_in_words).collect();
        assert_eq!(words, [
            "Password and link from your mailbox",
            "Password and recovery code",
            "Password, authenticator app and link from your mailbox",
        ]);
    }

    fn recovery_codes_alone_ask_for_no_second_step(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.recovery_codes(&mira, &session);
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::In(_)));
    }

    fn a_browser_that_was_forgotten_meanwhile_needs_the_mailbox(world: World) {
        let (mut mira, session) = with_app(&world, "mira");
        let mut elsewhere = mira.thief();
        let there = world.sign_in(&mut elsewhere);
        let secret = begin(&world, &elsewhere);
        // The owner ends the session there, which forgets the browser.
        let (account, ended) = (there.account, there.session);
        let by = domain::activity::EndedBy::OtherDevice;
        world.app.change(&mira.in_session(&session), move |change| sessions::end(change, account, ended, by)).wait().unwrap();
        let outcome = world.second_step(&elsewhere, &secret, &code(world.code(&mira))).unwrap();
        assert!(matches!(outcome, SignInOutcome::Waiting(_)), "in, though the browser was forgotten");
        world.sign_in(&mut mira);
    }

    fn of_fifty_right_codes_at_once_one_signs_in(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (secret, given) = (begin(&world, &mira), code(world.code(&mira)));
        let tries: Vec<_> = (0..50).map(|_| {
            let (app, actor, secret, given) = (world.app.clone(), mira.visitor(), secret.clone(), given.clone());
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(sessions::prove_factor(&app, &actor, &secret, &given))
            })
        }).collect();
        let signed_in = tries.into_iter().filter_map(|tried| tried.join().unwrap().ok()).count();
        assert_eq!(signed_in, 1);
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("sign_in.done")).count(), 2);
    }
}
