//! Authenticator apps and recovery codes: setting up, proving, and everything that tries it another way.

use domain::approvals::Given;
use domain::ids::{AccountId, FactorId};
use domain::protections::{Carried, Effect, Method, Proof, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::{self, Seed};
use domain::sessions::NewSession;
use domain::{Answer, Span};
use testkit::{Person, World, both, refusal};

/// A customer who is signed in and has an app.
fn with_app(world: &World, name: &str) -> (Person, NewSession) {
    let mut person = world.customer(name);
    let mut session = world.sign_in(&mut person);
    world.add_app(&mut person, &mut session);
    (person, session)
}

/// An app that is offered and not confirmed.
fn offered(world: &World, person: &Person, session: &NewSession) -> FactorId {
    match world.approve(person, session, Sensitive::AddApp).expect("right proofs") {
        Carried::Out(Effect::SetUpApp(factor)) => factor,
        other => panic!("no app was offered: {other:?}"),
    }
}

fn verify(world: &World, person: &Person, session: &NewSession, given: &Given) -> Result<Proof, Stop> {
    let part = session.session;
    world.wait(second_factors::verify(&world.app, &person.in_session(session), session.account, part.as_bytes(), given))
}

fn code(code: impl Into<String>) -> Given {
    Given::Code(code.into())
}

fn wrong_code(world: &World, person: &Person) -> Given {
    let right = person.app.as_ref().expect("an app").code_at(world.app.clock().now());
    code(if right == "000000" { "000001" } else { "000000" })
}

fn told(world: &World, account: AccountId, event: &str) -> usize {
    world.log(account).iter().filter(|line| line.contains(event)).count()
}

fn letters(world: &World, subject: &str) -> usize {
    world.settle();
    world.post.letters().iter().filter(|letter| letter.subject == subject).count()
}

both! {
    fn an_app_counts_once_a_code_of_it_confirmed_it(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let other = world.sign_in(&mut mira);
        let (account, here) = (session.account, session.session);
        let actor = mira.in_session(&session);
        let offer = offered(&world, &mira, &session);
        assert!(world.app.view(move |view| second_factors::list(view, account)).wait().unwrap().is_empty());
        let wrong = second_factors::confirm_app(&world.app, &actor, offer, "000 000");
        assert_eq!(refusal(world.wait(wrong)), Refusal::WrongCode);
        let key = world.app.view(move |view| second_factors::offered(view, account, here, offer)).wait().unwrap();
        assert!(key.url.starts_with("otpauth://totp/Countersign:mira%40example.com?secret="), "{}", key.url);
        let seed = Seed::from_key(&key.key).unwrap();
        let right = seed.code_at(world.app.clock().now());
        let (confirmed, fresh) = world.wait(second_factors::confirm_app(&world.app, &actor, offer, &right)).unwrap();
        assert_eq!(confirmed.sessions_ended, 1);
        session.secret = fresh;
        assert!(world.signed_in(&session.secret), "the session it was done in goes on");
        assert!(!world.signed_in(&other.secret), "the others ended");
        let list = world.app.view(move |view| second_factors::list(view, account)).wait().unwrap();
        assert_eq!(list.len(), 1);
        // Confirmed, its key is shown to nobody, and its first code is used up.
        let shown = world.app.view(move |view| second_factors::offered(view, account, here, offer)).wait();
        assert_eq!(refusal(shown), Refusal::NoSuchThing);
        assert_eq!(refusal(verify(&world, &mira, &session, &code(right))), Refusal::WrongCode);
        assert_eq!(letters(&world, "An authenticator app was added to your account"), 1);
    }

    fn an_offer_is_seen_and_confirmed_in_the_session_that_asked_and_for_a_quarter_of_an_hour(world: World) {
        let mut mira = world.customer("mira");
        let (session, other) = (world.sign_in(&mut mira), world.sign_in(&mut mira));
        let account = session.account;
        let look = |session: &NewSession, factor| {
            let here = session.session;
            world.app.view(move |view| second_factors::offered(view, account, here, factor)).wait()
        };
        let factor = offered(&world, &mira, &session);
        assert_eq!(refusal(look(&other, factor)), Refusal::NoSuchThing, "a thief in another session saw the key");
        let seed = Seed::from_key(&look(&session, factor).unwrap().key).unwrap();
        let code = seed.code_at(world.app.clock().now());
        let elsewhere = mira.in_session(&other);
        let confirmed = world.wait(second_factors::confirm_app(&world.app, &elsewhere, factor, &code));
        assert_eq!(refusal(confirmed), Refusal::NoSuchThing);
        // One offer at a time.
        let newer = offered(&world, &mira, &session);
        assert_eq!(refusal(look(&session, factor)), Refusal::NoSuchThing);
        look(&session, newer).unwrap();
        world.clock.advance(Span::from_mins(15));
        assert_eq!(refusal(look(&session, newer)), Refusal::NoSuchThing);
        world.settle();
        assert!(world.app.view(move |view| {
            let now = view.now();
            Ok(view.rows().factors(account, now)?)
        }).wait().unwrap().is_empty(), "forgotten");
    }

    fn no_more_than_three_apps(world: World) {
        let (mut mira, mut session) = with_app(&world, "mira");
        for _ in 0..2 {
            world.add_app(&mut mira, &mut session);
        }
        assert_eq!(refusal(world.approve(&mira, &session, Sensitive::AddApp)), Refusal::TooManyApps);
    }

    fn a_code_proves_once_and_never_an_older_one_after_it(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let older = code(world.code(&mira));
        let newer = code(world.code(&mira));
        let proof = verify(&world, &mira, &session, &newer).unwrap();
        assert_eq!(proof.method, Method::App);
        assert_eq!(refusal(verify(&world, &mira, &session, &newer)), Refusal::WrongCode, "replayed");
        assert_eq!(refusal(verify(&world, &mira, &session, &older)), Refusal::WrongCode, "older, though in its time");
        // Oddly spelled, a right one is right.
        let digits: String = world.code(&mira).chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect();
        verify(&world, &mira, &session, &code(format!(" {}\u{a0}{} ", &digits[..9], &digits[9..]))).unwrap();
    }

    fn what_cannot_be_a_code_is_refused_and_no_guess(world: World) {
        let (mira, session) = with_app(&world, "mira");
        for typed in ["", "12345", "1234567", "abcdef", "12345６7"] {
            for _ in 0..2 {
                assert_eq!(refusal(verify(&world, &mira, &session, &code(typed))), Refusal::CodeUnfit, "{typed}");
            }
        }
        assert_eq!(refusal(verify(&world, &mira, &session, &Given::RecoveryCode("0000".into()))), Refusal::CodeUnfit);
        verify(&world, &mira, &session, &code(world.code(&mira))).unwrap();
    }

    fn another_customers_code_proves_nothing(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (noor, noors) = with_app(&world, "noor");
        let codes = world.recovery_codes(&noor, &noors);
        assert_eq!(refusal(verify(&world, &mira, &session, &code(world.code(&noor)))), Refusal::WrongCode);
        let foreign = Given::RecoveryCode(codes[0].clone());
        assert_eq!(refusal(verify(&world, &mira, &session, &foreign)), Refusal::WrongCode);
        // Nothing of Noor's was used up by it.
        verify(&world, &noor, &noors, &foreign).unwrap();
        verify(&world, &noor, &noors, &code(world.code(&noor))).unwrap();
    }

    fn of_fifty_at_once_with_one_code_one_proves(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (given, actor) = (code(world.code(&mira)), mira.in_session(&session));
        let tries = (0..50).map(|_| {
            let (app, actor, given, account) = (world.app.clone(), actor.clone(), given.clone(), session.account);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                runtime.block_on(second_factors::verify(&app, &actor, account, b"one bucket", &given))
            })
        });
        let tries: Vec<_> = tries.collect();
        let proved = tries.into_iter().filter_map(|tried| tried.join().unwrap().ok()).count();
        assert_eq!(proved, 1);
    }

    fn of_fifty_guesses_at_once_five_are_looked_at(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (given, actor) = (wrong_code(&world, &mira), mira.in_session(&session));
        let tries: Vec<_> = (0..50).map(|_| {
            let (app, actor, given, account) = (world.app.clone(), actor.clone(), given.clone(), session.account);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                refusal(runtime.block_on(second_factors::verify(&app, &actor, account, b"one bucket", &given)))
            })
        }).collect();
        let looked_at = tries.into_iter().map(|tried| tried.join().unwrap());
        assert_eq!(looked_at.filter(|refused| *refused == Refusal::WrongCode).count(), 5);
        assert_eq!(told(&world, session.account, "factor.failed"), 5);
    }

    fn five_wrong_codes_block_that_factor_for_that_bucket_and_are_told_after_the_third(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let codes = world.recovery_codes(&mira, &session);
        for _ in 0..5 {
            assert_eq!(refusal(verify(&world, &mira, &session, &wrong_code(&world, &mira))), Refusal::WrongCode);
        }
        let blocked = refusal(verify(&world, &mira, &session, &code(world.code(&mira))));
        assert!(matches!(blocked, Refusal::TooManyTries { .. }), "a right code while blocked: {blocked:?}");
        assert_eq!(letters(&world, "Somebody gave a wrong code"), 1);
        // Another bucket is not held up, nor is the other kind of code.
        let (actor, right) = (mira.in_session(&session), code(world.code(&mira)));
        world.wait(second_factors::verify(&world.app, &actor, session.account, b"", &right)).unwrap();
        verify(&world, &mira, &session, &Given::RecoveryCode(codes[3].clone())).unwrap();
        world.clock.advance(Span::from_mins(15));
        verify(&world, &mira, &session, &code(world.code(&mira))).unwrap();
    }

    fn a_right_code_does_not_refund_wrong_ones(world: World) {
        let (mira, session) = with_app(&world, "mira");
        for _ in 0..4 {
            assert_eq!(refusal(verify(&world, &mira, &session, &wrong_code(&world, &mira))), Refusal::WrongCode);
        }
        for _ in 0..2 {
            verify(&world, &mira, &session, &code(world.code(&mira))).unwrap();
        }
        assert_eq!(refusal(verify(&world, &mira, &session, &wrong_code(&world, &mira))), Refusal::WrongCode);
        let blocked = refusal(verify(&world, &mira, &session, &code(world.code(&mira))));
        assert!(matches!(blocked, Refusal::TooManyTries { .. }));
    }

    fn a_recovery_code_works_once_and_says_how_many_are_left(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let codes = world.recovery_codes(&mira, &session);
        assert_eq!(codes.len(), 10);
        let first = Given::RecoveryCode(codes[0].to_lowercase().replace('-', " "));
        let proof = verify(&world, &mira, &session, &first).unwrap();
        assert_eq!(proof.method, Method::RecoveryCode);
        assert_eq!(refusal(verify(&world, &mira, &session, &first)), Refusal::WrongCode);
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        assert_eq!(letter.subject, "One of your recovery codes was used");
        assert!(letter.paragraphs.iter().any(|text| text.contains("9 recovery codes are left")), "{letter:?}");
    }

    fn of_fifty_at_once_with_one_recovery_code_one_proves(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let given = Given::RecoveryCode(world.recovery_codes(&mira, &session)[0].clone());
        let actor = mira.in_session(&session);
        let tries: Vec<_> = (0..50_u8).map(|number| {
            let (app, actor, given, account) = (world.app.clone(), actor.clone(), given.clone(), session.account);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
                // Each from a device of its own, so that no counter hides a second success.
                runtime.block_on(second_factors::verify(&app, &actor, account, &[number], &given))
            })
        }).collect();
        let proved = tries.into_iter().filter_map(|tried| tried.join().unwrap().ok()).count();
        assert_eq!(proved, 1);
    }

    fn earlier_recovery_codes_work_three_days_longer(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let old = world.recovery_codes(&mira, &session);
        world.clock.advance(Span::from_mins(1));
        let new = world.recovery_codes(&mira, &session);
        let (account, actor) = (session.account, mira.in_session(&session));
        let prove = |code: &String| {
            let given = Given::RecoveryCode(code.clone());
            world.wait(second_factors::verify(&world.app, &actor, account, b"", &given))
        };
        prove(&new[0]).unwrap();
        world.clock.advance(Span::from_hours(72) - Span::from_secs(1));
        prove(&old[0]).unwrap();
        world.clock.advance(Span::from_secs(1));
        assert_eq!(refusal(prove(&old[1])), Refusal::WrongCode);
        prove(&new[1]).unwrap();
    }

    fn a_factor_gets_the_name_its_owner_gives_it(world: World) {
        let (mira, session) = with_app(&world, "mira");
        let (_, noors) = with_app(&world, "noor");
        let list = |account| world.app.view(move |view| second_factors::list(view, account)).wait().unwrap();
        let (account, factor) = (session.account, list(session.account)[0].id);
        let name = |account: AccountId, to: &'static str| -> Answer<()> {
            world.app.change(&mira.in_session(&session), move |change| second_factors::name(change, account, factor, to))
        };
        name(account, "  My old phone ").wait().unwrap();
        assert_eq!(list(account)[0].name, "My old phone");
        name(account, " ").wait().unwrap();
        assert_eq!(list(account)[0].name, "My old phone", "no name is no other name");
        assert_eq!(refusal(name(noors.account, "mine").wait()), Refusal::NoSuchThing);
    }
}
