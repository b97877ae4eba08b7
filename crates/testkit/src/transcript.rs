//! Transcripts: what happened in a story, as a page of text that is compared as a whole.

use std::fmt::Write;
use std::path::Path;

use domain::activity;
use domain::ids::AccountId;

use crate::World;

/// Compares a text with the file of that name in a test's `transcripts` directory. Where `COUNTERSIGN_BLESS` is set
/// (`cargo xtask bless`) the file is written instead, and what changed is for its reader to judge.
pub fn compare(directory: &Path, name: &str, text: &str) {
    let file = directory.join(name).with_extension("txt");
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::create_dir_all(directory).expect("a directory for transcripts");
        std::fs::write(&file, text).expect("the transcript is written");
        return;
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, text, "{name}: run `cargo xtask bless` and look at what changed");
}

impl World {
    /// The whole of what a customer and the operator can see: the log, oldest first, then every letter in the order it
    /// went out. Ids, references and links are left out, because chance makes them.
    pub fn transcript(&self, account: AccountId) -> String {
        let log = self.app.view(move |view| activity::newer(view, account, 0)).wait().expect("the log");
        let mut text = String::from("The log\n");
        for entry in log {
            let spec = entry.event.spec();
            let ip = entry.origin.ip.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
            let at = entry.at.strftime("%d %H:%M:%S");
            let detail = if spec.code == "support.case_opened" { "" } else { &*spec.detail };
            writeln!(text, "{:>3}  {at}  {:<9} {ip:<14} {}. {detail}", entry.sequence, entry.who, spec.title)
                .expect("memory for a line");
        }
        text.push_str("\nThe letters\n");
        for letter in self.post.letters() {
            let subject = match letter.subject.strip_prefix("Case ") {
                Some(case) => format!("Case …{}", &case[case.find(':').unwrap_or(0)..]),
                None => letter.subject.clone(),
            };
            let button = letter.button.as_ref().map_or_else(String::new, |(words, _)| format!("  [{words}]"));
            let freeze = if letter.freeze_url.is_some() { "  [This wasn't me]" } else { "" };
            writeln!(text, "to {}: {subject}{button}{freeze}", letter.to).expect("memory for a line");
        }
        let texts = self.post.texts();
        if !texts.is_empty() {
            text.push_str("\nThe SMS\n");
        }
        for sms in texts {
            writeln!(text, "to {}: {}", sms.to, sms.text).expect("memory for a line");
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n") + "\n"
    }
}
