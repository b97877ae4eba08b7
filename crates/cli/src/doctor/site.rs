//! The site's address, the doors, and who carries what we say.

use std::sync::Arc;

use domain::clock::{Span, SystemClock, Time};
use outside::breached::Breached;
use outside::mail::{MailTls, SmtpCarrier};
use outside::places;
use outside::sms::{GatewayKind, SmsCarrier};
use web::address::Network;

use super::certificate::Certificate;
use super::facts::{Facts, FileFact};
use super::finding::{Finding, Weight};
use crate::config::Config;

/// A file of towns is renewed every month; the compiled-in table of countries with each release.
const TOWNS_OLD_DAYS: i64 = 120;
const COUNTRIES_OLD_DAYS: i64 = 400;

/// Whoever renews a certificate by a program has a new one by then, and whoever does it by hand has time.
const CERTIFICATE_DAYS: i64 = 14;

/// Domains that nobody has (RFC 2606, RFC 6761): what we write there reaches nobody.
const NOBODYS: [&str; 7] = [".example", ".test", ".invalid", ".localhost", "example.com", "example.net", "example.org"];

pub(super) fn operator(config: &Config, found: &mut Vec<Finding>) {
    let operator = &config.settings.operator;
    let host = operator.url.host();
    if !operator.url.is_https() {
        if is_here(host) {
            found.push(Finding::advice(
                "operator.url",
                format!("The site's address is {}: only a browser on this computer can sign in.", operator.url),
                "Write the address that customers will use, https://…, into `url` of [operator].",
            ));
        } else {
            found.push(Finding::danger(
                "operator.url",
                format!("The site's address, {}, is not https: browsers keep no session there.", operator.url),
                "Write https://… into `url` of [operator], and let the proxy or `tls_certificate` speak TLS.",
            ));
        }
    } else if is_nobodys(host) {
        found.push(Finding::danger(
            "operator.url",
            format!(
                "The site's address is {}, which cannot exist: every link in every letter leads nowhere.",
                operator.url
            ),
            "Write the address that customers will use, https://…, into `url` of [operator].",
        ));
    }
    for (name, address) in [("operator.support_address", &operator.support_address), ("mail.from", &config.mail.from)] {
        let domain = address.rsplit('@').next().unwrap_or_default();
        if is_nobodys(domain) {
            let (section, name_only) = name.split_once('.').unwrap_or(("", name));
            found.push(Finding::danger(
                name,
                format!(
                    "`{name_only}` of [{section}] is {address}, an address that cannot exist: what goes there is lost."
                ),
                "Write an address of yours that somebody reads.",
            ));
        }
    }
    if let name @ ("Countersign" | "Harbour") = operator.name.as_str() {
        found.push(Finding::advice(
            "operator.name",
            format!("Pages and letters carry the name {name}, which stands in the example and which your customers do not know."),
            "Write your exchange's name into `name` of [operator].",
        ));
    }
}

pub(super) fn doors(config: &Config, facts: &Facts, found: &mut Vec<Finding>) {
    let web = &config.web;
    let tls = !web.tls_certificate.as_os_str().is_empty();
    let https = config.settings.operator.url.is_https();
    if !tls && !web.listen.ip().is_loopback() {
        found.push(Finding::danger(
            "web.listen",
            format!("{} is open to the network and speaks in clear: passwords can be read on the way.", web.listen),
            "Listen on 127.0.0.1 behind a proxy that speaks TLS, or set `tls_certificate` and `tls_key` of [web].",
        ));
    }
    if https && !tls && web.trusted_proxies.is_empty() {
        found.push(Finding::danger(
            "web.trusted_proxies",
            "A proxy must be speaking TLS for us, and none is trusted: everybody seems to come from its address, so \
             all share one limit, and the log shows customers the wrong place.",
            "Write the proxy's address into `trusted_proxies` of [web], like [\"127.0.0.1\"].",
        ));
    }
    for network in &web.trusted_proxies {
        wide(*network, found);
    }
    match &facts.certificate {
        None => {}
        Some(Ok(certificate)) => spoken_for(certificate, facts.now, found),
        Some(Err(why)) => found.push(Finding::danger(
            "web.tls_certificate",
            format!("The site's certificate cannot be read, so nothing starts: {why}."),
            "Write the file with the chain, PEM, the site's own first, into `tls_certificate` of [web].",
        )),
    }
    if let FileFact::There { path, mode, .. } = &facts.tls_key
        && mode & 0o077 != 0
    {
        found.push(Finding::danger(
            "web.tls_key",
            format!("Others can read the key of the site's certificate, {}.", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    if let Some(address) = config.metrics.listen.filter(|address| !address.ip().is_loopback()) {
        found.push(Finding::advice(
            "metrics.listen",
            format!(
                "The figures at {address} are shown to whoever reaches it: how many customers come, and what fails."
            ),
            "Listen on 127.0.0.1, or let only your Prometheus reach that port.",
        ));
    }
    if facts.root {
        found.push(Finding::advice(
            "process.root",
            "This runs as root: a fault in any part of it is a fault of the whole machine.",
            "Run it as a user of its own; the package's systemd unit does.",
        ));
    }
}

/// Browsers let nobody through to a site whose certificate is over, or of another name.
fn spoken_for(certificate: &Certificate, now: Time, found: &mut Vec<Finding>) {
    let advice = "Get another one for the host in `url` of [operator], put it in its place, and start again: it is read at the start.";
    let left = certificate.ends.duration_since(now);
    if left <= Span::ZERO {
        let says = format!("The site's certificate was good until {}: browsers let nobody through.", certificate.ends);
        found.push(Finding::danger("web.certificate.over", says, advice));
    } else if certificate.begins > now {
        let says =
            format!("The site's certificate is good from {} on only: browsers let nobody through.", certificate.begins);
        found.push(Finding::danger(
            "web.certificate.early",
            says,
            "Look at this machine's clock, or at the certificate.",
        ));
    } else if left < Span::from_hours(24 * CERTIFICATE_DAYS) {
        let says = format!("The site's certificate is good until {} only.", certificate.ends);
        found.push(Finding::advice("web.certificate.ends", says, advice));
    }
    if !certificate.named {
        let says = "The site's certificate is not for the host in `url` of [operator]: browsers let nobody through.";
        found.push(Finding::danger("web.certificate.name", says, advice));
    }
}

/// A local key counts on connections from this machine, and a proxy on it makes everybody's look so.
pub(super) fn service(config: &Config, facts: &Facts, found: &mut Vec<Finding>) {
    let Some(Ok(look)) = &facts.database else { return };
    let web = &config.web;
    let behind = !web.trusted_proxies.is_empty()
        || web.tls_certificate.as_os_str().is_empty() && config.settings.operator.url.is_https();
    let live = || look.local_keys.iter().filter(|key| key.until > facts.now);
    if live().any(|key| key.networks.is_empty() || !key.networks.iter().all(Network::is_private)) {
        found.push(Finding {
            code: "service.local_key.wide".to_owned(),
            weight: Weight::unsafe_if(!web.listen.ip().is_loopback()),
            says: "A local service key may be used from addresses of the open internet: whoever has its secret asks as the backend, \
                   and nothing is signed."
                .to_owned(),
            advice: "Revoke it (`countersign service-key list` shows it), and let the backend sign, or name its own network alone."
                .to_owned(),
        });
    }
    if behind && live().next().is_some() {
        found.push(Finding::advice(
            "service.local_key",
            "There is a local service key, and a proxy before us: where it passes a request on without a header that says so, \
             whoever has the key's secret uses it from anywhere.",
            "Close /api/v1/service/ in the proxy, as docs/service.md shows, or let the backend sign in place of the local key.",
        ));
    }
}

pub(super) fn webhooks(config: &Config, facts: &Facts, found: &mut Vec<Finding>) {
    let private = &config.webhooks.private_targets;
    if !private.iter().all(Network::is_private) {
        found.push(Finding::danger(
            "webhooks.private_targets.wide",
            "`private_targets` of [webhooks] holds addresses of the open internet: what goes there may go in clear.",
            "Name the networks of your own alone.",
        ));
    } else if private.iter().any(Network::leads_astray) {
        found.push(Finding::danger(
            "webhooks.private_targets.astray",
            "`private_targets` of [webhooks] holds addresses where a cloud tells its machines their secrets, or that hide others \
             behind them (link-local, NAT64): a name in the DNS leads a webhook there.",
            "Name the backend alone, address by address.",
        ));
    } else if !private.is_empty() {
        found.push(Finding::advice(
            "webhooks.private_targets",
            "Webhooks may go to networks of yours: whoever answers for a target's name in the DNS leads them to any address there.",
            "Name the backend alone, address by address.",
        ));
    }
    let Some(Ok(look)) = &facts.database else { return };
    if look.webhooks.plain > 0 {
        found.push(Finding::advice(
            "webhooks.plain",
            "A webhook goes without TLS: whoever listens in that network reads which accounts are frozen.",
            "Give the backend a certificate, and add its https address.",
        ));
    }
    if look.webhooks.dead > 0 {
        let (items, them) = if look.webhooks.dead == 1 { ("1 item was", "it") } else { ("Items were", "them") };
        found.push(Finding::advice(
            "webhooks.dead",
            format!("{items} not taken by a webhook in all its tries: the backend has heard of {them} by the feed alone, or not at all."),
            "`countersign webhook dead` lists them; `countersign webhook replay ID --dead` sends them again.",
        ));
    }
    if look.webhooks.off > 0 {
        found.push(Finding::advice(
            "webhooks.off",
            "A webhook said that it is gone, and nothing is sent there any more.",
            "`countersign webhook list` names it: remove it, or switch it on and replay what it missed.",
        ));
    }
}

/// A proxy is a machine or a few. Whoever is inside the range says where a client comes from, and is believed.
fn wide(network: Network, found: &mut Vec<Finding>) {
    let (address, length) = network.prefix();
    let (unsafe_below, wide_below) = if address.is_ipv4() { (8, 16) } else { (32, 56) };
    let says = format!(
        "`trusted_proxies` of [web] trusts all of {address}/{length}: any machine there can invent where clients come from."
    );
    let advice = "Name the proxies alone, address by address.";
    if length < unsafe_below {
        found.push(Finding::danger("web.trusted_proxies.wide", says, advice));
    } else if length < wide_below {
        found.push(Finding::advice("web.trusted_proxies.wide", says, advice));
    }
}

pub(super) fn mail(config: &Config, facts: &Facts, found: &mut Vec<Finding>) {
    let mail = &config.mail;
    if let Err(unfit) = SmtpCarrier::new(mail, Arc::new(SystemClock)) {
        found.push(Finding::danger("mail.settings", format!("It does not start: {unfit}."), "Mend [mail]."));
    }
    if mail.tls == MailTls::None && !mail.here() {
        found.push(Finding::danger(
            "mail.tls",
            format!("Letters travel to {} in clear: whoever listens reads the links in them.", mail.host),
            "Write tls = \"starttls\" or \"implicit\" into [mail].",
        ));
    }
    if let Some(why) = &facts.mail {
        found.push(Finding::danger(
            "mail.silent",
            format!(
                "No mail server answers at {}:{} ({why}): nobody is told anything, and nobody signs in from a new browser.",
                mail.host, mail.port
            ),
            "Start it, or correct `host` and `port` of [mail].",
        ));
    }
    match &facts.dkim_key {
        FileFact::NotNamed => found.push(Finding::advice(
            "mail.dkim",
            "Letters are not signed here: unless your mail server does it, mailboxes take them for forgeries.",
            "Sign in one of the two places: see “Signing letters” in docs/operating.md, and `countersign dkim`.",
        )),
        FileFact::There { path, mode, .. } if mode & 0o077 != 0 => found.push(Finding::danger(
            "mail.dkim_key",
            format!("Others can read the key that signs our letters, {}: they can write in our name.", path.display()),
            format!("chmod 600 {}", path.display()),
        )),
        _ => {}
    }
}

pub(super) fn sms(config: &Config, found: &mut Vec<Finding>) {
    if let Err(unfit) = SmsCarrier::new(&config.sms) {
        found.push(Finding::danger("sms.settings", format!("It does not start: {unfit}."), "Mend [sms]."));
    }
    if config.sms.gateway == GatewayKind::None {
        found.push(Finding::advice(
            "sms.gateway",
            "No SMS is sent: a customer whose mailbox is stolen hears of nothing.",
            "Set [sms]: see “SMS” in docs/operating.md.",
        ));
    }
}

pub(super) fn lists(config: &Config, facts: &Facts, found: &mut Vec<Finding>) {
    if let Err(unfit) = Breached::new(&config.breached, Arc::new(SystemClock)) {
        found.push(Finding::danger("breached.settings", format!("It does not start: {unfit}."), "Mend [breached]."));
    }
    if config.breached.index.as_os_str().is_empty() && config.breached.range_url.is_empty() {
        found.push(Finding::advice(
            "breached.none",
            "Of the passwords that thieves know only a short built-in list is refused.",
            "Make an index with `countersign breached build` and name it in [breached].",
        ));
    }
    match &facts.city_file {
        FileFact::NotNamed => {}
        FileFact::Missing(path) => found.push(Finding::advice(
            "places.city_file",
            format!("The file of towns, {}, is not there: customers see countries alone.", path.display()),
            "Put it there by renaming, or leave `city_file` of [places] empty.",
        )),
        FileFact::There { path, changed, .. } => {
            let days = days_between(*changed, facts.now);
            if days > TOWNS_OLD_DAYS {
                found.push(Finding::advice(
                    "places.city_file",
                    format!("The file of towns, {}, is {days} days old: places grow wrong.", path.display()),
                    "Put a new one in its place by renaming; it is read by itself.",
                ));
            }
        }
    }
    let day = places::table_date().day;
    let days = format!("{day}T00:00:00Z").parse().map_or(0, |day: Time| days_between(day, facts.now));
    if days > COUNTRIES_OLD_DAYS {
        found.push(Finding::advice(
            "places.countries",
            format!("The built-in table of countries is of {day}: places grow wrong."),
            "Install a newer version, or build one after `cargo update -p iptocc && cargo xtask data`.",
        ));
    }
}

fn days_between(from: Time, to: Time) -> i64 {
    to.duration_since(from).as_secs() / Span::from_hours(24).as_secs()
}

fn is_here(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn is_nobodys(domain: &str) -> bool {
    let domain = domain.to_ascii_lowercase();
    NOBODYS.iter().any(|nobodys| match nobodys.strip_prefix('.') {
        Some(name) => domain == name || domain.ends_with(nobodys),
        None => domain == *nobodys || domain.ends_with(&format!(".{nobodys}")),
    })
}
