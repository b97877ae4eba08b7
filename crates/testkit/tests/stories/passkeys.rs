//! Passkeys: registered after a proof, good for one answer to one question, and for nobody else.

use domain::Span;
use domain::activity::Place;
use domain::approvals::{self, Outcome};
use domain::ids::{AccountId, ApprovalId};
use domain::protections::{self, Carried, Effect, FreezeCause, Method, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::second_factors::passkeys::{self, Listed, PasskeyKind, Registered, Started};
use domain::sessions::{self, NewSession, SignInOutcome};
use testkit::authenticator::{Browser, Passkey};
use testkit::{PASSWORD, Person, World, both, refusal};

/// Asks for a change, and proves it by password or by passkey.
pub(crate) fn approve(
    world: &World,
    who: (&Person, &mut NewSession),
    what: Sensitive,
    by: Option<&mut Passkey>,
) -> Result<Carried, Stop> {
    let (person, session) = who;
    let (actor, id) = (person.in_session(session), session.session);
    let approval = world.app.change(&actor, move |change| approvals::ask(change, id, &what)).wait()?;
    let given = match by {
        None => approvals::Given::Password(PASSWORD.into()),
        Some(passkey) => {
            let asked = start_approval(world, (person, session), approval)?;
            approvals::Given::Passkey(passkey.answer(&asked.options, &Browser::default()))
        }
    };
    match world.wait(approvals::prove(&world.app, &actor, approval, given))? {
        Outcome::Proved { carried, fresh } => {
            session.secret = fresh.unwrap_or_else(|| session.secret.clone());
            Ok(carried)
        }
        Outcome::More(methods) => panic!("more is asked for: {methods:?}"),
    }
}

fn start_approval(
    world: &World,
    (person, session): (&Person, &NewSession),
    approval: ApprovalId,
) -> Result<Started, Stop> {
    let (account, id) = (session.account, session.session);
    let start = move |change: &mut domain::Change<'_>| passkeys::start_approval(change, account, id, approval);
    world.app.change(&person.in_session(session), start).wait()
}

fn start_registering(world: &World, (person, session): (&Person, &NewSession)) -> Result<Started, Stop> {
    let (account, id) = (session.account, session.session);
    let start = move |change: &mut domain::Change<'_>| passkeys::start_registering(change, account, id);
    world.app.change(&person.in_session(session), start).wait()
}

fn finish(world: &World, who: (&Person, &mut NewSession), made: &str, name: &str) -> Result<Registered, Stop> {
    let (person, session) = who;
    let (registered, fresh) = world.wait(passkeys::register(&world.app, &person.in_session(session), made, name))?;
    session.secret = fresh;
    Ok(registered)
}

/// Registers a passkey the way it is meant.
pub(crate) fn register(
    world: &World,
    who: (&Person, &mut NewSession),
    passkey: &mut Passkey,
    by: Option<&mut Passkey>,
) -> Registered {
    let (person, session) = who;
    let carried = approve(world, (person, session), Sensitive::AddPasskey, by).expect("proved");
    assert_eq!(carried, Carried::Out(Effect::RegisterPasskey));
    registered(world, (person, session), passkey)
}

/// Registers a passkey once it was proved for.
pub(crate) fn registered(
    world: &World,
    (person, session): (&Person, &mut NewSession),
    key: &mut Passkey,
) -> Registered {
    let made = makes(world, (person, session), key);
    finish(world, (person, session), &made, "My key").expect("it is registered")
}

/// What a browser answers that is asked to make a passkey.
pub(crate) fn makes(world: &World, who: (&Person, &NewSession), key: &mut Passkey) -> String {
    let asked = start_registering(world, who).expect("a question");
    key.make(&asked.options, &Browser::default())
}

pub(crate) fn start_sign_in(world: &World) -> Started {
    passkeys::start_sign_in(&world.app).expect("a question")
}

fn sign_in(world: &World, person: &Person, answer: &str) -> Result<NewSession, Stop> {
    world.wait(sessions::sign_in_by_passkey(&world.app, &person.visitor(), (&person.devices, None), answer))
}

/// Signs in the way it is meant.
pub(crate) fn enter(world: &World, person: &Person, passkey: &mut Passkey) -> Result<NewSession, Stop> {
    let asked = start_sign_in(world);
    sign_in(world, person, &passkey.answer(&asked.options, &Browser::default()))
}

fn list(world: &World, account: AccountId) -> Vec<Listed> {
    world.app.view(move |view| passkeys::list(view, account)).wait().expect("the list")
}

/// A customer with a security key.
pub(crate) fn with_key(world: &World, name: &str, seed: u8) -> (Person, NewSession, Passkey) {
    let mut person = world.customer(name);
    let mut session = world.sign_in(&mut person);
    let mut key = Passkey::security_key(seed);
    register(world, (&person, &mut session), &mut key, None);
    (person, session, key)
}

/// Changes an answer.
type Tamper = fn(&mut serde_json::Value);

both! {
    fn a_passkey_signs_in_without_a_name_and_its_owner_is_told(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        let asked = start_sign_in(&world);
        assert_eq!(asked.options["userVerification"], "required");
        assert_eq!(asked.options["allowCredentials"], serde_json::json!([]));
        let mut elsewhere = mira.thief();
        let new = sign_in(&world, &elsewhere, &key.answer(&asked.options, &Browser::default())).unwrap();
        assert_eq!(new.account, session.account);
        assert!(world.signed_in(&new.secret) && world.signed_in(&session.secret));
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Somebody signed in from a new browser");
        // The browser is known from now on.
        elsewhere.devices.extend(new.device);
        let again = enter(&world, &elsewhere, &mut key).unwrap();
        assert!(again.device.is_none());
        let shown = list(&world, session.account);
        assert_eq!((shown[0].name.as_str(), shown[0].kind), ("My key", PasskeyKind::SecurityKey));
        assert!(shown[0].last_used_at.is_some());
    }

    fn a_passkey_in_a_new_country_is_let_in_and_its_owner_is_told(world: World) {
        let (mut mira, _, mut key) = with_key(&world, "mira", 7);
        let in_country = |text: &str, code: &str| Some(Place { country: code.parse().ok(), ..Place::named(text) });
        mira.origin.place = in_country("Switzerland", "CH");
        enter(&world, &mira, &mut key).unwrap();
        world.settle();
        let told = || {
            world.settle();
            world.post.letters().iter().filter(|letter| letter.subject == "Somebody signed in from an unusual place").count()
        };
        assert_eq!(told(), 0, "the first country is learnt");
        mira.origin.place = in_country("Portugal", "PT");
        enter(&world, &mira, &mut key).expect("a passkey needs no letter");
        assert_eq!(told(), 1);
        enter(&world, &mira, &mut key).unwrap();
        assert_eq!(told(), 1);
    }

    fn a_synced_passkey_counts_nothing_and_goes_on_working(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let mut passkey = Passkey::synced(8);
        let registered = register(&world, (&mira, &mut session), &mut passkey, None);
        assert_eq!(registered.kind, PasskeyKind::Synced);
        for _ in 0..3 {
            enter(&world, &mira, &mut passkey).unwrap();
        }
    }

    fn an_answer_that_is_not_exactly_right_proves_nothing(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let honest = Browser::default;
        let elsewhere = |origin: &str| Browser { origin: origin.into(), ..Browser::default() };
        let lies = [
            ("another site", elsewhere("https://evil.example")),
            ("a site that only sounds like ours", elsewhere("http://localhost.evil.example:8080")),
            ("another port", elsewhere("http://localhost:8081")),
            ("another scheme", elsewhere("https://localhost:8080")),
            ("a part of our site", elsewhere("http://shop.localhost:8080")),
            ("another relying party", Browser { relying_party: Some("evil.example".into()), ..honest() }),
            ("nobody checked finger, face or PIN", Browser { verified: false, ..honest() }),
            ("a frame of another site", Browser { framed: true, ..honest() }),
            ("said to be a registration", Browser { doing: Some("webauthn.create"), ..honest() }),
        ];
        for (lie, browser) in lies {
            let asked = start_sign_in(&world);
            let answer = key.answer(&asked.options, &browser);
            assert_eq!(refusal(sign_in(&world, &mira, &answer)), Refusal::PasskeyWrong, "{lie}");
            // The twin is right, and comes too late: the question was answered.
            let twin = key.answer(&asked.options, &honest());
            assert_eq!(refusal(sign_in(&world, &mira, &twin)), Refusal::CeremonyOver, "after {lie}");
            enter(&world, &mira, &mut key).unwrap();
        }
    }

    fn a_changed_answer_proves_nothing(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let change: [(&str, Tamper); 4] = [
            ("the signature", |answer| answer["response"]["signature"] = "MEUCIQ".into()),
            ("the authenticator's data", |answer| {
                let data = answer["response"]["authenticatorData"].as_str().unwrap().replace('A', "B");
                answer["response"]["authenticatorData"] = data.into();
            }),
            ("whose it is", |answer| answer["response"]["userHandle"] = "AAAAAAAAAAAAAAAAAAAAAA".into()),
            ("that nobody is named", |answer| answer["response"]["userHandle"] = serde_json::Value::Null),
        ];
        for (what, tamper) in change {
            let asked = start_sign_in(&world);
            let mut answer: serde_json::Value = serde_json::from_str(&key.answer(&asked.options, &Browser::default())).unwrap();
            tamper(&mut answer);
            assert_eq!(refusal(sign_in(&world, &mira, &answer.to_string())), Refusal::PasskeyWrong, "{what}");
        }
        // One letter of what the browser signed: the question it answers is another one, which nobody asked.
        let asked = start_sign_in(&world);
        let other = Browser { challenge: Some("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into()), ..Browser::default() };
        let answer = key.answer(&asked.options, &other);
        assert_eq!(refusal(sign_in(&world, &mira, &answer)), Refusal::CeremonyOver);
        for nonsense in ["", "{}", "[]", "null", "\u{0}"] {
            assert_eq!(refusal(sign_in(&world, &mira, nonsense)), Refusal::PasskeyWrong);
        }
        enter(&world, &mira, &mut key).unwrap();
    }

    fn a_passkey_that_is_not_registered_opens_nothing(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        let mut stranger = Passkey::security_key(9);
        stranger.claim(session.account.as_bytes());
        assert_eq!(refusal(enter(&world, &mira, &mut stranger)), Refusal::PasskeyUnknown);
        enter(&world, &mira, &mut key).unwrap();
    }

    fn an_answer_is_good_once_and_for_five_minutes(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let asked = start_sign_in(&world);
        let answer = key.answer(&asked.options, &Browser::default());
        sign_in(&world, &mira, &answer).unwrap();
        assert_eq!(refusal(sign_in(&world, &mira, &answer)), Refusal::CeremonyOver);
        let asked = start_sign_in(&world);
        world.clock.advance(Span::from_mins(5));
        let answer = key.answer(&asked.options, &Browser::default());
        assert_eq!(refusal(sign_in(&world, &mira, &answer)), Refusal::CeremonyOver);
        let asked = start_sign_in(&world);
        world.clock.advance(Span::from_mins(5) - Span::from_micros(1));
        sign_in(&world, &mira, &key.answer(&asked.options, &Browser::default())).unwrap();
    }

    fn fifty_answers_at_once_are_one_session(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let asked = start_sign_in(&world);
        let answer = key.answer(&asked.options, &Browser::default());
        let inside = std::thread::scope(|scope| {
            let all: Vec<_> = (0..50).map(|_| scope.spawn(|| sign_in(&world, &mira, &answer).is_ok())).collect();
            all.into_iter().map(|one| one.join().unwrap()).filter(|inside| *inside).count()
        });
        assert_eq!(inside, 1);
    }

    fn a_copy_is_refused_and_its_owner_is_told(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        let mut copy = key.clone();
        enter(&world, &mira, &mut key).unwrap();
        enter(&world, &mira, &mut key).unwrap();
        assert_eq!(refusal(enter(&world, &mira.thief(), &mut copy)), Refusal::PasskeyCopied);
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "One of your passkeys may have been copied");
        assert!(world.log(session.account).iter().any(|line| line.contains("factor.passkey_copied")));
        // The one that counts on is the owner's.
        enter(&world, &mira, &mut key).unwrap();
    }

    fn an_approval_is_proved_by_its_own_answer_only(world: World) {
        let (mira, mut session, mut key) = with_key(&world, "mira", 7);
        let (tom, mut toms, mut toms_key) = with_key(&world, "tom", 9);
        let ask = |person: &Person, session: &NewSession| {
            let id = session.session;
            world.app.change(&person.in_session(session), move |change| approvals::ask(change, id, &Sensitive::AddPasskey)).wait().unwrap()
        };
        let prove = |person: &Person, session: &NewSession, approval, answer: String| {
            world.wait(approvals::prove(&world.app, &person.in_session(session), approval, approvals::Given::Passkey(answer)))
        };
        let (one, other) = (ask(&mira, &session), ask(&mira, &session));
        let honest = Browser::default();
        let asked = start_approval(&world, (&mira, &session), one).unwrap();
        assert_eq!(asked.options["allowCredentials"][0]["id"], key.id());
        // Somebody else's passkey, even saying that it is hers.
        toms_key.claim(session.account.as_bytes());
        let answer = toms_key.answer(&asked.options, &honest);
        assert_eq!(refusal(prove(&mira, &session, one, answer)), Refusal::PasskeyUnknown);
        toms_key.claim(toms.account.as_bytes());
        // The answer for another approval.
        let asked = start_approval(&world, (&mira, &session), other).unwrap();
        let answer = key.answer(&asked.options, &honest);
        assert_eq!(refusal(prove(&mira, &session, one, answer)), Refusal::CeremonyOver);
        // The answer for signing in, and the other way round.
        let asked = start_sign_in(&world);
        let answer = key.answer(&asked.options, &honest);
        assert_eq!(refusal(prove(&mira, &session, one, answer)), Refusal::CeremonyOver);
        let asked = start_approval(&world, (&mira, &session), one).unwrap();
        let answer = key.answer(&asked.options, &honest);
        assert_eq!(refusal(sign_in(&world, &mira.thief(), &answer)), Refusal::CeremonyOver);
        // In another session, and in another account.
        let second = enter(&world, &mira.thief(), &mut key).unwrap();
        assert_eq!(refusal(prove(&mira.thief(), &second, one, answer.clone())), Refusal::ApprovalOver);
        assert_eq!(refusal(prove(&tom, &toms, one, answer.clone())), Refusal::ApprovalOver);
        // Nobody took it from her; its count is behind by now, so it is asked again.
        let asked = start_approval(&world, (&mira, &session), one).unwrap();
        let answer = key.answer(&asked.options, &honest);
        assert!(matches!(prove(&mira, &session, one, answer).unwrap(), Outcome::Proved { .. }));
        register(&world, (&mira, &mut session), &mut Passkey::synced(3), Some(&mut key));
        register(&world, (&tom, &mut toms), &mut Passkey::synced(4), Some(&mut toms_key));
    }

    fn registering_asks_for_a_proof_and_happens_once(world: World) {
        let (mira, mut session, mut key) = with_key(&world, "mira", 7);
        assert_eq!(refusal(start_registering(&world, (&mira, &session))), Refusal::CeremonyOver);
        approve(&world, (&mira, &mut session), Sensitive::AddPasskey, Some(&mut key)).unwrap();
        let asked = start_registering(&world, (&mira, &session)).unwrap();
        assert_eq!(asked.options["excludeCredentials"][0]["id"], key.id());
        assert_eq!(asked.options["authenticatorSelection"]["residentKey"], "required");
        assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
        let honest = Browser::default();
        // The same key again, as an authenticator that does not look at what is excluded.
        let made = key.clone().make(&asked.options, &honest);
        assert!(refusal(finish(&world, (&mira, &mut session), &made, "")) == Refusal::PasskeyUnfit);
        for lie in [
            Browser { origin: "https://evil.example".into(), ..honest.clone() },
            Browser { relying_party: Some("evil.example".into()), ..honest.clone() },
            Browser { verified: false, ..honest.clone() },
            Browser { framed: true, ..honest.clone() },
            Browser { doing: Some("webauthn.get"), ..honest.clone() },
        ] {
            let asked = start_registering(&world, (&mira, &session)).unwrap();
            let made = Passkey::security_key(5).make(&asked.options, &lie);
            assert_eq!(refusal(finish(&world, (&mira, &mut session), &made, "")), Refusal::PasskeyUnfit, "{lie:?}");
        }
        let asked = [start_registering(&world, (&mira, &session)).unwrap(), start_registering(&world, (&mira, &session)).unwrap()];
        let made = [Passkey::security_key(5).make(&asked[0].options, &honest), Passkey::security_key(6).make(&asked[1].options, &honest)];
        world.clock.advance(Span::from_secs(1));
        finish(&world, (&mira, &mut session), &made[0], "  ").unwrap();
        assert_eq!(list(&world, session.account)[1].name, "Security key (Firefox 144 on Linux)");
        assert_eq!(refusal(finish(&world, (&mira, &mut session), &made[0], "")), Refusal::CeremonyOver);
        assert_eq!(refusal(finish(&world, (&mira, &mut session), &made[1], "")), Refusal::CeremonyOver);
    }

    fn a_passkey_of_somebody_else_is_not_registered_twice(world: World) {
        let (_, _, key) = with_key(&world, "mira", 7);
        let mut tom = world.customer("tom");
        let mut session = world.sign_in(&mut tom);
        approve(&world, (&tom, &mut session), Sensitive::AddPasskey, None).unwrap();
        let asked = start_registering(&world, (&tom, &session)).unwrap();
        let made = key.clone().make(&asked.options, &Browser::default());
        assert_eq!(refusal(finish(&world, (&tom, &mut session), &made, "")), Refusal::PasskeyThere);
    }

    fn a_new_passkey_ends_every_other_session_and_is_told(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        let other = world.sign_in(&mut mira);
        let before = session.secret.clone();
        register(&world, (&mira, &mut session), &mut Passkey::security_key(7), None);
        assert!(world.signed_in(&session.secret) && !world.signed_in(&before) && !world.signed_in(&other.secret));
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        assert_eq!(letter.subject, "A passkey was added");
        assert!(letter.freeze_url.is_some());
    }

    fn a_removed_passkey_opens_nothing_once_its_wait_is_over(world: World) {
        let (mira, mut session, mut key) = with_key(&world, "mira", 7);
        let factor = list(&world, session.account)[0].id;
        let waits = approve(&world, (&mira, &mut session), Sensitive::RemoveFactor { factor }, Some(&mut key)).unwrap();
        assert!(matches!(waits, Carried::Waits(_)));
        world.settle();
        enter(&world, &mira, &mut key).unwrap();
        world.clock.advance(Span::from_hours(24));
        world.settle();
        assert_eq!(refusal(enter(&world, &mira, &mut key)), Refusal::PasskeyUnknown);
    }

    fn a_frozen_customer_signs_in_by_passkey(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        let account = session.account;
        // A younger one would sleep.
        world.clock.advance(Span::from_hours(72));
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        let new = enter(&world, &mira, &mut key).unwrap();
        assert!(world.signed_in(&new.secret));
    }

    fn a_freeze_voids_an_answer_that_is_under_way(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        let account = session.account;
        approve(&world, (&mira, &mut session.clone()), Sensitive::AddPasskey, Some(&mut key)).unwrap();
        let asked = start_registering(&world, (&mira, &session)).unwrap();
        let made = Passkey::synced(8).make(&asked.options, &Browser::default());
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        assert_eq!(refusal(finish(&world, (&mira, &mut session.clone()), &made, "")), Refusal::NotSignedIn);
    }

    fn passkeys_alone_leave_no_way_in_by_password(world: World) {
        let (mut mira, mut session, mut key) = with_key(&world, "mira", 7);
        assert_eq!(refusal(approve(&world, (&mira, &mut session), Sensitive::PasskeyOnly, Some(&mut key))), Refusal::PasskeysFirst);
        register(&world, (&mira, &mut session), &mut Passkey::synced(8), Some(&mut key));
        approve(&world, (&mira, &mut session), Sensitive::PasskeyOnly, Some(&mut key)).unwrap();
        world.settle();
        // The right password, on a known device and on an unknown one.
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::PasskeyOnly);
        assert_eq!(refusal(world.try_sign_in(&mira.thief())), Refusal::PasskeyOnly);
        mira.password = "not the password".into();
        assert_eq!(refusal(world.try_sign_in(&mira)), Refusal::WrongEmailOrPassword);
        enter(&world, &mira, &mut key).unwrap();
        assert!(world.log(session.account).iter().any(|line| line.contains("sign_in.passkey_only")));
    }

    fn a_passkey_is_the_second_step_too(world: World) {
        let (mira, session, mut key) = with_key(&world, "mira", 7);
        for person in [mira.clone(), mira.thief()] {
            let SignInOutcome::SecondStep { secret, methods } = world.try_sign_in(&person).unwrap() else { panic!("no second step") };
            assert_eq!(methods, [Method::Passkey]);
            let asked = start_sign_in(&world);
            let answer = key.answer(&asked.options, &Browser::default());
            let kept = (person.devices.as_slice(), Some(&secret));
            let new = world.wait(sessions::sign_in_by_passkey(&world.app, &person.visitor(), kept, &answer)).unwrap();
            assert!(world.signed_in(&new.secret));
        }
        // Nothing waits any more that would be told of as given up.
        let before = world.log(session.account).len();
        world.clock.advance(Span::from_mins(16));
        world.settle();
        assert_eq!(world.log(session.account).len(), before);
    }

    fn what_is_stored_of_a_passkey_cannot_be_read(world: World) {
        let (_, session, key) = with_key(&world, "mira", 7);
        let account = session.account;
        let factors = world.app.view(move |view| { let now = view.now(); Ok(view.rows().factors(account, now)?) }).wait().unwrap();
        let id = key.id();
        assert!(!String::from_utf8_lossy(&factors[0].sealed).contains(&id[..8]));
        assert_eq!(list(&world, account)[0].credential, id);
    }

    fn questions_to_passkeys_keep_nothing_and_use_up_nobodys(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let mut stranger = Passkey::security_key(9);
        stranger.claim(b"sixteen bytes id");
        for _ in 0..310 {
            let asked = start_sign_in(&world);
            let answer = stranger.answer(&asked.options, &Browser::default());
            assert_eq!(refusal(sign_in(&world, &mira.thief(), &answer)), Refusal::PasskeyUnknown);
        }
        world.clock.advance(Span::from_hours(1));
        assert_eq!(passkeys::forget_ceremonies(&world.app).unwrap().done, 2, "what registering left, and nothing else");
        enter(&world, &mira, &mut key).unwrap();
        let neighbour = Person { origin: mira.thief().origin, ..mira.clone() };
        enter(&world, &neighbour, &mut key).unwrap();
    }

    fn answers_by_a_customers_passkey_are_counted_for_the_household_they_come_from(world: World) {
        let (mira, _, mut key) = with_key(&world, "mira", 7);
        let wrong = Browser { verified: false, ..Browser::default() };
        for _ in 0..300 {
            let answer = key.answer(&start_sign_in(&world).options, &wrong);
            assert_eq!(refusal(sign_in(&world, &mira.thief(), &answer)), Refusal::PasskeyWrong);
        }
        let answer = key.answer(&start_sign_in(&world).options, &wrong);
        assert!(matches!(refusal(sign_in(&world, &mira.thief(), &answer)), Refusal::TooManyTries { .. }));
        enter(&world, &mira, &mut key).unwrap();
    }

    fn a_passkey_gets_another_name(world: World) {
        let (mira, session, _) = with_key(&world, "mira", 7);
        let (tom, toms, _) = with_key(&world, "tom", 9);
        let (account, factor) = (session.account, list(&world, session.account)[0].id);
        let rename = |who: &Person, session: &NewSession, account, name: &'static str| {
            world.app.change(&who.in_session(session), move |change| passkeys::rename(change, account, factor, name)).wait()
        };
        rename(&mira, &session, account, " The grey key\n").unwrap();
        assert_eq!(list(&world, account)[0].name, "The grey key");
        rename(&mira, &session, account, "  ").unwrap();
        assert_eq!(list(&world, account)[0].name, "The grey key");
        assert_eq!(refusal(rename(&tom, &toms, toms.account, "Mine")), Refusal::NoSuchThing);
    }
}

#[test]
fn an_address_without_a_name_has_no_passkeys() {
    let world = World::with_settings(testkit::Database::sqlite(), |settings| {
        settings.operator.url = "http://127.0.0.1:8080".parse().unwrap();
    });
    assert!(!passkeys::available(world.app.settings()));
    assert_eq!(refusal(passkeys::start_sign_in(&world.app)), Refusal::NoPasskeysHere);
}
