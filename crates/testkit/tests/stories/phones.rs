//! A phone that is told, and can stop everything.

use domain::approvals::{self, Given, Outcome};
use domain::notifications::{self, Delivery, SmsChoice};
use domain::phones::{self, Asked, Confirmed};
use domain::protections::{self, FreezeCause, Frozen, Sensitive};
use domain::refusal::Refusal;
use domain::sessions::NewSession;
use domain::{Actor, Origin, Span, Stop, credentials};
use testkit::{PASSWORD, Person, World, both, code_in, refusal};

pub(crate) const HERS: &str = "+41791234567";
pub(crate) const OTHER: &str = "+447400123456";

pub(crate) fn ask(world: &World, person: &Person, session: &NewSession, number: &'static str) -> Result<Asked, Stop> {
    let account = session.account;
    world.app.change(&person.in_session(session), move |change| phones::ask(change, account, number)).wait()
}

pub(crate) fn confirm(world: &World, person: &Person, session: &NewSession, code: &str) -> Result<Confirmed, Stop> {
    world.wait(phones::confirm(&world.app, &person.in_session(session), session.account, code))
}

pub(crate) fn reply(world: &World, from: &'static str, text: &'static str) -> Result<u64, Stop> {
    let nobody = Actor::visitor(Origin::default());
    world.app.change(&nobody, move |change| phones::freeze_by_reply(change, from, text)).wait()
}

pub(crate) fn confirmed(world: &World, session: &NewSession) -> Option<String> {
    let account = session.account;
    let shown = world.app.view(move |view| phones::show(view, account)).wait().expect("a reading");
    shown.phone.map(|phone| phone.number.as_str().to_owned())
}

fn texts_to(world: &World, number: &str) -> Vec<String> {
    world.post.texts().into_iter().filter(|sms| sms.to == number).map(|sms| sms.text).collect()
}

/// Another six digits.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

both! {
    fn a_phone_is_told_once_its_code_is_typed_and_not_before(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        assert!(matches!(ask(&world, &mira, &session, "+41 79 123 45 67").unwrap(), Asked::Sent { .. }));
        world.settle();
        assert_eq!(confirmed(&world, &session), None);
        let code = code_in(&world.post.newest_text_to(HERS));
        assert_eq!(refusal(confirm(&world, &mira, &session, &wrong(&code))), Refusal::WrongPhoneCode);
        confirm(&world, &mira, &session, &format!(" {} {} ", &code[..3], &code[3..])).unwrap();
        assert_eq!(confirmed(&world, &session).as_deref(), Some(HERS));
        assert_eq!(refusal(confirm(&world, &mira, &session, &code)), Refusal::WrongPhoneCode, "a used code is used");
        assert_eq!(ask(&world, &mira, &session, HERS).unwrap(), Asked::Already);
        world.settle();
        world.wait(credentials::change_password(&world.app, &mira.in_session(&session), PASSWORD, "nine green boats in the fog")).unwrap();
        world.settle();
        let text = world.post.newest_text_to(HERS);
        assert!(text.starts_with("Countersign: Your password was changed. 22 Nov, 12:00 UTC, Firefox 144 on Linux."), "{text}");
        assert_eq!(world.post.newest_to(&mira.email).subject, "Your password was changed");
    }

    fn no_row_holds_a_code_or_freeze_words(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let account = session.account;
        let words = world.app.view(move |view| protections::freeze_words(view, account)).wait().unwrap();
        let texts = texts_to(&world, HERS);
        assert!(texts[1].ends_with(&words), "{texts:?}");
        let digest = world.app.view(move |view| Ok(view.rows().phone_code(account)?.unwrap().digest)).wait().unwrap();
        assert!(!digest.windows(6).any(|window| window == code_in(&texts[0]).as_bytes()));
        let stored = format!("{:?}", world.app.view(move |view| domain::activity::newer(view, account, 0)).wait().unwrap());
        assert!(!stored.contains(&code_in(&texts[0])) && !stored.contains(&words) && !stored.contains("791234"), "{stored}");
    }

    fn a_code_lives_ten_minutes_and_takes_five_tries(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        let code = code_in(&world.post.newest_text_to(HERS));
        for _ in 0..5 {
            assert_eq!(refusal(confirm(&world, &mira, &session, &wrong(&code))), Refusal::WrongPhoneCode);
        }
        assert_eq!(refusal(confirm(&world, &mira, &session, &code)), Refusal::WrongPhoneCode, "a sixth try was looked at");
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        let next = code_in(&world.post.newest_text_to(HERS));
        assert_ne!(next, code);
        world.clock.advance(Span::from_mins(10));
        assert_eq!(refusal(confirm(&world, &mira, &session, &next)), Refusal::WrongPhoneCode);
        assert_eq!(confirmed(&world, &session), None);
    }

    fn fifty_tries_at_once_count_as_fifty_and_one_right_code_works_once(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        let code = code_in(&world.post.newest_text_to(HERS));
        let actor = mira.in_session(&session);
        let tries = |typed: String| {
            let all: Vec<_> = (0..50).map(|_| {
                let (app, actor, account, typed) = (world.app.clone(), actor.clone(), session.account, typed.clone());
                world.spawn(async move { phones::confirm(&app, &actor, account, &typed).await.is_ok() })
            }).collect();
            world.wait(async {
                let mut done = 0;
                for one in all {
                    done += usize::from(one.await.unwrap());
                }
                done
            })
        };
        assert_eq!(tries(code.clone()), 1);
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("phone.added")).count(), 1);
        ask(&world, &mira, &session, OTHER).unwrap();
        assert_eq!(tries("not it".into()), 0);
        let account = session.account;
        let tried = world.app.view(move |view| Ok(view.rows().phone_code(account)?.unwrap().tries)).wait().unwrap();
        assert_eq!(tried, 5);
    }

    fn a_newer_code_and_a_changed_password_void_the_one_before(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        let first = code_in(&world.post.newest_text_to(HERS));
        ask(&world, &mira, &session, OTHER).unwrap();
        world.settle();
        assert_eq!(refusal(confirm(&world, &mira, &session, &first)), Refusal::WrongPhoneCode);
        let second = code_in(&world.post.newest_text_to(OTHER));
        world.wait(credentials::change_password(&world.app, &mira.in_session(&session), PASSWORD, "nine green boats in the fog")).unwrap();
        assert_eq!(refusal(confirm(&world, &mira, &session, &second)), Refusal::WrongPhoneCode);
        assert_eq!(confirmed(&world, &session), None);
    }

    fn a_code_that_is_too_old_is_not_sent_any_more(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.settle();
        world.post.set_down(true);
        ask(&world, &mira, &session, HERS).unwrap();
        world.settle();
        world.post.set_down(false);
        world.clock.advance(Span::from_mins(10));
        world.settle();
        assert_eq!(texts_to(&world, HERS), Vec::<String>::new());
        let waiting = world.app.view(|view| Ok(view.rows().outbox_waiting()?)).wait().unwrap();
        assert_eq!(waiting, 0, "it would be tried for days");
    }

    fn a_number_that_is_replaced_or_removed_is_told_and_so_is_the_mailbox(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        // What happened in the same moment as the change before it would be too young for this one.
        world.clock.advance(Span::from_mins(1));
        world.add_phone(&mira, &session, OTHER);
        world.settle();
        assert_eq!(confirmed(&world, &session).as_deref(), Some(OTHER));
        let told = world.post.newest_text_to(HERS);
        assert!(told.contains("The phone of your account was changed"), "{told}");
        let letter = world.post.newest_to(&mira.email);
        assert_eq!(letter.subject, "The phone of your account was changed");
        assert!(letter.freeze_url.is_some());
        let account = session.account;
        let remove = || world.app.change(&mira.in_session(&session), move |change| phones::remove(change, account)).wait().unwrap();
        let approval = remove().expect("it takes a proof");
        world.prove(&mira, &session, approval).unwrap();
        assert_eq!(remove(), None, "removing what is not there succeeds");
        world.settle();
        assert!(world.post.newest_text_to(OTHER).contains("The phone of your account was removed"));
        assert_eq!(world.post.newest_to(&mira.email).subject, "The phone of your account was removed");
        assert_eq!(world.log(account).iter().filter(|line| line.contains("phone.removed")).count(), 1);
        let before = world.post.texts().len();
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        world.settle();
        assert_eq!(world.post.texts().len(), before, "a removed number was told");
    }

    fn a_phone_is_replaced_and_removed_with_a_proof_and_not_without(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        world.add_app(&mut mira, &mut session);
        // A thief at her desk, with her password and a phone of their own.
        world.clock.advance(Span::from_mins(1));
        ask(&world, &mira, &session, OTHER).unwrap();
        world.settle();
        let right = confirm(&world, &mira, &session, &code_in(&world.post.newest_text_to(OTHER))).unwrap();
        let (actor, account) = (mira.in_session(&session), session.account);
        let away = world.app.change(&actor, move |change| phones::remove(change, account)).wait().unwrap().expect("a proof is asked for");
        world.settle();
        assert_eq!((right.confirmed, confirmed(&world, &session).as_deref()), (false, Some(HERS)), "nothing is changed yet");
        let replace = right.approval.expect("a proof is asked for");
        for approval in [replace, away] {
            let by_password = approvals::prove(&world.app, &actor, approval, Given::Password(PASSWORD.into()));
            assert!(matches!(world.wait(by_password).unwrap(), Outcome::More(_)), "the password alone is enough");
        }
        assert_eq!(confirmed(&world, &session).as_deref(), Some(HERS));
        // The owner has the app.
        world.prove(&mira, &session, replace).unwrap();
        assert_eq!(confirmed(&world, &session).as_deref(), Some(OTHER));
        world.prove(&mira, &session, away).unwrap();
        assert_eq!(confirmed(&world, &session), None);
        assert_eq!(refusal(world.prove(&mira, &session, away)), Refusal::ApprovalDone);
    }

    fn locked_settings_keep_their_phone(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        world.recovery_codes(&mira, &session);
        world.approve(&mira, &session, Sensitive::ArmLock { days: 1 }).unwrap();
        let (actor, account) = (mira.in_session(&session), session.account);
        let remove = world.app.change(&actor, move |change| phones::remove(change, account)).wait();
        assert_eq!(refusal(remove), Refusal::SettingsLocked);
        ask(&world, &mira, &session, OTHER).unwrap();
        world.settle();
        let code = code_in(&world.post.newest_text_to(OTHER));
        assert_eq!(refusal(confirm(&world, &mira, &session, &code)), Refusal::SettingsLocked);
        assert_eq!(confirmed(&world, &session).as_deref(), Some(HERS));
    }

    fn another_phone_holds_money_for_young_addresses_and_the_first_does_not(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        let account = session.account;
        let holds = || {
            let held = world.app.view(move |view| {
                let account = view.rows().account_by_id(account)?.unwrap();
                Ok(protections::standing(view, &account)?.held_until())
            });
            held.wait().unwrap().map(|until| until.to_string())
        };
        world.add_phone(&mira, &session, HERS);
        assert_eq!(holds(), None);
        world.add_phone(&mira, &session, OTHER);
        assert_eq!(holds().as_deref(), Some("2026-11-25T12:00:00Z"));
    }

    fn a_frozen_account_keeps_its_phone_as_it_is(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        ask(&world, &mira, &session, OTHER).unwrap();
        world.settle();
        let code = code_in(&world.post.newest_text_to(OTHER));
        let account = session.account;
        world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings)).wait().unwrap();
        assert_eq!(refusal(confirm(&world, &mira, &session, &code)), Refusal::AccountFrozen);
        assert_eq!(refusal(ask(&world, &mira, &session, OTHER)), Refusal::AccountFrozen);
        let remove = world.app.change(&mira.in_session(&session), move |change| phones::remove(change, account));
        assert_eq!(refusal(remove.wait()), Refusal::AccountFrozen);
        assert_eq!(confirmed(&world, &session).as_deref(), Some(HERS));
    }

    fn codes_are_limited_for_customer_number_network_and_country(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        assert_eq!(refusal(ask(&world, &mira, &session, "079 123 45 67")), Refusal::PhoneUnfit);
        assert_eq!(refusal(ask(&world, &mira, &session, "+1 876 210 1234")), Refusal::PhoneCountryNotServed);
        for _ in 0..3 {
            ask(&world, &mira, &session, HERS).unwrap();
        }
        assert!(matches!(refusal(ask(&world, &mira, &session, HERS)), Refusal::TooManyCodes { .. }), "one number");
        ask(&world, &mira, &session, OTHER).unwrap();
        ask(&world, &mira, &session, OTHER).unwrap();
        let Refusal::TooManyCodes { until } = refusal(ask(&world, &mira, &session, "+49 1512 3456789")) else { panic!("one customer") };
        assert_eq!(until.to_string(), "2026-11-23T12:00:00Z");
        world.clock.advance(Span::from_hours(24));
        ask(&world, &mira, &session, HERS).unwrap();
    }

    fn one_customer_gets_so_many_sms_a_day_and_every_letter(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let (actor, account) = (mira.in_session(&session), session.account);
        let daily = usize::try_from(world.app.settings().phone.notices_daily).unwrap();
        let (texts, letters) = (texts_to(&world, HERS).len(), world.post.letters().len());
        let renew = |times: usize| {
            for turn in 0..2 * times {
                let chosen = move |change: &mut domain::Change<'_>| {
                    notifications::choose(change, account, "sign_in.failed", turn % 2 == 1)
                };
                world.app.change(&actor, chosen).wait().unwrap();
                if turn % 60 == 59 {
                    world.clock.advance(Span::from_hours(1));
                }
            }
            world.settle();
        };
        renew(daily + 20);
        assert!((daily - 2..=daily).contains(&(texts_to(&world, HERS).len() - texts)), "the one of adding the phone counts");
        // Every one of them by mail, and one more, which says that not all go to the phone.
        assert_eq!(world.post.letters().len() - letters, daily + 20 + 1);
        let said = world.post.letters().iter().filter(|letter| letter.subject == "Many SMS went to your phone").count();
        assert_eq!(said, 1);
        world.clock.advance(Span::from_hours(24));
        let texts = texts_to(&world, HERS).len();
        renew(1);
        assert_eq!(texts_to(&world, HERS).len(), texts + 1);
    }

    fn sms_that_can_be_switched_off_leave_room_for_those_that_tell_of_a_takeover(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let (actor, account) = (mira.in_session(&session), session.account);
        let wanted = world.app.change(&actor, move |change| notifications::choose_sms(change, account, "sign_in.done", true));
        wanted.wait().unwrap();
        let daily = usize::try_from(world.app.settings().phone.notices_daily).unwrap();
        for _ in 0..daily {
            world.sign_in(&mut mira);
        }
        world.settle();
        let texts = texts_to(&world, HERS).len();
        assert!(texts <= daily / 2 + 2, "{texts} of {daily}");
        let freeze = world.app.change(&actor, move |change| protections::freeze(change, account, FreezeCause::Settings));
        freeze.wait().unwrap();
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("Your account is frozen"));
    }

    fn what_matters_most_is_told_by_sms_however_many_went_before(world: World) {
        let mut mira = world.customer("mira");
        let mut session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let account = session.account;
        let flood = |person: &Person, session: &NewSession| {
            for turn in 0..100 {
                let chosen = move |change: &mut domain::Change<'_>| {
                    notifications::choose(change, account, "sign_in.failed", turn % 2 == 1)
                };
                world.app.change(&person.in_session(session), chosen).wait().unwrap();
            }
            world.settle();
        };
        flood(&mira, &session);
        let last = world.post.newest_text_to(HERS);
        assert!(last.contains("You changed which notices you get"), "{last}");
        let freeze = world.app.change(&mira.in_session(&session), move |change| protections::freeze(change, account, FreezeCause::Settings));
        freeze.wait().unwrap();
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("Your account is frozen"));
        session = world.sign_in(&mut mira);
        world.approve(&mira, &session, Sensitive::ThawSlowly).unwrap();
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("Unfreezing your account was asked for"));
    }

    fn what_any_stranger_causes_goes_by_mail_and_by_no_sms(world: World) {
        let (mut mira, mut mallory) = (world.customer("mira"), world.customer("mallory"));
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        let texts = texts_to(&world, HERS).len();
        let stranger = mira.thief();
        world.wait(credentials::ask_reset(&world.app, &stranger.visitor(), &stranger.email, &[])).unwrap();
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Somebody asked for a new password");
        let theirs = world.sign_in(&mut mallory);
        world.approve(&mallory, &theirs, Sensitive::ChangeEmail { new: mira.email.clone() }).unwrap();
        world.settle();
        assert_eq!(world.post.newest_to(&mira.email).subject, "Somebody asked to use your address");
        assert_eq!(texts_to(&world, HERS).len(), texts);
    }

    fn sms_are_chosen_for_each_event_and_the_important_ones_stay(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        world.settle();
        let account = session.account;
        let choose = |code: &'static str, on: bool| {
            world.app.change(&mira.in_session(&session), move |change| notifications::choose_sms(change, account, code, on)).wait()
        };
        assert_eq!(refusal(choose("credential.password_changed", false)), Refusal::NoticeAlwaysOn);
        assert_eq!(refusal(choose("account.opened", true)), Refusal::NoSuchThing);
        assert_eq!(refusal(choose("no.such_event", true)), Refusal::NoSuchThing);
        let before = texts_to(&world, HERS).len();
        world.app.change(&mira.in_session(&session), move |change| domain::sessions::end_others(change, account, session.session)).wait().unwrap();
        world.settle();
        assert_eq!(texts_to(&world, HERS).len(), before, "an SMS went out that nobody chose");
        choose("sign_in.done", true).unwrap();
        assert!(matches!(world.try_sign_in(&mira).unwrap(), domain::sessions::SignInOutcome::In(_)));
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("Signed in."));
        choose("sign_in.done", false).unwrap();
        world.settle();
        assert!(world.post.newest_text_to(HERS).contains("You changed which notices you get"), "silencing is told");
        let choices = world.app.view(move |view| notifications::choices(view, account)).wait().unwrap();
        assert!(choices.iter().any(|choice| choice.code == "sign_in.done" && choice.sms == SmsChoice::Chosen(false)));
        protections_of(&world, &mira, account);
    }

    fn what_a_gateway_reports_is_kept_and_delivered_is_the_last_word(world: World) {
        let mut mira = world.customer("mira");
        let session = world.sign_in(&mut mira);
        world.add_phone(&mira, &session, HERS);
        world.settle();
        let notice = world.post.texts()[0].id;
        let account = session.account;
        let last = || world.app.view(move |view| phones::show(view, account)).wait().unwrap().last_sms;
        assert_eq!(last(), None);
        for (said, kept) in [
            (Delivery::OnItsWay, Delivery::OnItsWay),
            (Delivery::Delivered, Delivery::Delivered),
            (Delivery::Failed, Delivery::Delivered),
        ] {
            world.app.change(&Actor::chore(), move |change| notifications::report(change, notice, said)).wait().unwrap();
            assert_eq!(last(), Some(kept));
        }
    }
}

/// A freeze stays possible and is told by SMS whatever was chosen.
fn protections_of(world: &World, mira: &Person, account: domain::ids::AccountId) {
    let freeze =
        world.app.change(&mira.visitor(), move |change| protections::freeze(change, account, FreezeCause::Settings));
    assert!(matches!(freeze.wait().expect("it freezes"), Frozen::Now { .. }));
    world.settle();
    assert!(world.post.newest_text_to(HERS).contains("Your account is frozen"));
}

#[test]
fn codes_are_limited_for_a_country_and_for_a_network_whoever_asks() {
    let few = |countries: i64, networks: i64| {
        World::with_settings(testkit::Database::sqlite(), |settings| {
            settings.phone.codes_country_hourly = countries;
            settings.phone.codes_network_hourly = networks;
        })
    };
    let swiss = ["+41791234567", "+41791234568", "+41791234569"];
    let ask_each = |world: &World| {
        let mut outcomes = Vec::new();
        for (name, number) in ["mira", "noor", "jonas"].into_iter().zip(swiss) {
            let mut person = world.customer(name);
            let session = world.sign_in(&mut person);
            outcomes.push((ask(world, &person, &session, number), person, session));
        }
        outcomes
    };
    let world = few(2, 100);
    let mut outcomes = ask_each(&world);
    let (third, jonas, session) = outcomes.pop().unwrap();
    assert!(outcomes.iter().all(|(outcome, _, _)| outcome.is_ok()));
    assert!(matches!(refusal(third), Refusal::TooManyCodes { .. }), "one country");
    ask(&world, &jonas, &session, OTHER).expect("another country has a number of its own");
    let world = few(100, 2);
    let (third, jonas, session) = ask_each(&world).pop().unwrap();
    assert!(matches!(refusal(third), Refusal::TooManyCodes { .. }), "one network");
    assert!(matches!(refusal(ask(&world, &jonas, &session, OTHER)), Refusal::TooManyCodes { .. }), "one network");
}

#[test]
fn notices_by_sms_are_counted_for_a_country_whoever_gets_them() {
    let world = World::with_settings(testkit::Database::sqlite(), |settings| settings.phone.notices_country_hourly = 3);
    let (mut mira, mut noor) = (world.customer("mira"), world.customer("noor"));
    let (hers, theirs) = (world.sign_in(&mut mira), world.sign_in(&mut noor));
    world.add_phone(&mira, &hers, HERS);
    world.add_phone(&noor, &theirs, "+41791234568");
    let changed = |person: &Person, session: &NewSession, old: &str, new: &str| {
        world.wait(credentials::change_password(&world.app, &person.in_session(session), old, new)).unwrap();
        world.settle();
    };
    changed(&noor, &theirs, PASSWORD, "nine green boats in the fog");
    let before = texts_to(&world, HERS).len();
    changed(&mira, &hers, PASSWORD, "nine green boats in the fog");
    assert_eq!(texts_to(&world, HERS).len(), before, "the fourth to this country in an hour");
    let subjects: Vec<String> = world.post.letters().into_iter().map(|letter| letter.subject).collect();
    assert!(subjects.iter().any(|subject| subject == "Many SMS went to your phone"), "{subjects:?}");
    world.clock.advance(Span::from_hours(1));
    changed(&mira, &hers, "nine green boats in the fog", "seven slow owls on the pier");
    assert_eq!(texts_to(&world, HERS).len(), before + 1);
}
