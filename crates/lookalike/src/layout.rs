//! Where in a host name its owner's choice begins: public suffix, hosting suffix, the label that was registered.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Site builders and free hosts that the public suffix list does not have.
static BUILDERS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("hosting.txt").lines().collect());

/// How the labels of a host name divide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Labels of the suffix under which anyone may register.
    pub(crate) suffix_labels: usize,
    /// The suffix belongs to a company that gives out names under it, not to a registry.
    pub(crate) hosted: bool,
}

/// Divides an ASCII host name that has no trailing dot.
pub(crate) fn layout(ascii: &str) -> Layout {
    let public = psl::suffix(ascii.as_bytes());
    let suffix = public.map_or(ascii, |suffix| std::str::from_utf8(suffix.as_bytes()).unwrap_or(ascii));
    let mut found = Layout {
        suffix_labels: suffix.split('.').count(),
        hosted: public.and_then(|suffix| suffix.typ()) == Some(psl::Type::Private),
    };
    let labels = ascii.split('.').count();
    let mut rest = ascii;
    let mut left = labels;
    while let Some((_, parent)) = rest.split_once('.') {
        rest = parent;
        left -= 1;
        if left <= found.suffix_labels {
            break;
        }
        if BUILDERS.contains(rest) {
            found = Layout { suffix_labels: left, hosted: true };
            break;
        }
    }
    // A name that is itself a suffix has nothing registered under it: its first label is the choice to look at.
    if found.suffix_labels >= labels {
        found = Layout { suffix_labels: labels.saturating_sub(1), hosted: false };
    }
    found
}

/// One of the builders, whatever the number.
#[cfg(feature = "learn")]
pub(crate) fn builder(number: usize) -> &'static str {
    let lines = include_str!("hosting.txt").lines();
    let count = lines.clone().count();
    lines.clone().nth(number % count).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_suffix_is_registry_host_or_builder() {
        for (host, suffix_labels, hosted) in [
            ("kraken.com", 1, false),
            ("a.kraken.co.uk", 2, false),
            ("kraken.webflow.io", 2, true),
            ("kraken.pages.dev", 2, true),
            ("kraken.godaddysites.com", 2, true),
            ("godaddysites.com", 1, false),
            ("com", 0, false),
            ("kraken.unheard-of", 1, false),
        ] {
            assert_eq!(layout(host), Layout { suffix_labels, hosted }, "{host}");
        }
    }
}
