//! Ways to prove that it is you.

use std::fmt::Write;

use askama::Template;

use crate::pages::frame::{Field, Frame, When};

/// One way to prove.
#[derive(Clone, Debug)]
pub struct FactorRow {
    /// Its id, for the buttons.
    pub id: String,
    /// What kind it is, in words.
    pub kind: &'static str,
    /// The name its owner gave it.
    pub name: String,
    /// When it was added.
    pub added: When,
    /// When it was last used.
    pub used: Option<When>,
    /// When it stops working, where that is known.
    pub ends: Option<When>,
    /// When its removal takes effect at the soonest, where that was asked for.
    pub leaving: Option<When>,
    /// For recovery codes, how many are left.
    pub codes_left: Option<i64>,
    /// Whether it sleeps until the account is unfrozen.
    pub asleep: bool,
}

/// `/settings/factors`.
#[derive(Template)]
#[template(path = "second_factors/list.html")]
pub struct FactorsPage {
    /// The page around the page.
    pub frame: Frame,
    /// All that works, oldest first.
    pub factors: Vec<FactorRow>,
    /// Whether there are recovery codes.
    pub has_codes: bool,
    /// Whether signing in asks for more than the password.
    pub asked_for: bool,
    /// Codes by SMS, where the operator allows them or the customer chose them.
    pub sms: Option<SmsCodesShown>,
}

impl FactorsPage {
    /// Whether signing in asks for a code by SMS.
    pub fn sms_asked(&self) -> bool {
        self.sms.as_ref().is_some_and(|sms| sms.asked_for)
    }
}

/// Codes by SMS at sign-in, as their customer sees them.
#[derive(Clone, Debug)]
pub struct SmsCodesShown {
    /// The last two digits of the confirmed phone, if there is one.
    pub ending: Option<String>,
    /// Whether the customer chose them.
    pub chosen: bool,
    /// Whether signing in asks for one.
    pub asked_for: bool,
}

/// `/settings/factors/app/{factor}`.
#[derive(Template)]
#[template(path = "second_factors/app.html")]
pub struct SetUpPage {
    /// The page around the page.
    pub frame: Frame,
    /// The key as a QR code: SVG of ours.
    pub qr: String,
    /// The key, to be typed.
    pub key: String,
    /// The same as an address that an app on this very device opens.
    pub url: String,
    /// Until when a code confirms it.
    pub until: When,
    /// Where the code goes.
    pub action: String,
    /// What is wrong with all of it.
    pub problem: Option<String>,
    /// The code; its value stays empty.
    pub code: Field,
}

/// New recovery codes, shown once.
#[derive(Template)]
#[template(path = "second_factors/codes.html")]
pub struct CodesPage {
    /// The page around the page.
    pub frame: Frame,
    /// The codes.
    pub codes: Vec<String>,
    /// The same as a text file inside an address, so that it can be kept without script and without our keeping it.
    pub download: String,
}

/// A text file as a `data:` address.
pub fn download(frame: &Frame, codes: &[String]) -> String {
    let email = frame.customer.as_ref().map_or("", |customer| customer.email.as_str());
    let (name, origin) = (&frame.brand.name, &frame.brand.origin);
    let text = format!(
        "Recovery codes for {email} at {name}\n{origin}/sign-in\n\n{}\n\nEach works once, in place of a code from your \
         authenticator app. Keep them where you keep other papers, and not beside your password.\n",
        codes.join("\n")
    );
    text.bytes().fold("data:text/plain;charset=utf-8,".to_owned(), |mut address, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            write!(address, "%{byte:02X}").expect("memory for three characters");
        }
        address
    })
}
