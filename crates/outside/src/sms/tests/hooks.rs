//! Calls of gateways, theirs and forged ones.

use domain::notifications::Delivery;

use super::{HOOKS_PASSWORD, NOTICE, settings};
use crate::sms::{Call, GatewayKind, Hooks, Said, SmsSettings};

fn kannel() -> Hooks {
    Hooks::new(&settings(GatewayKind::Kannel, "https://kannel.example"))
}

/// `gateway` and the password of the settings, as HTTP's own sign-in writes them.
const BASIC: &str = "Basic Z2F0ZXdheTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg==";

fn reported(delivery: Delivery) -> Said {
    Said::Report { notice: NOTICE.parse().unwrap(), delivery }
}

#[test]
fn kannel_proves_itself_with_the_password() {
    let text = b"freeze".as_slice();
    let call = Call {
        path_and_query: "/hooks/sms/inbound",
        authorization: BASIC,
        from: "+41791234567",
        body: text,
        ..Call::default()
    };
    let said = Said::Reply { from: "+41791234567".to_owned(), text: "freeze".to_owned() };
    assert_eq!(kannel().read(&call), Some(said));
    let in_clear = format!("gateway:{HOOKS_PASSWORD}");
    for authorization in
        ["", "Basic ", "basic Z2F0ZXdheTo=", "Basic Z2F0ZXdheTo=", "Bearer x", HOOKS_PASSWORD, &in_clear]
    {
        assert_eq!(kannel().read(&Call { authorization, ..call }), None, "{authorization}");
    }
    assert_eq!(kannel().read(&Call { from: "", ..call }), Some(Said::Nothing));
    let unset = SmsSettings { hooks_password: String::new(), ..settings(GatewayKind::Kannel, "https://k.example") };
    let empty_password = Call { authorization: "Basic Z2F0ZXdheTo=", ..call };
    assert_eq!(Hooks::new(&unset).read(&empty_password), None, "an empty password is no password");
}

#[test]
fn kannel_reports_by_number() {
    let report = |query: &str| {
        let path_and_query = format!("/hooks/sms/report{query}");
        kannel().read(&Call { path_and_query: &path_and_query, authorization: BASIC, ..Call::default() })
    };
    assert_eq!(report(&format!("?notice={NOTICE}&state=1")), Some(reported(Delivery::Delivered)));
    assert_eq!(report(&format!("?notice={NOTICE}&state=2")), Some(reported(Delivery::Failed)));
    assert_eq!(report(&format!("?notice={NOTICE}&state=16")), Some(reported(Delivery::Failed)));
    assert_eq!(report(&format!("?notice={NOTICE}&state=8")), Some(reported(Delivery::OnItsWay)));
    for odd in [
        String::new(),
        "?".to_owned(),
        "?state=1".to_owned(),
        "?notice=1&state=1".to_owned(),
        format!("?notice={NOTICE}"),
        format!("?notice={NOTICE}&state=1&state=2"),
        format!("?notice={NOTICE}&notice={NOTICE}&state=1"),
        format!("?notice={NOTICE}&state=99"),
        format!("?notice={NOTICE}&state=%d"),
    ] {
        assert_eq!(report(&odd), Some(Said::Nothing), "{odd}");
    }
}

/// The example in Twilio's own documents of how requests are signed.
#[test]
fn twilios_own_example_is_signed_rightly() {
    let settings = SmsSettings {
        password: "12345".to_owned(),
        hooks_url: "https://example.com".to_owned(),
        ..settings(GatewayKind::Twilio, "https://api.twilio.com")
    };
    let body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
    let call = Call {
        path_and_query: "/myapp.php?foo=1&bar=2",
        signature: "L/OH5YylLD5NRKLltdqwSvS0BnU=",
        body,
        ..Call::default()
    };
    assert!(Hooks::new(&settings).read(&call).is_some());
}

fn twilio() -> Hooks {
    Hooks::new(&settings(GatewayKind::Twilio, "https://api.twilio.com"))
}

#[test]
fn twilio_proves_itself_with_a_signature_over_address_and_form() {
    // Made with openssl: `printf '%s' "$address$fields" | openssl dgst -sha1 -hmac hunter2 -binary | base64`.
    let inbound = Call {
        path_and_query: "/hooks/sms/inbound",
        signature: "NpcmMpUEeqgGlqWo4PQkJYs4RhQ=",
        body: b"From=%2B41791234567&Body=Freeze+now&To=%2B41790000000",
        ..Call::default()
    };
    let said = Said::Reply { from: "+41791234567".to_owned(), text: "Freeze now".to_owned() };
    assert_eq!(twilio().read(&inbound), Some(said));
    for forged in [
        Call { signature: "", ..inbound },
        Call { signature: "QFVDgDS5bXo6x/oCexOnrfhAB9w=", ..inbound },
        Call { path_and_query: "/hooks/sms/inbound?x=1", ..inbound },
        Call { path_and_query: "/hooks/sms/report", ..inbound },
        Call { body: b"From=%2B41791234568&Body=Freeze+now&To=%2B41790000000", ..inbound },
        Call { body: b"From=%2B41791234567&Body=Freeze+now&To=%2B41790000000&Extra=1", ..inbound },
        Call { body: b"", ..inbound },
        Call { authorization: BASIC, signature: "", ..inbound },
    ] {
        assert_eq!(twilio().read(&forged), None, "{forged:?}");
    }
    // The order of the fields makes no difference.
    let other_order = Call { body: b"To=%2B41790000000&Body=Freeze+now&From=%2B41791234567", ..inbound };
    assert!(twilio().read(&other_order).is_some());
}

#[test]
fn twilio_reports_by_word() {
    let path_and_query = format!("/hooks/sms/report?notice={NOTICE}");
    let call = Call {
        path_and_query: &path_and_query,
        signature: "QFVDgDS5bXo6x/oCexOnrfhAB9w=",
        body: b"MessageSid=SM1&MessageStatus=delivered",
        ..Call::default()
    };
    assert_eq!(twilio().read(&call), Some(reported(Delivery::Delivered)));
    assert_eq!(twilio().read(&Call { body: b"MessageSid=SM1&MessageStatus=failed", ..call }), None);
}

#[test]
fn without_a_gateway_nobody_is_believed() {
    let none = SmsSettings { password: String::new(), ..settings(GatewayKind::None, "") };
    let signed_with_nothing = Call { path_and_query: "/hooks/sms/inbound", authorization: BASIC, ..Call::default() };
    assert_eq!(Hooks::new(&none).read(&signed_with_nothing), None);
}
