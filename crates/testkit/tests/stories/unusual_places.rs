//! Signing in from an unusual place, on a browser that is known.

use domain::activity::{Place, Spot};
use domain::approvals::Given;
use domain::refusal::Refusal;
use domain::sessions::{self, NewSession, Session, SignInOutcome, Unusual};
use domain::{SecretText, Span};
use testkit::{Person, World, act_link, both, refusal};

const ASKED: &str = "Somebody asked to sign in from an unusual place";
const SIGNED_IN: &str = "Somebody signed in from an unusual place";

fn town(name: &str) -> Place {
    let (text, country, latitude, longitude) = match name {
        "Zurich" => ("Zürich, Switzerland", "CH", 47.38, 8.54),
        "Geneva" => ("Geneva, Switzerland", "CH", 46.2, 6.15),
        "Lisbon" => ("Lisbon, Portugal", "PT", 38.72, -9.14),
        "Boston" => ("Boston, United States", "US", 42.36, -71.06),
        "Los Angeles" => ("Los Angeles, United States", "US", 34.05, -118.24),
        other => panic!("where is {other}?"),
    };
    Place { country: country.parse().ok(), spot: Spot::at(latitude, longitude), ..Place::named(text) }
}

fn country(text: &str, code: &str) -> Place {
    Place { country: code.parse().ok(), ..Place::named(text) }
}

/// The same person somewhere else.
trait Away {
    fn in_place(&self, place: Option<Place>) -> Person;
}

impl Away for Person {
    fn in_place(&self, place: Option<Place>) -> Person {
        let mut person = self.clone();
        person.origin.place = place;
        person
    }
}

/// Somebody who opened their account in a town and knows one browser there, a day ago.
fn at_home(world: &World, name: &str, home: &str) -> (Person, NewSession) {
    let mut person = world.customer(name).in_place(Some(town(home)));
    let session = world.sign_in(&mut person);
    world.clock.advance(Span::from_hours(24));
    world.settle();
    (person, session)
}

/// What an attempt with the right password is asked about: the code of the reason, or `in`.
#[track_caller]
fn asked(world: &World, person: &Person) -> &'static str {
    match world.try_sign_in(person).expect("the right password") {
        SignInOutcome::In(_) => "in",
        SignInOutcome::Unusual { why, .. } => why.code(),
        other => panic!("neither in nor asked: {other:?}"),
    }
}

fn waiting(world: &World, person: &Person) -> SecretText {
    match world.try_sign_in(person).expect("the right password") {
        SignInOutcome::Unusual { secret, .. } => secret,
        other => panic!("nothing unusual: {other:?}"),
    }
}

fn let_in(world: &World, person: &Person, secret: SecretText) -> Result<NewSession, domain::Stop> {
    world.settle();
    let link = act_link(&world.post.newest_to(&person.email));
    let confirm = move |change: &mut domain::Change<'_>| sessions::confirm_device(change, &link, Some(&secret));
    world.app.change(&person.visitor(), confirm).wait()
}

fn count(world: &World, subject: &str) -> usize {
    world.settle();
    world.post.letters().iter().filter(|letter| letter.subject == subject).count()
}

both! {
    fn a_new_country_asks_the_owner_once_in_a_known_browser_with_the_reason(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        let letters = count(&world, "Somebody signed in from a new browser");
        let away = mira.in_place(Some(town("Lisbon")));
        let secret = waiting(&world, &away);
        assert_eq!(count(&world, ASKED), 1);
        let letter = world.post.newest_to(&mira.email);
        let why = "It came from Lisbon, Portugal, a country from which nobody has signed in to this account before.";
        assert!(letter.paragraphs.join(" ").contains(why), "{:?}", letter.paragraphs);
        let session = let_in(&world, &away, secret).expect("the owner lets it in");
        assert!(session.device.is_none(), "the browser was known, and is no new one");
        assert!(world.signed_in(&session.secret));
        let live = world.app.view(move |view| sessions::list(view, session.account)).wait().unwrap();
        assert_eq!(live.iter().map(Session::proved_in_words).collect::<Vec<_>>(), ["Password and link from your mailbox"]);
        assert_eq!(count(&world, SIGNED_IN), 1);
        assert_eq!(count(&world, "Somebody signed in from a new browser"), letters, "a known browser is never told of as new");
        // From now on the country is known, in its other towns and without one too.
        world.clock.advance(Span::from_hours(3));
        assert_eq!(asked(&world, &away), "in");
        assert_eq!(asked(&world, &mira.in_place(Some(country("Portugal", "PT")))), "in");
    }

    fn a_place_that_is_not_known_asks_for_nothing(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        assert_eq!(asked(&world, &mira.in_place(None)), "in");
        assert_eq!(asked(&world, &mira.in_place(Some(Place::named("Private network")))), "in");
        assert_eq!(asked(&world, &mira), "in");
        // Whose account was never seen in any country gets to know its first one.
        let mut noor = world.customer("noor");
        world.sign_in(&mut noor);
        assert_eq!(asked(&world, &noor.in_place(Some(town("Lisbon")))), "in");
        assert_eq!(asked(&world, &noor.in_place(Some(town("Boston")))), "new_country");
    }

    fn the_country_of_the_first_browser_is_learnt_when_the_address_is_confirmed(world: World) {
        let mira = Person::new("mira").in_place(Some(town("Zurich")));
        let actor = mira.visitor();
        let browser = world.wait(domain::accounts::open(&world.app, &actor, &mira.email, &mira.password)).unwrap();
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        let confirm = move |change: &mut domain::Change<'_>| domain::accounts::confirm(change, &link, Some(&browser));
        let device = world.app.change(&actor, confirm).wait().unwrap().device.expect("it is known");
        let mira = Person { devices: vec![device], ..mira };
        assert_eq!(asked(&world, &mira.in_place(Some(town("Lisbon")))), "new_country");
        assert_eq!(asked(&world, &mira.in_place(Some(town("Geneva")))), "in");
    }

    fn a_journey_that_no_airliner_makes_asks_the_owner(world: World) {
        let (mira, _) = at_home(&world, "mira", "Boston");
        let west = mira.in_place(Some(town("Los Angeles")));
        assert_eq!(asked(&world, &mira), "in");
        world.clock.advance(Span::from_hours(2));
        let SignInOutcome::Unusual { secret, why } = world.try_sign_in(&west).unwrap() else { panic!("in at once") };
        let Unusual::ImpossibleTravel { km, minutes, .. } = &why else { panic!("{why:?}") };
        assert!((4_100..4_250).contains(km) && *minutes == 120, "{why:?}");
        assert!(!why.to_asker().contains("Boston"), "whoever asks is not told where the owner was");
        // Three hours later it could have been a flight.
        world.clock.advance(Span::from_hours(3));
        assert_eq!(asked(&world, &west), "in");
        assert_eq!(refusal(let_in(&world, &west, secret)), Refusal::LinkSpent, "it waited too long");
    }

    fn a_session_that_is_still_used_at_home_is_a_sighting(world: World) {
        let (mira, _) = at_home(&world, "mira", "Boston");
        let west = mira.in_place(Some(town("Los Angeles")));
        let session = world.sign_in(&mut mira.clone());
        for _ in 0..15 {
            world.clock.advance(Span::from_mins(20));
            world.wait(sessions::check(&world.app, &session.secret, &mira.origin)).unwrap().expect("still signed in");
        }
        world.settle();
        world.clock.advance(Span::from_mins(5));
        assert_eq!(asked(&world, &west), "impossible_travel", "the sign-in was five hours ago, the last page five minutes");
    }

    fn who_goes_through_a_network_elsewhere_and_back_is_asked_once(world: World) {
        let (mira, _) = at_home(&world, "mira", "Boston");
        let through = mira.in_place(Some(town("Los Angeles")));
        assert_eq!(asked(&world, &mira), "in");
        let secret = waiting(&world, &through);
        let_in(&world, &through, secret).unwrap();
        for person in [&mira, &through, &mira, &through] {
            world.clock.advance(Span::from_mins(10));
            assert_eq!(asked(&world, person), "in");
        }
        assert_eq!(count(&world, ASKED), 1);
    }

    fn the_second_proof_comes_before_the_letter_and_both_are_needed(world: World) {
        let (mut mira, mut session) = at_home(&world, "mira", "Zurich");
        session = match world.try_sign_in(&mira).unwrap() { SignInOutcome::In(new) => NewSession { device: session.device, ..new }, _ => panic!("asked at home") };
        world.add_app(&mut mira, &mut session);
        let away = mira.in_place(Some(town("Lisbon")));
        let SignInOutcome::SecondStep { secret, .. } = world.try_sign_in(&away).unwrap() else { panic!("no second step") };
        assert_eq!(count(&world, ASKED), 0, "nobody is asked before the code");
        let outcome = world.second_step(&away, &secret, &Given::Code(world.code(&mira))).unwrap();
        let SignInOutcome::Unusual { secret, .. } = outcome else { panic!("in without the mailbox: {outcome:?}") };
        assert_eq!(count(&world, ASKED), 1);
        let new = let_in(&world, &away, secret).expect("the owner lets it in");
        let live = world.app.view(move |view| sessions::list(view, new.account)).wait().unwrap();
        assert_eq!(live[0].proved_in_words(), "Password, authenticator app and link from your mailbox");
        // At home the code alone is enough.
        let SignInOutcome::SecondStep { secret, .. } = world.try_sign_in(&mira).unwrap() else { panic!("no second step") };
        assert!(matches!(world.second_step(&mira, &secret, &Given::Code(world.code(&mira))).unwrap(), SignInOutcome::In(_)));
    }

    fn a_copied_browser_is_forgotten_when_its_owner_refuses(world: World) {
        let (mira, session) = at_home(&world, "mira", "Zurich");
        let SignInOutcome::In(here) = world.try_sign_in(&mira).unwrap() else { panic!("asked at home") };
        // What the browser is known by was copied, and the password with it.
        let thief = Person { devices: mira.devices.clone(), ..mira.thief() }.in_place(Some(town("Lisbon")));
        let secret = waiting(&world, &thief);
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        world.app.change(&mira.visitor(), move |change| sessions::deny_device(change, &link)).wait().unwrap();
        assert_eq!(refusal(let_in_with(&world, &thief, secret)), Refusal::LinkSpent);
        assert!(!world.signed_in(&here.secret), "whoever sits there needs the owner's word again");
        // Also from a place that is usual: the copy is worth nothing any more.
        assert!(matches!(world.try_sign_in(&thief.in_place(Some(town("Zurich")))).unwrap(), SignInOutcome::Waiting(_)));
        let log = world.log(session.account);
        assert!(log.iter().any(|line| line.contains("device.forgotten")), "{log:?}");
    }

    fn the_letter_lets_in_no_browser_but_the_one_that_asked(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        let away = mira.in_place(Some(town("Lisbon")));
        let secret = waiting(&world, &away);
        world.settle();
        let other = SecretText::presented("another browser's");
        assert_eq!(refusal(let_in(&world, &away, other)), Refusal::LinkForOtherBrowser);
        let_in(&world, &away, secret.clone()).expect("the owner lets it in");
        assert_eq!(refusal(let_in_with(&world, &away, secret)), Refusal::LinkSpent, "once");
    }

    fn strangers_use_up_no_letter_about_a_known_browser(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        let thief = mira.thief();
        while world.try_sign_in(&thief).is_ok() {}
        assert!(matches!(refusal(world.try_sign_in(&thief)), Refusal::TooManyMails { .. }));
        let away = mira.in_place(Some(town("Lisbon")));
        let secret = waiting(&world, &away);
        let_in(&world, &away, secret).expect("the owner lets it in");
    }

    fn a_stranger_teaches_no_country(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        let thief = mira.thief().in_place(Some(town("Lisbon")));
        assert!(matches!(world.try_sign_in(&thief).unwrap(), SignInOutcome::Waiting(_)));
        let away = mira.in_place(Some(town("Lisbon")));
        assert_eq!(asked(&world, &away), "new_country");
        assert_eq!(asked(&world, &away), "new_country", "asking is not being let in");
    }

    fn who_comes_back_after_a_year_comes_home_and_an_old_journey_is_forgotten(world: World) {
        let (mira, _) = at_home(&world, "mira", "Zurich");
        let away = mira.in_place(Some(town("Lisbon")));
        let secret = waiting(&world, &away);
        let_in(&world, &away, secret).unwrap();
        world.clock.advance(Span::from_hours(24 * 300));
        assert_eq!(asked(&world, &away), "in", "it was the last place");
        world.clock.advance(Span::from_hours(24));
        let SignInOutcome::Unusual { why, .. } = world.try_sign_in(&mira).unwrap() else { panic!("in at once") };
        assert_eq!(why.to_owner(), "It came from Zürich, Switzerland, a country from which nobody has signed in to this account since 22 November 2026.");
    }
}

fn let_in_with(world: &World, person: &Person, secret: SecretText) -> Result<NewSession, domain::Stop> {
    let letters = world.post.letters();
    let letter = letters.iter().rev().find(|letter| letter.subject == ASKED).expect("the owner was asked");
    let link = act_link(letter);
    let confirm = move |change: &mut domain::Change<'_>| sessions::confirm_device(change, &link, Some(&secret));
    world.app.change(&person.visitor(), confirm).wait()
}

#[test]
fn an_operator_may_ask_for_nothing_anywhere() {
    let world =
        World::with_settings(testkit::Database::sqlite(), |settings| settings.session.ask_at_unusual_places = false);
    let (mira, _) = at_home(&world, "mira", "Zurich");
    assert_eq!(asked(&world, &mira.in_place(Some(town("Lisbon")))), "in");
}
