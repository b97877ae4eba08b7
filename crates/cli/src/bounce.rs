//! `countersign bounce`: a letter came back that the mail server had taken on before.

use std::io::Read;

use anyhow::Result;
use domain::{Actor, notifications};

use crate::config::Config;
use crate::machine;

/// The most that is read of a report: it may hold the letter, and ours are small.
const LETTER_BYTES_MAX: u64 = 1024 * 1024;

/// Reads one letter. What is no report about a letter of ours is left alone.
pub(crate) fn run(config: &Config, letter: impl Read) -> Result<()> {
    let mut raw = Vec::new();
    letter.take(LETTER_BYTES_MAX).read_to_end(&mut raw)?;
    let Some(returned) = outside::mail::returned(&raw) else {
        println!("This is no report that a letter came back.");
        return Ok(());
    };
    let app = machine::app(config)?;
    let message_id = returned.message_id.clone();
    let change =
        move |change: &mut domain::Change<'_>| notifications::came_back(change, &returned.message_id, &returned.said);
    if app.change(&Actor::chore(), change).wait()? {
        println!("Written down: {message_id} came back.");
    } else {
        println!("Nothing to write down: {message_id} is no letter of ours, or came back before.");
    }
    Ok(())
}
