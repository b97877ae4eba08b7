//! A carrier that keeps the letters and SMS it is handed, and can be told to be down, or to answer otherwise.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use domain::notifications::{Carrier, Fate, Letter, Sms};

/// A carrier for stories; the tests of `outside` are the ones that speak to a mail server.
#[derive(Debug, Default)]
pub struct Post {
    letters: Mutex<Vec<Letter>>,
    texts: Mutex<Vec<Sms>>,
    down: AtomicBool,
    answers: Mutex<HashMap<String, Fate>>,
}

impl Post {
    /// Makes it refuse everything for now, or work again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    /// Makes it answer so to whatever goes to an address or a number.
    pub fn answer(&self, to: &str, fate: Fate) {
        self.answers.lock().expect("no holder of this lock panics").insert(to.to_owned(), fate);
    }

    /// Makes it take again what goes there.
    pub fn take_again(&self, to: &str) {
        self.answers.lock().expect("no holder of this lock panics").remove(to);
    }

    /// What it says instead of taking something.
    fn instead(&self, to: &str) -> Option<Fate> {
        if self.down.load(Ordering::SeqCst) {
            return Some(Fate::Later("connection refused".into()));
        }
        self.answers.lock().expect("no holder of this lock panics").get(to).cloned()
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

    /// The newest letter to an address that has a button. Alarms go first, so it need not be the newest of all.
    pub fn newest_with_button_to(&self, address: &str) -> Letter {
        let found = self.letters().into_iter().rev().find(|letter| letter.to == address && letter.button.is_some());
        found.unwrap_or_else(|| panic!("nothing with a button was sent to {address}"))
    }
}

impl Carrier for Post {
    fn carry(&self, letter: &Letter) -> Fate {
        if let Some(fate) = self.instead(&letter.to) {
            return fate;
        }
        self.letters.lock().expect("no holder of this lock panics").push(letter.clone());
        Fate::Sent("250 kept".into())
    }

    fn carry_sms(&self, sms: &Sms) -> Fate {
        if let Some(fate) = self.instead(&sms.to) {
            return fate;
        }
        self.texts.lock().expect("no holder of this lock panics").push(sms.clone());
        Fate::Sent("0: Accepted for delivery".into())
    }
}
