//! Exactly what was sent, and what became of it.

use domain::activity::Event;
use domain::ids::AccountId;
use domain::notifications::{self, Became, CarrierKind, Fate, Kept, MASK, NotTaken, Sent, Told};
use domain::protections;
use domain::refusal::Refusal;
use domain::sessions::NewSession;
use domain::{Span, Stop, credentials};
use testkit::{PASSWORD, Person, World, act_link, both, code_in, freeze_link, refusal};

use crate::phones::{HERS, OTHER, ask};

/// What somebody finds who types a reference.
fn find(world: &World, session: &NewSession, typed: &str) -> Result<Told, Stop> {
    let (account, typed) = (session.account, typed.to_owned());
    let reading = world.app.view(move |view| {
        let sequence = notifications::named(view, account, &typed)?;
        notifications::told(view, account, sequence)
    });
    reading.wait()
}

/// What was told of the newest event of this kind.
fn newest(world: &World, account: AccountId, code: &str) -> Told {
    let code = code.to_owned();
    let reading = world.app.view(move |view| {
        let entries = domain::activity::newer(view, account, 0)?;
        let entry = entries.iter().rev().find(|entry| entry.event.spec().code == code).expect("it happened");
        notifications::told(view, account, entry.sequence)
    });
    reading.wait().expect("a reading")
}

/// The reference in a text.
fn reference_in(text: &str) -> String {
    let after = text.split("eference ").nth(1).map(|rest| rest.trim_start_matches("is "));
    let word = after.and_then(|rest| rest.split([' ', '.']).next());
    word.unwrap_or_else(|| panic!("no reference in “{text}”")).to_owned()
}

/// Everything that is kept of a notice, as it lies in the database.
fn stored(sent: &Sent) -> String {
    serde_json::to_string(sent.kept.as_ref().expect("a copy")).expect("it is JSON")
}

fn change_password(world: &World, mira: &Person, session: &NewSession) {
    let new = "nine green boats in the fog";
    world.wait(credentials::change_password(&world.app, &mira.in_session(session), PASSWORD, new)).expect("it changes");
}

both! {
    fn by_the_reference_in_a_letter_and_an_sms_their_owner_finds_what_was_sent(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        change_password(&world, &mira, &session);
        world.clock.advance(Span::from_secs(90));
        world.settle();
        let (letter, text) = (world.post.newest_to(&mira.email), world.post.newest_text_to(HERS));
        assert_eq!(letter.subject, "Your password was changed");
        let foot = letter.foot.join(" ");
        assert_eq!(reference_in(&foot), reference_in(&text));

        let told = find(&world, &session, &reference_in(&text).to_lowercase()).unwrap();
        assert!(matches!(told.entry.event, Event::PasswordChanged { .. }) && told.inbox);
        let [by_mail, by_sms] = &told.sent[..] else { panic!("{:?}", told.sent) };
        assert_eq!((by_mail.carrier, by_mail.recipient.as_str()), (CarrierKind::Email, "m…@example.com"));
        assert_eq!((by_sms.carrier, by_sms.recipient.as_str()), (CarrierKind::Sms, "a number that ends in 67"));
        assert_eq!((by_mail.became(), by_mail.said.as_deref()), (Became::HandedOver, Some("250 kept")));
        assert_eq!(by_mail.taken_at, Some(world.app.clock().now()));

        let Some(Kept::Letter { subject, paragraphs, facts, buttons, foot }) = by_mail.kept.clone() else { panic!("a letter") };
        assert_eq!((subject, paragraphs, facts), (letter.subject.clone(), letter.paragraphs.clone(), letter.facts.clone()));
        assert_eq!(buttons, ["This wasn’t me. Freeze my account"]);
        assert!(foot[0].ends_with("m…@example.com"), "{foot:?}");
        assert_eq!(foot[1..], letter.foot[1..]);
        // What was sent by SMS, but for the words that freeze.
        let account = session.account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        assert!(text.contains(&words), "{text}");
        assert_eq!(by_sms.kept, Some(Kept::Sms { text: text.replace(&words, MASK) }));
    }

    fn nothing_that_grants_lies_beside_a_copy(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        world.settle();
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        let code = code_in(&world.post.newest_text_to(HERS));
        let by_sms = newest(&world, session.account, "phone.code_asked").sent.remove(0);
        assert!(stored(&by_sms).contains(MASK) && !stored(&by_sms).contains(&code), "{}", stored(&by_sms));

        world.try_sign_in(&mira.thief()).unwrap();
        world.settle();
        let letter = world.post.newest_to(&mira.email);
        let kept = stored(&newest(&world, session.account, "sign_in.waiting").sent[0]);
        assert!(kept.contains("Look at this sign-in"), "{kept}");
        for secret in [act_link(&letter).reveal(), freeze_link(&letter).reveal(), "/l/", &words, &mira.email] {
            assert!(!kept.contains(secret), "{secret} lies in {kept}");
        }
    }

    fn what_was_sent_stays_what_was_sent(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        let before = newest(&world, session.account, "sign_in.done").sent;
        assert!(stored(&before[0]).contains("freeze your account now"));
        let account = session.account;
        let freeze = move |change: &mut domain::Change<'_>| protections::freeze(change, account, protections::FreezeCause::Settings);
        world.app.change(&mira.in_session(&session), freeze).wait().unwrap();
        // Written today the same letter would say something else: nobody is told to freeze what is frozen.
        assert_eq!(newest(&world, session.account, "sign_in.done").sent, before);
    }

    fn a_reference_of_somebody_else_or_of_nobody_finds_nothing(world: World) {
        let (mut mira, mut noor) = (world.customer("mira"), world.customer("noor"));
        let (hers, other) = (world.sign_in(&mut mira), world.sign_in(&mut noor));
        world.settle();
        let reference = newest(&world, hers.account, "sign_in.done").reference;
        assert!(find(&world, &hers, &reference).is_ok());
        let number = reference.split('-').next().unwrap();
        for typed in [reference.as_str(), &format!("{number}-AAAAA"), "", "1", "999-K7PMQ"] {
            assert_eq!(refusal(find(&world, &other, typed)), Refusal::NoSuchThing, "{typed}");
        }
    }

    fn a_reference_whose_key_was_retired_is_found_in_the_letter_that_said_it(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        change_password(&world, &mira, &session);
        world.settle();
        let reference = newest(&world, session.account, "credential.password_changed").reference;
        let world = world.rekeyed(domain::Keys::from_master(&[9; 32]));
        assert_ne!(newest(&world, session.account, "credential.password_changed").reference, reference);
        assert!(find(&world, &session, &reference).is_ok());
        let mut other: Vec<char> = reference.chars().collect();
        let last = other.pop().expect("a letter");
        other.push(if last == 'A' { 'B' } else { 'A' });
        let other: String = other.into_iter().collect();
        assert_eq!(refusal(find(&world, &session, &other)), Refusal::NoSuchThing);
    }

    fn every_fate_of_a_notice_is_told_apart(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let account = session.account;
        let became = |code: &str| newest(&world, account, code).sent.iter().map(Sent::became).collect::<Vec<_>>();
        world.post.answer(HERS, Fate::Refused("403 not routable to +41791234567".into()));
        world.post.answer(&mira.email, Fate::Later("451 try again".into()));
        change_password(&world, &mira, &session);
        world.settle();
        let changed = "credential.password_changed";
        assert_eq!(became(changed), [Became::Waiting, Became::Not(NotTaken::Refused)]);
        // What was put off may have arrived all the same, so its copy is there.
        let told = newest(&world, session.account, changed);
        assert!(told.sent[0].kept.is_some() && told.sent[0].tries > 0, "{told:?}");
        assert_eq!(told.sent[1].said.as_deref(), Some("403 not routable to a number that ends in 67"));
        for _ in 0..6 * 24 {
            world.clock.advance(Span::from_hours(1));
            world.settle();
        }
        assert_eq!(became(changed), [Became::Not(NotTaken::GaveUp), Became::Not(NotTaken::Refused)]);

        // A code that is replaced before it goes out.
        world.post.take_again(&mira.email);
        world.post.answer(OTHER, Fate::Later("503 later".into()));
        mira.password = "nine green boats in the fog".to_owned();
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, OTHER).unwrap();
        world.clock.advance(Span::from_mins(11));
        world.settle();
        let told = newest(&world, session.account, "phone.code_asked");
        assert_eq!((told.sent[0].became(), &told.sent[0].kept), (Became::Not(NotTaken::TooLate), &None));
    }
}
