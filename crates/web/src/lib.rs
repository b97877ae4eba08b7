//! The doors of Countersign: pages for people and JSON for programs.
//!
//! A request takes five stops, of which three are here: its row in [`routes`], the door that lets it in and
//! dresses the answer, and a handler in `pages` or `api`, which parses and enters the domain. What handlers
//! share: [`Visitor`] and [`Customer`] (who asks), [`forms`] (what they sent), [`answers`] (how to say no).

pub mod address;
pub mod answers;
mod api;
pub mod cookies;
mod door;
mod evenly;
pub mod forms;
mod guard;
mod headers;
mod health;
pub mod hooks;
mod live;
pub mod next;
mod once;
pub mod openapi;
pub mod pages;
pub mod routes;
mod search;
mod service;
mod site;
mod visitor;
mod well_known;

pub use address::Peer;
pub use site::{Guesses, KnownCountry, PlacesCredit, SiteSettings, Web};
pub use visitor::{Customer, Visitor};
