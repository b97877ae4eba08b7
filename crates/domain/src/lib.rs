//! Countersign without HTTP, SQL or network: what can happen on an account, and what may.
//!
//! Every feature is a module of the same shape: actions in `mod.rs`, types in `model.rs`, what it asks of storage in
//! `rows.rs`, background work in `chores.rs`. An action is a plain function on a [`Change`]; one that compares a
//! password is an async function around two changes. Doors enter through [`App::change`] and [`App::view`].

pub mod accounts;
pub mod activity;
mod app;
pub mod approvals;
mod change;
pub mod checkup;
mod chore;
pub mod clock;
pub mod credentials;
mod engine;
pub mod entropy;
pub mod feed;
pub mod ids;
pub mod key_check;
pub mod links;
pub mod meters;
mod names;
mod network;
pub mod notifications;
pub mod phones;
pub mod protections;
pub mod refusal;
pub mod repeats;
pub mod retain;
pub mod rotation;
pub mod second_factors;
mod secrets;
pub mod service;
pub mod sessions;
pub mod settings;
mod site;
pub mod support;
pub mod trial;
pub mod webhooks;

pub use activity::{Actor, Origin, Who};
pub use app::{Answer, App, Core, Reads, Rows};
pub use change::{Change, View};
pub use chore::{CHORES, Chore, Tally};
pub use clock::{Span, Time};
pub use engine::{Engine, Job, Reading, Verdict};
pub use network::{Network, NotANetwork, is_public};
pub use refusal::{Fault, Refusal, Stop};
pub use secrets::{Keys, SecretText};
pub use settings::Settings;
pub use site::{NotASite, SiteAddress};
