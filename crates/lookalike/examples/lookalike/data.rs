//! Reading the folder with the data. Nothing in it is ever opened, resolved or contacted.

use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use lookalike::Register;
use lookalike::learn::Material;

/// False alarms allowed per million popular names when the marks are set: alerts, then alerts and reviews together.
/// Popular names kept back raise more than those the marks were set on, so these are well under the goals.
const ALARMS_PER_MILLION: (f64, f64) = (8.0, 27.0);

/// The data, as text.
pub(crate) struct Data {
    pub(crate) register: Register,
    positives: String,
    hard: String,
    negatives: String,
    popular: String,
    official: String,
}

/// A name that deceived.
pub(crate) struct Positive<'a> {
    pub(crate) host: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) technique: &'a str,
}

impl Data {
    /// Reads the folder.
    pub(crate) fn read(folder: &Path) -> Result<Self> {
        let text = |name: &str| {
            let path = folder.join(name);
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
        };
        let path = folder.join("popular.txt.gz");
        let packed = std::fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut popular = String::new();
        flate2::read::MultiGzDecoder::new(packed).read_to_string(&mut popular)?;
        Ok(Self {
            register: serde_json::from_str(&text("brands.json")?)?,
            positives: text("positives.tsv")?,
            hard: text("hard_negatives.tsv")?,
            negatives: text("negatives.txt")?,
            official: text("official.tsv")?,
            popular,
        })
    }

    pub(crate) fn positives(&self) -> Vec<Positive<'_>> {
        self.positives
            .lines()
            .skip(1)
            .filter_map(|line| {
                let mut fields = line.split('\t');
                Some(Positive { host: fields.next()?, brand: fields.next()?, technique: fields.next()? })
            })
            .collect()
    }

    pub(crate) fn hard(&self) -> Vec<&str> {
        first_fields(&self.hard)
    }

    pub(crate) fn official(&self) -> Vec<&str> {
        first_fields(&self.official)
    }

    pub(crate) fn negatives(&self) -> Vec<&str> {
        self.negatives.lines().filter(|line| !line.is_empty()).collect()
    }

    pub(crate) fn popular(&self) -> Vec<&str> {
        self.popular.lines().filter(|line| !line.is_empty()).collect()
    }

    /// What is learned from: the deceiving names and the larger popular list. The hard negatives, some of which are
    /// in that list too, are kept for judging.
    pub(crate) fn material(&self) -> Material<'_> {
        let deceiving: Vec<(&str, &str)> = self.positives().iter().map(|row| (row.host, row.brand)).collect();
        let popular = self.popular();
        let provenance = format!(
            "Learned from {} deceiving hosts (polkadot-js/phishing Apache-2.0; codeesura/Anti-phishing-extension MIT, (c) 2023 codeesura; \
             409H/EtherAddressLookup MIT, (c) 2017 Harry Denley; phantom-labs/blocklist MIT; spmedia threat-intel feed MIT, (c) 2024 Edmond \
             Major III; eth-phishing-detect DBAD 1.1, (c) 2018 kumavis)\nand {} popular hosts (MISP warning-lists CC0-1.0: Tranco 2025-01-15 \
             and Cisco Umbrella; opendns/public-domain-lists, public domain).\nNo host name is held: counts, weights and one-way fingerprints only.\n",
            deceiving.len(),
            popular.len()
        );
        Material {
            register: self.register.clone(),
            deceiving,
            popular,
            kept: self.hard().into_iter().collect::<HashSet<_>>(),
            alarms_per_million: ALARMS_PER_MILLION,
            provenance,
        }
    }
}

fn first_fields(text: &str) -> Vec<&str> {
    text.lines().skip(1).filter_map(|line| line.split('\t').next()).filter(|field| !field.is_empty()).collect()
}
