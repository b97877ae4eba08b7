//! The register: what is ours.

use serde::Deserialize;

/// All brands that are protected together.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Register {
    /// The brands, in any order.
    pub brands: Vec<Brand>,
}

/// One brand and everything that is truly its own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Brand {
    /// What answers call the brand.
    pub brand: String,
    /// The names customers know it by; letters and digits count, case and separators do not.
    #[serde(default)]
    pub names: Vec<String>,
    /// Registered domains: each, and every host under it, is the brand's.
    #[serde(default)]
    pub official: Vec<String>,
    /// Single hosts that are the brand's while their neighbours are not.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Addresses (`support@ours.example`) or whole domains (`@ours.example`) that mail comes from.
    /// When there are none, any address at an official domain counts as the brand's.
    #[serde(default)]
    pub senders: Vec<String>,
    /// Handles: `@ours` on any platform, or `t.me/ours` on one.
    #[serde(default)]
    pub handles: Vec<String>,
}

/// Why a register cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegisterFault {
    /// There is no brand in it.
    Empty,
    /// A brand has no name that could be recognised: 3 to 40 letters or digits are needed.
    NoName(String),
    /// An official domain or host is not a host name.
    NotAHost(String),
}

impl std::fmt::Display for RegisterFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "the register names no brand"),
            Self::NoName(brand) => write!(f, "brand “{brand}” needs a name of 3 to 40 letters or digits"),
            Self::NotAHost(host) => write!(f, "“{host}” is listed as official but is not a host name"),
        }
    }
}

impl std::error::Error for RegisterFault {}

impl Brand {
    /// A brand known by one name and one domain.
    pub fn new(name: &str, domain: &str) -> Self {
        Self {
            brand: name.to_owned(),
            names: vec![name.to_owned()],
            official: vec![domain.to_owned()],
            ..Self::default()
        }
    }

    /// The names as letters and digits only, each once.
    pub(crate) fn patterns(&self) -> Vec<Vec<u8>> {
        let mut patterns: Vec<Vec<u8>> = Vec::new();
        for name in self.names.iter().chain(std::iter::once(&self.brand).filter(|_| self.names.is_empty())) {
            let text = crate::text::Text::read(name, false);
            let letters: Vec<u8> = text.letters.into_iter().filter(u8::is_ascii_alphanumeric).collect();
            if (3..=40).contains(&letters.len()) && !patterns.contains(&letters) {
                patterns.push(letters);
            }
        }
        patterns
    }
}
