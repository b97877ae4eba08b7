//! The pages customers see. One module per feature holds what its pages show; the words stand in
//! `/templates` under the same names.

pub mod accounts;
pub mod activity;
pub mod assets;
pub mod credentials;
pub mod demo;
pub mod frame;
pub mod home;
pub mod notifications;
pub mod protections;
pub mod sessions;
pub mod support;
pub mod trouble;
