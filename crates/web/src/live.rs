//! Live pages: what happens on an account, told to its open pages as server-sent events.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::hash::Hash;
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

/// When a page for which there is no seat looks again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Follows the customer's activity log after entry `after`, each entry written by `show`.
///
/// The stream asks after its session at every look and says `ended` as its last word when there is none any
/// more; looking does not keep a session alive.
pub(crate) fn follow(
    web: &Web,
    customer: &Customer,
    after: i64,
    show: fn(&Web, &Entry) -> Event,
) -> Result<Response, Problem> {
    let seat = web.seats().take(customer).ok_or(Refusal::Busy)?;
    stream_to(web, customer, seat, (after, show))
}

/// The same for a page. Where no seat is free it gets what is new until now, is told so with `full`, and looks again after
/// a while: browsers do that by themselves.
pub(crate) async fn follow_or_look(
    web: &Web,
    customer: &Customer,
    after: i64,
    show: fn(&Web, &Entry) -> Event,
) -> Result<Response, Problem> {
    if let Some(seat) = web.seats().take(customer) {
        return stream_to(web, customer, seat, (after, show));
    }
    let account = customer.account();
    let new = web.app().view(move |view| activity::newer(view, account, after)).await?;
    let full = Event::default().event("full").retry(LOOK_AGAIN).data("{}");
    let told: Vec<_> = new.iter().map(|entry| show(web, entry)).chain([full]).map(Ok::<_, Infallible>).collect();
    Ok(never_kept(Sse::new(stream::iter(told)).into_response()))
}

fn stream_to(
    web: &Web,
    customer: &Customer,
    seat: Seat,
    (after, show): (i64, fn(&Web, &Entry) -> Event),
) -> Result<Response, Problem> {
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
    Ok(never_kept(Sse::new(events).keep_alive(keep_alive).into_response()))
}

fn never_kept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather answers before they pass them on would make a live page a late one.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// The seats of those who follow live: so many in all, few for each account and a part for each network, so that nobody
/// takes them all.
#[derive(Clone)]
pub(crate) struct Seats(Arc<Mutex<Taken>>);

struct Taken {
    free: usize,
    by_network_max: usize,
    by_account: HashMap<AccountId, usize>,
    by_network: HashMap<Vec<u8>, usize>,
}

/// Seats for one account: enough for somebody with many tabs open.
const SEATS_EACH: usize = 12;

impl Seats {
    pub(crate) fn new(number: usize) -> Self {
        // A quarter, but never so few that two accounts fill it.
        let by_network_max = (number / 4).max(2 * SEATS_EACH);
        let (by_account, by_network) = (HashMap::new(), HashMap::new());
        Self(Arc::new(Mutex::new(Taken { free: number, by_network_max, by_account, by_network })))
    }

    /// How many are taken.
    pub(crate) fn taken(&self) -> usize {
        self.lock().by_account.values().sum()
    }

    fn take(&self, customer: &Customer) -> Option<Seat> {
        let (account, network) = (customer.account(), customer.visitor.network());
        let mut taken = self.lock();
        let theirs = taken.by_account.get(&account).copied().unwrap_or(0);
        let nearby = taken.by_network.get(&network).copied().unwrap_or(0);
        if taken.free == 0 || theirs >= SEATS_EACH || nearby >= taken.by_network_max {
            return None;
        }
        taken.free -= 1;
        taken.by_account.insert(account, theirs + 1);
        taken.by_network.insert(network.clone(), nearby + 1);
        Some(Seat { seats: self.clone(), account, network })
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

/// A seat, given back when it is dropped.
struct Seat {
    seats: Seats,
    account: AccountId,
    network: Vec<u8>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        taken.free += 1;
        give_back(&mut taken.by_account, &self.account);
        give_back(&mut taken.by_network, &self.network);
    }
}

fn give_back<K: Eq + Hash>(taken: &mut HashMap<K, usize>, by: &K) {
    if let Some(number) = taken.get_mut(by) {
        *number -= 1;
        if *number == 0 {
            taken.remove(by);
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
    show: fn(&Web, &Entry) -> Event,
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
                    self.waiting.extend(entries.iter().map(|entry| (self.show)(&self.web, entry)));
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
