//! What a gateway calls us with: reports about our SMS, and SMS that came back. Nothing in a call is looked at before
//! its sender has proved to be the gateway.

use data_encoding::BASE64;
use domain::ids::NoticeId;
use domain::notifications::Delivery;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{GatewayKind, SmsSettings};

/// Where reports come to.
pub(super) const REPORT: &str = "/hooks/sms/report";

/// The name that Kannel calls us with.
pub(super) const KANNEL_USER: &str = "gateway";

/// What Kannel is asked to report: the phone has it (1), or will not get it (2); the network took it (8), or did not (16).
pub(super) const KANNEL_REPORTS: u8 = 1 + 2 + 8 + 16;

/// A call as it came, before anything in it is believed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Call<'a> {
    /// The path and what stands behind it.
    pub path_and_query: &'a str,
    /// The header `Authorization`.
    pub authorization: &'a str,
    /// The header `X-Twilio-Signature`.
    pub signature: &'a str,
    /// The header `X-Kannel-From`.
    pub from: &'a str,
    /// The body.
    pub body: &'a [u8],
}

/// What a gateway said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// What became of an SMS of ours.
    Report {
        /// Which.
        notice: NoticeId,
        /// What became of it.
        delivery: Delivery,
    },
    /// An SMS came back.
    Reply {
        /// The number of its sender, as the gateway writes it.
        from: String,
        /// What it says.
        text: String,
    },
    /// Something that changes nothing for us.
    Nothing,
}

/// What the gateway is answered, so that it sends nothing back to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thanks {
    /// The media type.
    pub media_type: &'static str,
    /// The text.
    pub text: &'static str,
}

/// Reads the calls of one gateway.
pub struct Hooks {
    kind: GatewayKind,
    secret: String,
    site: String,
}

impl Hooks {
    /// For the gateway that the settings name.
    pub fn new(settings: &SmsSettings) -> Self {
        let secret = match settings.gateway {
            GatewayKind::Kannel => &settings.hooks_password,
            GatewayKind::Twilio | GatewayKind::None => &settings.password,
        };
        Self {
            kind: settings.gateway,
            secret: secret.clone(),
            site: settings.hooks_url.trim_end_matches('/').to_owned(),
        }
    }

    /// What a call says; `None` if it is not the gateway's.
    pub fn read(&self, call: &Call<'_>) -> Option<Said> {
        match self.kind {
            GatewayKind::None => None,
            GatewayKind::Kannel => self.is_kannel(call).then(|| read_kannel(call)),
            GatewayKind::Twilio => self.is_twilio(call).then(|| read_twilio(call)),
        }
    }

    /// What to answer a call that was understood.
    pub fn thanks(&self) -> Thanks {
        match self.kind {
            GatewayKind::Twilio => Thanks { media_type: "text/xml", text: "<Response/>" },
            // Kannel would send any text on to the phone.
            GatewayKind::Kannel | GatewayKind::None => Thanks { media_type: "text/plain", text: "" },
        }
    }

    /// The name and password of HTTP's own sign-in, which Kannel takes from the address it is given.
    fn is_kannel(&self, call: &Call<'_>) -> bool {
        let right = format!("Basic {}", BASE64.encode(format!("{KANNEL_USER}:{}", self.secret).as_bytes()));
        !self.secret.is_empty() && same(call.authorization.as_bytes(), right.as_bytes())
    }

    /// Twilio signs the address it calls, followed by each field and value of the form in the order of their names.
    fn is_twilio(&self, call: &Call<'_>) -> bool {
        let mut fields = form(call.body);
        fields.sort();
        let address = format!("{}{}", self.site, call.path_and_query);
        let mut mac = Hmac::<Sha1>::new_from_slice(self.secret.as_bytes()).expect("HMAC takes a key of any length");
        mac.update(address.as_bytes());
        for (name, value) in &fields {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
        let right = BASE64.encode(&mac.finalize().into_bytes());
        !self.secret.is_empty() && same(call.signature.as_bytes(), right.as_bytes())
    }
}

fn read_kannel(call: &Call<'_>) -> Said {
    if call.path_and_query.starts_with(REPORT) {
        let query = query(call);
        let delivery = match field(&query, "state") {
            Some("1") => Delivery::Delivered,
            Some("2" | "16") => Delivery::Failed,
            Some("8") => Delivery::OnItsWay,
            _ => return Said::Nothing,
        };
        return report(&query, delivery);
    }
    let text = String::from_utf8_lossy(call.body).into_owned();
    if call.from.is_empty() { Said::Nothing } else { Said::Reply { from: call.from.to_owned(), text } }
}

fn read_twilio(call: &Call<'_>) -> Said {
    let form = form(call.body);
    if call.path_and_query.starts_with(REPORT) {
        let delivery = match field(&form, "MessageStatus") {
            Some("delivered" | "read") => Delivery::Delivered,
            Some("failed" | "undelivered") => Delivery::Failed,
            Some("sent") => Delivery::OnItsWay,
            _ => return Said::Nothing,
        };
        return report(&query(call), delivery);
    }
    match (field(&form, "From"), field(&form, "Body")) {
        (Some(from), Some(text)) => Said::Reply { from: from.to_owned(), text: text.to_owned() },
        _ => Said::Nothing,
    }
}

fn report(query: &[(String, String)], delivery: Delivery) -> Said {
    let notice = field(query, "notice").and_then(|id| id.parse().ok());
    notice.map_or(Said::Nothing, |notice| Said::Report { notice, delivery })
}

/// The one value of a field; two are none.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = fields.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let first = values.next()?;
    if values.next().is_some() { None } else { Some(first) }
}

fn query(call: &Call<'_>) -> Vec<(String, String)> {
    let query = call.path_and_query.split_once('?').map_or("", |(_, query)| query);
    form(query.as_bytes())
}

/// The pairs of a form.
fn form(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn same(given: &[u8], right: &[u8]) -> bool {
    given.ct_eq(right).into()
}
