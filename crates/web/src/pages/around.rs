//! The page around the page, filled for whoever asks.

use domain::clock::Time;
use domain::ids::AccountId;
use domain::refusal::Stop;
use domain::{View, notifications};

use crate::answers::Problem;
use crate::pages::done::Done;
use crate::pages::frame::{Customer as Shown, Frame, Frozen, Thaw, When};
use crate::{Customer, Visitor, Web};

impl Frame {
    /// For somebody who is not signed in, or need not be.
    pub fn stranger(web: &Web, here: &'static str) -> Self {
        let rules = &web.app().settings().protection;
        let thaw = Thaw { hours: rules.thaw_hours, days: rules.thaw_slow_days };
        Self { brand: web.brand(), demo: web.settings().demo, customer: None, here, done: None, thaw }
    }

    /// For a customer.
    fn customer(web: &Web, customer: &Customer, here: &'static str, (unread, locked): (i64, bool)) -> Self {
        let frozen_at: Option<Time> = customer.signed_in.frozen_at;
        Self {
            customer: Some(Shown {
                email: customer.signed_in.email.clone(),
                unread: u64::try_from(unread).unwrap_or(0),
                frozen: frozen_at.map(|since| Frozen { since: When::at(since) }),
                locked,
            }),
            ..Self::stranger(web, here)
        }
    }

    /// The same page, saying what was just done.
    pub(crate) fn after(mut self, done: Option<Done>) -> Self {
        self.done = done.map(Done::sentence);
        self
    }
}

/// Reads what a customer's page shows, and what stands around it, from one moment.
pub(crate) async fn read<T: Send + 'static>(
    web: &Web,
    customer: &Customer,
    here: &'static str,
    mut reading: impl FnMut(&mut View<'_>, AccountId) -> Result<T, Stop> + Send + 'static,
) -> Result<(Frame, T), Problem> {
    let account = customer.account();
    let read = web.app().view(move |view| {
        let locked = view.rows().account_by_id(account)?.is_some_and(|account| account.lock.is_some());
        Ok(((notifications::unread(view, account)?, locked), reading(view, account)?))
    });
    let (around, shown) = read.await?;
    Ok((Frame::customer(web, customer, here, around), shown))
}

/// The frame of a page that is open to anyone: as a customer where a live session comes along. When that cannot be
/// found out the page is still shown, because it may be the one that freezes an account.
pub(crate) async fn anyone(web: &Web, visitor: &Visitor, here: &'static str) -> Frame {
    if visitor.session.is_some()
        && let Ok(customer) = Customer::of(web, visitor.clone()).await
        && let Ok((frame, ())) = read(web, &customer, here, |_, _| Ok(())).await
    {
        return frame;
    }
    Frame::stranger(web, here)
}
