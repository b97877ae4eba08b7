//! The pages customers see. One module for each feature: its handlers in `mod.rs`, what its pages show in
//! `view.rs`; the words stand in `/templates` under the same names. A handler parses, enters the domain once,
//! and answers.

pub mod accounts;
pub mod activity;
mod answer;
pub mod approvals;
mod around;
pub mod assets;
pub mod checkup;
pub mod credentials;
pub mod demo;
pub(crate) mod done;
pub mod frame;
pub mod home;
pub mod links;
pub mod notifications;
pub mod passkeys;
pub mod phones;
pub mod protections;
pub mod second_factors;
pub mod sessions;
pub mod step_up;
pub mod support;
pub mod trouble;
