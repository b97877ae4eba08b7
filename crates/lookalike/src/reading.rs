//! What kind of thing an input is: a host or URL, an e-mail address, a handle or a telephone number.

use crate::answer::Fault;
use crate::host::{self, Host};

/// The longest input that is read.
pub const LONGEST: usize = 64 * 1024;

/// An input that was understood.
#[derive(Debug)]
pub(crate) enum Reading {
    Host(Place),
    Mail(Mail),
    Handle(Handle),
    Phone,
}

/// A host, and what surrounds it in a URL.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) host: Host,
    /// The input was more than the host, or the host was written unusually.
    pub(crate) rewritten: bool,
    pub(crate) insecure: bool,
    pub(crate) port: Option<u16>,
    pub(crate) userinfo: Option<String>,
    /// Where another reader of the same text would go, when a backslash makes readers disagree.
    pub(crate) elsewhere: Option<Host>,
    /// What follows the host.
    pub(crate) path: String,
}

/// An e-mail address.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) display: String,
    pub(crate) local: String,
    pub(crate) host: Host,
}

/// A handle on a platform (empty when it was not said which).
#[derive(Debug)]
pub(crate) struct Handle {
    pub(crate) platform: String,
    pub(crate) name: String,
}

/// Sites whose first path segment is somebody's handle.
const PLATFORMS: &[&str] = &[
    "t.me",
    "telegram.me",
    "twitter.com",
    "x.com",
    "instagram.com",
    "facebook.com",
    "fb.com",
    "tiktok.com",
    "youtube.com",
    "linkedin.com",
    "medium.com",
    "github.com",
    "reddit.com",
    "discord.gg",
    "threads.net",
    "vk.com",
    "wa.me",
];

/// Understands an input.
pub(crate) fn read(input: &str) -> Result<Reading, Fault> {
    if input.len() > LONGEST {
        return Err(Fault::TooLong);
    }
    let text = input.trim();
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    if text.chars().any(turns_direction) {
        return Err(Fault::HiddenDirection);
    }
    if text.chars().any(char::is_control) {
        return Err(Fault::ControlCharacters);
    }
    let text = refanged(text);
    if let Some(handle) = text.strip_prefix('@') {
        return Ok(Reading::Handle(Handle { platform: String::new(), name: handle.trim_end_matches('/').to_owned() }));
    }
    if is_phone(&text) {
        return Ok(Reading::Phone);
    }
    match scheme(&text) {
        Some(("mailto", rest)) => mail(rest.split('?').next().unwrap_or(rest)),
        Some(("tel" | "sms" | "callto", _)) => Ok(Reading::Phone),
        Some((scheme @ ("http" | "https" | "ws" | "wss" | "ftp"), rest)) => {
            let slashes = rest.trim_start_matches(['/', '\\']);
            place(slashes, matches!(scheme, "http" | "ws" | "ftp"), true)
        }
        Some(_) => Err(Fault::NotAPlace),
        None if looks_like_mail(&text) => mail(&text),
        None => place(text.trim_start_matches("//"), false, false),
    }
}

/// Characters that turn the direction of writing, so that a name reads backwards.
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Customers are told to send suspicious addresses in a form nobody opens by accident.
fn refanged(text: &str) -> String {
    let mut text = text.to_owned();
    for (safe, real) in [
        ("[.]", "."),
        ("(.)", "."),
        ("{.}", "."),
        ("[dot]", "."),
        ("(dot)", "."),
        ("[:]", ":"),
        ("[://]", "://"),
        ("[@]", "@"),
        ("[at]", "@"),
        ("(at)", "@"),
    ] {
        if text.contains(safe) {
            text = text.replace(safe, real);
        }
    }
    let head = text.get(..4).map(str::to_ascii_lowercase);
    if head.as_deref() == Some("hxxp") {
        text.replace_range(..4, "http");
    }
    text
}

fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let plus = text.starts_with('+') || text.starts_with("00");
    let only = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | ' ' | '-' | '(' | ')' | '/'));
    only && digits >= 5
        && (plus
            || text.contains([' ', '-', '(', '/'])
            || (digits > 10 || text.starts_with('0')) && !text.contains('/'))
}

/// The scheme in lower case and what follows it, if the text has one; `host:port` has none.
fn scheme(text: &str) -> Option<(&'static str, &str)> {
    const KNOWN: &[&str] = &[
        "https",
        "http",
        "wss",
        "ws",
        "ftp",
        "mailto",
        "tel",
        "sms",
        "callto",
        "javascript",
        "data",
        "vbscript",
        "file",
        "blob",
        "about",
        "intent",
        "view-source",
        "filesystem",
        "chrome",
        "ms-settings",
    ];
    let (head, rest) = text.split_once(':')?;
    let head = head.trim().to_ascii_lowercase();
    if let Some(known) = KNOWN.iter().find(|known| **known == head) {
        return Some((known, rest));
    }
    let named = head.starts_with(|c: char| c.is_ascii_alphabetic())
        && head.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-'));
    (named && rest.starts_with("//")).then_some(("other", rest))
}

fn looks_like_mail(text: &str) -> bool {
    let address = text.rsplit_once('<').map_or(text, |(_, address)| address);
    match address.rfind('@') {
        Some(at) => {
            !address[..at].contains(['/', '\\', '?', '#']) && !address[at..].contains(['/', '\\', '?', '#', ':'])
        }
        None => false,
    }
}

fn mail(text: &str) -> Result<Reading, Fault> {
    let (display, address) = match text.rsplit_once('<') {
        Some((display, rest)) => (display, rest.split('>').next().unwrap_or(rest)),
        None => ("", text),
    };
    let (local, domain) = address.trim().rsplit_once('@').ok_or(Fault::NotAHost)?;
    if local.is_empty() {
        return Err(Fault::NotAHost);
    }
    let host = host::parse(domain.trim())?;
    let tidy = |part: &str| part.trim().trim_matches('"').to_lowercase();
    Ok(Reading::Mail(Mail { display: tidy(display), local: tidy(local), host }))
}

fn place(text: &str, insecure: bool, url: bool) -> Result<Reading, Fault> {
    let end = text.find(['/', '?', '#', '\\']).unwrap_or(text.len());
    let (authority, mut path) = text.split_at(end);
    let mut elsewhere = None;
    if path.starts_with('\\') {
        // A browser stops here; a reader that keeps to the letter of the standard goes on to the next slash.
        let whole = &text[..text.find(['/', '?', '#']).unwrap_or(text.len())];
        elsewhere =
            whole.rsplit_once('@').and_then(|(_, host)| host::parse(host.rsplit(':').next_back().unwrap_or(host)).ok());
        path = &text[end..];
    }
    let (userinfo, host_port) = match authority.rsplit_once('@') {
        Some((userinfo, rest)) => (Some(userinfo.to_owned()), rest),
        None => (None, authority),
    };
    let (written, port) = split_port(host_port)?;
    let host = host::parse(written)?;
    let single = !host.ascii.contains('.') && !host.numeric;
    if single && !url && userinfo.is_none() && path.is_empty() && port.is_none() {
        // One bare word is most likely a handle or a brand somebody typed.
        return Ok(Reading::Handle(Handle { platform: String::new(), name: host.shown }));
    }
    let first = path.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or("").trim_start_matches('@');
    let platform = host.ascii.strip_prefix("www.").or_else(|| host.ascii.strip_prefix("m.")).unwrap_or(&host.ascii);
    if PLATFORMS.contains(&platform) && !first.is_empty() && userinfo.is_none() {
        let name = if matches!(first, "company" | "in" | "user" | "channel" | "c" | "r" | "s") {
            path.trim_start_matches('/').split(['/', '?', '#']).nth(1).unwrap_or(first)
        } else {
            first
        };
        return Ok(Reading::Handle(Handle {
            platform: platform.to_owned(),
            name: name.trim_start_matches('@').to_owned(),
        }));
    }
    let default = port.is_none_or(|port| port == 443 || (insecure && port == 80));
    Ok(Reading::Host(Place {
        rewritten: host.shown != text,
        insecure,
        port: port.filter(|_| !default),
        userinfo,
        elsewhere,
        path: path.to_owned(),
        host,
    }))
}

fn split_port(text: &str) -> Result<(&str, Option<u16>), Fault> {
    if let Some(bracket) = text.rfind(']') {
        let after = &text[bracket + 1..];
        return match after.strip_prefix(':') {
            Some(port) => Ok((&text[..=bracket], Some(port.parse().map_err(|_| Fault::NotAHost)?))),
            None if after.is_empty() => Ok((text, None)),
            None => Err(Fault::NotAHost),
        };
    }
    match text.split_once(':') {
        Some((host, "")) => Ok((host, None)),
        Some((host, port)) => Ok((host, Some(port.parse().map_err(|_| Fault::NotAHost)?))),
        None => Ok((text, None)),
    }
}
