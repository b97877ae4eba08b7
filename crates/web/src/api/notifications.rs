//! The inbox, and which notices are sent by e-mail and SMS.

use domain::notifications::{self, SmsChoice};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

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
    /// What happened.
    entry: OneEntry,
}

pub(crate) async fn inbox(web: Web, customer: Customer, Query(cursor): Query<Cursor>) -> Answer<Inbox> {
    let (account, limit) = (customer.account(), cursor.limit());
    let reading = move |view: &mut domain::View<'_>| {
        let items = notifications::inbox(view, account, cursor.before(), limit)?;
        Ok((items, notifications::unread(view, account)?))
    };
    let (items, unread) = web.app().view(reading).await?;
    let older = page_of(&items, limit, |item| item.entry.sequence);
    let notices = items.iter().map(|item| OneNotice { read: item.read, entry: OneEntry::of(&item.entry) });
    Ok(Json(Inbox { notices: notices.collect(), older, unread }))
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
