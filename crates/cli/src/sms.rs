//! Joins what `outside` knows of SMS gateways to the delivery of notices and to the doors.

#[cfg(test)]
mod kannel;

use domain::notifications::{Carrier, Fate, Letter, Sms};
use outside::mail::SmtpCarrier;
use outside::sms::{self, Hooks, SmsCarrier};
use web::hooks::{Call, Gateway, Said};

/// Letters to the mail server, SMS to the gateway, if there is one.
pub(crate) struct Post {
    pub(crate) mail: SmtpCarrier,
    pub(crate) sms: Option<SmsCarrier>,
}

impl Carrier for Post {
    fn carry(&self, letter: &Letter) -> Fate {
        self.mail.carry(letter)
    }

    fn carry_sms(&self, sms: &Sms) -> Fate {
        match &self.sms {
            Some(gateway) => gateway.carry(sms),
            // The customer confirmed a phone while there was one. Mail told them all the same.
            None => Fate::Refused("no SMS gateway is set up".to_owned()),
        }
    }
}

/// The calls of the gateway that the settings name.
pub(crate) struct Calls(pub(crate) Hooks);

impl Gateway for Calls {
    fn read(&self, call: &Call) -> Option<Said> {
        let call = sms::Call {
            path_and_query: &call.path_and_query,
            authorization: call.header("authorization"),
            signature: call.header("x-twilio-signature"),
            from: call.header("x-kannel-from"),
            body: &call.body,
        };
        Some(match self.0.read(&call)? {
            sms::Said::Report { notice, delivery } => Said::Report { notice, delivery },
            sms::Said::Reply { from, text } => Said::Reply { from, text },
            sms::Said::Nothing => Said::Nothing,
        })
    }

    fn thanks(&self) -> (&'static str, &'static str) {
        let thanks = self.0.thanks();
        (thanks.media_type, thanks.text)
    }
}
