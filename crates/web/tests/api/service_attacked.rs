//! Who is not let in at the service addresses, and that whoever should be is.

use domain::service::{Scope, revoke};
use domain::{Actor, Span};
use serde_json::json;
use testkit::both;
use web::SiteSettings;
use web::routes::{Side, doors};

use super::client::{Ask, Site};
use super::service::{Backend, Draft, check, content_digest, customer, events, local, withdrawal};

/// A reading, and what it covers.
fn standing(account: &str) -> Draft {
    Draft::get(&format!("/api/v1/service/accounts/{account}/standing"))
}

both! {
    fn nobody_without_a_key_comes_through_a_service_door(world: World) {
        let site = Site::new(world);
        let session = customer(&site, "ada");
        let mut walked = 0;
        for door in doors().iter().filter(|door| matches!(door.side, Side::Service(_))) {
            let path = door.path.replace("{account}", &session.account.to_string());
            let ask = || Ask::new(door.method.parse().expect("a method"), &path).from("127.0.0.1");
            assert_eq!(site.send(ask()).problem(), "401 service_key_needed -", "{path}");
            // A customer's session is no key, however it comes; nor is a header that says who is asking.
            assert_eq!(site.send(ask().cookie(&session.secret).same_origin()).problem(), "401 service_key_needed -");
            assert_eq!(site.send(ask().bearer(&session.secret)).problem(), "401 service_key_unknown -");
            for name in ["x-countersign-account", "x-countersign-key", "x-forwarded-user", "remote-user"] {
                assert_eq!(site.send(ask().header(name, "exchange")).problem(), "401 service_key_needed -", "{name}");
            }
            walked += 1;
        }
        assert!(walked >= 4, "only {walked} doors were walked");
    }

    fn a_signed_request_is_let_in_once(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let reading = backend.sign(&site, &check(&session.secret), "1");
        site.send(reading.clone()).expect(200);
        assert_eq!(site.send(reading.clone()).problem(), "401 nonce_used -");
        // The same nonce under another signature is used up too.
        let other = backend.sign(&site, &standing(&session.account.to_string()), "1");
        assert_eq!(site.send(other).problem(), "401 nonce_used -");
        site.send(backend.sign(&site, &check(&session.secret), "2")).expect(200);
        // A year later it is too old, whatever is remembered.
        site.world.clock.advance(Span::from_mins(6));
        assert_eq!(site.send(reading).problem(), "401 signature_clock created");
    }

    fn a_report_that_is_replayed_at_another_node_is_refused(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let logged = site.logged(session.account);
        let sent = events(&[withdrawal(&session, "W-1")]).with("idempotency-key", "one");
        let sent = backend.sign(&site, &sent, "1");
        site.send(sent.clone()).expect(200);
        // A node that has seen nothing: what it knows is in the database.
        let Site { world, .. } = site;
        let site = Site::new(world.restarted(|_| {}));
        assert_eq!(site.send(sent).problem(), "401 nonce_used -");
        assert_eq!(site.logged(session.account), logged + 1);
        site.world.clock.advance(Span::from_hours(25));
        site.world.settle();
    }

    fn what_was_changed_after_it_was_signed_is_refused(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let (ada, bob) = (customer(&site, "ada"), customer(&site, "bob"));
        let mut number = 0;
        let mut signed = |draft: &Draft| {
            number += 1;
            backend.sign(&site, draft, &number.to_string())
        };
        // Another body, with its old digest and with its own.
        let sent = check(&ada.secret);
        let swapped = check(&bob.secret).body;
        assert_eq!(site.send(signed(&sent).bytes(swapped.clone().into_bytes())).problem(), "401 content_digest_wrong content-digest");
        let own = signed(&sent).bytes(swapped.clone().into_bytes()).instead("content-digest", &content_digest(&swapped));
        assert_eq!(site.send(own).problem(), "401 signature_wrong -");
        // Another address, method, query or session.
        let reading = standing(&ada.account.to_string());
        let elsewhere = standing(&bob.account.to_string()).path;
        assert_eq!(site.send(signed(&reading).at(&elsewhere)).problem(), "401 signature_wrong -");
        let asked = Draft::get(&format!("{}?a=1", reading.path));
        assert_eq!(site.send(signed(&asked).at(&format!("{}?a=2", reading.path))).problem(), "401 signature_wrong -");
        assert_eq!(site.send(signed(&reading).at(&format!("{}?a=2", reading.path))).problem(), "401 signature_covers_too_little @query");
        let named = Draft::get("/api/v1/service/session").with("countersign-session", ada.secret.reveal());
        let other = signed(&named).instead("countersign-session", bob.secret.reveal());
        assert_eq!(site.send(other).problem(), "401 signature_wrong -");
        // And each of them as it was signed.
        for draft in [sent, reading, asked, named] {
            site.send(signed(&draft)).expect(200);
        }
    }

    fn forged_reordered_truncated_and_anothers_signatures_are_refused(world: World) {
        let site = Site::new(world);
        let (backend, other) = (Backend::new(&site, 1, |_| {}), Backend::new(&site, 2, |_| {}));
        let session = customer(&site, "ada");
        let draft = standing(&session.account.to_string());
        let good = backend.sign(&site, &draft, "1");
        // Another's signature under this key's name.
        let params = backend.params(&site, "2");
        assert_eq!(site.send(other.sign_these(&draft, &Backend::all(&draft), &params)).problem(), "401 signature_wrong -");
        // Components in another order than the one that was signed, and other parameters.
        let input = good.value("signature-input");
        let reordered = input.replace("\"@method\" \"@authority\"", "\"@authority\" \"@method\"");
        assert_ne!(reordered, input);
        assert_eq!(site.send(good.clone().instead("signature-input", &reordered)).problem(), "401 signature_wrong -");
        let renewed = input.replace("nonce-of-16-chars-1", "nonce-of-16-chars-9");
        assert_eq!(site.send(good.clone().instead("signature-input", &renewed)).problem(), "401 signature_wrong -");
        let now = site.world.app.clock().now().as_second();
        let later = input.replace(&format!("created={now}"), &format!("created={}", now + 1));
        assert_eq!(site.send(good.clone().instead("signature-input", &later)).problem(), "401 signature_wrong -");
        let anothers = input.replace(&backend.key.id.to_string(), &other.key.id.to_string());
        assert_eq!(site.send(good.clone().instead("signature-input", &anothers)).problem(), "401 signature_wrong -");
        let nobodys = input.replace(&backend.key.id.to_string(), "01900000-0000-7000-8000-000000000000");
        assert_eq!(site.send(good.clone().instead("signature-input", &nobodys)).problem(), "401 service_key_unknown -");
        // A signature that is cut, empty, of zeros, doubled or gone.
        let signature = good.value("signature");
        for (signature, expected) in [
            ("sig1=:AAAA:".to_owned(), "401 signature_wrong -"),
            ("sig1=::".to_owned(), "401 signature_wrong -"),
            (format!("sig1=:{}:", "A".repeat(86) + "=="), "401 signature_wrong -"),
            (signature.replace("sig1=:", "sig1=:AAAA"), "401 signature_wrong -"),
            (signature.trim_end_matches(':').to_owned(), "401 signature_unreadable signature"),
            (format!("{signature}, sig2=:AAAA:"), "401 signature_unreadable signature"),
            (signature.replace("sig1", "sig2"), "401 signature_unreadable signature"),
            (String::new(), "401 signature_unreadable signature"),
        ] {
            assert_eq!(site.send(good.clone().instead("signature", &signature)).problem(), expected, "{signature}");
        }
        let twice = good.clone().header("signature", &signature);
        assert_eq!(site.send(twice).problem(), "401 signature_unreadable signature");
        let half = draft.ask().header("signature-input", &input);
        assert_eq!(site.send(half).problem(), "401 signature_unreadable signature");
        site.send(good).expect(200);
    }

    fn what_a_signature_leaves_out_is_named(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let mut number = 0;
        for (draft, needed) in [
            (standing(&session.account.to_string()), &["@method", "@authority", "@path"][..]),
            (check(&session.secret), &["content-digest"]),
            (events(&[withdrawal(&session, "W-1")]).with("idempotency-key", "one"), &["content-digest", "idempotency-key"]),
            (Draft::get("/api/v1/service/session").with("countersign-session", session.secret.reveal()), &["countersign-session"]),
        ] {
            let body = draft.body.clone();
            let draft = if body.is_empty() { draft } else { draft.with("content-digest", &content_digest(&body)) };
            for name in needed {
                number += 1;
                let covered: Vec<_> = Backend::all(&draft).into_iter().filter(|(covered, _)| covered != name).collect();
                let ask = backend.sign_these(&draft, &covered, &backend.params(&site, &number.to_string()));
                assert_eq!(site.send(ask).problem(), format!("401 signature_covers_too_little {name}"));
            }
            number += 1;
            let whole = backend.sign_these(&draft, &Backend::all(&draft), &backend.params(&site, &number.to_string()));
            site.send(whole).expect(200);
        }
        // What is covered must be there.
        let draft = standing(&session.account.to_string());
        let mut covered = Backend::all(&draft);
        covered.push(("x-not-there".to_owned(), String::new()));
        let ask = backend.sign_these(&draft, &covered, &backend.params(&site, "absent"));
        assert_eq!(site.send(ask).problem(), "401 signature_component x-not-there");
    }

    fn a_clock_may_be_five_minutes_off_and_no_more(world: World) {
        let site = Site::new(world);
        let backend = Backend::new(&site, 1, |_| {});
        let session = customer(&site, "ada");
        let draft = standing(&session.account.to_string());
        let now = site.world.app.clock().now().as_second();
        for (created, fits) in [(now - 300, true), (now - 301, false), (now + 300, true), (now + 301, false), (0, false)] {
            let params = format!(";created={created};nonce=\"nonce-of-sixteen-{created}\";keyid=\"{}\"", backend.key.id);
            let got = site.send(backend.sign_these(&draft, &Backend::all(&draft), &params));
            if fits {
                got.expect(200);
            } else {
                assert_eq!(got.problem(), "401 signature_clock created", "{created}");
            }
        }
        let over = format!(";created={now};expires={};nonce=\"nonce-that-is-over\";keyid=\"{}\"", now - 1, backend.key.id);
        assert_eq!(site.send(backend.sign_these(&draft, &Backend::all(&draft), &over)).problem(), "401 signature_clock created");
    }

    fn a_key_opens_what_it_is_for_from_where_it_is_for_as_long_as_it_is_good(world: World) {
        let settings = SiteSettings { trusted_proxies: vec!["10.0.0.0/8".parse().expect("a range")], ..SiteSettings::default() };
        let site = Site::with_settings(world, settings);
        let session = customer(&site, "ada");
        let draft = standing(&session.account.to_string());
        let narrow = Backend::new(&site, 1, |key| {
            key.scopes = vec![Scope::CheckSession];
            key.networks = vec!["192.0.2.0/24".parse().expect("a range")];
        });
        let checks = check(&session.secret);
        site.send(narrow.sign(&site, &checks, "1").from("192.0.2.9")).expect(200);
        assert_eq!(site.send(narrow.sign(&site, &draft, "2").from("192.0.2.9")).problem(), "403 scope_missing standing");
        assert_eq!(site.send(narrow.sign(&site, &checks, "3").from("203.0.113.9")).problem(), "403 service_key_elsewhere -");
        // A proxy of ours is believed about the address, and nobody else is.
        let forwarded = |number: &str| narrow.sign(&site, &checks, number).header("x-forwarded-for", "192.0.2.9");
        site.send(forwarded("4").from("10.0.0.1")).expect(200);
        assert_eq!(site.send(forwarded("5").from("203.0.113.9")).problem(), "403 service_key_elsewhere -");
        let through = narrow.sign(&site, &checks, "6").header("x-forwarded-for", "203.0.113.9").from("10.0.0.1");
        assert_eq!(site.send(through).problem(), "403 service_key_elsewhere -");
        // Revoked, it opens nothing a second later.
        let id = narrow.key.id;
        site.world.app.change(&Actor::chore(), move |change| revoke(change, id)).wait().expect("it is revoked");
        site.world.app.change(&Actor::chore(), move |change| revoke(change, id)).wait().expect("revoked is revoked");
        site.world.clock.advance(Span::from_secs(1));
        assert_eq!(site.send(narrow.sign(&site, &checks, "7").from("192.0.2.9")).problem(), "401 service_key_revoked -");
        // To a stranger who holds no key it says nothing.
        let strangers = Backend::new(&site, 9, |_| {});
        let claims = strangers.sign_these(&draft, &Backend::all(&draft), &narrow.params(&site, "8"));
        assert_eq!(site.send(claims).problem(), "401 signature_wrong -");
        let short = Backend::new(&site, 3, |key| key.lives = Span::from_hours(1));
        site.send(short.sign(&site, &draft, "9")).expect(200);
        site.world.clock.advance(Span::from_hours(1));
        assert_eq!(site.send(short.sign(&site, &draft, "10")).problem(), "401 service_key_expired -");
    }

    fn a_local_key_is_for_connections_that_come_straight_from_its_list(world: World) {
        // Even where this machine's own proxy is believed.
        let settings = SiteSettings { trusted_proxies: vec!["127.0.0.1".parse().expect("a range")], ..SiteSettings::default() };
        let site = Site::with_settings(world, settings);
        let session = customer(&site, "ada");
        let (_, secret) = local(&site, |_| {});
        let ask = || standing(&session.account.to_string()).ask().bearer(&secret).from("127.0.0.1");
        site.send(ask()).expect(200);
        assert_eq!(site.send(ask().from("192.0.2.7")).problem(), "403 service_key_elsewhere -");
        for (name, value) in [
            ("x-forwarded-for", "127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-host", "localhost"),
            ("x-forwarded-proto", "https"),
            ("cf-connecting-ip", "127.0.0.1"),
            ("true-client-ip", "127.0.0.1"),
            ("via", "1.1 nginx"),
            ("x-forwarded-user", "ada"),
            ("x-forwarded-anything", "127.0.0.1"),
            ("x-client-ip", "127.0.0.1"),
            ("x-cluster-client-ip", "127.0.0.1"),
            ("x-scheme", "https"),
            ("fastly-client-ip", "127.0.0.1"),
            ("x-envoy-external-address", "127.0.0.1"),
        ] {
            assert_eq!(site.send(ask().header(name, value)).problem(), "403 forwarded -", "{name}");
        }
        // With a signature beside it, it is not plain who asks.
        let backend = Backend::new(&site, 1, |_| {});
        let both = backend.sign(&site, &standing(&session.account.to_string()), "1").bearer(&secret);
        assert_eq!(site.send(both).problem(), "401 two_proofs -");
        let twice = ask().header("authorization", "Bearer another");
        assert_eq!(site.send(twice).problem(), "401 two_proofs -");
        // The secret in another place is none, and a secret is no `keyid`.
        let elsewhere = standing(&session.account.to_string()).ask().header("x-service-key", secret.reveal());
        assert_eq!(site.send(elsewhere.from("127.0.0.1")).problem(), "401 service_key_needed -");
        let (key, _) = local(&site, |_| {});
        let draft = standing(&session.account.to_string());
        let params = backend.params(&site, "2").replace(&backend.key.id.to_string(), &key.id.to_string());
        let named = backend.sign_these(&draft, &Backend::all(&draft), &params);
        assert_eq!(site.send(named).problem(), "401 service_key_unknown -");
    }

    fn a_body_that_is_too_long_is_not_read(world: World) {
        let site = Site::new(world);
        let (_, secret) = local(&site, |_| {});
        let long = Draft::post("/api/v1/service/session/check", &json!({ "session_secret": "a".repeat(20_000) }));
        assert_eq!(site.send(long.ask().bearer(&secret).from("127.0.0.1")).problem(), "413 too_large -");
    }
}
