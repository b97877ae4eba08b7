//! `countersign doctor`: what is unsafe here, or weaker than advised, in plain words, each with what to do.
//!
//! Facts are gathered first and judged by pure functions afterwards, so that a test can state any machine.

mod certificate;
mod data;
mod facts;
mod finding;
mod numbers;
mod site;
#[cfg(test)]
mod tests;

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::Args;
use toml::Table;

use crate::WithConfig;
use crate::config::Config;
use facts::Facts;
use finding::{Finding, Weight};

const AFTER_HELP: &str = "\
Nothing is changed and nothing is made. The mail server is called, and nothing is said to it.
Ends with 0 when nothing is unsafe, advice or not; with 1 when something is unsafe, or cannot be looked at.

Before each start:   countersign doctor --config FILE && countersign serve --config FILE
For a machine:       countersign doctor --json | jq -r '.findings[].code'";

/// What to look at, and how to say it.
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Options {
    #[command(flatten)]
    config: WithConfig,
    /// Say it as JSON
    #[arg(long)]
    json: bool,
}

/// Looks, says what it found, and fails if something is unsafe.
pub(crate) fn run(options: &Options) -> Result<()> {
    let file = options.config.config.as_deref();
    let config = Config::load(file)?;
    let found = examine(&config, &Facts::gather(&config, file))?;
    let text = if options.json { as_json(&found)? } else { as_text(&found) };
    // Somebody who reads the first lines only is no reason to fail.
    let _ = std::io::stdout().write_all(text.as_bytes());
    match count(&found, Weight::Unsafe) {
        0 => Ok(()),
        1 => bail!("one thing here is unsafe"),
        many => bail!("{many} things here are unsafe"),
    }
}

/// Everything that can be said of these settings on this machine, the worst first.
fn examine(config: &Config, facts: &Facts) -> Result<Vec<Finding>> {
    let defaults: Table = domain::settings::DEFAULTS.parse().context("the compiled-in defaults")?;
    let mut found = Vec::new();
    data::keys(facts, &mut found);
    data::database(facts, &mut found);
    site::operator(config, &mut found);
    site::doors(config, facts, &mut found);
    site::service(config, facts, &mut found);
    site::webhooks(config, facts, &mut found);
    site::mail(config, facts, &mut found);
    site::sms(config, &mut found);
    site::lists(config, facts, &mut found);
    numbers::check(config.table(), &defaults, &mut found);
    let password = &config.settings.password;
    numbers::argon2(password.argon2_memory_kib, password.argon2_passes, &mut found);
    found.sort_by_key(|finding| finding.weight);
    Ok(found)
}

fn count(found: &[Finding], weight: Weight) -> usize {
    found.iter().filter(|finding| finding.weight == weight).count()
}

fn as_text(found: &[Finding]) -> String {
    let told = found.iter().map(|finding| {
        let word = match finding.weight {
            Weight::Unsafe => "UNSAFE",
            Weight::Advice => "advice",
        };
        format!("{word}  {}\n        {}\n        Do: {}\n\n", finding.code, finding.says, finding.advice)
    });
    let sum = match (count(found, Weight::Unsafe), count(found, Weight::Advice)) {
        (0, 0) => "Nothing is unsafe, and nothing weaker than advised.\n".to_owned(),
        (dangers, advice) => format!("Unsafe: {dangers}. Weaker than advised: {advice}.\n"),
    };
    told.chain([sum]).collect()
}

fn as_json(found: &[Finding]) -> Result<String> {
    let report = serde_json::json!({
        "unsafe": count(found, Weight::Unsafe),
        "advice": count(found, Weight::Advice),
        "findings": found,
    });
    Ok(serde_json::to_string_pretty(&report)? + "\n")
}
