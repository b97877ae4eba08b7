//! Codes by SMS in the hands of somebody else: replayed, parallel, foreign, stale and oddly spelled ones.

use domain::Span;
use domain::protections::Sensitive;
use domain::refusal::Refusal;
use domain::sessions::{self, SignInOutcome};
use testkit::{Person, World, both, refusal};

use super::sms_codes::{HERS, OTHER, allowed, begin, choose, is_in, prove, send, sent, with_sms};

/// Another six digits.
fn wrong(code: &str) -> String {
    code.chars().map(|digit| if digit == '0' { '1' } else { '0' }).collect()
}

/// Fifty answers at once; how many of them were right.
fn fifty(world: &World, person: &Person, secret: &domain::SecretText, code: &str) -> usize {
    let all: Vec<_> = (0..50)
        .map(|_| {
            let (app, actor, secret, code) = (world.app.clone(), person.visitor(), secret.clone(), code.to_owned());
            world.spawn(async move { sessions::prove_by_sms(&app, &actor, &secret, &code).await.is_ok() })
        })
        .collect();
    world.wait(async {
        let mut right = 0;
        for one in all {
            right += usize::from(one.await.expect("no panic"));
        }
        right
    })
}

both! {
    fn of_fifty_right_codes_at_once_one_signs_in(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let before = world.log(session.account).iter().filter(|line| line.contains("sign_in.done")).count();
        let (secret, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &secret);
        assert_eq!(fifty(&world, &mira, &secret, &code), 1);
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("sign_in.done")).count(), before + 1);
    }

    fn fifty_guesses_at_once_are_five_that_are_looked_at(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let (secret, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &secret);
        assert_eq!(fifty(&world, &mira, &secret, &wrong(&code)), 0);
        assert_eq!(world.log(session.account).iter().filter(|line| line.contains("factor.failed")).count(), 5);
        assert!(matches!(refusal(prove(&world, &mira, &secret, &code)), Refusal::TooManyTries { .. }), "a sixth was looked at");
        // Another attempt and another code are no more guesses.
        let (again, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &again);
        assert!(matches!(refusal(prove(&world, &mira, &again, &code)), Refusal::TooManyTries { .. }));
        world.clock.advance(Span::from_mins(15));
        let (later, _) = begin(&world, &mira);
        is_in(prove(&world, &mira, &later, &sent(&world, &mira, &later)));
        world.settle();
        assert!(world.post.letters().iter().any(|letter| letter.subject == "Somebody gave a wrong code"));
    }

    fn a_code_belongs_to_one_sign_in_of_one_account(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let (tom, _) = with_sms(&world, "tom", OTHER);
        let (hers, _) = begin(&world, &mira);
        let (again, _) = begin(&world, &mira);
        let (his, _) = begin(&world, &tom);
        let code = sent(&world, &mira, &hers);
        let other = sent(&world, &mira, &again);
        sent(&world, &tom, &his);
        assert_eq!(refusal(prove(&world, &tom, &his, &code)), Refusal::WrongPhoneCode, "another account");
        assert_eq!(refusal(prove(&world, &mira, &again, &code)), Refusal::WrongPhoneCode, "another sign-in");
        let invented = domain::SecretText::presented("A".repeat(43));
        assert_eq!(refusal(prove(&world, &mira, &invented, &code)), Refusal::SignInOver);
        assert_eq!(refusal(send(&world, &mira, &invented)), Refusal::SignInOver);
        // The thief began elsewhere; what the owner reads aloud to them is for the owner's own attempt.
        let (theirs, _) = begin(&world, &mira.thief());
        assert_eq!(refusal(prove(&world, &mira.thief(), &theirs, &code)), Refusal::WrongPhoneCode);
        is_in(prove(&world, &mira, &again, &other));
        assert_eq!(refusal(prove(&world, &mira, &hers, &code)), Refusal::SignInOver, "the one that was let in ended the others");
    }

    fn a_code_is_the_newest_and_lives_ten_minutes(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let (secret, _) = begin(&world, &mira);
        let first = sent(&world, &mira, &secret);
        let second = sent(&world, &mira, &secret);
        assert_ne!(first, second);
        assert_eq!(refusal(prove(&world, &mira, &secret, &first)), Refusal::WrongPhoneCode, "replaced");
        world.clock.advance(Span::from_mins(10));
        assert_eq!(refusal(prove(&world, &mira, &secret, &second)), Refusal::WrongPhoneCode, "ten minutes are over");
        let third = sent(&world, &mira, &secret);
        world.clock.advance(Span::from_mins(5));
        assert_eq!(refusal(prove(&world, &mira, &secret, &third)), Refusal::SignInOver, "the sign-in itself is over");
    }

    fn a_code_is_typed_as_people_type_and_what_cannot_be_one_is_no_guess(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let arabic = |code: &str| -> String {
            code.chars().map(|c| char::from_u32(0x660 + c.to_digit(10).unwrap()).unwrap()).collect()
        };
        let wide = |code: &str| -> String { code.chars().map(|c| char::from_u32(c as u32 + 0xfee0).unwrap()).collect() };
        let spaced = |code: &str| format!(" {}\u{2013}{} ", &code[..3], &code[3..]);
        for (spelling, spell) in [("spaced", &spaced as &dyn Fn(&str) -> String), ("wide", &wide), ("arabic", &arabic)] {
            let (secret, _) = begin(&world, &mira);
            let code = sent(&world, &mira, &secret);
            for odd in ["", "12345", "1234567", "12345a", "０", "123456\u{0}"] {
                assert_eq!(refusal(prove(&world, &mira, &secret, odd)), Refusal::CodeUnfit, "{odd}");
            }
            let outcome = prove(&world, &mira, &secret, &spell(&code));
            assert!(matches!(outcome, Ok(SignInOutcome::In(_))), "{spelling}: {outcome:?}");
        }
        assert!(!world.log(session.account).iter().any(|line| line.contains("factor.failed")));
    }

    fn a_thief_with_the_password_uses_up_no_sms_and_no_tries_of_a_known_device(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let eve = mira.thief();
        let (secret, _) = begin(&world, &eve);
        for _ in 0..3 {
            send(&world, &eve, &secret).unwrap();
        }
        assert!(matches!(refusal(send(&world, &eve, &secret)), Refusal::TooManyCodes { .. }), "three an hour to one number");
        for _ in 0..5 {
            assert_eq!(refusal(prove(&world, &eve, &secret, "000000")), Refusal::WrongPhoneCode);
        }
        assert!(matches!(refusal(prove(&world, &eve, &secret, "000000")), Refusal::TooManyTries { .. }));
        let (here, _) = begin(&world, &mira);
        is_in(prove(&world, &mira, &here, &sent(&world, &mira, &here)));
    }

    fn ten_codes_a_day_go_to_one_browser(world: World) {
        let world = allowed(world);
        let (mira, _) = with_sms(&world, "mira", HERS);
        let mut all = 0;
        for _ in 0..4 {
            let (secret, _) = begin(&world, &mira);
            while send(&world, &mira, &secret).is_ok() {
                all += 1;
            }
            world.clock.advance(Span::from_hours(1));
        }
        assert_eq!(all, 10);
    }

    fn codes_to_sign_in_count_for_their_country_like_all_others(world: World) {
        let world = world.restarted(|settings| {
            settings.phone.sign_in_codes = true;
            settings.phone.codes_country_hourly = 6;
        });
        let (mira, _) = with_sms(&world, "mira", HERS);
        let (tom, _) = with_sms(&world, "tom", "+41791234568");
        let (hers, _) = begin(&world, &mira);
        let (his, _) = begin(&world, &tom);
        // Two confirmed the phones.
        for _ in 0..3 {
            send(&world, &mira, &hers).unwrap();
        }
        send(&world, &tom, &his).unwrap();
        assert!(matches!(refusal(send(&world, &tom, &his)), Refusal::TooManyCodes { .. }));
        world.clock.advance(Span::from_hours(1));
        let (his, _) = begin(&world, &tom);
        send(&world, &tom, &his).unwrap();
    }

    fn a_code_to_a_number_that_was_taken_away_meanwhile_opens_nothing(world: World) {
        let world = allowed(world);
        let (mira, mut session) = with_sms(&world, "mira", HERS);
        let (secret, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &secret);
        choose(&world, &mira, &mut session, Sensitive::ChangePhone { new: None }).unwrap();
        assert_eq!(refusal(prove(&world, &mira, &secret, &code)), Refusal::NoSmsCodes);
        assert_eq!(refusal(send(&world, &mira, &secret)), Refusal::NoSmsCodes);
        assert!(matches!(world.try_sign_in(&mira).unwrap(), SignInOutcome::Waiting(_)));
    }

    fn a_freeze_voids_the_code_and_leaves_signing_in_possible(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        // A phone that was confirmed since would sleep.
        world.clock.advance(Span::from_hours(72));
        let (secret, _) = begin(&world, &mira);
        let code = sent(&world, &mira, &secret);
        let account = session.account;
        let cause = domain::protections::FreezeCause::Reply;
        world.app.change(&mira.visitor(), move |change| domain::protections::freeze(change, account, cause)).wait().unwrap();
        assert_eq!(refusal(prove(&world, &mira, &secret, &code)), Refusal::SignInOver);
        let (secret, _) = begin(&world, &mira);
        let outcome = prove(&world, &mira, &secret, &sent(&world, &mira, &secret)).unwrap();
        assert!(matches!(outcome, SignInOutcome::Waiting(_)), "every browser was forgotten");
    }

    fn codes_are_forgotten_a_day_after_their_time(world: World) {
        let world = allowed(world);
        let (mira, session) = with_sms(&world, "mira", HERS);
        let (secret, _) = begin(&world, &mira);
        sent(&world, &mira, &secret);
        let account = session.account;
        let kept = || world.app.view({
            let secret = secret.clone();
            move |view| {
                let pending = view.rows().pending_by_secret(&secret.digest())?.unwrap();
                Ok(view.rows().sign_in_code(account, pending.id)?.is_some())
            }
        }).wait().unwrap();
        world.clock.advance(Span::from_hours(24));
        world.settle();
        assert!(kept());
        world.clock.advance(Span::from_mins(11));
        world.settle();
        assert!(!kept());
    }
}
