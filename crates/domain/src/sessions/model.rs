//! Sessions, the browsers they run in, and sign-ins that wait for their owner.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use crate::activity::{EndedBy, Origin, Place};
use crate::clock::{Span, Time, from_micros};
use crate::ids::{AccountId, DeviceId, PendingId, SessionId};
use crate::protections::Method;
use crate::secrets::SecretText;
use crate::sessions::Unusual;
use crate::settings::SessionRules;

/// One session of one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub account: AccountId,
    /// The browser it runs in.
    pub device: DeviceId,
    /// The security epoch it was granted in.
    pub epoch: i64,
    /// When it began.
    pub began_at: Time,
    /// From where it began.
    pub origin: Origin,
    /// When it was last used, as far as it was written down.
    pub last_seen_at: Time,
    /// From which address it was last used.
    pub last_ip: Option<IpAddr>,
    /// The place of that address.
    pub last_place: Option<String>,
    /// When and why it ended, if it did.
    pub ended: Option<(Time, EndedBy)>,
    /// What its sign-in was proved by, in the order in which it was given.
    pub proved_by: Vec<Method>,
}

impl Session {
    /// What its sign-in was proved by, as the customer reads it: `Password, authenticator app and link from your mailbox`.
    pub fn proved_in_words(&self) -> String {
        let nouns: Vec<&str> = self.proved_by.iter().map(|method| method.noun()).collect();
        let line = match nouns.split_last() {
            Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
            _ => nouns.concat(),
        };
        let mut letters = line.chars();
        letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
    }

    /// Why it is over at `now` by itself, if it is: `last_seen_at` may be later than what was written down.
    pub fn expired(&self, last_seen_at: Time, now: Time, rules: &SessionRules) -> Option<EndedBy> {
        over(self.began_at, last_seen_at, now, rules)
    }
}

/// Why a session that began and was last used then is over at `now` by itself, if it is.
pub(crate) fn over(began_at: Time, last_seen_at: Time, now: Time, rules: &SessionRules) -> Option<EndedBy> {
    if now.duration_since(began_at) >= Span::from_hours(rules.absolute_hours) {
        Some(EndedBy::Age)
    } else if now.duration_since(last_seen_at) >= Span::from_mins(rules.idle_minutes) {
        Some(EndedBy::Idle)
    } else {
        None
    }
}

/// A live session, and what every door needs to know of its account: the answer of the session check.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// The address of the account.
    pub email: String,
    /// Since when the account is frozen, if it is.
    pub frozen_at: Option<Time>,
}

/// A browser that an account is known to use. Its secret is the identity, never its address or its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose.
    pub account: AccountId,
    /// SHA-256 of the secret in its cookie.
    pub secret_digest: [u8; 32],
    /// When it became known.
    pub first_at: Time,
    /// When it last signed in, or was last used in a session that has ended.
    pub last_at: Time,
    /// Until when it stays known.
    pub known_until: Time,
    /// Browser and system at the last sign-in.
    pub browser: Option<String>,
    /// The name its owner gave it; empty until then.
    pub name: String,
    /// From where that was.
    pub last_ip: Option<IpAddr>,
    /// The place of that address.
    pub last_place: Option<String>,
}

impl Device {
    /// Whether its account still knows it.
    pub fn known(&self, now: Time) -> bool {
        self.known_until > now
    }

    /// From where it was last seen.
    pub fn last_from(&self) -> Origin {
        let place = self.last_place.clone().map(Place::named);
        Origin { ip: self.last_ip, browser: self.browser.clone(), place }
    }

    /// What its owner calls it, or what it is.
    pub fn called(&self) -> &str {
        if self.name.is_empty() { self.browser.as_deref().unwrap_or("Unknown browser") } else { &self.name }
    }
}

/// A sign-in with the right password that waits: for its second proof, and from an unknown browser for its owner's word.
/// No session exists until then.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Its id.
    pub id: PendingId,
    /// Whose account.
    pub account: AccountId,
    /// SHA-256 of the secret that the browser that asked holds.
    pub secret_digest: [u8; 32],
    /// The security epoch in which the password was right.
    pub epoch: i64,
    /// From where it was asked.
    pub origin: Origin,
    /// When it was asked.
    pub asked_at: Time,
    /// Until when it waits.
    pub expires_at: Time,
    /// What was decided: `true` let it in.
    pub let_in: Option<bool>,
    /// The known browser it was asked in; none for an unknown one.
    pub device: Option<DeviceId>,
    /// Whether a second proof is asked for.
    pub factor_needed: bool,
    /// The second proof that was given: a word of [`Method::code`].
    pub factor_proved: Option<String>,
    /// Why a known browser needs its owner's word too, where it does.
    pub unusual: Option<Unusual>,
}

impl Pending {
    /// Whether the owner can still let it in.
    pub fn waits(&self, now: Time, epoch: i64) -> bool {
        self.open(now, epoch) && (!self.factor_needed || self.factor_proved.is_some())
    }

    /// Whether it still asks for its second proof.
    pub fn asks_factor(&self, now: Time, epoch: i64) -> bool {
        self.open(now, epoch) && self.factor_needed && self.factor_proved.is_none()
    }

    fn open(&self, now: Time, epoch: i64) -> bool {
        self.let_in.is_none() && self.expires_at > now && self.epoch == epoch
    }
}

/// The secrets of a session that just began, for the browser it began in.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Whose.
    pub account: AccountId,
    /// Which.
    pub session: SessionId,
    /// The session's secret.
    pub secret: SecretText,
    /// The browser's secret, where it is new.
    pub device: Option<SecretText>,
}

/// What a right password led to.
#[derive(Debug, Clone)]
pub enum SignInOutcome {
    /// In.
    In(NewSession),
    /// A second proof is asked for; this secret belongs to the browser that asked.
    SecondStep {
        /// The secret of what waits.
        secret: SecretText,
        /// How it can be proved, the strongest first.
        methods: Vec<Method>,
    },
    /// The browser is unknown, and the owner has been mailed; this secret belongs to the browser that asked.
    Waiting(SecretText),
    /// The browser is known and the place is not usual: the owner has been mailed.
    Unusual {
        /// The secret of what waits, which belongs to the browser that asked.
        secret: SecretText,
        /// What is unusual.
        why: Unusual,
    },
}

/// One use of a session that is not yet written down.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Whose session.
    pub account: AccountId,
    /// When it was used.
    pub at: Time,
    /// From which address.
    pub ip: Option<IpAddr>,
    /// The place of that address.
    pub place: Option<Place>,
}

/// Last-seen marks of this process, gathered in memory and written down together.
#[derive(Debug, Default)]
pub struct Marks(Mutex<Book>);

#[derive(Debug, Default)]
struct Book {
    marks: HashMap<SessionId, Kept>,
    /// Each place once: far fewer than the customers who are there.
    places: HashSet<Arc<Place>>,
}

/// A mark as it is kept. There is one for everybody who came since they were last written down, so it is small.
#[derive(Debug)]
struct Kept {
    account: AccountId,
    at_micros: i64,
    ip: Option<IpAddr>,
    place: Option<Arc<Place>>,
}

impl Kept {
    fn at(&self) -> Time {
        from_micros(self.at_micros)
    }

    fn mark(&self) -> Mark {
        let place = self.place.as_deref().cloned();
        Mark { account: self.account, at: self.at(), ip: self.ip, place }
    }
}

impl Book {
    fn place(&mut self, place: &Place) -> Arc<Place> {
        if let Some(known) = self.places.get(place) {
            return known.clone();
        }
        let place = Arc::new(place.clone());
        self.places.insert(place.clone());
        place
    }
}

impl Marks {
    /// Notes a use, unless one in the same second is noted already.
    pub fn see(&self, (session, account): (SessionId, AccountId), now: Time, origin: &Origin) {
        let mut book = self.lock();
        let fresh = book
            .marks
            .get(&session)
            .is_some_and(|kept| now.duration_since(kept.at()) < Span::from_secs(1) && kept.ip == origin.ip);
        if !fresh {
            let place = origin.place.as_ref().map(|place| book.place(place));
            let kept = Kept { account, at_micros: now.as_microsecond(), ip: origin.ip, place };
            book.marks.insert(session, kept);
        }
    }

    /// When a session was last used here, if that is not written down yet.
    pub fn last(&self, session: SessionId) -> Option<Time> {
        self.lock().marks.get(&session).map(Kept::at)
    }

    /// The sessions that have a mark.
    pub(crate) fn sessions(&self) -> Vec<SessionId> {
        self.lock().marks.keys().copied().collect()
    }

    /// The marks of these sessions, to be written down.
    pub(crate) fn of(&self, sessions: &[SessionId]) -> Vec<(SessionId, Mark)> {
        let book = self.lock();
        sessions.iter().filter_map(|session| Some((*session, book.marks.get(session)?.mark()))).collect()
    }

    /// Forgets marks that are written down, but not newer ones of the same sessions.
    pub(crate) fn written_down(&self, written: &[(SessionId, Mark)]) {
        let Book { marks, places } = &mut *self.lock();
        for (session, mark) in written {
            if marks.get(session).is_some_and(|kept| kept.mark() == *mark) {
                marks.remove(session);
            }
        }
        places.retain(|place| Arc::strong_count(place) > 1);
        // After a crowd has gone, its room is given back.
        if marks.len() < marks.capacity() / 8 {
            marks.shrink_to_fit();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Book> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_takes_72_bytes_with_the_session_it_is_of() {
        // A hundred thousand customers between two writings are then 9 MiB.
        assert_eq!(size_of::<(SessionId, Kept)>(), 72);
    }

    #[test]
    fn a_place_is_kept_once_and_forgotten_with_the_last_who_was_there() {
        let marks = Marks::default();
        let place = marks.lock().place(&Place::named("Zürich, Switzerland"));
        assert!(Arc::ptr_eq(&place, &marks.lock().place(&Place::named("Zürich, Switzerland"))));
        marks.written_down(&[]);
        assert_eq!(marks.lock().places.len(), 1, "somebody is there");
        drop(place);
        marks.written_down(&[]);
        assert_eq!(marks.lock().places.len(), 0);
    }
}
