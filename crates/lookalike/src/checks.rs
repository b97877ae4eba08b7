//! Checking what is more than a plain host: URLs, e-mail addresses and handles.

use crate::answer::{Answer, Verdict};
use crate::detector::Detector;
use crate::host::Host;
use crate::reading::{Handle, Mail, Place};
use crate::scene::Scene;

/// Mail hosts where anyone may choose the part before the `@`.
const FREE_MAIL: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "msn.com",
    "yahoo.com",
    "ymail.com",
    "aol.com",
    "icloud.com",
    "me.com",
    "proton.me",
    "protonmail.com",
    "pm.me",
    "gmx.com",
    "gmx.net",
    "gmx.de",
    "web.de",
    "mail.com",
    "mail.ru",
    "yandex.ru",
    "yandex.com",
    "zoho.com",
    "tutanota.com",
    "tuta.io",
    "qq.com",
    "163.com",
    "126.com",
    "fastmail.com",
    "mail2world.com",
    "usa.com",
    "consultant.com",
    "email.com",
    "dr.com",
];

impl Detector {
    /// A host, perhaps inside a URL.
    pub(crate) fn check_place(&self, place: &Place) -> Answer<'_> {
        let shown = place.rewritten.then(|| place.host.shown.clone());
        let mut odd = oddities(place);
        if let Some(brand) = self.owner(&place.host.ascii) {
            if place.elsewhere.is_some() || place.path.starts_with('\\') {
                let mut answer =
                    self.suspicious(brand, "a backslash after the host makes programs disagree about where this leads");
                answer.shown = shown;
                return answer;
            }
            let mut answer = self.official(brand);
            answer.odd = !odd.is_empty();
            answer.reasons.append(&mut odd);
            answer.shown = shown;
            return answer;
        }
        let mut answer = self.check_host(&place.host, shown);
        if let Some(userinfo) = &place.userinfo {
            let before = userinfo.split(':').next().unwrap_or(userinfo);
            let ours = self.owner(&before.to_ascii_lowercase()).or_else(|| self.named_in(before));
            self.raise(&mut answer, ours, "what stands before the @ is not the host");
        }
        if place.path.starts_with('\\') {
            let ours = place.elsewhere.as_ref().and_then(|host| self.owner(&host.ascii));
            self.raise(&mut answer, ours, "a backslash after the host makes programs disagree about where this leads");
        }
        if place.host.numeric {
            let path: String = place.path.chars().take(256).collect();
            self.raise(
                &mut answer,
                self.named_in(&path),
                "the site is a bare machine address that only mentions the brand behind it",
            );
        }
        if answer.verdict != Verdict::Clear {
            answer.reasons.append(&mut odd);
        }
        answer
    }

    /// An e-mail address: official only by the register, and never by what it is called.
    pub(crate) fn check_mail(&self, mail: &Mail) -> Answer<'_> {
        let ascii = &mail.host.ascii;
        let shown = Some(format!("{}@{}", mail.local, mail.host.shown));
        let untagged = mail.local.split('+').next().unwrap_or(&mail.local);
        let address = format!("{untagged}@{ascii}");
        for (index, brand) in self.register.brands.iter().enumerate() {
            let listed = brand.senders.iter().any(|sender| match sender.strip_prefix('@') {
                Some(domain) => domain.eq_ignore_ascii_case(ascii),
                None => sender.eq_ignore_ascii_case(&address),
            });
            if listed {
                return Answer { shown, ..self.official(index) };
            }
        }
        if let Some(owner) = self.owner(ascii) {
            if self.register.brands[owner].senders.is_empty() {
                return Answer { shown, ..self.official(owner) };
            }
            let mut answer = self
                .suspicious(owner, "the domain is official, but this is not one of the addresses mail is sent from");
            answer.shown = shown;
            return answer;
        }
        let mut answer = self.check_host(&mail.host, shown);
        if FREE_MAIL.contains(&ascii.as_str()) {
            let chosen = self.weigh(self.strongest(|pairs| Scene::chosen(untagged, pairs)), answer.shown.clone());
            if chosen.score > answer.score {
                answer = chosen;
            }
        }
        let ours = self.named_in(untagged);
        self.raise(&mut answer, ours, "what stands before the @ is chosen by the sender");
        self.raise(&mut answer, self.named_in(&mail.display), "the name shown with an address is chosen by the sender");
        answer
    }

    /// A handle: official when it is registered, for that platform or for all.
    pub(crate) fn check_handle(&self, handle: &Handle) -> Answer<'_> {
        let on_platform = format!("{}/{}", handle.platform, handle.name);
        for (index, brand) in self.register.brands.iter().enumerate() {
            let listed = brand.handles.iter().any(|listed| match listed.strip_prefix('@') {
                Some(name) => name.eq_ignore_ascii_case(&handle.name),
                None => listed.eq_ignore_ascii_case(&on_platform),
            });
            if listed {
                return self.official(index);
            }
        }
        let name: String = handle.name.chars().take(256).collect();
        let name = if name.starts_with("xn--") { crate::host::as_seen(&name) } else { name };
        self.weigh(self.strongest(|pairs| Scene::chosen(&name, pairs)), None)
    }

    pub(crate) fn check_host(&self, host: &Host, shown: Option<String>) -> Answer<'_> {
        if host.numeric {
            return Answer { shown, ..Answer::clear() };
        }
        self.weigh(self.strongest(|pairs| Scene::host(&host.shown, &host.ascii, pairs)), shown)
    }

    /// The brand whose name stands exactly in a text.
    fn named_in(&self, text: &str) -> Option<usize> {
        let scene = Scene::chosen(&text.chars().take(256).collect::<String>(), false);
        let sightings = self.sightings(&scene);
        sightings.iter().find(|sighting| sighting.laid.edits() == 0).map(|sighting| self.known[sighting.known].brand)
    }

    fn suspicious(&self, brand: usize, reason: &str) -> Answer<'_> {
        let mut answer = Answer::clear();
        self.raise(&mut answer, Some(brand), reason);
        answer
    }

    /// Makes an answer a review at least when a brand is drawn into it by something other than its host.
    fn raise<'a>(&'a self, answer: &mut Answer<'a>, brand: Option<usize>, reason: &str) {
        let Some(brand) = brand else { return };
        answer.reasons.push(reason.to_owned());
        if answer.verdict == Verdict::Clear {
            answer.verdict = Verdict::Review;
            answer.brand = Some(self.name_of(brand));
            answer.score = answer.score.max(0.5);
        }
    }
}

/// What is unusual about a URL, whoever owns its host.
fn oddities(place: &Place) -> Vec<String> {
    let mut odd = Vec::new();
    if place.insecure {
        odd.push("it is plain http: what is sent can be read and changed on the way".to_owned());
    }
    if let Some(port) = place.port {
        odd.push(format!("port {port} is unusual"));
    }
    if place.userinfo.is_some() {
        odd.push("something stands before an @, which looks like a host and is not".to_owned());
    }
    if place.host.hidden {
        odd.push("hidden characters were taken out of it".to_owned());
    }
    odd
}
