//! Who is asking: what a request shows of its sender, and whose session it is.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderValue, header};
use domain::ids::AccountId;
use domain::repeats::Asked;
use domain::sessions::{self, SignedIn};
use domain::{Actor, Origin, SecretText, Who, credentials};

use crate::address::{self, Peer};
use crate::answers::Problem;
use crate::cookies::{self, Jar};
use crate::forms::Secret;
use crate::site::Web;

/// Somebody at the door, whoever it is.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The session they claim to be in.
    pub session: Option<SecretText>,
    /// The browser they claim to use, once for each account used in it.
    pub devices: Vec<SecretText>,
    /// The waiting sign-in they claim to have begun.
    pub pending: Option<SecretText>,
    /// Where that sign-in is to lead, as they say; checked before anybody goes there.
    pub next: Option<String>,
    /// Whether the session came as a bearer secret, so that no cookie may answer it.
    pub by_bearer: bool,
    ip: IpAddr,
    user_agent: Option<HeaderValue>,
}

/// More of a user agent than this tells nothing about a browser.
const USER_AGENT_MAX: usize = 512;

impl Visitor {
    /// Reads what the request shows. A bearer secret silences every cookie: a request speaks for one side only.
    pub(crate) fn recognise(web: &Web, request: &Request) -> Result<Self, Problem> {
        let headers = request.headers();
        let Some(Peer(peer)) = request.extensions().get::<Peer>().copied() else {
            return Err(Problem::fault("a request came without the address of its connection"));
        };
        let ip = address::of_client(peer, headers, &web.settings().trusted_proxies);
        let user_agent = headers.get(header::USER_AGENT).cloned();
        let bearer = cookies::bearer(headers);
        Ok(Self {
            session: match bearer {
                Some(text) => Secret::from_text(text).map(|secret| secret.0),
                None => Jar::Session.read(headers),
            },
            devices: if bearer.is_some() { Vec::new() } else { Jar::Device.read_all(headers) },
            pending: if bearer.is_some() { None } else { Jar::Pending.read(headers) },
            next: Jar::read_next(headers).map(str::to_owned),
            by_bearer: bearer.is_some(),
            ip,
            user_agent,
        })
    }

    /// Whom the door recognised, by themselves or as a customer.
    pub(crate) fn at_door(extensions: &Extensions) -> Option<&Self> {
        extensions.get().or_else(|| extensions.get::<Customer>().map(|customer| &customer.visitor))
    }

    /// Where they are and what they use, as far as can be told. Asked only where something is written down:
    /// reading a user agent takes longer than checking a session.
    pub fn origin(&self, web: &Web) -> Origin {
        let user_agent = self.user_agent.as_ref().and_then(|said| said.to_str().ok());
        let shortened = user_agent.map(|said| &said[..said.len().min(USER_AGENT_MAX)]);
        Origin {
            ip: Some(self.ip),
            browser: shortened.and_then(|said| web.guesses().browser(said)),
            place: web.guesses().place(self.ip),
        }
    }

    /// The network they come from.
    pub(crate) fn network(&self) -> Vec<u8> {
        credentials::network_of(self.ip)
    }

    /// Where they are. Only the address is marked at each use of a session; its browser was written down when it began.
    pub(crate) fn seen(&self, web: &Web) -> Origin {
        Origin { ip: Some(self.ip), browser: None, place: web.guesses().place(self.ip) }
    }

    /// Them as somebody who has not proved who they are.
    pub fn actor(&self, web: &Web) -> Actor {
        Actor::visitor(self.origin(web))
    }
}

impl FromRequestParts<Web> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Problem> {
        Self::at_door(&parts.extensions)
            .cloned()
            .ok_or_else(|| Problem::fault("a handler asked for a visitor where nobody is recognised"))
    }
}

/// A customer with a live session.
#[derive(Debug, Clone)]
pub struct Customer {
    /// How they came.
    pub visitor: Visitor,
    /// Their session.
    pub signed_in: SignedIn,
    /// Their request, where it carries a key and is to be done once.
    pub asked: Option<Asked>,
}

impl Customer {
    /// Checks the session that the visitor claims.
    pub(crate) async fn of(web: &Web, visitor: Visitor) -> Result<Self, Problem> {
        let Some(secret) = &visitor.session else { return Err(Problem::not_signed_in()) };
        let seen = visitor.seen(web);
        let signed_in = sessions::check(web.app(), secret, &seen).await?.ok_or_else(Problem::not_signed_in)?;
        Ok(Self { visitor, signed_in, asked: None })
    }

    /// Them as the one who acts.
    pub fn actor(&self, web: &Web) -> Actor {
        let who = Who::Customer { account: self.account(), session: self.signed_in.session.id };
        Actor { who, origin: self.visitor.origin(web), asked: self.asked }
    }

    /// Their account.
    pub fn account(&self) -> AccountId {
        self.signed_in.session.account
    }

    /// Whether their account is frozen.
    pub fn frozen(&self) -> bool {
        self.signed_in.frozen_at.is_some()
    }
}

impl FromRequestParts<Web> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _web: &Web) -> Result<Self, Problem> {
        // Handed over, not copied: a handler asks for its customer once.
        let found = parts.extensions.remove::<Self>();
        // The doors test walks every row as a stranger, so a row that forgets to say `SignedIn` is found there.
        found.ok_or_else(|| Problem::fault("a handler asked for a customer where its row lets anyone in"))
    }
}

impl FromRequestParts<Web> for Web {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, web: &Web) -> Result<Self, Infallible> {
        Ok(web.clone())
    }
}
