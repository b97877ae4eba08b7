//! Each finding, and its healthy twin: the same machine without what is wrong has none at all.

use std::collections::BTreeSet;
use std::path::PathBuf;

use domain::clock::{Span, Time};
use domain::key_check::{Held, Misfit};
use store::{LocalKey, Look, Server, Targets};
use toml::Value;

use super::certificate::Certificate;
use super::facts::{Disk, Facts, FileFact};
use super::finding::Weight;
use super::numbers::{NEUTRAL, NUMBERS, Weaker};
use super::*;

/// A site with nothing to say about.
const HEALTHY: &str = "
[operator]
name = \"Harbour Bank\"
url = \"https://harbour.ch\"
support_address = \"help@harbour.ch\"
[web]
trusted_proxies = [\"127.0.0.1\"]
[mail]
from = \"no-reply@harbour.ch\"
[breached]
range_url = \"https://ranges.harbour.ch/range/\"
[sms]
gateway = \"kannel\"
url = \"http://127.0.0.1:13013/cgi-bin/sendsms\"
user = \"countersign\"
password = \"secret\"
from = \"Harbour\"
hooks_url = \"https://harbour.ch\"
hooks_password = \"0123456789abcdef0123456789abcdef\"
";

fn now() -> Time {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn there(mode: u32) -> FileFact {
    FileFact::There { path: PathBuf::from("somewhere"), mode, changed: now() - Span::from_hours(1) }
}

fn missing() -> FileFact {
    FileFact::Missing(PathBuf::from("somewhere"))
}

fn server() -> Server {
    Server { elsewhere: true, encrypted: true, clock: now(), durable: true, superuser: false }
}

fn look(server: Option<Server>) -> Look {
    let held = Some(Held { checks: vec![[1; 32]], ..Held::default() });
    Look { step: Some(store::present_step()), held, local_keys: Vec::new(), webhooks: Targets::default(), server }
}

fn healthy() -> Facts {
    Facts {
        now: now(),
        root: false,
        settings_file: there(0o600),
        key: there(0o600),
        key_trouble: None,
        key_misfit: None,
        shut: None,
        certificate: None,
        tls_key: there(0o600),
        dkim_key: there(0o600),
        city_file: there(0o644),
        database_file: there(0o600),
        database_directory: there(0o700),
        disk: Some(Disk { unfit: None, free_mib: 50_000 }),
        database: Some(Ok(look(Some(server())))),
        mail: None,
    }
}

fn config(text: &str) -> Config {
    let mut whole: Table = HEALTHY.parse().unwrap();
    for (section, values) in text.parse::<Table>().unwrap() {
        let Value::Table(values) = values else { panic!("a section") };
        let present = whole.entry(section).or_insert_with(|| Value::Table(Table::new()));
        present.as_table_mut().unwrap().extend(values);
    }
    Config::from_parts(&whole.to_string(), std::iter::empty()).unwrap()
}

fn found(text: &str, change: impl FnOnce(&mut Facts)) -> Vec<(String, Weight)> {
    let mut facts = healthy();
    change(&mut facts);
    let found = examine(&config(text), &facts).unwrap();
    assert!(found.is_sorted_by_key(|finding| finding.weight), "the worst comes first: {found:?}");
    assert!(found.iter().all(|finding| !finding.advice.is_empty() && finding.says.ends_with(['.', '}'])), "{found:?}");
    found.into_iter().map(|finding| (finding.code, finding.weight)).collect()
}

/// The same of the numbers alone, without the machine around them.
fn of_the_numbers(text: &str) -> Vec<(String, Weight)> {
    let defaults = domain::settings::DEFAULTS.parse().unwrap();
    let mut found = Vec::new();
    numbers::check(config(text).table(), &defaults, &mut found);
    found.into_iter().map(|finding| (finding.code, finding.weight)).collect()
}

#[track_caller]
fn unsafe_(code: &str, text: &str, change: impl FnOnce(&mut Facts)) {
    assert_eq!(found(text, change), [(code.to_owned(), Weight::Unsafe)]);
}

#[track_caller]
fn advice(code: &str, text: &str, change: impl FnOnce(&mut Facts)) {
    assert_eq!(found(text, change), [(code.to_owned(), Weight::Advice)]);
}

fn with_server(change: impl FnOnce(&mut Server)) -> impl FnOnce(&mut Facts) {
    move |facts| {
        let mut server = server();
        change(&mut server);
        facts.database = Some(Ok(look(Some(server))));
    }
}

/// A machine whose database has a local service key for so many hours more, for these networks.
fn with_local_key(hours: i64, networks: &[&str]) -> impl FnOnce(&mut Facts) {
    let networks = networks.iter().map(|text| text.parse().unwrap()).collect();
    let local_keys = vec![LocalKey { until: now() + Span::from_hours(hours), networks }];
    move |facts| facts.database = Some(Ok(Look { local_keys, ..look(None) }))
}

fn at_step(step: i64) -> impl FnOnce(&mut Facts) {
    move |facts| facts.database = Some(Ok(Look { step: Some(step), ..look(None) }))
}

#[test]
fn a_healthy_site_has_nothing_to_say_about() {
    assert_eq!(found("", |_| {}), []);
    assert_eq!(as_text(&[]), "Nothing is unsafe, and nothing weaker than advised.\n");
}

#[test]
fn what_is_wrong_with_the_site_is_found() {
    unsafe_("operator.url", "[operator]\nurl = \"http://harbour.ch\"", |_| {});
    advice("operator.url", "[operator]\nurl = \"http://localhost:8080\"", |_| {});
    unsafe_("operator.url", "[operator]\nurl = \"https://exchange.example\"", |_| {});
    unsafe_("operator.support_address", "[operator]\nsupport_address = \"support@exchange.example\"", |_| {});
    unsafe_("mail.from", "[mail]\nfrom = \"a@mail.example.com\"", |_| {});
    for name in ["Countersign", "Harbour"] {
        advice("operator.name", &format!("[operator]\nname = \"{name}\""), |_| {});
    }
    unsafe_("web.listen", "[web]\nlisten = \"0.0.0.0:8080\"", |_| {});
    assert_eq!(found("[web]\nlisten = \"0.0.0.0:443\"\ntls_certificate = \"c\"\ntls_key = \"k\"", |_| {}), []);
    unsafe_("web.trusted_proxies", "[web]\ntrusted_proxies = []", |_| {});
    advice("metrics.listen", "[metrics]\nlisten = \"0.0.0.0:9464\"", |_| {});
    assert_eq!(found("[metrics]\nlisten = \"127.0.0.1:9464\"", |_| {}), []);
    advice("process.root", "", |facts| facts.root = true);
    unsafe_("web.tls_key", "", |facts| facts.tls_key = there(0o640));
}

#[test]
fn a_local_service_key_behind_a_proxy_is_found() {
    let until = |hours| with_local_key(hours, &["127.0.0.0/8"]);
    advice("service.local_key", "", until(1));
    assert_eq!(found("", until(0)), [], "it is over");
    // Nobody stands before us: we speak TLS ourselves.
    let alone = "[web]\ntrusted_proxies = []\ntls_certificate = \"c\"\ntls_key = \"k\"";
    assert_eq!(found(alone, until(1)), []);
}

#[test]
fn a_local_service_key_for_the_open_internet_is_found() {
    let alone = |listen: &str| {
        format!("[web]\ntrusted_proxies = []\ntls_certificate = \"c\"\ntls_key = \"k\"\nlisten = \"{listen}:443\"")
    };
    for wide in [&["0.0.0.0/0"][..], &["10.0.0.0/8", "8.8.8.0/24"], &["::/0"], &[]] {
        unsafe_("service.local_key.wide", &alone("0.0.0.0"), with_local_key(1, wide));
        advice("service.local_key.wide", &alone("127.0.0.1"), with_local_key(1, wide));
        assert_eq!(found(&alone("0.0.0.0"), with_local_key(0, wide)), [], "it is over");
    }
    assert_eq!(found(&alone("0.0.0.0"), with_local_key(1, &["10.20.0.0/16", "127.0.0.0/8", "::1"])), []);
}

#[test]
fn a_certificate_that_browsers_do_not_take_is_found() {
    let day = Span::from_hours(24);
    let good = Certificate { begins: now() - day, ends: now() + day * 60, named: true };
    let with = |certificate: Certificate| move |facts: &mut Facts| facts.certificate = Some(Ok(certificate));
    assert_eq!(found("", with(good.clone())), []);
    advice("web.certificate.ends", "", with(Certificate { ends: now() + day * 13, ..good.clone() }));
    unsafe_("web.certificate.over", "", with(Certificate { ends: now(), ..good.clone() }));
    unsafe_("web.certificate.early", "", with(Certificate { begins: now() + day, ..good.clone() }));
    unsafe_("web.certificate.name", "", with(Certificate { named: false, ..good }));
    unsafe_("web.tls_certificate", "", |facts| facts.certificate = Some(Err("no file".to_owned())));
}

#[test]
fn webhooks_that_go_where_they_are_weaker_are_found() {
    advice("webhooks.private_targets", "[webhooks]\nprivate_targets = [\"10.20.0.7\"]", |_| {});
    for wide in ["0.0.0.0/0", "8.8.8.0/24", "::/0"] {
        unsafe_("webhooks.private_targets.wide", &format!("[webhooks]\nprivate_targets = [\"{wide}\"]"), |_| {});
    }
    for astray in ["169.254.169.254", "64:ff9b::/96", "fd00::/8"] {
        unsafe_("webhooks.private_targets.astray", &format!("[webhooks]\nprivate_targets = [\"{astray}\"]"), |_| {});
    }
    let with = |webhooks| move |facts: &mut Facts| facts.database = Some(Ok(Look { webhooks, ..look(None) }));
    advice("webhooks.plain", "", with(Targets { plain: 1, ..Targets::default() }));
    advice("webhooks.off", "", with(Targets { off: 1, ..Targets::default() }));
    advice("webhooks.dead", "", with(Targets { dead: 1, ..Targets::default() }));
}

#[test]
fn proxies_that_are_half_the_world_are_found() {
    for wide in ["0.0.0.0/0", "8.0.0.0/5", "::/0", "2000::/3"] {
        unsafe_("web.trusted_proxies.wide", &format!("[web]\ntrusted_proxies = [\"{wide}\"]"), |_| {});
    }
    for wide in ["10.0.0.0/8", "2001:db8::/32"] {
        advice("web.trusted_proxies.wide", &format!("[web]\ntrusted_proxies = [\"{wide}\"]"), |_| {});
    }
    for narrow in ["10.1.0.0/16", "10.1.2.3", "2001:db8:1:2::/64"] {
        assert_eq!(found(&format!("[web]\ntrusted_proxies = [\"{narrow}\"]"), |_| {}), []);
    }
}

#[test]
fn what_is_wrong_with_letters_sms_and_lists_is_found() {
    unsafe_("mail.tls", "[mail]\nhost = \"mail.harbour.ch\"", |_| {});
    assert_eq!(found("[mail]\nhost = \"mail.harbour.ch\"\ntls = \"starttls\"", |_| {}), []);
    unsafe_("mail.settings", "[mail]\nuser = \"half\"", |_| {});
    unsafe_("mail.silent", "", |facts| facts.mail = Some("refused".to_owned()));
    advice("mail.dkim", "", |facts| facts.dkim_key = FileFact::NotNamed);
    unsafe_("mail.dkim_key", "", |facts| facts.dkim_key = there(0o644));
    advice("sms.gateway", "[sms]\ngateway = \"none\"", |_| {});
    unsafe_("sms.settings", "[sms]\nhooks_password = \"\"", |_| {});
    advice("breached.none", "[breached]\nrange_url = \"\"", |_| {});
    unsafe_("breached.settings", "[breached]\nindex = \"nowhere\"", |_| {});
    advice("places.city_file", "", |facts| facts.city_file = missing());
    let old = FileFact::There { path: "towns".into(), mode: 0o644, changed: now() - Span::from_hours(24 * 121) };
    advice("places.city_file", "", |facts| facts.city_file = old);
    let years_on = |facts: &mut Facts| {
        facts.now += Span::from_hours(24 * 2000);
        facts.city_file = FileFact::NotNamed;
        facts.database = None;
    };
    assert!(found("", years_on).contains(&("places.countries".to_owned(), Weight::Advice)));
}

#[test]
fn what_is_wrong_with_the_keys_is_found() {
    unsafe_("storage.key_file.readable", "", |facts| facts.key = there(0o640));
    unsafe_("storage.key_file.missing", "", |facts| facts.key = missing());
    unsafe_("storage.key_file.broken", "", |facts| facts.key_trouble = Some("it was cut".to_owned()));
    unsafe_("storage.key_file.foreign", "", |facts| facts.key_misfit = Some(Misfit::Older));
    // Migrated, and never started: nothing in it asks for keys.
    advice("storage.key_file.new", "", |facts| {
        facts.key = missing();
        facts.database = Some(Ok(Look { held: Some(Held::default()), ..look(None) }));
    });
    unsafe_("storage.missing", "", |facts| facts.database = None);
    unsafe_("storage.missing", "", |facts| facts.database = Some(Ok(Look { step: None, held: None, ..look(None) })));
    let first_start = found("", |facts| (facts.key, facts.database) = (missing(), None));
    assert_eq!(
        first_start.iter().map(|(code, _)| code.as_str()).collect::<Vec<_>>(),
        ["storage.key_file.new", "storage.new"]
    );
    unsafe_("settings.readable", "", |facts| facts.settings_file = there(0o604));
}

#[test]
fn what_is_wrong_with_the_database_is_found() {
    unsafe_("storage.unreadable", "", |facts| facts.database = Some(Err("it is no database".to_owned())));
    unsafe_("storage.silent", "", |facts| {
        facts.database = Some(Err("refused".to_owned()));
        facts.database_directory = FileFact::NotNamed;
    });
    unsafe_("storage.shut", "", |facts| {
        (facts.key, facts.database, facts.shut) = (missing(), None, Some(PathBuf::from("somewhere")));
    });
    unsafe_("storage.key_file.broken", "", |facts| {
        (facts.key, facts.key_trouble) = (missing(), Some("Permission denied".to_owned()));
    });
    advice("storage.behind", "", at_step(store::present_step() - 1));
    unsafe_("storage.newer", "", at_step(store::present_step() + 1));
    unsafe_("storage.in_clear", "", with_server(|server| server.encrypted = false));
    assert_eq!(found("", with_server(|server| (server.encrypted, server.elsewhere) = (false, false))), []);
    unsafe_("storage.not_durable", "", with_server(|server| server.durable = false));
    advice("storage.superuser", "", with_server(|server| server.superuser = true));
    unsafe_("storage.readable", "", |facts| facts.database_file = there(0o644));
    unsafe_("storage.directory", "", |facts| facts.database_directory = there(0o777));
    assert_eq!(found("", |facts| facts.database_directory = there(0o1777)), []);
}

#[test]
fn a_disk_that_holds_nothing_or_has_no_room_is_found() {
    let on = |unfit, free_mib| move |facts: &mut Facts| facts.disk = Some(Disk { unfit, free_mib });
    unsafe_("storage.network", "", on(Some("NFS"), 50_000));
    unsafe_("storage.memory", "", on(Some("memory"), 50_000));
    advice("storage.room", "", on(None, 2047));
    unsafe_("storage.room", "", on(None, 255));
}

#[test]
fn a_clock_that_is_off_is_found() {
    advice("clock.server", "", with_server(|server| server.clock += Span::from_secs(3)));
    unsafe_("clock.server", "", with_server(|server| server.clock -= Span::from_secs(31)));
    assert_eq!(found("", with_server(|server| server.clock += Span::from_secs(2))), []);
    unsafe_("clock.behind", "", |facts| {
        let changed = facts.now + Span::from_secs(40);
        facts.database_file = FileFact::There { path: "db".into(), mode: 0o600, changed };
    });
}

#[test]
fn argon2_is_judged_by_memory_and_passes_together() {
    let with = |memory, passes| format!("[password]\nargon2_memory_kib = {memory}\nargon2_passes = {passes}");
    for (memory, passes) in [(19_456, 2), (47_104, 1), (7_168, 5), (65_536, 3)] {
        assert_eq!(found(&with(memory, passes), |_| {}), []);
    }
    advice("password.argon2", &with(19_456, 1), |_| {});
    unsafe_("password.argon2", &with(4_096, 1), |_| {});
}

#[test]
fn every_number_that_is_weaker_than_advised_is_found_and_every_stronger_one_is_not() {
    let defaults: Table = domain::settings::DEFAULTS.parse().unwrap();
    for (section, name, weaker, unsafe_past, _) in NUMBERS {
        let code = format!("{section}.{name}");
        let default = &defaults[*section][*name];
        let set = |value: &dyn std::fmt::Display| format!("[{section}]\n{name} = {value}");
        let (weak, strong) = match (weaker, default) {
            (Weaker::When(weak), Value::Boolean(_)) => (set(weak), set(&!weak)),
            (Weaker::Below, Value::Integer(number)) => (set(&(number - 1)), set(&(number + 1))),
            (Weaker::Above, Value::Integer(number)) => (set(&(number + 1)), set(&(number - 1))),
            _ => panic!("{code} is no such number: {default}"),
        };
        assert_eq!(of_the_numbers(&strong), [], "{code}");
        assert_eq!(of_the_numbers(&weak).iter().map(|(code, _)| code).collect::<Vec<_>>(), [&code]);
        let past = match (weaker, unsafe_past) {
            (Weaker::Below, Some(past)) => past - 1,
            (Weaker::Above, Some(past)) => past + 1,
            _ => continue,
        };
        assert_eq!(of_the_numbers(&set(&past)), [(code, Weight::Unsafe)]);
    }
}

#[test]
fn every_number_and_switch_of_the_settings_has_been_thought_about() {
    let defaults: Table = domain::settings::DEFAULTS.parse().unwrap();
    let thought: BTreeSet<(&str, &str)> =
        NUMBERS.iter().map(|(section, name, ..)| (*section, *name)).chain(NEUTRAL.iter().copied()).collect();
    for (section, values) in &defaults {
        for (name, value) in values.as_table().unwrap() {
            let asked = matches!(value, Value::Integer(_) | Value::Float(_) | Value::Boolean(_));
            let there = thought.contains(&(section.as_str(), name.as_str()));
            assert_eq!(asked, there, "[{section}] {name}: say in doctor/numbers.rs in which direction it is weaker");
        }
    }
}

#[test]
fn the_same_is_said_to_people_and_to_machines() {
    let mut facts = healthy();
    facts.root = true;
    facts.key = there(0o644);
    let found = examine(&config(""), &facts).unwrap();
    let text = as_text(&found);
    assert!(
        text.starts_with("UNSAFE  storage.key_file.readable\n        Others can read the keys in somewhere"),
        "{text}"
    );
    assert!(text.ends_with("Unsafe: 1. Weaker than advised: 1.\n"), "{text}");
    let json: serde_json::Value = serde_json::from_str(&as_json(&found).unwrap()).unwrap();
    assert_eq!((&json["unsafe"], &json["advice"]), (&1.into(), &1.into()));
    assert_eq!(json["findings"][1]["code"], "process.root");
}
