//! The names an imitator would register first: what a brand should own or watch.

use std::collections::HashSet;

use crate::answer::Fault;
use crate::distinctive::ALPHABET;
use crate::fold;
use crate::host;
use crate::layout;
use crate::learned::Learned;

/// How a candidate differs from the official name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Another ending.
    Ending,
    /// A word before or after.
    Word,
    /// A dot dropped or turned into a hyphen.
    Dot,
    /// Digits or letters that look alike.
    Lookalike,
    /// Letters of other alphabets.
    Homoglyph,
    /// A letter dropped.
    Missing,
    /// A letter doubled.
    Doubled,
    /// Neighbours swapped.
    Swapped,
    /// Another letter.
    Instead,
    /// A letter added.
    Extra,
    /// A hyphen put in.
    Hyphen,
}

impl Kind {
    /// The word used in answers.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ending => "another ending",
            Self::Word => "a word beside it",
            Self::Dot => "a dot dropped",
            Self::Lookalike => "look-alike letters",
            Self::Homoglyph => "letters of another alphabet",
            Self::Missing => "a letter missing",
            Self::Doubled => "a letter doubled",
            Self::Swapped => "letters swapped",
            Self::Instead => "another letter",
            Self::Extra => "a letter too many",
            Self::Hyphen => "a hyphen put in",
        }
    }
}

/// A name worth registering or watching.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The name, as the network knows it.
    pub name: String,
    /// The name, as people read it.
    pub shown: String,
    /// How it differs.
    pub kind: Kind,
    /// How much it is worth: only the order means anything.
    pub worth: f32,
}

/// Words imitators put beside a brand most, best first.
const WORDS: &[&str] = &[
    "login",
    "wallet",
    "support",
    "app",
    "secure",
    "account",
    "claim",
    "airdrop",
    "verify",
    "signin",
    "help",
    "pro",
    "web",
    "online",
    "official",
    "service",
    "security",
    "auth",
    "connect",
    "token",
    "bonus",
    "reward",
    "update",
    "nft",
    "live",
    "portal",
    "finance",
    "exchange",
    "pay",
    "recovery",
    "restore",
    "my",
    "www",
    "get",
    "io",
    "com",
    "giris",
    "masuk",
    "anmelden",
    "connexion",
    "acceso",
    "kyc",
    "stake",
    "unlock",
    "alert",
    "team",
    "global",
    "trade",
    "swap",
    "customer",
    "refund",
    "gift",
    "promo",
    "event",
    "mobile",
];

/// Endings tried, beside those the learned table finds risky.
const ENDINGS: &[&str] = &[
    "com", "net", "org", "io", "co", "app", "info", "xyz", "online", "site", "top", "shop", "live", "pro", "vip",
    "club", "cc", "me", "us", "eu", "uk", "de", "fr", "ru", "cn", "in", "tk", "ml", "ga", "cf", "gq", "icu", "space",
    "website", "store", "tech", "fun", "finance", "exchange", "support", "network", "cloud", "dev", "link", "click",
    "help", "world", "life", "ltd", "email", "biz", "pw", "ws", "to", "com.co", "com.cn", "co.uk", "com.br", "com.de",
];

/// Characters of other alphabets that are drawn like a letter.
const fn homoglyphs(letter: u8) -> &'static [char] {
    match letter {
        b'a' => &['а', 'á', 'ạ', 'ą'],
        b'b' => &['ь', 'ḅ'],
        b'c' => &['с', 'ç', 'ċ'],
        b'd' => &['ԁ', 'ḍ', 'đ'],
        b'e' => &['е', 'é', 'ẹ', 'ė', 'ę'],
        b'g' => &['ɡ', 'ġ', 'ģ'],
        b'h' => &['һ', 'ḥ'],
        b'i' => &['і', 'í', 'ı', 'ị'],
        b'j' => &['ј'],
        b'k' => &['ķ', 'ḳ', 'к'],
        b'l' => &['ӏ', 'ł', 'ļ', 'ḷ'],
        b'm' => &['ṃ', 'м'],
        b'n' => &['ņ', 'ṇ', 'ñ'],
        b'o' => &['о', 'ọ', 'ó', 'ö'],
        b'p' => &['р'],
        b'q' => &['ԛ'],
        b'r' => &['ŗ', 'ṛ', 'г'],
        b's' => &['ѕ', 'ș', 'ṣ'],
        b't' => &['ţ', 'ṭ', 'т'],
        b'u' => &['ս', 'ụ', 'ü'],
        b'v' => &['ѵ', 'ṿ'],
        b'w' => &['ԝ', 'ẉ'],
        b'x' => &['х'],
        b'y' => &['у', 'ỵ', 'ý'],
        b'z' => &['ẓ', 'ż'],
        _ => &[],
    }
}

struct Maker<'a> {
    label: &'a str,
    suffix: &'a str,
    learned: &'a Learned,
    seen: HashSet<String>,
    made: Vec<Candidate>,
}

/// Makes the candidates for a domain, best first.
pub fn candidates(domain: &str, learned: &Learned) -> Result<Vec<Candidate>, Fault> {
    let host = host::parse(domain.trim())?;
    if host.numeric || !host.ascii.contains('.') {
        return Err(Fault::NotAHost);
    }
    let labels: Vec<&str> = host.ascii.split('.').collect();
    let suffix_labels = layout::layout(&host.ascii).suffix_labels.clamp(1, labels.len() - 1);
    let at = labels.len() - suffix_labels;
    let suffix = labels[at..].join(".");
    let mut maker = Maker { label: labels[at - 1], suffix: &suffix, learned, seen: HashSet::new(), made: Vec::new() };
    maker.seen.insert(format!("{}.{suffix}", maker.label));
    maker.endings();
    maker.dots();
    maker.words();
    maker.letters();
    maker.homoglyphs();
    let mut made = maker.made;
    made.sort_by(|one, other| other.worth.total_cmp(&one.worth).then_with(|| one.name.cmp(&other.name)));
    Ok(made)
}

impl Maker<'_> {
    fn add(&mut self, label: &str, suffix: &str, kind: Kind, worth: f32) {
        if label.is_empty() || label.len() > 63 || label.starts_with('-') || label.ends_with('-') {
            return;
        }
        let shown = format!("{label}.{suffix}");
        let name = if shown.is_ascii() {
            shown.clone()
        } else {
            match host::parse(&shown) {
                Ok(host) if host.ascii.contains("xn--") => host.ascii,
                _ => return,
            }
        };
        if self.seen.insert(name.clone()) {
            // A risky ending makes a name likelier to be used, a tame one less.
            let risk = self.learned.suffix_risk(suffix.rsplit('.').next().unwrap_or(suffix));
            self.made.push(Candidate { name, shown, kind, worth: worth + 0.15 * risk });
        }
    }

    /// Under the brand's own ending, and under `.com`, which imitators take when they can.
    fn add_both(&mut self, label: &str, kind: Kind, worth: f32) {
        let suffix = self.suffix;
        self.add(label, suffix, kind, worth);
        if suffix != "com" {
            self.add(label, "com", kind, worth - 0.1);
        }
    }

    fn endings(&mut self) {
        let label = self.label;
        for (rank, ending) in (0u8..).zip(ENDINGS) {
            self.add(label, ending, Kind::Ending, 3.0 - 0.02 * f32::from(rank));
        }
        let mut learned: Vec<(&String, &f32)> = self.learned.suffixes.iter().filter(|&(_, &risk)| risk > 0.5).collect();
        learned.sort_by(|one, other| other.1.total_cmp(one.1).then_with(|| one.0.cmp(other.0)));
        for (ending, _) in learned {
            self.add(label, ending, Kind::Ending, 1.8);
        }
    }

    fn dots(&mut self) {
        let (label, glued) = (self.label, self.suffix.replace('.', ""));
        for (name, worth) in [
            (format!("{label}{glued}"), 2.4),
            (format!("{label}-{glued}"), 2.6),
            (format!("www{label}"), 2.4),
            (format!("www-{label}"), 1.8),
        ] {
            self.add_both(&name, Kind::Dot, worth);
        }
    }

    fn words(&mut self) {
        let label = self.label;
        for (rank, word) in (0u8..).zip(WORDS) {
            let worth = 2.9 - 0.02 * f32::from(rank);
            self.add_both(&format!("{label}-{word}"), Kind::Word, worth);
            self.add_both(&format!("{label}{word}"), Kind::Word, worth - 0.2);
            self.add_both(&format!("{word}-{label}"), Kind::Word, worth - 0.1);
            self.add_both(&format!("{word}{label}"), Kind::Word, worth - 0.3);
        }
    }

    fn letters(&mut self) {
        let letters = self.label.as_bytes().to_vec();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        for at in 0..letters.len() {
            let here = letters[at];
            let (before, after) = letters.split_at(at);
            // A change at the very beginning is noticed first.
            let place = if at == 0 { -0.4 } else { 0.0 };
            self.add_both(&text(&[before, &after[1..]].concat()), Kind::Missing, 2.0 + place);
            self.add_both(&text(&[before, &[here], after].concat()), Kind::Doubled, 2.1 + place);
            if at > 0 {
                self.add_both(&text(&[before, b"-", after].concat()), Kind::Hyphen, 1.7);
            }
            if let Some(&next) = after.get(1)
                && next != here
            {
                self.add_both(&text(&[before, &[next, here], &after[2..]].concat()), Kind::Swapped, 2.0 + place);
            }
            for (pair, single) in [(&b"rn"[..], b'm'), (b"vv", b'w'), (b"cl", b'd')] {
                if here == single {
                    self.add_both(&text(&[before, pair, &after[1..]].concat()), Kind::Lookalike, 2.3);
                }
            }
            for &other in ALPHABET {
                if other == here {
                    continue;
                }
                let replaced = text(&[before, &[other], &after[1..]].concat());
                if fold::imitates(other).contains(&here) {
                    self.add_both(&replaced, Kind::Lookalike, 2.5);
                } else {
                    let near = if fold::easily_mistyped(other, here) { 0.6 } else { 0.0 };
                    self.add_both(&replaced, Kind::Instead, 1.1 + near + place);
                    let added = text(&[before, &[other], after].concat());
                    self.add_both(&added, Kind::Extra, 0.9 + near / 2.0 + place);
                }
            }
        }
        for &other in ALPHABET {
            self.add_both(
                &text(&[letters.as_slice(), &[other]].concat()),
                Kind::Extra,
                if other == b's' { 2.0 } else { 1.2 },
            );
        }
    }

    fn homoglyphs(&mut self) {
        let suffix = self.suffix;
        let letters: Vec<char> = self.label.chars().collect();
        let put = |changes: &[(usize, char)]| {
            let mut changed = letters.clone();
            for &(at, drawn) in changes {
                changed[at] = drawn;
            }
            changed.into_iter().collect::<String>()
        };
        let drawn = |at: usize| u8::try_from(letters[at]).map_or(&[][..], homoglyphs);
        for at in 0..letters.len() {
            for &one in drawn(at) {
                self.add(&put(&[(at, one)]), suffix, Kind::Homoglyph, 2.2);
                for other_at in at + 1..letters.len() {
                    if let Some(&other) = drawn(other_at).first() {
                        self.add(&put(&[(at, one), (other_at, other)]), suffix, Kind::Homoglyph, 1.3);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_imitators_use_are_among_the_candidates() {
        let made = candidates("https-less.kriptomat.io", &Learned::built_in()).unwrap();
        for wanted in [
            "kriptomat.com",
            "kriptomat-login.com",
            "kriptomat-io.com",
            "kr1ptomat.io",
            "kriptomatt.io",
            "krpitomat.io",
            "xn--kriptomt-76g.io",
        ] {
            assert!(made.iter().any(|candidate| candidate.name == wanted), "{wanted}");
        }
        assert!(made.windows(2).all(|pair| pair[0].worth >= pair[1].worth));
        assert!(made.iter().all(|candidate| candidate.name != "kriptomat.io"));
        assert!(candidates("192.0.2.1", &Learned::built_in()).is_err());
    }
}
