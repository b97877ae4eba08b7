//! A database knows its keys again, and who comes with others is told so.

use domain::key_check::{self, Misfit};
use domain::{App, Keys, rotation};
use testkit::both;

const OURS: [u8; 32] = [42; 32];
const NEW: [u8; 32] = [43; 32];
const OTHER: [u8; 32] = [99; 32];

fn keys(masters: &[[u8; 32]], present: usize) -> Keys {
    Keys::of_several(masters, present).expect("one of them")
}

fn said(app: &App) -> String {
    key_check::settle(app)
        .expect("the database answers")
        .map_or_else(|misfit| misfit.to_string(), |()| "fits".to_owned())
}

const FOREIGN: &str = "open 0 of 2 accounts: they belong to another database";

both! {
    fn keys_that_open_nothing_are_refused_before_and_after_the_right_ones_were_named(world: World) {
        world.customer("mira");
        world.customer("tomas");
        assert_eq!(said(&world.node(Keys::from_master(&OTHER))), FOREIGN);
        for _ in 0..2 {
            assert_eq!(said(&world.app), "fits");
        }
        assert_eq!(said(&world.node(Keys::from_master(&OTHER))), FOREIGN);
        assert_eq!(said(&world.node(Keys::from_master(&OURS))), "fits");
    }

    fn an_empty_database_belongs_to_the_first_keys_that_come(world: World) {
        assert_eq!(said(&world.app), "fits");
        assert_eq!(key_check::settle(&world.node(Keys::from_master(&OTHER))).unwrap().unwrap_err().to_string(), "belong to another database");
    }

    fn through_a_rotation_each_node_that_was_started_in_time_fits_and_who_was_not_is_refused(world: World) {
        world.customer("mira");
        let (before, added, rotated, retired) =
            (keys(&[OURS], 0), keys(&[OURS, NEW], 0), keys(&[OURS, NEW], 1), keys(&[NEW], 0));
        assert_eq!(said(&world.app), "fits");
        assert_eq!(said(&world.node(added)), "fits");
        assert_eq!(said(&world.node(before)), "fits");
        let app = world.node(rotated);
        assert_eq!(said(&app), "fits");
        rotation::reseal(&app, |_, _| {}).unwrap();
        assert_eq!(said(&world.node(keys(&[OURS, NEW], 0))), "fits");
        // The node that never heard of the new key, and the one that lost the old one too early.
        assert_eq!(key_check::settle(&world.node(keys(&[OURS], 0))).unwrap(), Err(Misfit::Older));
        assert_eq!(key_check::settle(&world.node(retired)).unwrap(), Err(Misfit::Older));
        key_check::keep_present(&app).unwrap();
        assert_eq!(said(&world.node(keys(&[NEW], 0))), "fits");
        assert_eq!(said(&world.node(keys(&[OURS, NEW], 1))), "fits");
        assert_eq!(key_check::settle(&world.node(keys(&[OURS, NEW], 0))).unwrap(), Err(Misfit::Older));
        // A second rotation is like the first.
        assert_eq!(said(&world.node(keys(&[NEW, OTHER], 1))), "fits");
        assert_eq!(key_check::settle(&world.node(keys(&[NEW], 0))).unwrap(), Err(Misfit::Older));
    }

    fn of_two_nodes_that_start_at_once_with_keys_of_their_own_one_starts(world: World) {
        let nodes: Vec<App> = [OURS, OTHER, NEW].map(|master| world.node(Keys::from_master(&master))).into();
        let started = std::thread::scope(|threads| {
            let starting: Vec<_> = nodes.iter().map(|app| threads.spawn(|| key_check::settle(app))).collect();
            let outcomes = starting.into_iter().map(|thread| thread.join().expect("no panic"));
            outcomes.filter(|outcome| matches!(outcome, Ok(Ok(())))).count()
        });
        assert_eq!(started, 1);
        assert_eq!(nodes.iter().filter(|app| said(app) == "fits").count(), 1);
    }
}
