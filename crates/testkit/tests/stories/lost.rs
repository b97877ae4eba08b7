//! Somebody whose phone fell into the sea, and the thief who says the same.

use domain::approvals::Given;
use domain::ids::AccountId;
use domain::protections::{self, Carried, FreezeCause, Frozen, Sensitive, Timer};
use domain::refusal::{Refusal, Stop};
use domain::sessions::{self, SignInOutcome};
use domain::{SecretText, Span, accounts, credentials};
use testkit::{Person, World, act_link, both, freeze_link, refusal};

const NEW: &str = "a fresh set of words 58 willow";

/// A customer with an authenticator app, signed out, in a browser the account does not know any more.
fn with_app(world: &World) -> (Person, AccountId) {
    let mut mira = world.customer("mira");
    let mut session = world.sign_in(&mut mira);
    world.add_app(&mut mira, &mut session);
    mira.devices.clear();
    world.settle();
    (mira, session.account)
}

/// The password is right, and the second proof is asked for.
fn half_in(world: &World, person: &Person) -> SecretText {
    match world.try_sign_in(person).expect("it works") {
        SignInOutcome::SecondStep { secret, .. } => secret,
        other => panic!("{other:?}"),
    }
}

fn lost_by_password(world: &World, person: &Person) -> Result<Carried, Stop> {
    let secret = half_in(world, person);
    let change = move |change: &mut domain::Change<'_>| sessions::lose_factors(change, &secret);
    let carried = world.app.change(&person.visitor(), change).wait().map(|(_, carried)| carried);
    world.settle();
    carried
}

/// Asks for a reset link and answers there that everything is lost.
fn lost_by_mailbox(world: &World, person: &Person) -> Result<Carried, Stop> {
    let (browser, link) = link(world, person);
    let change =
        move |change: &mut domain::Change<'_>| credentials::lose_factors_by_link(change, &link, Some(&browser));
    let carried = world.app.change(&person.visitor(), change).wait().map(|(_, carried)| carried);
    world.settle();
    carried
}

fn link(world: &World, person: &Person) -> (SecretText, SecretText) {
    let browser = world
        .wait(credentials::ask_reset(&world.app, &person.visitor(), &person.email, &person.devices))
        .expect("it works");
    world.settle();
    (browser, act_link(&world.post.newest_to(&person.email)))
}

fn reset(world: &World, person: &Person, second: Option<Given>) -> Result<(), Stop> {
    let (browser, link) = link(world, person);
    let by = (&link, Some(&browser));
    world.wait(credentials::reset(&world.app, &person.visitor(), by, NEW, second)).map(drop)
}

fn timers(world: &World, account: AccountId) -> Vec<Timer> {
    world.app.view(move |view| protections::timers(view, account)).wait().expect("it works")
}

/// Lets the seven days pass; what is due happens.
fn a_week_passes(world: &World) {
    world.clock.advance(Span::from_hours(7 * 24));
    world.settle();
}

both! {
    fn a_reset_asks_for_the_second_factor_where_there_is_one(world: World) {
        let (mut mira, _) = with_app(&world);
        assert_eq!(refusal(reset(&world, &mira, None)), Refusal::ProofMissing);
        assert_eq!(refusal(reset(&world, &mira, Some(Given::Code("000000".into())))), Refusal::WrongCode);
        assert_eq!(refusal(reset(&world, &mira, Some(Given::Password(mira.password.clone())))), Refusal::ProofMissing);
        world.clock.advance(Span::from_mins(1));
        let code = world.code(&mira);
        reset(&world, &mira, Some(Given::Code(code))).unwrap();
        mira.password = NEW.into();
        half_in(&world, &mira);
    }

    fn a_thief_with_the_mailbox_alone_gets_neither_in_nor_a_new_password(world: World) {
        let (mira, account) = with_app(&world);
        let eve = mira.thief();
        assert_eq!(refusal(reset(&world, &eve, None)), Refusal::ProofMissing);
        half_in(&world, &mira);
        // All they can do is say that they lost everything, and the owner stops that.
        lost_by_mailbox(&world, &eve).unwrap();
        assert_eq!(timers(&world, account).len(), 1);
        let stop = act_link(&world.post.newest_to(&mira.email));
        world.app.change(&mira.visitor(), move |change| protections::cancel_by_link(change, &stop)).wait().unwrap();
        a_week_passes(&world);
        assert_eq!(refusal(reset(&world, &eve, None)), Refusal::ProofMissing);
    }

    fn a_thief_with_password_and_mailbox_waits_seven_days_and_is_told_of(world: World) {
        let (mira, account) = with_app(&world);
        let eve = mira.thief();
        let Carried::Waits(first) = lost_by_password(&world, &eve).unwrap() else { panic!("it does not wait") };
        // By whichever way it is asked for again, it is the same wait and not a second.
        for again in [lost_by_password(&world, &eve), lost_by_mailbox(&world, &eve)] {
            assert_eq!(again.unwrap(), Carried::Waits(first.clone()));
        }
        world.clock.advance(Span::from_hours(7 * 24) - Span::from_hours(1));
        world.settle();
        half_in(&world, &eve);
        assert_eq!(timers(&world, account).len(), 1);
        assert!(freeze_link(&world.post.newest_to(&mira.email)).reveal().len() > 20);
        let told = world.post.letters().iter().filter(|letter| letter.subject.contains("Taking off your second proofs") || letter.subject.contains("Half of the wait")).count();
        assert!(told >= 2, "told when it began and half-way");
    }

    fn who_lost_everything_but_the_mailbox_is_back_after_seven_days(world: World) {
        let (mut mira, account) = with_app(&world);
        lost_by_mailbox(&world, &mira).unwrap();
        a_week_passes(&world);
        assert_eq!(timers(&world, account), []);
        reset(&world, &mira, None).unwrap();
        mira.password = NEW.into();
        let session = world.sign_in(&mut mira);
        assert!(world.signed_in(&session.secret));
    }

    fn freezing_from_the_letter_about_lost_factors_stops_that_too(world: World) {
        let (mira, account) = with_app(&world);
        lost_by_password(&world, &mira.thief()).unwrap();
        let brake = freeze_link(&world.post.newest_to(&mira.email));
        let freeze = || {
            let brake = brake.clone();
            world.app.change(&mira.visitor(), move |change| protections::freeze_by_link(change, &brake)).wait()
        };
        assert!(matches!(freeze().unwrap(), Frozen::Now { .. }));
        assert_eq!(timers(&world, account), []);
        assert_eq!(freeze().unwrap(), Frozen::Already, "and the brake goes on working");
    }

    fn getting_back_in_goes_on_while_the_account_is_frozen(world: World) {
        let (mut mira, account) = with_app(&world);
        lost_by_password(&world, &mira).unwrap();
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, FreezeCause::Words);
        world.app.change(&mira.visitor(), freeze).wait().unwrap();
        assert_eq!(timers(&world, account).len(), 1, "a freeze does not stop it");
        a_week_passes(&world);
        let session = world.sign_in(&mut mira);
        assert!(world.signed_in(&session.secret));
        let frozen = world.app.view(move |view| Ok(view.rows().account_by_id(account)?.unwrap().frozen()));
        assert!(frozen.wait().unwrap(), "and it thaws nothing");
    }

    fn who_is_not_half_signed_in_loses_nothing(world: World) {
        let (mira, account) = with_app(&world);
        let invented = SecretText::presented("invented");
        let lose = |secret: SecretText| world.app.change(&mira.visitor(), move |change| sessions::lose_factors(change, &secret)).wait();
        assert_eq!(refusal(lose(invented)), Refusal::SignInOver);
        let late = half_in(&world, &mira);
        world.clock.advance(Span::from_mins(60));
        assert_eq!(refusal(lose(late)), Refusal::SignInOver);
        assert_eq!(timers(&world, account), []);
    }

    fn undoing_a_change_of_address_stops_what_was_asked_for_from_the_new_mailbox(world: World) {
        // A thief with session and phone.
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        world.clock.advance(Span::from_mins(1));
        world.approve(&mira, &session, Sensitive::ChangeEmail { new: "b@thief.example".into() }).unwrap();
        world.settle();
        let (link, devices) = (act_link(&world.post.newest_to("b@thief.example")), mira.devices.clone());
        let confirm = move |change: &mut domain::Change<'_>| accounts::confirm_change(change, &link, &devices, &[7; 32]);
        world.app.change(&mira.in_session(&session), confirm).wait().unwrap();
        world.settle();
        let undo = act_link(&world.post.newest_to("mira@example.com"));
        let thief = Person { email: "b@thief.example".into(), ..mira.thief() };
        lost_by_mailbox(&world, &thief).unwrap();
        assert_eq!(timers(&world, session.account).len(), 1);
        world.app.change(&mira.visitor(), move |change| accounts::undo_change(change, &undo)).wait().unwrap();
        assert_eq!(timers(&world, session.account), [], "the mailbox that proved it was the thief's");
    }

    fn locked_settings_stop_a_change_of_address_and_no_way_back_in(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_app(&mut mira, &mut session);
        world.clock.advance(Span::from_mins(1));
        world.recovery_codes(&mira, &session);
        world.clock.advance(Span::from_mins(1));
        world.approve(&mira, &session, Sensitive::ArmLock { days: 7 }).unwrap();
        world.clock.advance(Span::from_mins(1));
        let another = Sensitive::ChangeEmail { new: "mira@new.example".into() };
        assert_eq!(refusal(world.approve(&mira, &session, another)), Refusal::SettingsLocked);
        let code = world.code(&mira);
        reset(&world, &mira, Some(Given::Code(code))).unwrap();
        lost_by_mailbox(&world, &mira).unwrap();
        assert_eq!(timers(&world, session.account).len(), 1);
    }
}
