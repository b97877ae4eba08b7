//! Ways to prove that it is you.

use web::pages::frame::{Field, Frame};
use web::pages::second_factors::{CodesPage, FactorRow, FactorsPage, SetUpPage, SmsCodesShown, download, svg};

use crate::{Picture, at, customer, frozen_customer, picture};

/// A way to prove, as most are.
pub(crate) fn row(id: &str, kind: &'static str, name: &str) -> FactorRow {
    FactorRow {
        id: id.to_owned(),
        kind,
        name: name.to_owned(),
        added: at("09:12:40"),
        used: Some(at("18:01:44")),
        ends: None,
        leaving: None,
        codes_left: None,
        asleep: false,
    }
}

pub(crate) fn pages() -> Vec<Picture> {
    let codes = FactorRow { codes_left: Some(9), used: None, ..row("c", "Recovery codes", "Recovery codes") };
    let earlier = FactorRow { ends: Some(at("18:01:44")), id: "d".to_owned(), ..codes.clone() };
    let list = |frame: Frame, factors: Vec<FactorRow>| FactorsPage {
        frame,
        has_codes: factors.len() > 2,
        asked_for: !factors.is_empty(),
        factors,
        sms: None,
    };
    let sms = |ending: Option<&str>, chosen, asked_for, factors| FactorsPage {
        sms: Some(SmsCodesShown { ending: ending.map(str::to_owned), chosen, asked_for }),
        ..list(customer("factors"), factors)
    };
    let all = || {
        let app =
            FactorRow { leaving: Some(at("09:12:40")), asleep: true, ..row("a", "Authenticator app", "My phone") };
        vec![app, row("b", "Authenticator app", "Authenticator app"), codes.clone(), earlier.clone()]
    };
    let url = "otpauth://totp/Harbour:ada%40mail.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Harbour";
    let set_up = |code| SetUpPage {
        frame: customer("factors"),
        qr: svg(url).expect("it fits"),
        key: "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ".to_owned(),
        url: url.to_owned(),
        until: at("18:16:44"),
        action: "/settings/factors/app/0".to_owned(),
        problem: None,
        code,
    };
    let ten: Vec<String> = (0..10).map(|number| format!("7K2M-9QPX-WT4{number}-HV8B-3DFA-N6RC")).collect();
    let frame = customer("factors");
    vec![
        picture("factors-none", &list(customer("factors"), Vec::new())),
        picture("factors", &list(customer("factors"), all())),
        picture("factors-sms-offered", &sms(Some("67"), false, false, Vec::new())),
        picture("factors-sms-no-phone", &sms(None, false, false, Vec::new())),
        picture("factors-sms", &sms(Some("67"), true, true, Vec::new())),
        picture("factors-sms-mailbox", &sms(Some("67"), true, false, Vec::new())),
        picture("factors-sms-asleep", &sms(Some("67"), true, false, all())),
        picture("factors-frozen", &list(frozen_customer("factors"), all())),
        picture("app-set-up", &set_up(Field::empty(64))),
        picture("app-set-up-wrong", &set_up(Field::empty(64).wrong("This code is not right."))),
        picture("recovery-codes", &CodesPage { download: download(&frame, &ten), codes: ten, frame }),
    ]
}
