//! Handing letters over.

use std::collections::BTreeMap;
use std::sync::Mutex;

use domain::clock::HandClock;
use domain::notifications::{self, Carrier, Fate, Letter};
use domain::{App, Span, accounts};
use testkit::{PASSWORD, Person, both};

/// A mail server that takes almost a minute for each letter, while a second node looks for work.
struct Slow<'a> {
    app: &'a App,
    clock: &'a HandClock,
    carried: Mutex<BTreeMap<String, u32>>,
    second_node: bool,
}

impl Carrier for Slow<'_> {
    fn carry(&self, letter: &Letter) -> Fate {
        self.clock.advance(Span::from_secs(59));
        *self.carried.lock().expect("no holder of this lock panics").entry(letter.message_id.clone()).or_default() += 1;
        if self.second_node {
            let other = Slow { carried: Mutex::default(), second_node: false, ..*self };
            notifications::deliver(self.app, &other).expect("it delivers");
            for (message_id, times) in other.carried.into_inner().expect("nobody holds it") {
                *self.carried.lock().expect("no holder of this lock panics").entry(message_id).or_default() += times;
            }
        }
        Fate::Sent("250 at last".into())
    }
}

both! {
    fn a_server_that_takes_its_time_gets_no_letter_twice(world: World) {
        for number in 0..20 {
            let person = Person::new(&format!("person{number}"));
            world.wait(accounts::open(&world.app, &person.visitor(), &person.email, PASSWORD)).unwrap();
        }
        let slow = Slow { app: &world.app, clock: &world.clock, carried: Mutex::default(), second_node: true };
        for _ in 0..40 {
            notifications::deliver(&world.app, &slow).unwrap();
            world.clock.advance(Span::from_mins(6));
        }
        let carried = slow.carried.into_inner().unwrap();
        assert_eq!(carried.len(), 20);
        assert!(carried.values().all(|times| *times == 1), "{carried:?}");
    }
}
