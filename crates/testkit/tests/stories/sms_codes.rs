//! A code by SMS as the second step of signing in: the operator's option and the customer's choice, below everything else.

use domain::approvals::{self, Outcome};
use domain::checkup::{self, State};
use domain::protections::{self, Carried, Effect, FreezeCause, Method, Sensitive};
use domain::refusal::{Refusal, Stop};
use domain::sessions::{self, BySms, NewSession, SignInOutcome};
use domain::{SecretText, Span, credentials};
use testkit::{PASSWORD, Person, World, act_link, both, code_in, refusal};

pub(crate) const HERS: &str = "+41791234567";
pub(crate) const OTHER: &str = "+447400123456";

/// The operator allows codes by SMS.
pub(crate) fn allowed(world: World) -> World {
    world.restarted(|settings| settings.phone.sign_in_codes = true)
}

/// A customer who chose them, and the session they did it in.
pub(crate) fn with_sms(world: &World, name: &str, number: &'static str) -> (Person, NewSession) {
    let mut person = world.customer(name);
    let mut session = world.sign_in(&mut person);
    world.add_phone(&person, &session, number);
    choose(world, &person, &mut session, Sensitive::SmsCodes).expect("they are chosen");
    // What comes later is later than the phone.
    world.clock.advance(Span::from_mins(1));
    (person, session)
}

/// Asks for a change and proves it by the password; the session goes on with its new secret.
pub(crate) fn choose(
    world: &World,
    person: &Person,
    session: &mut NewSession,
    what: Sensitive,
) -> Result<Carried, Stop> {
    let (actor, here) = (person.in_session(session), session.session);
    let id = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait()?;
    let given = approvals::Given::Password(person.password.clone());
    match world.wait(approvals::prove(&world.app, &actor, id, given))? {
        Outcome::Proved { carried, fresh } => {
            session.secret = fresh.unwrap_or_else(|| session.secret.clone());
            world.settle();
            Ok(carried)
        }
        Outcome::More(methods) => panic!("more is asked for: {methods:?}"),
    }
}

/// The first step: the right password, and how the second can be proved.
pub(crate) fn begin(world: &World, person: &Person) -> (SecretText, Vec<Method>) {
    match world.try_sign_in(person).expect("the right password") {
        SignInOutcome::SecondStep { secret, methods } => (secret, methods),
        other => panic!("no second step: {other:?}"),
    }
}

pub(crate) fn send(world: &World, person: &Person, secret: &SecretText) -> Result<BySms, Stop> {
    let secret = secret.clone();
    let sent = world.app.change(&person.visitor(), move |change| sessions::send_code(change, &secret)).wait();
    world.settle();
    sent
}

pub(crate) fn prove(world: &World, person: &Person, secret: &SecretText, code: &str) -> Result<SignInOutcome, Stop> {
    world.wait(sessions::prove_by_sms(&world.app, &person.visitor(), secret, code))
}

/// Sends a code and answers it.
pub(crate) fn sent(world: &World, person: &Person, secret: &SecretText) -> String {
    world.settle();
    let before = world.post.texts().len();
    send(world, person, secret).expect("a code is sent");
    let texts = world.post.texts();
    assert_eq!(texts.len(), before + 1, "one SMS");
    code_in(&texts.last().expect("an SMS").text)
}

pub(crate) fn is_in(outcome: Result<SignInOutcome, Stop>) -> NewSession {
    match outcome.expect("it is right") {
        SignInOutcome::In(new) => new,
        other => panic!("not in: {other:?}"),
    }
}

/// Lets in by the letter what waits for its owner.
fn let_in(world: &World, person: &Person, outcome: SignInOutcome) -> NewSession {
    let SignInOutcome::Waiting(pending) = outcome else { panic!("in without the mailbox") };
    world.settle();
    let link = act_link(&world.post.newest_to(&person.email));
    let confirm = move |change: &mut domain::Change<'_>| sessions::confirm_device(change, &link, Some(&pending));
    world.app.change(&person.visitor(), confirm).wait().expect("the owner lets it in")
}

fn line(world: &World, session: &NewSession) -> (State, String) {
    let account = session.account;
    let lines = world.app.view(move |view| checkup::lines(view, account)).wait().expect("the check-up");
    lines.into_iter().find(|line| line.code == "second_factor").map(|line| (line.state, line.says)).expect("a line")
}

both! {
    fn they_are_there_only_if_the_operator_allows_them_and_a_phone_is_confirmed(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        assert_eq!(refusal(choose(&world, &mira, &mut session, Sensitive::SmsCodes)), Refusal::NoSmsCodes, "off by default");
        let world = allowed(world);
        choose(&world, &mira, &mut session, Sensitive::SmsCodes).unwrap();
        assert!(world.signed_in(&session.secret));
        assert_eq!(world.post.newest_to(&mira.email).subject, "Signing in asks for a code by SMS now");
        let mut noor = world.customer("noor");
        let mut session = world.sign_in(&mut noor);
        assert_eq!(refusal(choose(&world, &noor, &mut session, Sensitive::SmsCodes)), Refusal::NoSmsCodes, "no phone");
        assert_eq!(refusal(choose(&world, &noor, &mut session, Sensitive::SmsCodesOff)), Refusal::NothingToDo);
    }

    fn on_a_known_device_the_password_and_the_code_sign_in(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let (secret, methods) = begin(&world, &mira);
        assert_eq!(methods, [Method::Sms]);
        assert_eq!(refusal(prove(&world, &mira, &secret, "123456")), Refusal::WrongPhoneCode, "none was sent");
        let code = sent(&world, &mira, &secret);
        let account = session.account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        assert_eq!(world.post.newest_text_to(HERS), format!(
            "Countersign: {code} is your code to sign in. It works for 10 minutes, on our site only. Never tell it to \
             anybody. Not you? To stop everything, type these words under Stop on our site: {words}"
        ));
        let new = is_in(prove(&world, &mira, &secret, &code));
        assert!(world.signed_in(&new.secret) && new.device.is_none());
        assert_eq!(refusal(prove(&world, &mira, &secret, &code)), Refusal::SignInOver, "once");
        // Neither the log nor the row knows the code.
        let pending = world.app.view(move |view| {
            let pending = view.rows().pending_by_secret(&secret.digest())?.unwrap();
            Ok(view.rows().sign_in_code(account, pending.id)?.unwrap())
        }).wait().unwrap();
        assert!(pending.used_at.is_some() && !pending.digest.windows(6).any(|window| window == code.as_bytes()));
        let log = format!("{:?}", world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap());
        assert!(!log.contains(&code) && !log.contains("791234"), "{log}");
    }

    fn from_an_unknown_browser_the_letter_goes_out_after_both_proofs(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let elsewhere = mira.thief();
        let (secret, _) = begin(&world, &elsewhere);
        let code = sent(&world, &elsewhere, &secret);
        let letters = || world.post.letters().iter().filter(|letter| letter.subject == "A new browser asked to sign in").count();
        let before = letters();
        let outcome = prove(&world, &elsewhere, &secret, &code).unwrap();
        world.settle();
        assert_eq!(letters(), before + 1);
        assert!(world.signed_in(&let_in(&world, &elsewhere, outcome).secret));
    }

    fn a_recovery_code_takes_the_place_of_the_sms(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let codes = world.recovery_codes(&mira, &session);
        let (secret, methods) = begin(&world, &mira);
        assert_eq!(methods, [Method::RecoveryCode, Method::Sms], "ranked last");
        is_in(world.second_step(&mira, &secret, &approvals::Given::RecoveryCode(codes[0].clone())));
    }

    fn the_check_up_says_that_it_is_weaker_and_the_password_stays_long(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let (state, says) = line(&world, &session);
        assert_eq!(state, State::Better);
        assert!(says.contains("weaker") && says.contains("Add an authenticator app"), "{says}");
        let short = world.wait(credentials::change_password(&world.app, &mira.in_session(&session), PASSWORD, "vq7 hulm+Kez"));
        assert!(matches!(refusal(short), Refusal::PasswordUnfit(_)), "twelve characters are for a real second factor");
    }

    fn an_app_takes_its_place_at_once_and_a_stolen_number_opens_nothing(world: World) {
        let world = allowed(world);
        let (mut mira, mut session) = with_sms(&world, "mira", HERS);
        let (half_way, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &half_way);
        world.add_app(&mut mira, &mut session);
        assert_eq!(refusal(prove(&world, &mira, &half_way, &code)), Refusal::SignInOver, "begun before the app");
        let (secret, methods) = begin(&world, &mira);
        assert_eq!(methods, [Method::App]);
        assert_eq!(refusal(send(&world, &mira, &secret)), Refusal::NoSmsCodes);
        assert_eq!(refusal(prove(&world, &mira, &secret, &code)), Refusal::NoSmsCodes);
        assert_eq!(refusal(world.approve(&mira, &session, Sensitive::SmsCodes)), Refusal::NoSmsCodes);
        assert_eq!(line(&world, &session).0, State::Good);
        is_in(world.second_step(&mira, &secret, &approvals::Given::Code(world.code(&mira))));
    }

    fn it_approves_nothing_and_thaws_nothing_sooner(world: World) {
        let world = allowed(world);
        let (mira, mut session) = with_sms(&world, "mira", HERS);
        for what in [Sensitive::AddApp, Sensitive::SmsCodesOff, Sensitive::ChangeEmail { new: "new@example.com".into() }] {
            let (actor, here, account) = (mira.in_session(&session), session.session, session.account);
            let id = world.app.change(&actor, move |change| approvals::ask(change, here, &what)).wait().unwrap();
            let shown = world.app.view(move |view| approvals::show(view, account, here, id)).wait().unwrap();
            assert_eq!(shown.methods, [Method::Password]);
        }
        world.clock.advance(Span::from_hours(200));
        let account = session.account;
        world.app.change(&mira.visitor(), move |change| protections::freeze(change, account, FreezeCause::Link)).wait().unwrap();
        // Frozen customers sign in, by SMS too where every browser was forgotten.
        let (secret, _) = begin(&world, &mira);
        let outcome = prove(&world, &mira, &secret, &sent(&world, &mira, &secret)).unwrap();
        session = let_in(&world, &mira, outcome);
        let (actor, here) = (mira.in_session(&session), session.session);
        let asked = world.app.change(&actor, move |change| approvals::ask(change, here, &Sensitive::Thaw)).wait();
        assert_eq!(refusal(asked), Refusal::NotEnoughToThaw, "a phone is no older second factor");
    }

    fn switching_them_off_waits_a_day_is_told_and_can_be_stopped(world: World) {
        let world = allowed(world);
        let (mut mira, mut session) = with_sms(&world, "mira", HERS);
        let off = |session: &mut NewSession, mira: &Person| match choose(&world, mira, session, Sensitive::SmsCodesOff).unwrap() {
            Carried::Waits(waiting) => waiting.timer,
            other @ Carried::Out(_) => panic!("{other:?}"),
        };
        let timer = off(&mut session, &mira);
        assert!(world.post.newest_text_to(HERS).contains("A change that weakens your account was asked for"));
        let account = session.account;
        world.app.change(&mira.in_session(&session), move |change| protections::cancel(change, account, timer)).wait().unwrap();
        world.clock.advance(Span::from_hours(25));
        world.settle();
        let (secret, _) = begin(&world, &mira);
        session = is_in(prove(&world, &mira, &secret, &sent(&world, &mira, &secret)));
        off(&mut session, &mira);
        world.clock.advance(Span::from_hours(23));
        world.settle();
        begin(&world, &mira);
        world.clock.advance(Span::from_hours(1));
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Signing in no longer asks for a code by SMS");
        world.sign_in(&mut mira);
        let held = world.app.view(move |view| {
            let account = view.rows().account_by_id(account)?.unwrap();
            Ok(protections::standing(view, &account)?.held_until())
        });
        assert!(held.wait().unwrap().is_some(), "money for young addresses waits");
    }

    fn who_lost_the_phone_is_back_after_seven_days(world: World) {
        let world = allowed(world);
        let (mut mira, session) = with_sms(&world, "mira", HERS);
        let (secret, _) = begin(&world, &mira);
        let lost = world.app.change(&mira.visitor(), move |change| sessions::lose_factors(change, &secret));
        assert!(matches!(lost.wait().unwrap().1, Carried::Waits(_)));
        world.settle();
        world.clock.advance(Span::from_hours(7 * 24));
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Your second proofs were taken off");
        assert_eq!(world.sign_in(&mut mira).account, session.account);
    }

    fn a_new_password_from_the_mailbox_does_not_get_around_the_sms(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let eve = mira.thief();
        let browser = world.wait(credentials::ask_reset(&world.app, &eve.visitor(), &eve.email, &[])).unwrap();
        world.settle();
        let link = act_link(&world.post.newest_to(&mira.email));
        let new = "a fresh set of words 58 willow";
        world.wait(credentials::reset(&world.app, &eve.visitor(), (&link, Some(&browser)), new, None)).unwrap();
        let eve = Person { password: new.into(), ..eve };
        assert_eq!(begin(&world, &eve).1, [Method::Sms], "mailbox and password, and still not in");
    }

    fn where_none_can_be_sent_the_mailbox_is_asked_for_in_known_browsers_too(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let (half_way, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &half_way);
        // The operator switches them off.
        let world = world.restarted(|_| {});
        assert_eq!(refusal(prove(&world, &mira, &half_way, &code)), Refusal::NoSmsCodes);
        let looked = half_way.clone();
        assert_eq!(refusal(world.app.view(move |view| sessions::second_step(view, &looked)).wait()), Refusal::SignInOver);
        assert_eq!(line(&world, &session).0, State::Weak);
        let waits = world.try_sign_in(&mira).unwrap();
        let new = let_in(&world, &mira, waits);
        assert!(world.signed_in(&new.secret) && new.device.is_none(), "the browser was known, and is no second one");
        // A country that the operator no longer sends to is the same.
        let world = world.restarted(|settings| {
            settings.phone.sign_in_codes = true;
            settings.phone.countries.retain(|country| country.code() != "CH");
        });
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::Waiting(_)));
        let world = allowed(world);
        assert_eq!(begin(&world, &mira).1, [Method::Sms]);
    }

    fn a_number_that_is_younger_than_its_hold_is_no_second_step(world: World) {
        let world = allowed(world);
        let (mira, mut session) = with_sms(&world, "mira", HERS);
        let changed = choose(&world, &mira, &mut session, Sensitive::ChangePhone { new: Some(OTHER.into()) }).unwrap();
        assert_eq!(changed, Carried::Out(Effect::Done));
        for hours in [0, 24, 47] {
            world.clock.advance(Span::from_hours(hours));
            assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::Waiting(_)), "after {hours} more hours");
        }
        // Three days after the change it is as old as the hold is long.
        world.clock.advance(Span::from_hours(1));
        let (secret, methods) = begin(&world, &mira);
        assert_eq!(methods, [Method::Sms]);
        send(&world, &mira, &secret).unwrap();
        is_in(prove(&world, &mira, &secret, &code_in(&world.post.newest_text_to(OTHER))));
    }
}
