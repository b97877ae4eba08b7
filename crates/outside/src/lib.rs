//! The world outside: the mail server that takes our letters, the gateway that takes our SMS, the addresses that the feed is
//! delivered to, the lists that know breached passwords, the names of
//! browsers and places. What the rules need of it they ask through traits of `domain`; nothing here knows a rule.

mod apart;
pub mod breached;
pub mod browsers;
pub mod mail;
pub mod mailbox;
pub mod places;
pub mod sms;
pub mod webhooks;
