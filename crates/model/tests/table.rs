//! What must hold of the table whatever its rows say: more that is suspicious never makes anything easier, and better
//! proofs never make anything harder.

use std::sync::LazyLock;

use domain::ids::FactorId;
use domain::protections::{Decision, Held, Hold, Lock, Method, No, Proof, Sensitive, SmsCodes, Standing};
use domain::settings::ProtectionRules;
use domain::{Settings, Span, Time};
use proptest::prelude::*;

/// A moment by its hour.
fn at(hour: i64) -> Time {
    Time::from_second(1_800_000_000).expect("a moment of 2027") + Span::from_hours(hour)
}

fn rules() -> &'static ProtectionRules {
    static RULES: LazyLock<ProtectionRules> = LazyLock::new(|| Settings::default().protection);
    &RULES
}

fn changes() -> impl Strategy<Value = Sensitive> {
    let mut all = Sensitive::all();
    let other = FactorId::from_bytes([1; 16]);
    all.extend([Sensitive::RemoveFactor { factor: other }, Sensitive::ArmLock { days: 30 }]);
    proptest::sample::select(all)
}

fn holds() -> impl Strategy<Value = Hold> {
    (-200_i64..0, 1_i64..100).prop_map(|(began, hours)| Hold {
        cause: "reset".into(),
        began_at: at(began),
        until: at(began + hours),
    })
}

fn factors() -> impl Strategy<Value = Vec<Held>> {
    let method = prop_oneof![Just(Method::App), Just(Method::Passkey), Just(Method::RecoveryCode)];
    proptest::collection::vec((method, -300_i64..=0), 0..5).prop_map(|factors| {
        let held = |(index, (method, since)): (usize, (Method, i64))| {
            let factor = FactorId::from_bytes([u8::try_from(index).expect("five at most"); 16]);
            Held { factor, method, since: at(since) }
        };
        factors.into_iter().enumerate().map(held).collect()
    })
}

fn sms() -> impl Strategy<Value = SmsCodes> {
    (any::<bool>(), any::<bool>(), proptest::option::of(-300_i64..=0)).prop_map(|(allowed, chosen, since)| SmsCodes {
        allowed,
        chosen,
        phone_since: since.map(at),
    })
}

fn standings() -> impl Strategy<Value = Standing> {
    let frozen = proptest::option::of(-200_i64..=0);
    let lock = proptest::option::of((-200_i64..=0, 1_i64..=30));
    (frozen, lock, factors(), any::<bool>(), sms(), proptest::collection::vec(holds(), 0..3)).prop_map(
        |(frozen, lock, factors, passkey_only, sms, holds)| Standing {
            hold: Span::from_hours(72),
            now: at(0),
            frozen_at: frozen.map(at),
            factors,
            lock: lock.map(|(armed, days)| Lock { armed_at: at(armed), days }),
            passkey_only,
            sms,
            holds,
        },
    )
}

fn proofs() -> impl Strategy<Value = Vec<Proof>> {
    let method = prop_oneof![
        Just(Method::Password),
        Just(Method::App),
        Just(Method::Passkey),
        Just(Method::RecoveryCode),
        Just(Method::Sms),
        Just(Method::Mailbox)
    ];
    let proof = (method, -300_i64..=0).prop_map(|(method, since)| Proof { method, factor: None, since: at(since) });
    proptest::collection::vec(proof, 0..4)
}

/// When a change takes effect if it is proved now and told at once; `None` for never.
fn effective(standing: &Standing, what: &Sensitive, proofs: &[Proof], rules: &ProtectionRules) -> Option<Time> {
    match standing.decide(what, proofs, rules) {
        Ok(Decision::Now) => Some(standing.now),
        Ok(Decision::Wait { wait, not_before }) => Some((standing.now + wait).max(not_before.unwrap_or(standing.now))),
        Err(_) => None,
    }
}

/// No sooner than the other.
fn no_sooner(one: Option<Time>, other: Option<Time>) -> bool {
    one.is_none_or(|one| other.is_some_and(|other| one >= other))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_suspicious_event_makes_nothing_easier(
        standing in standings(), what in changes(), proofs in proofs(), hold in holds(),
    ) {
        let mut suspicious = standing.clone();
        suspicious.holds.push(hold);
        let (before, after) = (effective(&standing, &what, &proofs, rules()), effective(&suspicious, &what, &proofs, rules()));
        prop_assert!(no_sooner(after, before), "{after:?} and {before:?}");
        prop_assert!(suspicious.held_until() >= standing.held_until());
    }

    #[test]
    fn an_older_proof_is_never_worse(
        standing in standings(), what in changes(), proofs in proofs(), older in 1_i64..300, which in 0_usize..4,
    ) {
        let mut aged = proofs.clone();
        if let Some(proof) = aged.get_mut(which) {
            proof.since -= Span::from_hours(older);
        }
        let (young, old) = (effective(&standing, &what, &proofs, rules()), effective(&standing, &what, &aged, rules()));
        prop_assert!(no_sooner(young, old), "{young:?} and {old:?}");
    }

    #[test]
    fn one_more_proof_is_never_worse(
        standing in standings(), what in changes(), proofs in proofs(), more in proofs(),
    ) {
        let both: Vec<Proof> = proofs.iter().chain(&more).copied().collect();
        let (few, many) = (effective(&standing, &what, &proofs, rules()), effective(&standing, &what, &both, rules()));
        prop_assert!(no_sooner(few, many), "{few:?} and {many:?}");
    }

    #[test]
    fn who_waits_to_prove_is_refused_nothing_more(
        standing in standings(), what in changes(), proofs in proofs(), hours in 1_i64..500,
    ) {
        let later = Standing { now: at(hours), ..standing.clone() };
        let admitted = standing.decide(&what, &proofs, rules()).is_ok();
        prop_assert!(!admitted || later.decide(&what, &proofs, rules()).is_ok());
    }

    #[test]
    fn a_freeze_and_a_lock_make_nothing_easier_but_their_own_end(
        standing in standings(), what in changes(), proofs in proofs(), frozen in -200_i64..=0, days in 1_i64..=30,
    ) {
        // What sleeps is left out: a freeze makes an account of it that does not have it.
        let mut free = Standing { frozen_at: None, lock: None, ..standing };
        let from = at(frozen) - free.hold;
        free.factors.retain(|held| held.since <= from);
        free.passkey_only &= free.factors.iter().any(|held| held.method == Method::Passkey);
        let free_at = effective(&free, &what, &proofs, rules());
        let frozen = Standing { frozen_at: Some(at(frozen)), ..free.clone() };
        let locked = Standing { lock: Some(Lock { armed_at: at(-1), days }), ..free.clone() };
        if !matches!(what, Sensitive::Thaw | Sensitive::ThawSlowly) {
            prop_assert!(no_sooner(effective(&frozen, &what, &proofs, rules()), free_at));
        }
        if what != Sensitive::Unlock {
            prop_assert!(no_sooner(effective(&locked, &what, &proofs, rules()), free_at));
        }
    }

    #[test]
    fn a_longer_setting_is_never_a_shorter_wait(standing in standings(), what in changes(), proofs in proofs(), more in 0_i64..10) {
        let mut longer = rules().clone();
        longer.loosen_hours += more;
        longer.thaw_hours += more;
        longer.thaw_slow_days += more;
        longer.lost_factor_days += more;
        let (before, after) = (effective(&standing, &what, &proofs, rules()), effective(&standing, &what, &proofs, &longer));
        prop_assert!(no_sooner(after, before), "{after:?} and {before:?}");
    }

    #[test]
    fn what_asks_for_a_proof_names_only_what_the_account_has(standing in standings(), what in changes()) {
        if let Err(No::Prove(methods)) = standing.decide(&what, &[], rules()) {
            let has = |method: &Method| match method {
                Method::Password | Method::Mailbox => true,
                other => standing.factors.iter().any(|held| held.method == *other),
            };
            prop_assert!(methods.iter().all(has), "{methods:?}");
        }
    }

    #[test]
    fn a_code_by_sms_proves_nothing_of_the_table(standing in standings(), what in changes(), proofs in proofs(), hours in 0_i64..500) {
        let without: Vec<Proof> = proofs.iter().filter(|proof| proof.method != Method::Sms).copied().collect();
        let mut with = without.clone();
        with.push(Proof { method: Method::Sms, factor: None, since: at(-hours) });
        prop_assert_eq!(standing.decide(&what, &with, rules()), standing.decide(&what, &without, rules()));
        if let Err(No::Prove(methods)) = standing.decide(&what, &[], rules()) {
            prop_assert!(!methods.contains(&Method::Sms));
        }
    }

    #[test]
    fn a_stronger_factor_is_never_weakened_to_sms_and_what_was_chosen_never_to_the_password(standing in standings()) {
        let stronger = standing.awake().any(|held| matches!(held.method, Method::App | Method::Passkey));
        prop_assert!(!stronger || !standing.asks_sms() && !standing.asks_mailbox());
        prop_assert!(stronger || !standing.sms.chosen || standing.asks_sms() != standing.asks_mailbox());
        prop_assert!(standing.sms.chosen || !standing.asks_sms() && !standing.asks_mailbox());
    }

    #[test]
    fn with_passkeys_alone_nothing_weaker_is_asked_for(standing in standings(), what in changes()) {
        let only = Standing { passkey_only: true, ..standing };
        if let Err(No::Prove(methods)) = only.decide(&what, &[], rules()) {
            let weaker = methods.iter().any(|method| matches!(method, Method::Password | Method::App));
            let passkeys = only.awake().any(|held| held.method == Method::Passkey);
            prop_assert!(!weaker || !passkeys || what == Sensitive::LoseFactors, "{methods:?}");
        }
    }
}
