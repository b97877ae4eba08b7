//! What a proxy is told before it passes a request on.

use domain::protections::{FreezeCause, freeze};
use domain::{Actor, Span};
use testkit::both;

use super::client::{Ask, Site};

fn who(query: &str) -> Ask {
    Ask::get(&format!("/api/v1/forward-auth{query}"))
}

both! {
    fn a_proxy_is_told_who_it_is_whatever_the_request_says_of_itself(world: World) {
        let site = Site::new(world);
        let (mut ada, mut bob) = (site.world.customer("ada"), site.world.customer("bob"));
        let (session, bobs) = (site.world.sign_in(&mut ada), site.world.sign_in(&mut bob));
        for ask in [who("").cookie(&session.secret), who("").bearer(&session.secret)] {
            let ask = ask
                .header("x-countersign-account", &bobs.account.to_string())
                .header("x-countersign-assurance", "passkey")
                .header("x-countersign-may-move-money", "yes");
            let got = site.send(ask);
            assert_eq!(got.status, 200, "{got:?}");
            assert_eq!(got.header("x-countersign-account"), session.account.to_string());
            assert_eq!(got.header("x-countersign-session"), session.session.to_string());
            assert_eq!(got.header("x-countersign-assurance"), "password");
            assert_eq!(got.header("x-countersign-may-move-money"), "yes");
            assert_eq!(got.headers.get_all("x-countersign-account").iter().count(), 1);
        }
        let nobody = site.send(who("").header("x-countersign-account", &bobs.account.to_string()));
        assert_eq!(nobody.problem(), "401 not_signed_in -");
        assert_eq!(nobody.header("x-countersign-account"), "");
        let account = session.account;
        let frozen = site.world.app.change(&Actor::chore(), move |change| freeze(change, account, FreezeCause::Link));
        frozen.wait().expect("it freezes");
        assert_eq!(site.send(who("").cookie(&session.secret)).problem(), "401 not_signed_in -");
        let again = site.world.sign_in(&mut ada);
        assert_eq!(site.send(who("").cookie(&again.secret)).header("x-countersign-may-move-money"), "no");
    }

    fn a_weak_or_an_old_sign_in_has_to_prove_more(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let mut session = site.world.sign_in(&mut ada);
        let weak = site.send(who("?assurance=two_factors").cookie(&session.secret));
        assert_eq!(weak.problem(), "403 step_up -");
        assert_eq!(weak.header("x-countersign-reason"), "assurance");
        assert_eq!(weak.header("x-countersign-account"), "");
        assert_eq!(site.send(who("?assurance=password&within_minutes=5").cookie(&session.secret)).status, 200);
        site.world.add_app(&mut ada, &mut session);
        let strong = site.world.sign_in(&mut ada);
        let both = "?assurance=two_factors&within_minutes=5";
        assert_eq!(site.send(who(both).cookie(&strong.secret)).status, 200);
        site.world.clock.advance(Span::from_mins(6));
        let old = site.send(who(both).cookie(&strong.secret));
        assert_eq!((old.problem().as_str(), old.header("x-countersign-reason")), ("403 step_up -", "age"));
        for (query, problem) in [
            ("?assurance=strong", "422 bad_value assurance"),
            ("?within_minutes=0", "422 bad_value within_minutes"),
            // A variable of the proxy that is empty is no demand that is met.
            ("?assurance=", "422 bad_value assurance"),
            ("?assurance", "422 bad_value assurance"),
            ("?assurance=&within_minutes=", "422 bad_value assurance"),
            ("?assurance=password&within_minutes=", "422 bad_value within_minutes"),
            ("?least=passkey", "422 unknown_field least"),
        ] {
            assert_eq!(site.send(who(query).cookie(&strong.secret)).problem(), problem);
        }
    }

    fn who_is_asked_for_is_seen_and_stays_signed_in(world: World) {
        let site = Site::new(world);
        let mut ada = site.world.customer("ada");
        let session = site.world.sign_in(&mut ada);
        for _ in 0..3 {
            site.world.clock.advance(Span::from_mins(20));
            site.world.settle();
            assert_eq!(site.send(who("").cookie(&session.secret)).status, 200);
        }
        site.world.clock.advance(Span::from_mins(31));
        assert_eq!(site.send(who("").cookie(&session.secret)).problem(), "401 not_signed_in -");
    }
}
