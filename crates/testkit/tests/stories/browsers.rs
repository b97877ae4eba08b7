//! The browsers an account is known to use, and what stands beside each.

use domain::activity::Place;
use domain::protections::Sensitive;
use domain::{Span, View, sessions};
use testkit::authenticator::Passkey;
use testkit::{World, both};

use super::passkeys::{approve, enter, register};

both! {
    fn each_browser_shows_the_passkeys_and_places_it_was_used_with(world: World) {
        let mut mira = world.customer("mira");
        world.clock.advance(Span::from_mins(5));
        mira.origin.place = Some(Place::named("Zürich, Switzerland"));
        let mut session = world.sign_in(&mut mira);
        let (mut key, mut synced) = (Passkey::security_key(7), Passkey::synced(8));
        register(&world, (&mira, &mut session), &mut key, None);
        world.clock.advance(Span::from_mins(1));
        let registered = register(&world, (&mira, &mut session), &mut synced, Some(&mut key)).passkey;
        let mut phone = mira.thief();
        world.clock.advance(Span::from_hours(1));
        let there = enter(&world, &phone, &mut synced).unwrap();
        phone.devices.extend(there.device.clone());
        phone.origin.place = Some(Place::named("Lisbon, Portugal"));
        world.clock.advance(Span::from_hours(1));
        let newest = world.app.clock().now();
        enter(&world, &phone, &mut synced).unwrap();
        let devices = |world: &World| world.app.view(move |view| sessions::devices(view, session.account)).wait().unwrap();
        let known = devices(&world);
        let [on_phone, on_laptop, first] = &known[..] else { panic!("{known:?}") };
        let seen = |known: &sessions::KnownBrowser| {
            known.passkeys.iter().map(|there| (there.registered_at.is_some(), there.used_at.is_some())).collect::<Vec<_>>()
        };
        assert_eq!(seen(on_laptop), [(true, false), (true, true)], "the key proved for the second one");
        assert_eq!((seen(on_phone), on_phone.passkeys[0].factor), (vec![(false, true)], registered));
        assert_eq!(on_phone.passkeys[0].used_at, Some(newest));
        assert!(first.passkeys.is_empty() && first.places.is_empty());
        let places = |known: &sessions::KnownBrowser| known.places.iter().map(|used| used.place.text.clone()).collect::<Vec<_>>();
        assert_eq!((places(on_phone), places(on_laptop)), (vec!["Lisbon, Portugal".to_owned()], vec!["Zürich, Switzerland".to_owned()]));
        // A passkey that was taken off stands nowhere any more.
        approve(&world, (&phone, &mut enter(&world, &phone, &mut synced).unwrap()), Sensitive::RemoveFactor { factor: registered }, Some(&mut key)).unwrap();
        // Its owner is told first, and then it waits.
        world.settle();
        world.clock.advance(Span::from_hours(24 * 8));
        world.settle();
        assert!(devices(&world).iter().all(|known| known.passkeys.iter().all(|there| there.factor != registered)));
    }

    fn a_browser_is_last_seen_where_its_session_was_last_used(world: World) {
        let mut mira = world.customer("mira");
        world.clock.advance(Span::from_mins(5));
        let session = world.sign_in(&mut mira);
        let signed_in_at = world.app.clock().now();
        let seen = |world: &World| {
            let known = world.app.view(move |view: &mut View<'_>| sessions::devices(view, session.account)).wait().unwrap();
            (known[0].device.first_at, known[0].last_seen_at, known[0].last_from.place_text())
        };
        assert_eq!(seen(&world), (signed_in_at, signed_in_at, None));
        mira.origin.place = Some(Place::named("Bern, Switzerland"));
        world.clock.advance(Span::from_mins(20));
        world.wait(sessions::check(&world.app, &session.secret, &mira.origin)).unwrap().expect("signed in");
        let used_at = world.app.clock().now();
        world.settle();
        assert_eq!(seen(&world), (signed_in_at, used_at, Some("Bern, Switzerland".to_owned())));
        // The session ends by itself, and its last use stays.
        world.clock.advance(Span::from_hours(2));
        world.settle();
        assert!(!world.signed_in(&session.secret));
        assert_eq!(seen(&world), (signed_in_at, used_at, Some("Bern, Switzerland".to_owned())));
    }
}
