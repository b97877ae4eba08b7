//! Codes by SMS at sign-in: the weakest second step there is, for who has no stronger one and whose operator allows it. They
//! open a session. For everything else the table does not know them: no proof by SMS is ever accepted.

use crate::clock::Time;
use crate::protections::{No, Standing};

/// What decides whether signing in asks for a code by SMS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SmsCodes {
    /// Whether the operator sends them, to this customer's phone where there is one.
    pub allowed: bool,
    /// Whether the customer chose them.
    pub chosen: bool,
    /// Since when the number of the customer's phone is confirmed, where there is one.
    pub phone_since: Option<Time>,
}

impl Standing {
    /// Whether signing in asks for a code by SMS. With an authenticator app or a passkey it never does: whoever stole the
    /// number gets no easier way in by it.
    pub fn asks_sms(&self) -> bool {
        self.sms.chosen && self.sms_serve().is_ok()
    }

    /// Whether every sign-in asks for the mailbox because codes by SMS were chosen and cannot serve: the operator sends none
    /// any more, or the phone is gone or too new. What was chosen to be safer than a password never ends as a password alone.
    pub fn asks_mailbox(&self) -> bool {
        self.sms.chosen && !self.has_second_factor() && self.sms_serve().is_err()
    }

    /// Whether codes by SMS can serve, or why not. A number that came with a hold, or during one, serves once it is as old as
    /// that hold was long, so that nobody changes the phone and then signs in by it.
    pub(super) fn sms_serve(&self) -> Result<(), No> {
        let able = self.sms.allowed && !self.has_second_factor();
        // A phone that sleeps serves nobody: signing in then asks for the mailbox.
        let since = self.sms.phone_since.filter(|since| able && !self.asleep(*since)).ok_or(No::NoSmsCodes)?;
        match self.counts_from(since) {
            until if until > self.now => Err(No::TooYoung { until }),
            _ => Ok(()),
        }
    }
}
