//! The keys are rotated while people go on, on two nodes that were started at different times.

use domain::notifications::Letter;
use domain::protections::{self, Frozen};
use domain::rotation::{self, Left};
use domain::{App, Keys, Span};
use testkit::{World, both, freeze_link};

const OLD: [u8; 32] = [42; 32];
const NEW: [u8; 32] = [43; 32];

fn added() -> Keys {
    Keys::of_several(&[OLD, NEW], 0).expect("one of two")
}

fn rotated() -> Keys {
    Keys::of_several(&[OLD, NEW], 1).expect("one of two")
}

fn retired() -> Keys {
    Keys::from_master(&NEW)
}

fn left(world: &World, app: &App) -> Left {
    rotation::left(app, world.app.clock().now(), |_, _| {}).expect("the database answers")
}

fn freezes(world: &World, app: &App, letter: &Letter) -> bool {
    let (actor, link) = (testkit::Person::new("somebody").visitor(), freeze_link(letter));
    let frozen = app.change(&actor, move |change| protections::freeze_by_link(change, &link)).wait();
    world.settle();
    matches!(frozen, Ok(Frozen::Now { .. } | Frozen::Already))
}

both! {
    fn what_was_sealed_opens_through_a_rotation_and_afterwards_with_the_new_key_alone(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        let account = session.account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        let world = world.rekeyed(rotated());
        // Two freeze words and one app, and nothing of it twice.
        assert_eq!(left(&world, &world.app).sealed, 2);
        assert_eq!(rotation::reseal(&world.app, |_, _| {}).unwrap(), 2);
        assert_eq!(rotation::reseal(&world.app, |_, _| {}).unwrap(), 0);
        assert_eq!(left(&world, &world.app).sealed, 0);
        let world = world.rekeyed(retired());
        assert_eq!(world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap(), words);
        world.clock.advance(Span::from_mins(5));
        world.sign_in(&mut mira);
    }

    fn a_rotation_that_was_killed_between_two_batches_does_what_is_left(world: World) {
        let people: Vec<_> = (0..60).map(|number| world.customer(&format!("person{number}"))).collect();
        let world = world.rekeyed(rotated());
        let app = world.app.clone();
        // The first batch is committed when it is told of; the process ends there.
        let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            rotation::reseal(&app, |done, all| panic!("killed after {done} of {all}"))
        }));
        assert!(killed.is_err());
        let before = left(&world, &app).sealed;
        assert!(before > 0 && before < people.len() as u64, "{before} are left");
        assert_eq!(rotation::reseal(&app, |_, _| {}).unwrap(), before);
        assert_eq!(left(&world, &app), Left { sealed: 0, links_until: left(&world, &app).links_until });
    }

    fn letters_of_before_work_until_they_expire_and_their_key_is_needed_for_so_long(world: World) {
        let mut mira = world.customer("mira");
        world.sign_in(&mut mira);
        let letter = world.post.newest_to(&mira.email);
        world.clock.advance(Span::from_mins(1));
        let since = world.app.clock().now();
        let links = |world: &World| rotation::left(&world.app, since, |_, _| {}).unwrap().links_until;
        let world = world.rekeyed(rotated());
        rotation::reseal(&world.app, |_, _| {}).unwrap();
        let until = links(&world).expect("a link that lives");
        // Whoever retires the old key now cuts the brake in her mailbox.
        let world = world.rekeyed(retired());
        assert!(!freezes(&world, &world.app, &letter));
        let world = world.rekeyed(rotated());
        assert!(freezes(&world, &world.app, &letter));
        world.clock.advance(until.duration_since(since));
        assert_eq!(links(&world), None);
    }

    fn nodes_started_before_and_after_serve_the_same_customers_while_it_runs(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let world = world.rekeyed(added());
        let later = world.node(rotated());
        rotation::reseal(&later, |_, _| {}).unwrap();
        // The earlier node opens what was sealed with the new key, and seals with the old one what is changed on it.
        let replaced = world.app.change(&mira.in_session(&session), move |change| protections::replace_freeze_words(change, account));
        let words = replaced.wait().unwrap();
        assert_eq!(later.view(move |view| protections::freeze_words(view, account)).wait().unwrap(), words);
        assert_eq!(left(&world, &later).sealed, 1);
        assert_eq!(rotation::reseal(&later, |_, _| {}).unwrap(), 1);
        // A letter of either node is opened by the other.
        world.settle();
        assert!(freezes(&world, &later, &world.post.newest_to(&mira.email)));
    }
}
