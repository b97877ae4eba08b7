//! What holds for every change, whatever it is about.

use domain::Actor;
use domain::refusal::{Refusal, Stop};
use testkit::{both, refusal};

both! {
    fn a_change_that_wrote_and_recorded_nothing_is_rolled_back(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let silent = world.app.change(&Actor::chore(), move |change| Ok(change.rows().account_raise_epoch(account)?)).wait();
        assert!(matches!(silent, Err(Stop::Failed(_))), "{silent:?}");
        assert!(world.signed_in(&session.secret), "the epoch was raised all the same");
    }

    fn a_refusal_takes_back_what_was_written_before_it(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let refused: Result<(), Stop> = world.app.change(&Actor::chore(), move |change| {
            change.rows().account_raise_epoch(account)?;
            Err(Refusal::NoSuchThing.into())
        }).wait();
        assert_eq!(refusal(refused), Refusal::NoSuchThing);
        assert!(world.signed_in(&session.secret), "the epoch was raised all the same");
    }

    fn an_action_that_panics_is_nobody_elses_failure(world: World) {
        let mut mira = world.customer("mira");
        let account = world.sign_in(&mut mira).account;
        let answers: Vec<_> = (0..20)
            .map(|number| world.app.change(&Actor::chore(), move |change| {
                let now = change.now();
                change.rows().inbox_read(account, number, now)?;
                assert!(number != 7, "made to panic");
                Ok(())
            }))
            .collect();
        let outcomes: Vec<_> = answers.into_iter().map(domain::Answer::wait).collect();
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 19, "{outcomes:?}");
        assert!(matches!(outcomes[7], Err(Stop::Failed(_))), "{outcomes:?}");
        world.sign_in(&mut mira);
    }
}
