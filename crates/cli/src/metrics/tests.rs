use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::path::Path;

use domain::activity::Place;
use domain::notifications::Fate;
use domain::protections::{self, FreezeCause};
use domain::sessions::NewSession;
use testkit::{Database, Person, World};
use web::{Guesses, SiteSettings};

use super::*;

struct Nothing;

impl Guesses for Nothing {
    fn browser(&self, _user_agent: &str) -> Option<String> {
        None
    }

    fn place(&self, _ip: IpAddr) -> Option<Place> {
        None
    }
}

fn figures(world: &World) -> Figures {
    let web = Web::new(world.app.clone(), SiteSettings::default(), Box::new(Nothing));
    Figures::new(&world.app, &web, || 3)
}

fn shown(world: &World) -> String {
    world.wait(figures(world).text()).unwrap()
}

/// The value of one line, by its name and labels.
#[track_caller]
fn value(text: &str, line: &str) -> u64 {
    let line = format!("countersign_{line} ");
    let found = text.lines().find_map(|shown| shown.strip_prefix(&line));
    found.unwrap_or_else(|| panic!("no {line}in\n{text}")).parse().unwrap()
}

fn freeze(world: &World, whose: &Person, session: &NewSession) {
    let account = session.account;
    let frozen = world
        .app
        .change(&whose.in_session(session), move |change| protections::freeze(change, account, FreezeCause::Settings));
    frozen.wait().unwrap();
}

#[test]
fn the_figures_tell_what_happened_and_to_nobody_to_whom() {
    let world = World::new(Database::sqlite());
    let before = shown(&world);
    assert_eq!(value(&before, "events_total{code=\"protection.frozen\"}"), 0);
    let mut mira = world.customer("mira");
    let session = world.sign_in(&mut mira);
    assert!(world.signed_in(&session.secret));
    let mut thief = mira.thief();
    thief.password = "a password that is wrong".into();
    assert!(world.try_sign_in(&thief).is_err());
    freeze(&world, &mira, &session);
    let account = session.account;
    let text = shown(&world);
    assert_eq!(value(&text, "events_total{code=\"protection.frozen\"}"), 1);
    assert!(value(&text, "events_total{code=\"sign_in.done\"}") >= 1);
    assert_eq!(value(&text, "session_checks_total{found=\"yes\"}"), 1);
    assert_eq!([value(&text, "database_answers"), value(&text, "database_takes_changes")], [1, 1]);
    assert_eq!(value(&text, "connections"), 3);
    assert!(value(&text, "commit_seconds_count") > 3);
    for secret in ["mira", &account.to_string(), session.secret.reveal(), "203.113"] {
        assert!(!text.contains(secret), "{secret} stands in\n{text}");
    }
}

#[test]
fn the_backlog_is_counted_by_carrier_and_grows_old() {
    let world = World::new(Database::sqlite());
    let mut mira = world.customer("mira");
    let session = world.sign_in(&mut mira);
    world.settle();
    assert_eq!(value(&shown(&world), "outbox_waiting{carrier=\"mail\"}"), 0);
    world.post.set_down(true);
    freeze(&world, &mira, &session);
    world.clock.advance(domain::Span::from_secs(90));
    let text = shown(&world);
    assert!(value(&text, "outbox_waiting{carrier=\"mail\"}") >= 1);
    assert_eq!(value(&text, "outbox_oldest_seconds{carrier=\"mail\"}"), 90);
    assert_eq!(value(&text, "outbox_waiting{carrier=\"sms\"}"), 0);
    assert_eq!(value(&text, "outbox_oldest_seconds{carrier=\"sms\"}"), 0);
}

const HEAD: &str = "\
# Figures for charts

What `/metrics` of `listen` in `[metrics]` shows, as OpenMetrics text for Prometheus. Made from what the code shows by
`cargo xtask bless`; do not edit. No figure names a customer, an address or a session. Counters begin at nought when the process
does. Each node shows its own; the outbox and what waits for webhooks are the same at all nodes of one database, so those are not added
up.

| figure | kind | labels | what it says |
|---|---|---|---|
";

#[test]
fn the_list_of_figures_is_what_is_shown() {
    let text = shown(&World::new(Database::sqlite()));
    let mut labels: BTreeMap<&str, String> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once('{').unwrap_or((line, ""));
        let inside = rest.split('}').next().unwrap_or_default();
        let names = inside.split(',').filter_map(|label| label.split_once('=')).map(|(name, _)| name);
        let names: Vec<&str> = names.filter(|name| *name != "le").collect();
        labels.entry(name.split(' ').next().unwrap_or_default()).or_insert_with(|| names.join(", "));
    }
    let mut made = HEAD.to_owned();
    let mut help = "";
    for line in text.lines() {
        if let Some(said) = line.strip_prefix("# HELP ") {
            help = said.split_once(' ').unwrap().1.trim_end_matches('.');
        } else if let Some(said) = line.strip_prefix("# TYPE ") {
            let (name, kind) = said.split_once(' ').unwrap();
            let shown_as = match kind {
                "counter" => format!("{name}_total"),
                "info" => format!("{name}_info"),
                _ => name.to_owned(),
            };
            let sample = labels.iter().find(|(sample, _)| sample.starts_with(&*shown_as));
            let labels = sample.expect("a sample of each").1;
            writeln!(made, "| `{shown_as}` | {kind} | {labels} | {help} |").unwrap();
        }
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    if std::env::var_os("COUNTERSIGN_BLESS").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(kept, made, "docs/metrics.md is not what is shown: run `cargo xtask bless`");
}

#[test]
fn a_hand_over_is_timed_by_carrier_and_fate() {
    let world = World::new(Database::sqlite());
    world.post.answer("mira@mail.example", Fate::Later("busy".to_owned()));
    let mut mira = world.customer("mira");
    world.post.take_again("mira@mail.example");
    world.sign_in(&mut mira);
    let text = shown(&world);
    assert!(value(&text, "hand_over_seconds_count{carrier=\"mail\",fate=\"sent\"}") >= 1, "{text}");
    assert_eq!(value(&text, "hand_over_seconds_count{carrier=\"sms\",fate=\"sent\"}"), 0);
}
