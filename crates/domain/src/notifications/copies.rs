//! Exactly what was sent: what a notice said when it was handed over, and what became of it. Kept beside the notice,
//! because texts change with the product; kept without what grants anything, because whoever reads the database must
//! find nothing to use (decision 26).

use serde::{Deserialize, Serialize};

use crate::activity::Entry;
use crate::change::View;
use crate::clock::Time;
use crate::ids::AccountId;
use crate::notifications::{CarrierKind, Delivery, Letter, NotTaken, Sms};
use crate::refusal::{Refusal, Stop};
use crate::secrets::Reference;

/// What stands in place of everything that grants something or is the customer's own secret.
pub const MASK: &str = "●●●●●●";

/// What a notice said, without its links, codes and freeze words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Kept {
    /// A letter.
    Letter {
        /// Its subject, which is its heading too.
        subject: String,
        /// Paragraphs before the facts.
        paragraphs: Vec<String>,
        /// Pairs of a name and a value.
        facts: Vec<(String, String)>,
        /// The words on its buttons; where they led is not kept.
        buttons: Vec<String>,
        /// Lines at the foot.
        foot: Vec<String>,
    },
    /// An SMS.
    Sms {
        /// Its text.
        text: String,
    },
}

impl Letter {
    /// What is kept of it. The links in it stand in its buttons alone, so they are left out by leaving out where those lead.
    pub fn kept(&self) -> Kept {
        let own = self.button.iter().map(|(words, _)| words.clone());
        let freeze = self.freeze_url.iter().map(|_| self.freeze_words.to_owned());
        let to = masked(&self.to);
        Kept::Letter {
            subject: self.subject.clone(),
            paragraphs: self.paragraphs.clone(),
            facts: self.facts.clone(),
            buttons: own.chain(freeze).collect(),
            foot: self.foot.iter().map(|line| line.replace(&self.to, &to)).collect(),
        }
    }
}

impl Sms {
    /// What is kept of it.
    pub fn kept(&self) -> Kept {
        let text = self.secrets.iter().fold(self.text.clone(), |text, secret| text.replace(secret, MASK));
        Kept::Sms { text }
    }
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Became {
    /// Nobody has taken it yet; it is tried again.
    Waiting,
    /// The carrier took it on.
    HandedOver,
    /// The phone has it.
    Delivered,
    /// It was not taken, or came back, for this reason.
    Not(NotTaken),
    /// The gateway took it on, and the phone will not get it.
    Undelivered,
}

/// One notice to one recipient, as its customer sees it afterwards.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// How it travelled.
    pub carrier: CarrierKind,
    /// Where to: enough to recognise it, not enough to tell somebody else.
    pub recipient: String,
    /// How often it was tried.
    pub tries: i64,
    /// When the carrier took it on.
    pub taken_at: Option<Time>,
    /// When that ended without it: refused, given up, or come back.
    pub ended_at: Option<Time>,
    /// Why.
    pub not_taken: Option<NotTaken>,
    /// What the gateway reported later, and when.
    pub report: Option<(Delivery, Time)>,
    /// The carrier's own words.
    pub said: Option<String>,
    /// What it said; absent where it never left, and for notices older than these copies.
    pub kept: Option<Kept>,
}

impl Sent {
    /// Whether this word stands in its copy.
    fn says(&self, word: &str) -> bool {
        let in_line = |line: &str| line.split([' ', '.']).any(|said| said == word);
        match &self.kept {
            Some(Kept::Letter { foot, .. }) => foot.iter().any(|line| in_line(line)),
            Some(Kept::Sms { text }) => in_line(text),
            None => false,
        }
    }

    /// What became of it.
    pub fn became(&self) -> Became {
        match (self.ended_at, self.taken_at, self.report) {
            (Some(_), _, _) => Became::Not(self.not_taken.unwrap_or(NotTaken::Refused)),
            (None, _, Some((Delivery::Delivered, _))) => Became::Delivered,
            (None, _, Some((Delivery::Failed, _))) => Became::Undelivered,
            (None, Some(_), _) => Became::HandedOver,
            (None, None, _) => Became::Waiting,
        }
    }
}

/// Everything that was told of one entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// What all of it is called by.
    pub reference: String,
    /// What happened.
    pub entry: Entry,
    /// Whether it lies in the inbox.
    pub inbox: bool,
    /// What went out, letters first.
    pub sent: Vec<Sent>,
}

/// What the notices about an entry are called by, in letters, SMS and inbox.
pub fn reference(view: &View<'_>, account: AccountId, sequence: i64) -> String {
    view.keys().notice_reference(account, sequence)
}

/// The entry that a reference names, however it was typed. Somebody else's, and an invented one, name nothing here. One whose
/// key was retired since is found in the copy of the letter that said it.
pub fn named(view: &mut View<'_>, account: AccountId, typed: &str) -> Result<i64, Stop> {
    let said = Reference::read(typed).ok_or(Refusal::NoSuchThing)?;
    let ours = view.keys().notice_referred(account, &said)
        || view.rows().outbox_of_entry(account, said.sequence)?.iter().any(|sent| sent.says(&said.text));
    if ours { Ok(said.sequence) } else { Err(Refusal::NoSuchThing.into()) }
}

/// What was told of an entry, and what became of it.
pub fn told(view: &mut View<'_>, account: AccountId, sequence: i64) -> Result<Told, Stop> {
    let sealed = view.rows().event_by_sequence(account, sequence)?;
    let entry = sealed.ok_or(Refusal::NoSuchThing)?.entry;
    let mut sent = view.rows().outbox_of_entry(account, sequence)?;
    for notice in &mut sent {
        // What a mail server says often names the mailbox in full.
        let shown = masked(&notice.recipient);
        notice.said = notice.said.take().map(|said| said.replace(&notice.recipient, &shown));
        notice.recipient = shown;
    }
    let inbox = view.rows().inbox_has(account, sequence)?;
    Ok(Told { reference: reference(view, account, sequence), entry, inbox, sent })
}

/// An address or a number as its owner recognises it, and nobody else learns it.
pub fn masked(recipient: &str) -> String {
    if let Some((name, host)) = recipient.rsplit_once('@') {
        let first: String = name.chars().take(1).collect();
        return format!("{first}…@{host}");
    }
    let letters: Vec<char> = recipient.chars().collect();
    let ending: String = letters[letters.len().saturating_sub(2)..].iter().collect();
    format!("a number that ends in {ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_recognised_and_not_told() {
        for (recipient, expected) in [
            ("mira@example.com", "m…@example.com"),
            ("\"odd@name\"@example.com", "\"…@example.com"),
            ("+41791234567", "a number that ends in 67"),
            ("7", "a number that ends in 7"),
        ] {
            assert_eq!(masked(recipient), expected);
        }
    }

    #[test]
    fn what_became_of_a_notice() {
        let at = |second| Some(Time::from_second(second).unwrap());
        let blank = Sent {
            carrier: CarrierKind::Sms,
            recipient: String::new(),
            tries: 1,
            taken_at: None,
            ended_at: None,
            not_taken: None,
            report: None,
            said: None,
            kept: None,
        };
        let taken = Sent { taken_at: at(1), ..blank.clone() };
        let reported = |delivery| Sent { report: at(2).map(|at| (delivery, at)), ..taken.clone() };
        let over = |why| Sent { ended_at: at(3), not_taken: why, ..taken.clone() };
        for (sent, became) in [
            (&blank, Became::Waiting),
            (&taken, Became::HandedOver),
            (&reported(Delivery::OnItsWay), Became::HandedOver),
            (&reported(Delivery::Delivered), Became::Delivered),
            (&reported(Delivery::Failed), Became::Undelivered),
            (&over(Some(NotTaken::CameBack)), Became::Not(NotTaken::CameBack)),
            (&over(Some(NotTaken::GaveUp)), Became::Not(NotTaken::GaveUp)),
            // Rows from before reasons were kept.
            (&over(None), Became::Not(NotTaken::Refused)),
        ] {
            assert_eq!(sent.became(), became, "{sent:?}");
        }
    }
}
