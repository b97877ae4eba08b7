//! Several right codes at once for one thing, and codes that somebody else uses up.

use domain::approvals::{self, Given};
use domain::protections::Sensitive;
use domain::refusal::{Refusal, Stop};
use domain::second_factors::{self, FactorKind};
use domain::sessions::{NewSession, SignInOutcome};
use domain::{SecretText, credentials};
use testkit::{Person, World, act_link, both, refusal};

const NEW: &str = "a fresh set of words 58 willow";

/// A customer with an app and recovery codes.
fn with_codes(world: &World) -> (Person, NewSession, Vec<String>) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    world.add_app(&mut mira, &mut session);
    let codes = world.recovery_codes(&mira, &session);
    (mira, session, codes)
}

fn left(world: &World, session: &NewSession) -> i64 {
    let account = session.account;
    let reading = world.app.view(move |view| {
        let factors = second_factors::list(view, account)?;
        let set = factors.into_iter().find(|factor| factor.kind == FactorKind::RecoveryCodes).expect("a set");
        Ok(view.rows().recovery_codes_left(account, set.id)?)
    });
    reading.wait().expect("a reading")
}

/// The link of a letter for a new password, and the browser that asked.
fn asked(world: &World, person: &Person) -> (SecretText, SecretText) {
    let actor = person.visitor();
    let ask = credentials::ask_reset(&world.app, &actor, &person.email, &person.devices);
    let browser = world.wait(ask).expect("a letter");
    world.settle();
    (browser, act_link(&world.post.newest_to(&person.email)))
}

both! {
    fn of_four_right_codes_at_once_for_one_approval_one_is_used_up(world: World) {
        let (mira, session, codes) = with_codes(&world);
        let (actor, here) = (mira.in_session(&session), session.session);
        let id = world.app.change(&actor, move |change| approvals::ask(change, here, &Sensitive::AddPasskey)).wait().unwrap();
        let proved = world.wait(async {
            let tries = codes[..4].iter().map(|code| {
                let (app, actor, given) = (world.app.clone(), actor.clone(), Given::RecoveryCode(code.clone()));
                tokio::spawn(async move { approvals::prove(&app, &actor, id, given).await })
            });
            let mut proved = 0;
            for tried in tries.collect::<Vec<_>>() {
                match tried.await.unwrap() {
                    Ok(_) => proved += 1,
                    Err(Stop::Refused(Refusal::ApprovalOver | Refusal::ApprovalDone)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            proved
        });
        assert_eq!((proved, left(&world, &session)), (1, 9));
    }

    fn of_right_codes_at_once_for_one_reset_one_is_used_up(world: World) {
        let (mira, session, codes) = with_codes(&world);
        let (browser, link) = asked(&world, &mira);
        let done = world.wait(async {
            let tries = codes[..4].iter().enumerate().map(|(number, code)| {
                let (app, actor, given) = (world.app.clone(), mira.visitor(), Given::RecoveryCode(code.clone()));
                let (link, browser, new) = (link.clone(), browser.clone(), format!("{NEW} {number}"));
                tokio::spawn(async move { credentials::reset(&app, &actor, (&link, Some(&browser)), &new, Some(given)).await })
            });
            let mut done = 0;
            for tried in tries.collect::<Vec<_>>() {
                match tried.await.unwrap() {
                    Ok(_) => done += 1,
                    Err(Stop::Refused(Refusal::LinkSpent | Refusal::NotSignedIn | Refusal::Busy)) => {}
                    Err(other) => panic!("{other:?}"),
                }
            }
            done
        });
        assert_eq!((done, left(&world, &session)), (1, 9));
    }

    fn whoever_has_the_password_uses_up_no_tries_of_the_owners_reset(world: World) {
        let (mira, _, _) = with_codes(&world);
        let thief = mira.thief();
        let SignInOutcome::SecondStep { secret, .. } = world.try_sign_in(&thief).unwrap() else { panic!("no second step") };
        let mut refused = None;
        for _ in 0..6 {
            let right = mira.app.as_ref().unwrap().code_at(world.app.clock().now());
            let wrong = Given::Code(if right == "000000" { "000001" } else { "000000" }.into());
            refused = Some(refusal(world.second_step(&thief, &secret, &wrong)));
        }
        assert!(matches!(refused, Some(Refusal::TooManyTries { .. })), "{refused:?}");
        let (browser, link) = asked(&world, &Person { devices: Vec::new(), ..mira.clone() });
        let code = Given::Code(world.code(&mira));
        let actor = mira.visitor();
        let done = credentials::reset(&world.app, &actor, (&link, Some(&browser)), NEW, Some(code));
        world.wait(done).unwrap();
    }
}
