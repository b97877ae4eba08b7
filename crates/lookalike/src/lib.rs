//! Is this name pretending to be us?
//!
//! Given a register of brands and a name, URL, e-mail address, handle or telephone number from the wild, a
//! [`Detector`] says *official*, *alert*, *review* or *clear*, for which brand, how strongly, and why in plain words
//! that name the differing characters. The crate does no input or output, never asks the time and never contacts a name.
//!
//! ```
//! use lookalike::{Brand, Detector, Register, Verdict};
//!
//! let detector = Detector::new(Register { brands: vec![Brand::new("kraken", "kraken.com")] })?;
//! assert_eq!(detector.check("https://www.kraken.com/").verdict, Verdict::Official);
//! let answer = detector.check("krаken-login.com");
//! assert_eq!(answer.verdict, Verdict::Alert);
//! assert!(answer.reasons.iter().any(|reason| reason.contains("Cyrillic")));
//! assert_eq!(detector.check("example.org").verdict, Verdict::Clear);
//! # Ok::<(), lookalike::RegisterFault>(())
//! ```
//!
//! How it works: the labels an attacker may choose are found with the public suffix list and a list of site builders;
//! letters are folded to what they are drawn like; every brand is searched at once with a bit-parallel automaton; each
//! place found is measured ([`Signal`]) and weighed by a linear sum whose weights, like the table of risky endings and
//! the sketch of popular names, were learned from data and ship in one file ([`Learned`]).

mod align;
mod answer;
mod candidates;
mod checks;
mod detector;
mod distinctive;
mod fold;
mod host;
mod layout;
mod learned;
mod reading;
mod reasons;
mod register;
mod scene;
mod search;
mod signals;
mod sketch;
mod text;
mod words;

#[cfg(feature = "command")]
pub mod command;
#[cfg(feature = "learn")]
pub mod learn;
#[cfg(feature = "pages")]
pub mod pages;

pub use answer::{Answer, Fault, Verdict};
pub use candidates::{Candidate, Kind, candidates};
pub use detector::Detector;
pub use distinctive::{Distinctiveness, distinctive};
pub use learned::Learned;
pub use reading::LONGEST;
pub use register::{Brand, Register, RegisterFault};
pub use signals::{Signal, Values};
pub use sketch::Sketch;
