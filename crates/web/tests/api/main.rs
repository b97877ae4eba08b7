//! The site as a client meets it, in this process and on both databases.

mod bad_input;
mod client;
mod doors;
mod evenly;
mod feed;
mod forward_auth;
mod full_disk;
mod guard;
mod hang_up;
mod live;
mod log;
mod once;
mod path;
mod reset;
mod second_factors;
mod service;
mod service_attacked;
mod service_flood;
mod sms;
mod thaw;
