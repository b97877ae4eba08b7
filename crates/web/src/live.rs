//! Live pages: what happens on an account, told to its open pages as server-sent events.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use domain::activity::{self, Entry};
use domain::ids::AccountId;
use domain::{Refusal, SecretText, Stop, sessions};
use futures_util::future::select;
use futures_util::stream;
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;

use crate::answers::Problem;
use crate::site::Web;
use crate::visitor::Customer;

/// The bell rings in the process that did the work; another node is noticed by looking this often. It is also
/// how soon a stream ends after its session did.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Follows the customer's activity log after entry `after`, each entry written by `show`.
///
/// The stream asks after its session at every look and says `ended` as its last word when there is none any
/// more; looking does not keep a session alive.
pub(crate) fn follow(
    web: &Web,
    customer: &Customer,
    after: i64,
    show: fn(&Entry) -> Event,
) -> Result<Response, Problem> {
    let seat = web.seats().take(customer.account()).ok_or(Refusal::Busy)?;
    let secret = customer.visitor.session.clone().ok_or_else(Problem::not_signed_in)?;
    let following = Following {
        web: web.clone(),
        secret,
        account: customer.account(),
        after,
        bell: web.app().listen(),
        closing: web.closing(),
        waiting: VecDeque::new(),
        show,
        over: false,
        _seat: seat,
    };
    let events = stream::unfold(following, |mut following| async move {
        let event = following.next().await?;
        Some((Ok::<_, Infallible>(event), following))
    });
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers before they pass them on would make a live page a late one.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

/// The seats of those who follow live: so many in all, and few for each account, so that nobody takes them all.
#[derive(Clone)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

struct Taken {
    free: usize,
    by_account: HashMap<AccountId, usize>,
}

/// Seats for one account: enough for somebody with many tabs open.
const SEATS_EACH: usize = 12;

impl Seats {
    pub(crate) fn new(number: usize) -> Self {
        Self(Arc::new(Mutex::new(Taken { free: number, by_account: HashMap::new() })))
    }

    fn take(&self, account: AccountId) -> Option<Seat> {
        let mut taken = self.lock();
        let theirs = taken.by_account.get(&account).copied().unwrap_or(0);
        if taken.free == 0 || theirs >= SEATS_EACH {
            return None;
        }
        taken.free -= 1;
        taken.by_account.insert(account, theirs + 1);
        Some(Seat { seats: self.clone(), account })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// A seat, given back when it is dropped.
struct Seat {
    seats: Seats,
    account: AccountId,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.free += 1;
        let left = taken.by_account.get(&self.account).copied().unwrap_or(0).saturating_sub(1);
        if left == 0 {
            taken.by_account.remove(&self.account);
        } else {
            taken.by_account.insert(self.account, left);
        }
    }
}

struct Following {
    web: Web,
    secret: SecretText,
    account: AccountId,
    after: i64,
    bell: broadcast::Receiver<AccountId>,
    closing: watch::Receiver<bool>,
    waiting: VecDeque<Event>,
    show: fn(&Entry) -> Event,
    over: bool,
    _seat: Seat,
}

impl Following {
    /// The next event, or the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.over || *self.closing.borrow() {
                return None;
            }
            match self.look().await {
                Ok(entries) if entries.is_empty() => self.wait().await,
                Ok(entries) => {
                    self.after = entries.last().map_or(self.after, |entry| entry.sequence);
                    self.waiting.extend(entries.iter().map(self.show));
                }
                Err(Stop::Refused(_)) => {
                    self.over = true;
                    self.waiting.push_back(Event::default().event("ended").data("{}"));
                }
                // The browser comes back by itself, and by then it may work again.
                Err(Stop::Failed(fault)) => {
                    tracing::warn!(%fault, "a live page was let go");
                    return None;
                }
            }
        }
    }

    async fn look(&self) -> Result<Vec<Entry>, Stop> {
        let (account, after) = (self.account, self.after);
        sessions::look(self.web.app(), &self.secret).await?.ok_or(Refusal::NotSignedIn)?;
        self.web.app().view(move |view| activity::newer(view, account, after)).await
    }

    /// Waits for the bell of this account or the end of the process, but no longer than until the next look is due.
    async fn wait(&mut self) {
        let ours = async {
            // Missed rings count as ours: a look too many costs little.
            while matches!(self.bell.recv().await, Ok(account) if account != self.account) {}
        };
        let _ = timeout(LOOK_EVERY, select(pin!(ours), pin!(self.closing.changed()))).await;
    }
}
