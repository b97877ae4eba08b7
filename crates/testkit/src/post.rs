//! A carrier that keeps the letters and SMS it is handed, and can be told to be down.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::notifications::{Carrier, Fate, Letter, Sms};

/// A carrier for stories; the tests of `outside` are the ones that speak to a mail server.
#[derive(Debug, Default)]
pub struct Post {
    letters: Mutex<Vec<Letter>>,
    texts: Mutex<Vec<Sms>>,
    down: AtomicBool,
}

impl Post {
    /// Makes it refuse everything for now, or work again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// All letters so far, oldest first.
    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().expect("no holder of this lock panics").clone()
    }

    /// All SMS so far, oldest first.
    pub fn texts(&self) -> Vec<Sms> {
        self.texts.lock().expect("no holder of this lock panics").clone()
    }

    /// The newest SMS to a number.
    pub fn newest_text_to(&self, number: &str) -> String {
        let found = self.texts().into_iter().rev().find(|sms| sms.to == number);
        found.unwrap_or_else(|| panic!("no SMS was sent to {number}")).text
    }

    /// The newest letter to an address.
    pub fn newest_to(&self, address: &str) -> Letter {
        let found = self.letters().into_iter().rev().find(|letter| letter.to == address);
        found.unwrap_or_else(|| panic!("nothing was sent to {address}"))
    }
}

impl Carrier for Post {
    fn carry(&self, letter: &Letter) -> Fate {
        if self.down.load(Ordering::SeqCst) {
            return Fate::Later("connection refused".into());
        }
        self.letters.lock().expect("no holder of this lock panics").push(letter.clone());
        Fate::Sent("250 kept".into())
    }

    fn carry_sms(&self, sms: &Sms) -> Fate {
        if self.down.load(Ordering::SeqCst) {
            return Fate::Later("connection refused".into());
        }
        self.texts.lock().expect("no holder of this lock panics").push(sms.clone());
        Fate::Sent("0: Accepted for delivery".into())
    }
}
