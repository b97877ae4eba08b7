//! Both halves, over random histories: the owner always gets back, and a thief with any two things never moves money,
//! loosens or thaws before the owner was told and had the stated time. And that each claim can fail.

use domain::Settings;
use domain::settings::ProtectionRules;
use model::{
    Act, Brake, Claim, Flaw, Hands, Mailbox, Player, Post, Start, Way, Wish, World, explore, get_back, replay, way,
};
use proptest::prelude::*;

fn rules() -> ProtectionRules {
    Settings::default().protection
}

#[test]
fn ten_thousand_histories_break_no_claim() {
    let tally = explore(0, 10_000, &rules(), None).unwrap_or_else(|found| panic!("{found:#?}"));
    assert_eq!(tally.histories, 10_000);
    // They come to where it matters: a thief who is let have their way gets through after everything stated.
    let counts = [tally.frozen, tally.robbed, tally.given_up, tally.infested, tally.locked, tally.passkey_only];
    assert!(counts.iter().all(|count| *count > 50), "{tally:?}");
    assert!(tally.by_mailbox.0 > 5_000 && tally.by_passkey.0 > 100, "{tally:?}");
}

#[test]
fn every_flaw_of_the_machine_breaks_the_claim_that_is_about_it() {
    for flaw in Flaw::ALL {
        let expected = match flaw {
            Flaw::EpochVoidsBrakes
            | Flaw::UndoLeavesLaterLinks
            | Flaw::WordsEndAtOnce
            | Flaw::NoCancelLinks
            | Flaw::MovingBackIsUndone => Claim::BrakesHold,
            Flaw::ConfirmOutlivesFreeze
            | Flaw::FreezeKeepsWaits
            | Flaw::FreezeKeepsSessions
            | Flaw::NothingSleeps
            | Flaw::ThawWakesAll => Claim::FreezeHolds,
            Flaw::DueIsNotChecked | Flaw::LockingAgainKeepsUnlocking => Claim::LockHolds,
            Flaw::WaitsRunUntold | Flaw::NewAddressIsTold | Flaw::RemovedIsNotTold => Claim::ToldAndWaited,
            Flaw::HoldsRunUntold | Flaw::HoldsAreIgnored => Claim::MoneyIsHeld,
            Flaw::YoungProofsEndCodes => Claim::TooYoung,
            Flaw::PasswordDespitePasskeyOnly => Claim::NothingWeaker,
            Flaw::LostFactorsKeepFactors | Flaw::SessionsStopAThaw | Flaw::FreezeAgainStopsRemovals => {
                Claim::OwnerGetsBack
            }
        };
        let found = (0..40).find_map(|part| explore(part * 1_000, 1_000, &rules(), Some(flaw)).err());
        let found = found.unwrap_or_else(|| panic!("nobody notices {flaw:?}"));
        println!(
            "{flaw:?}: {:?} at seed {} by {} acts: {}",
            found.broken.claim,
            found.seed,
            found.acts.len(),
            found.broken.why
        );
        assert_eq!(found.broken.claim, expected, "{flaw:?}: {found:#?}");
    }
}

#[test]
fn a_table_with_shorter_waits_than_were_promised_is_noticed() {
    type Shorten = fn(&mut ProtectionRules);
    let shorter: [(&str, Shorten); 7] = [
        ("loosen_hours", |rules| rules.loosen_hours = 23),
        ("thaw_hours", |rules| rules.thaw_hours = 23),
        ("thaw_slow_days", |rules| rules.thaw_slow_days = 6),
        ("lost_factor_days", |rules| rules.lost_factor_days = 6),
        ("hold_hours", |rules| rules.hold_hours = 71),
        ("undo_hours", |rules| rules.undo_hours = 71),
        ("untold_days", |rules| rules.untold_days = 6),
    ];
    for (name, shorten) in shorter {
        let mut rules = rules();
        shorten(&mut rules);
        let found = (0..40).find_map(|part| explore(part * 1_000, 1_000, &rules, None).err());
        let found = found.unwrap_or_else(|| panic!("nobody notices a shorter {name}"));
        println!(
            "{name}: {:?} at seed {} by {} acts: {}",
            found.broken.claim,
            found.seed,
            found.acts.len(),
            found.broken.why
        );
    }
}

/// Somebody with every thing there is, and a thief with nothing.
fn everything() -> Start {
    let own = Hands { owner: true, thief: false };
    Start {
        mailbox: own,
        password: own,
        app: Some(own),
        passkeys: [None, None],
        codes: Some(own),
        session: Hands::default(),
        passkey_only: false,
        lock_days: None,
        vigilant: false,
    }
}

/// How many hours the owner needs to get back after these acts.
fn hours_back(start: Start, acts: &[Act]) -> (Way, i64) {
    let (way, took) = replay(start, acts, &rules(), None).expect("these acts break no claim");
    (way, took.as_hours())
}

#[test]
fn who_lost_everything_but_the_mailbox_is_back_after_seven_days() {
    let gone = Hands::default();
    let start = Start { password: gone, app: Some(gone), codes: Some(gone), ..everything() };
    assert_eq!(hours_back(start, &[]), (Way::Mailbox, 7 * 24));
    let frozen = [Act::Freeze(Player::Owner, Brake::Words)];
    assert_eq!(hours_back(start, &frozen), (Way::Mailbox, 14 * 24), "and after fourteen if it was frozen");
}

#[test]
fn whose_phone_was_stolen_takes_its_app_off_with_a_recovery_code() {
    let start = Start { app: Some(Hands { owner: false, thief: true }), ..everything() };
    assert_eq!(hours_back(start, &[]), (Way::Mailbox, 24));
}

#[test]
fn who_has_no_second_factor_thaws_after_seven_days() {
    let start = Start { app: None, codes: None, ..everything() };
    assert_eq!(hours_back(start, &[]), (Way::Mailbox, 0));
    assert_eq!(hours_back(start, &[Act::Freeze(Player::Owner, Brake::Words)]), (Way::Mailbox, 7 * 24));
    assert_eq!(hours_back(everything(), &[Act::Freeze(Player::Owner, Brake::Words)]), (Way::Mailbox, 24));
}

#[test]
fn a_thief_in_the_clever_order_costs_the_owner_seven_days_and_nothing_else() {
    let (thief, both) = (Player::Thief, Hands { owner: true, thief: true });
    let start = Start { mailbox: both, password: both, app: None, codes: None, ..everything() };
    let acts = [
        Act::SignIn(thief),
        Act::Ask(thief, Wish::AddPasskey),
        Act::Ask(thief, Wish::RenewCodes),
        Act::Ask(thief, Wish::PasskeyOnly),
        Act::Wait(domain::Span::from_hours(1)),
        Act::Ask(thief, Wish::ChangeEmail(Mailbox::Lair)),
        Act::ConfirmEmail(thief),
        Act::Ask(thief, Wish::ChangeEmail(Mailbox::Den)),
        Act::ConfirmEmail(thief),
        Act::Ask(thief, Wish::ArmLock(30)),
        Act::ReplaceWords(thief),
    ];
    let mut world = World::new(start, &rules(), None);
    for act in acts {
        assert!(world.turn(act).unwrap(), "{act:?} was refused, so it shows nothing");
    }
    assert_eq!(way(&world), Way::Mailbox, "by the undo of the first change");
    assert_eq!(get_back(world).unwrap().1.as_hours(), 7 * 24);
}

fn acts() -> impl Strategy<Value = Act> {
    let who = || prop_oneof![Just(Player::Owner), Just(Player::Thief)];
    let mailbox = || prop_oneof![Just(Mailbox::Home), Just(Mailbox::Spare), Just(Mailbox::Lair), Just(Mailbox::Den)];
    let wish = prop_oneof![
        Just(Wish::AddApp),
        Just(Wish::AddPasskey),
        Just(Wish::RenewCodes),
        (0_u8..8).prop_map(Wish::Remove),
        Just(Wish::PasskeyOnly),
        Just(Wish::PasskeyOnlyOff),
        mailbox().prop_map(Wish::ChangeEmail),
        Just(Wish::ChangePhone),
        (0_i64..32).prop_map(Wish::ArmLock),
        Just(Wish::Unlock),
        Just(Wish::Thaw),
        Just(Wish::ThawSlowly),
    ];
    let brake = prop_oneof![Just(Brake::Link), Just(Brake::Words), Just(Brake::Session)];
    prop_oneof![
        3 => who().prop_map(Act::SignIn),
        1 => who().prop_map(Act::Reset),
        1 => who().prop_map(Act::ChangePassword),
        1 => who().prop_map(Act::EndOthers),
        8 => (who(), wish).prop_map(|(who, wish)| Act::Ask(who, wish)),
        2 => who().prop_map(Act::ConfirmEmail),
        1 => who().prop_map(Act::LoseFactors),
        1 => (who(), brake).prop_map(|(who, brake)| Act::Freeze(who, brake)),
        1 => (who(), 0_usize..4).prop_map(|(who, timer)| Act::Cancel(who, timer)),
        1 => (who(), 0_usize..3).prop_map(|(who, change)| Act::Undo(who, change)),
        1 => who().prop_map(Act::ReplaceWords),
        1 => who().prop_map(Act::AddAddress),
        1 => (who(), 0_usize..2).prop_map(|(who, address)| Act::Withdraw(who, address)),
        1 => (mailbox(), prop_oneof![Just(Post::Takes), Just(Post::Away)]).prop_map(|(mailbox, post)| Act::Mail(mailbox, post)),
        3 => (1_i64..200).prop_map(|hours| Act::Wait(domain::Span::from_hours(hours))),
        1 => Just(Act::WaitUntilDue),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Without any plan, and from an account that has everything while the thief reads the mailbox and has the app.
    #[test]
    fn blind_acts_in_any_order_break_no_claim(acts in proptest::collection::vec(acts(), 0..60), vigilant: bool, stolen: bool) {
        let app = Some(Hands { owner: !stolen, thief: true });
        let start = Start { mailbox: Hands { owner: true, thief: true }, app, vigilant, ..everything() };
        let ended = replay(start, &acts, &rules(), None);
        prop_assert!(ended.is_ok(), "{ended:?}");
    }
}
