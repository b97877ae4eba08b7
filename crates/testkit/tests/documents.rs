//! `docs/events.md` says what the event catalogue says.

use std::fmt::Write as _;
use std::path::Path;

use domain::activity::{Event, Mail, Severity, Spec, catalogue};

#[test]
fn the_list_of_events_is_the_catalogue() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/events.md");
    let made = as_markdown();
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, made, "docs/events.md is not the catalogue of today: run `cargo xtask bless`");
}

const HEAD: &str = "\
# Events

Everything that can happen on an account. Made from the catalogue in `crates/domain/src/activity/catalogue.rs` by
`cargo xtask bless`; do not edit.

A code is stored for good and never used for anything else. *Inbox* is the customer's inbox on the site, *support* the
operator's support address. *Freeze offer* says whether the letter leads to \"this wasn't me\". Where telling depends on
the case, the row shows the case that is told: the third wrong password, a session ended from another device,
a notice switched off.

| code | severity | what the customer reads | e-mail | inbox | support | freeze offer |
|---|---|---|---|---|---|---|
";

fn as_markdown() -> String {
    let mut text = HEAD.to_owned();
    let specs: Vec<Spec> = catalogue().iter().map(Event::spec).collect();
    for spec in &specs {
        let (inbox, support) = (yes(spec.tell.inbox), yes(spec.tell.operator));
        let row = [spec.code, severity(spec.severity), spec.title, mail(spec.tell.mail), inbox, support];
        writeln!(text, "| `{}` | {} | {} |", row[0], row[1..].join(" | "), yes(spec.freeze_offer))
            .expect("a text grows");
    }
    text.push_str("\n## What the customer is advised\n");
    for spec in specs.iter().filter(|spec| !spec.advice.is_empty()) {
        write!(text, "\n**{}.** {}\n", spec.title, spec.advice).expect("a text grows");
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Quiet => "quiet",
        Severity::Notable => "notable",
        Severity::Alarm => "alarm",
    }
}

fn mail(mail: Mail) -> &'static str {
    match mail {
        Mail::Never => "no",
        Mail::Choice { on: true } => "yes, can be switched off",
        Mail::Choice { on: false } => "no, can be switched on",
        Mail::Always => "always",
    }
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
