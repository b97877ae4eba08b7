//! The inbox, and which notices are sent by e-mail and SMS.

use domain::Time;
use domain::ids::AccountId;
use domain::notifications::{self, Became, Delivery, Kept, NotTaken, Sent, SmsChoice};
use domain::refusal::Stop;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::activity::{Cursor, OneEntry, page_of};
use super::{Answer, Done};
use crate::forms::{Json, Query, Sequence, Text};
use crate::{Customer, Web};

/// A page of the inbox.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Inbox {
    /// Newest first.
    notices: Vec<OneNotice>,
    /// Ask on with `before` set to this; absent at the end.
    older: Option<i64>,
    /// How many are unread in all.
    unread: i64,
}

/// One notice.
#[derive(Debug, Serialize, ToSchema)]
struct OneNotice {
    /// Whether it was read.
    read: bool,
    /// What it is called by, in the letter and the SMS about it too.
    #[schema(example = "57-K7PMQ")]
    reference: String,
    /// What happened.
    entry: OneEntry,
}

pub(crate) async fn inbox(web: Web, customer: Customer, Query(cursor): Query<Cursor>) -> Answer<Inbox> {
    let (account, limit) = (customer.account(), cursor.limit());
    let reading = move |view: &mut domain::View<'_>| {
        let items = notifications::inbox(view, account, cursor.before(), limit)?;
        let older = page_of(&items, limit, |item| item.entry.sequence);
        let notices = items.iter().map(|item| OneNotice {
            read: item.read,
            reference: notifications::reference(view, account, item.entry.sequence),
            entry: OneEntry::of(&item.entry),
        });
        Ok(Inbox { notices: notices.collect(), older, unread: notifications::unread(view, account)? })
    };
    Ok(Json(web.app().view(reading).await?))
}

/// How far the inbox was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadUpTo {
    /// The highest `sequence` that was read; everything before it counts as read too.
    up_to: Sequence,
}

pub(crate) async fn read(web: Web, customer: Customer, Json(given): Json<ReadUpTo>) -> Answer<Done> {
    let (account, up_to) = (customer.account(), given.up_to.get());
    let action =
        move |change: &mut domain::Change<'_>| notifications::mark_read(change, account, up_to).map(|()| Done::it_is());
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}

/// Which event's notices: by the reference in them, or by the event's number in the log.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// The reference as it stands in a letter or an SMS, however it is typed.
    #[param(inline)]
    reference: Option<Text<40>>,
    /// The `sequence` of an entry of the log, in place of a reference.
    #[param(inline)]
    sequence: Option<Sequence>,
}

impl Which {
    /// Whether nothing is asked for.
    pub(crate) fn is_nothing(&self) -> bool {
        self.reference.is_none() && self.sequence.is_none()
    }

    /// What was typed.
    pub(crate) fn typed(&self) -> &str {
        self.reference.as_ref().map_or("", |typed| typed.as_str())
    }

    /// The entry that is meant. One of somebody else's is none, and so is one that was never there.
    pub(crate) fn entry(&self, view: &mut domain::View<'_>, account: AccountId) -> Result<i64, Stop> {
        match self.sequence {
            Some(sequence) if self.reference.is_none() => Ok(sequence.get()),
            _ => notifications::named(view, account, self.typed()),
        }
    }
}

/// Everything that was told of one event.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WhatWasSent {
    /// What its notices are called by.
    #[schema(example = "57-K7PMQ")]
    reference: String,
    /// What happened.
    entry: OneEntry,
    /// Whether it lies in the inbox.
    inbox: bool,
    /// What went out, letters first.
    sent: Vec<OneSent>,
}

/// One letter or SMS.
#[derive(Debug, Serialize, ToSchema)]
struct OneSent {
    /// `email`, `sms`, or `operator` for a letter to the operator's support.
    carrier: &'static str,
    /// Where to, not in full.
    #[schema(example = "m…@example.com")]
    to: String,
    /// `waiting`, `handed_over`, `delivered`, `undelivered`, `refused`, `gave_up`, `too_late` or `came_back`.
    fate: &'static str,
    /// When the mail server or the gateway took it on.
    #[schema(value_type = Option<String>, format = DateTime)]
    taken_at: Option<Time>,
    /// When it was refused, given up or came back.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Time>,
    /// When the gateway reported last.
    #[schema(value_type = Option<String>, format = DateTime)]
    reported_at: Option<Time>,
    /// How often it was tried.
    tries: i64,
    /// The words of the mail server or the gateway.
    said: Option<String>,
    /// What it said, with codes and freeze words masked and without its links; absent where it never left, and for notices
    /// older than these copies.
    #[schema(value_type = Option<Object>)]
    copy: Option<Kept>,
}

impl OneSent {
    fn of(sent: Sent) -> Self {
        let fate = match sent.became() {
            Became::Waiting => "waiting",
            Became::HandedOver => "handed_over",
            Became::Delivered => Delivery::Delivered.code(),
            Became::Undelivered => "undelivered",
            Became::Not(why) => NotTaken::code(why),
        };
        Self {
            carrier: sent.carrier.code(),
            to: sent.recipient,
            fate,
            taken_at: sent.taken_at,
            ended_at: sent.ended_at,
            reported_at: sent.report.map(|(_, at)| at),
            tries: sent.tries,
            said: sent.said,
            copy: sent.kept,
        }
    }
}

pub(crate) async fn copy(web: Web, customer: Customer, Query(which): Query<Which>) -> Answer<WhatWasSent> {
    let account = customer.account();
    let reading = move |view: &mut domain::View<'_>| {
        let sequence = which.entry(view, account)?;
        notifications::told(view, account, sequence)
    };
    let told = web.app().view(reading).await?;
    Ok(Json(WhatWasSent {
        reference: told.reference,
        entry: OneEntry::of(&told.entry),
        inbox: told.inbox,
        sent: told.sent.into_iter().map(OneSent::of).collect(),
    }))
}

/// What is sent by e-mail and SMS.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Preferences {
    /// One for each kind of notice.
    notices: Vec<OneChoice>,
}

/// One kind of notice.
#[derive(Debug, Serialize, ToSchema)]
struct OneChoice {
    /// The code of the event.
    code: &'static str,
    /// What happens, in a few words.
    title: &'static str,
    /// Whether it is sent.
    on: bool,
    /// Whether it is always sent and cannot be switched off.
    always: bool,
    /// The same by SMS, for customers who confirmed a phone; absent where it never goes by SMS.
    #[serde(skip_serializing_if = "Option::is_none")]
    sms: Option<BySms>,
}

/// Whether a notice goes by SMS.
#[derive(Debug, Serialize, ToSchema)]
struct BySms {
    /// Whether it is sent.
    on: bool,
    /// Whether it is always sent and cannot be switched off.
    always: bool,
}

pub(crate) async fn preferences(web: Web, customer: Customer) -> Answer<Preferences> {
    let account = customer.account();
    let choices = web.app().view(move |view| notifications::choices(view, account)).await?;
    let notices = choices.into_iter().map(|choice| OneChoice {
        code: choice.code,
        title: choice.title,
        on: choice.on,
        always: choice.always,
        sms: match choice.sms {
            SmsChoice::Never => None,
            SmsChoice::Chosen(on) => Some(BySms { on, always: false }),
            SmsChoice::Always => Some(BySms { on: true, always: true }),
        },
    });
    Ok(Json(Preferences { notices: notices.collect() }))
}

/// One choice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Choose {
    /// The code of the event.
    code: Text<64>,
    /// Whether it is sent from now on.
    on: bool,
    /// By which carrier: by e-mail unless it says otherwise.
    #[serde(default)]
    by: By,
}

/// A carrier that customers choose for.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    /// To their address.
    #[default]
    Email,
    /// To their phone.
    Sms,
}

pub(crate) async fn choose(web: Web, customer: Customer, Json(given): Json<Choose>) -> Answer<Done> {
    let account = customer.account();
    let action = move |change: &mut domain::Change<'_>| {
        let code = given.code.as_str();
        let chosen = match given.by {
            By::Email => notifications::choose(change, account, code, given.on),
            By::Sms => notifications::choose_sms(change, account, code, given.on),
        };
        chosen.map(|()| Done::it_is())
    };
    Ok(Json(web.app().act(&customer.actor(&web), action).await?))
}
