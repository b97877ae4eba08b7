//! Names that customers give to their things. They stand in letters of ours, also in those that a thief causes: so nothing in
//! a name can be taken for a link, and what is there is what is seen.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::Refusal;

/// The most characters of a name.
pub(crate) const LONGEST: usize = 60;

/// A name as it is kept: one line, trimmed, not too long; none if nothing is left.
pub(crate) fn given(name: &str) -> Result<Option<String>, Refusal> {
    let name: String = name.trim().chars().take(LONGEST).collect();
    let name = name.trim_end();
    if name.chars().any(unseen) || links(name) {
        return Err(Refusal::NameUnfit);
    }
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty()))
}

/// Whether a character is not seen itself, and changes what is: control, direction, joiners, fillers, tags.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a program that shows letters may make a link of it: a scheme, or words that a dot joins like those of a host. A
/// version is none: `iOS 17.2.1`.
fn links(name: &str) -> bool {
    let plain: Vec<char> = name.nfkc().flat_map(char::to_lowercase).collect();
    let text: String = plain.iter().collect();
    let joins = |three: &[char]| {
        let dot = matches!(three[1], '.' | '\u{3002}');
        dot && three[0].is_alphanumeric() && three[2].is_alphabetic()
    };
    let address = |word: &str| word.split('.').filter(|part| part.parse::<u8>().is_ok()).count() >= 4;
    text.contains("://") || text.contains("www.") || plain.windows(3).any(joins) || text.split_whitespace().any(address)
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, given};
    use crate::refusal::Refusal;

    #[test]
    fn names_are_kept_as_they_are_and_no_link_is_one() {
        for name in [
            "My old phone",
            "iPhone (iOS 17.2.1)",
            "Zoë’s Laptop",
            "电脑",
            "key no. 2",
            "A/B & C",
            "☂️ umbrella",
            "Dr. Who",
        ] {
            assert_eq!(given(&format!("  {name} ")), Ok(Some(name.to_owned())), "{name}");
        }
        for name in ["", "   "] {
            assert_eq!(given(name), Ok(None));
        }
        assert_eq!(given(&"x".repeat(100)).unwrap().unwrap().chars().count(), LONGEST);
        for name in [
            "https://evil.example",
            "hxxps://evil",
            "www.evil",
            "call evil.example now",
            "a.b",
            "evil．example",
            "evil。example",
            "evil\u{2024}example",
            "me@evil.example",
            "see 192.0.2.7",
            "WWW.EVIL",
            "two\nlines",
            "tab\tstop",
            "gnp\u{202e}.exe",
            "right\u{200f}",
            "zero\u{200b}width",
            "evil.\u{200d}example",
            "\u{2066}isolated\u{2069}",
            "soft\u{ad}hyphen",
            "tag\u{e0041}",
        ] {
            assert_eq!(given(name), Err(Refusal::NameUnfit), "{name:?}");
        }
    }
}
