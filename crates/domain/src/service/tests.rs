//! The rules of keys and standings.

use std::net::IpAddr;

use super::*;
use crate::clock::{Span, Time};
use crate::ids::{AccountId, ServiceKeyId};

fn now() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn key() -> ServiceKey {
    ServiceKey {
        id: ServiceKeyId::from_bytes([1; 16]),
        name: "exchange".to_owned(),
        proof: KeyProof::Secret([0; 32]),
        scopes: vec![Scope::CheckSession],
        networks: vec!["10.0.0.0/8".parse().unwrap()],
        added_at: now(),
        expires_at: now() + Span::from_hours(1),
        revoked_at: None,
    }
}

#[test]
fn what_a_key_opens() {
    let (here, elsewhere): (IpAddr, IpAddr) = ("10.1.2.3".parse().unwrap(), "192.0.2.7".parse().unwrap());
    let anywhere = ServiceKey { networks: Vec::new(), ..key() };
    let revoked = ServiceKey { revoked_at: Some(now()), ..key() };
    let later = now() + Span::from_hours(1);
    for (key, scope, from, at, expected) in [
        (key(), Scope::CheckSession, here, now(), Ok(())),
        (anywhere, Scope::CheckSession, elsewhere, now(), Ok(())),
        (key(), Scope::CheckSession, elsewhere, now(), Err(No::Elsewhere)),
        (key(), Scope::Standing, here, now(), Err(No::Scope(Scope::Standing))),
        (key(), Scope::CheckSession, here, later, Err(No::Expired)),
        // The first reason is the one that is told.
        (revoked, Scope::Standing, elsewhere, later, Err(No::Revoked)),
    ] {
        assert_eq!(key.admits(scope, from, at), expected);
    }
}

#[test]
fn a_public_key_is_read_in_every_form_that_programs_write() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n-----END PUBLIC KEY-----\n";
    let key = VerifyingKey::parse(pem).unwrap();
    for text in [
        "MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=",
        "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=",
        " 26B40B8F93FFF3D897112F7EBC582B232DBD72517D082FE83CFB30DDCE43D1BB\n",
    ] {
        assert_eq!(VerifyingKey::parse(text), Ok(key), "{text}");
    }
    for text in [
        "",
        "hello",
        "JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0Q==",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----",
        // Under these anybody signs anything.
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        assert!(VerifyingKey::parse(text).is_err(), "{text}");
    }
}

#[test]
fn when_money_moves() {
    let state = State {
        account: AccountId::from_bytes([1; 16]),
        epoch: 3,
        confirmed: true,
        frozen_at: None,
        thaws_at: None,
        held: None,
        settings_locked: true,
        passkey_only: false,
    };
    let held = Some((now(), now() + Span::from_hours(72)));
    let frozen_at = Some(now());
    for (state, expected) in [
        (state, "anywhere, to old addresses:"),
        (State { held, ..state }, "to old addresses: held"),
        (State { frozen_at, ..state }, "nowhere: frozen"),
        (State { frozen_at, held, ..state }, "nowhere: frozen, held"),
        (State { confirmed: false, ..state }, "nowhere: unconfirmed"),
    ] {
        let money = state.money();
        let where_to = match (money.anywhere, money.to_old_addresses) {
            (true, true) => "anywhere, to old addresses",
            (false, true) => "to old addresses",
            (false, false) => "nowhere",
            (true, false) => "nonsense",
        };
        let why: Vec<&str> = money.reasons.iter().map(|reason| reason.why.code()).collect();
        assert_eq!(format!("{where_to}: {}", why.join(", ")).trim_end(), expected);
    }
}
