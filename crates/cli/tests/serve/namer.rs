//! A client that gives a browser one name after another, and sends each until it is done.

use serde_json::json;

use super::client::{Answer, exchange, get};

/// One of several that name the same browser.
pub(crate) struct Namer {
    number: u32,
    /// Names given so far.
    turns: u32,
    /// Whether the last one was not answered well.
    pub(crate) open: bool,
    path: String,
    secret: String,
}

impl Namer {
    pub(crate) fn new(number: u32, path: &str, secret: &str) -> Self {
        Self { number, turns: 0, open: false, path: path.to_owned(), secret: secret.to_owned() }
    }

    /// Every name that it gave.
    pub(crate) fn names(&self) -> Vec<String> {
        (1..=self.turns).map(|turn| self.name(turn)).collect()
    }

    fn name(&self, turn: u32) -> String {
        format!("Name {turn} of client {}", self.number)
    }

    /// Sends the next request, or the last one again under its key.
    pub(crate) fn turn(&mut self, address: &str) -> Option<Answer> {
        if !self.open {
            self.turns += 1;
        }
        let name = self.name(self.turns);
        let headers =
            [("Authorization", format!("Bearer {}", self.secret)), ("Idempotency-Key", name.replace(' ', "-"))];
        let answer = exchange(address, "POST", &self.path, &headers, Some(&json!({ "name": name })));
        self.open = !answer.as_ref().is_some_and(|answer| (200..300).contains(&answer.status));
        answer
    }
}

/// The names that the browser was given, once for each entry of the activity log.
pub(crate) fn named(address: &str, secret: &str) -> Vec<String> {
    let (mut names, mut before) = (Vec::new(), String::new());
    loop {
        let page = get(address, &format!("/api/v1/activity?limit=100{before}"), secret);
        let entries = page["entries"].as_array().expect("entries");
        let given = entries.iter().filter(|entry| entry["code"] == "device.named");
        names.extend(given.filter_map(|entry| entry["facts"]["name"].as_str().map(str::to_owned)));
        if page["older"].is_null() {
            return names;
        }
        before = format!("&before={}", page["older"]);
    }
}
