//! `countersign notices`: every letter, SMS and inbox line there is, to be read before customers do.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use askama::Template;
use clap::Subcommand;
use domain::Settings;
use domain::activity::{Outgoing, Severity};
use domain::clock::{Clock, SystemClock, Time};
use domain::notifications::{Preview, previews};

use crate::WithConfig;
use crate::config::Config;

/// What can be done with notices.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Write every notice there is, by each carrier, with your name, colour and addresses, as pages to look at
    #[command(after_help = HELP)]
    Preview {
        #[command(flatten)]
        with: WithConfig,
        /// The directory to write to; it is made if it is not there
        #[arg(long, short, value_name = "DIRECTORY", default_value = "notices-preview")]
        out: PathBuf,
        /// As they read to a customer whose account is frozen
        #[arg(long)]
        frozen: bool,
    },
}

const HELP: &str = "\
Open DIRECTORY/index.html: one page with every event, the letter as HTML and as text, the SMS with \
how many parts it takes, and the line in the inbox. Each letter is a file of its own besides, so that \
it can be opened in a mail program. Nothing is sent, no database is opened, and links lead nowhere.

Try it:        countersign notices preview
Your name:     COUNTERSIGN__OPERATOR__NAME=Harbour countersign notices preview
While frozen:  countersign notices preview --frozen --out frozen-preview";

/// Runs it.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    let Verb::Preview { with, out, frozen } = verb;
    let config = Config::load(with.config.as_deref())?;
    let told = write(&config.settings, *frozen, SystemClock.now(), out)?;
    println!("{told} events that tell somebody: open {}", out.join("index.html").display());
    Ok(())
}

#[derive(Template)]
#[template(path = "preview/index.html")]
struct Index<'a> {
    operator: &'a str,
    accent: &'a str,
    frozen: bool,
    events: Vec<Shown>,
    silent: Vec<(&'static str, &'static str)>,
}

struct Shown {
    anchor: String,
    code: &'static str,
    title: &'static str,
    severity: &'static str,
    mail: &'static str,
    sms_when: &'static str,
    inbox: Option<String>,
    sms: Option<(String, String)>,
    letters: Vec<ShownLetter>,
}

struct ShownLetter {
    whom: &'static str,
    file: String,
    text: String,
}

/// Writes the pages, and answers how many events tell somebody.
fn write(settings: &Settings, frozen: bool, now: Time, out: &Path) -> Result<usize> {
    std::fs::create_dir_all(out).with_context(|| format!("cannot make the directory {}", out.display()))?;
    let keep = |name: &str, text: &str| {
        let file = out.join(name);
        std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))
    };
    let (told, silent): (Vec<_>, Vec<_>) = previews(settings, frozen, now).into_iter().partition(Preview::tells);
    let mut events = Vec::new();
    for (number, preview) in (1..).zip(&told) {
        events.push(show(number, preview, &keep)?);
    }
    let silent = silent.iter().map(|preview| preview.event.spec()).map(|spec| (spec.code, spec.title)).collect();
    let index = Index { operator: &settings.operator.name, accent: &settings.operator.accent, frozen, events, silent };
    keep("index.html", &index.render()?)?;
    Ok(told.len())
}

fn show(number: usize, preview: &Preview, keep: &dyn Fn(&str, &str) -> Result<()>) -> Result<Shown> {
    let spec = preview.event.spec();
    let anchor = format!("{number:02}-{}", spec.code);
    let mut letters = Vec::new();
    for (which, (whom, letter)) in ('a'..).zip(&preview.letters) {
        let file = if preview.letters.len() == 1 { anchor.clone() } else { format!("{anchor}-{which}") };
        let written = outside::mail::parts(letter)?;
        keep(&format!("{file}.html"), &written.html)?;
        keep(&format!("{file}.txt"), &written.text)?;
        letters.push(ShownLetter { whom, file, text: format!("Subject: {}\n\n{}", letter.subject, written.text) });
    }
    Ok(Shown {
        anchor,
        code: spec.code,
        title: spec.title,
        severity: match spec.severity {
            Severity::Quiet => "quiet",
            Severity::Notable => "notable",
            Severity::Alarm => "alarm",
        },
        mail: when(spec.tell.mail),
        // A code goes to the phone that asked for it, whatever is chosen.
        sms_when: match (spec.tell.sms, &preview.sms) {
            (Outgoing::Never, Some(_)) => "because it was asked for",
            (outgoing, _) => when(outgoing),
        },
        inbox: preview.inbox.clone(),
        sms: preview.sms.as_ref().map(|(sms, parts)| {
            (sms.text.clone(), if *parts == 1 { "1 part".to_owned() } else { format!("{parts} parts") })
        }),
        letters,
    })
}

fn when(outgoing: Outgoing) -> &'static str {
    match outgoing {
        Outgoing::Never => "never",
        Outgoing::Always => "always",
        Outgoing::Choice { on: true } => "unless the customer switches it off",
        Outgoing::Choice { on: false } => "if the customer chooses it",
    }
}
