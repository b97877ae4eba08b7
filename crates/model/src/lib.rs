//! The state model of an account's protections: an owner, a thief who holds any two of mailbox, password, session and
//! phone, and everything either can do. What the table of `domain::protections` decides is asked of that table itself,
//! so the model and the product cannot drift apart; the rest of the machine is small and does as the product does.
//!
//! A history is drawn from a seed, looked at after every act ([`Claim`]), and ends with the thief going idle and the
//! owner getting back. One that breaks a claim is made as short as it goes before it is shown.

mod acts;
mod chance;
mod claims;
mod explore;
mod flaws;
mod gambits;
mod passing;
mod players;
mod rescue;
mod world;

pub use claims::{Broken, Claim};
pub use explore::{Found, Tally, explore, replay};
pub use flaws::Flaw;
pub use players::{Act, Brake, Hands, Mailbox, Player, Post, Start, Wish};
pub use rescue::{Way, get_back, way};
pub use world::World;
