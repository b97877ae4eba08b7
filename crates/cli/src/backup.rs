//! `countersign backup`, `restore` and `restored`: a copy made while the site is served, and the way back from one.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use domain::clock::{Clock, SystemClock};
use domain::{Time, protections};
use indicatif::{ProgressBar, ProgressStyle};
use store::Copied;

use crate::WithConfig;
use crate::config::Config;
use crate::keys;
use crate::machine;
use crate::{service_key, webhook};

const AFTER_BACKUP: &str = "\
The copy is the database at one moment, whole and checked; the site is served meanwhile. The keys are not in it, on purpose: \
keep a copy of the key file (`key_file` in [storage]) somewhere else. Without it no copy opens.

Every night:   countersign backup --config FILE /backups/$(date +%F).db
The way back:  countersign restore --help

PostgreSQL:    pg_dump --format=custom --file=FILE DATABASE";

const AFTER_RESTORE: &str = "\
Nothing may stand where the database belongs: move away what is there. The copy is checked from its first page to its last, \
and the keys must open what is in it, before anything is put in place.

A copy knows nothing of what came after it. Whoever signed out since would be signed in again, a link that was used would \
work again, what was stopped would run. So every session ends, every browser is forgotten, what was granted is void, all that \
waits ends, an unfreezing too, and money for young addresses waits for some days. Each customer reads so in the log and in a \
letter. The letters go out when you serve.

Service keys are as they were then: those that are good are printed, so that you revoke again what you revoked since.

PostgreSQL:    pg_restore into an empty database, then `countersign restored`.";

const AFTER_RESTORED: &str = "\
For a copy that was put in place by other means: pg_restore, a snapshot of a disk. Stop every node first. `countersign restore` \
does it by itself. Done twice it is safe, and tells the customers twice.

Example:       countersign restored --every-node-stopped --config FILE --made-at 2026-11-22T03:00:00Z";

/// Where to put the copy.
#[derive(Args)]
#[command(after_help = AFTER_BACKUP)]
pub(crate) struct BackupOptions {
    #[command(flatten)]
    config: WithConfig,
    /// The copy; nothing may be there yet
    #[arg(value_name = "COPY")]
    copy: PathBuf,
}

/// Which copy to go back to.
#[derive(Args)]
#[command(after_help = AFTER_RESTORE)]
pub(crate) struct RestoreOptions {
    #[command(flatten)]
    config: WithConfig,
    /// A copy made by `countersign backup`
    #[arg(value_name = "COPY")]
    copy: PathBuf,
}

/// From when the copy is that was put in place.
#[derive(Args)]
#[command(after_help = AFTER_RESTORED)]
pub(crate) struct RestoredOptions {
    #[command(flatten)]
    config: WithConfig,
    /// When the copy was made, like 2026-11-22T03:00:00Z
    #[arg(long, value_name = "TIME")]
    made_at: Time,
    /// No node serves: one that does would go on with what is taken back here
    #[arg(long, required = true)]
    every_node_stopped: bool,
}

/// `countersign backup`.
pub(crate) fn backup(options: &BackupOptions) -> Result<()> {
    let config = Config::load(options.config.config.as_deref())?;
    let database = file_of(&config)?;
    if options.copy.exists() {
        bail!("{} is there already", options.copy.display());
    }
    // The name appears when the copy is whole.
    let part = beside(&options.copy, "part");
    remove(&part)?;
    private(&part)?;
    let bar = bar("{bar:40} {percent}%  {eta} left")?;
    let copied = store::copy(database, &part, SystemClock.now(), |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    copied.with_context(|| format!("cannot copy {}", database.display()))?;
    let copied = store::check(&part)?;
    put(&part, &options.copy)?;
    let bytes = fs::metadata(&options.copy)?.len();
    println!("{}: {bytes} bytes, whole and checked, at step {}.", options.copy.display(), copied.step.unwrap_or(0));
    println!("The keys are not in it: keep a copy of {} somewhere else.", config.storage.key_file.display());
    Ok(())
}

/// `countersign restore`.
pub(crate) fn restore(options: &RestoreOptions) -> Result<()> {
    println!("{}", put_back(options)?);
    Ok(())
}

/// Does it, and answers what to say of it.
fn put_back(options: &RestoreOptions) -> Result<String> {
    let mut config = Config::load(options.config.config.as_deref())?;
    let database = file_of(&config)?.to_owned();
    for name in [database.clone(), beside(&database, "-wal"), beside(&database, "-journal")] {
        if fs::metadata(&name).is_ok_and(|there| there.len() > 0) {
            bail!(
                "{} is there already: stop the site, and move it away together with what lies beside it",
                name.display()
            );
        }
    }
    let copy = &options.copy;
    let copied = store::check(copy).with_context(|| format!("{} cannot be restored", copy.display()))?;
    fits(&copied, &config, copy)?;
    machine::make_directories(&config)?;
    let part = beside(&database, "part");
    for name in [part.clone(), beside(&part, "-wal"), beside(&part, "-shm")] {
        remove(&name)?;
    }
    private(&part)?;
    fs::copy(copy, &part).with_context(|| format!("cannot copy {} to {}", copy.display(), part.display()))?;
    // All of it happens under another name: a restore that is killed leaves nothing that could be served.
    config.storage.url = format!("sqlite:{}", part.display());
    let back = take_back(&config, copied.made_at).inspect_err(|_| {
        // Nobody misses it: the copy is still there.
        let _ = remove(&part);
    })?;
    if fs::metadata(beside(&part, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        bail!("{} is still open somewhere", part.display());
    }
    put(&part, &database)?;
    Ok(format!("{} is as of {}. {}", database.display(), copied.made_at, told(&back)))
}

/// `countersign restored`.
pub(crate) fn restored(options: &RestoredOptions) -> Result<()> {
    let config = Config::load(options.config.config.as_deref())?;
    if let Some(trouble) = keys_trouble(&config) {
        bail!(trouble);
    }
    println!("{}", told(&take_back(&config, options.made_at)?));
    Ok(())
}

/// What was taken back, and what was not.
struct TakenBack {
    accounts: u64,
    /// The service keys that are good, as they are listed: the copy does not know which were revoked since.
    keys: Vec<String>,
    /// The webhooks, as they are listed.
    webhooks: Vec<String>,
}

fn told(back: &TakenBack) -> String {
    let accounts = if back.accounts == 1 { "1 account".to_owned() } else { format!("{} accounts", back.accounts) };
    let accounts =
        format!("{accounts}: every session and every wait is ended, what was granted is void, and a letter says so.");
    let mut told = accounts;
    if !back.keys.is_empty() {
        let _ = write!(
            told,
            "\n\nThese service keys are good, as they were then. Revoke again each that you revoked since, before you \
             serve:\ncountersign service-key revoke ID\n\n{}",
            back.keys.join("\n")
        );
    }
    if !back.webhooks.is_empty() {
        let _ = write!(
            told,
            "\n\nThese webhooks are there, with the secrets of then. Remove again each that you removed since, and rotate \
             what you rotated:\ncountersign webhook remove ID\n\n{}",
            back.webhooks.join("\n")
        );
    }
    told
}

/// Whether this version, with these keys, can serve the copy.
fn fits(copied: &Copied, config: &Config, copy: &Path) -> Result<()> {
    match copied.step {
        None => bail!("{} holds no Countersign", copy.display()),
        Some(step) if step > store::present_step() => bail!(
            "{} is at step {step}, and this version knows {}: run the version that made it, or a newer one",
            copy.display(),
            store::present_step()
        ),
        Some(_) => {}
    }
    keys_trouble(config).map_or(Ok(()), |trouble| bail!(trouble))
}

fn keys_trouble(config: &Config) -> Option<String> {
    let path = &config.storage.key_file;
    if !path.exists() {
        return Some(format!("the keys are not in {}: put the file from your backup there first", path.display()));
    }
    keys::trouble(path).map(|trouble| format!("the keys in {} cannot be used: {trouble}", path.display()))
}

fn take_back(config: &Config, made_at: Time) -> Result<TakenBack> {
    let app = machine::app(config)?;
    let bar = bar("{bar:40} {pos} of {len} accounts  {eta} left")?;
    let accounts = protections::restored(&app, made_at, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let (keys, webhooks) = (service_key::good(&app)?, webhook::listed(&app)?);
    Ok(TakenBack { accounts: accounts?, keys, webhooks })
}

fn file_of(config: &Config) -> Result<&Path> {
    config.storage.url.strip_prefix("sqlite:").map(Path::new).context(
        "PostgreSQL is copied by its own tools: pg_dump --format=custom, and pg_restore into an empty database; after that run \
         `countersign restored`",
    )
}

fn bar(template: &str) -> Result<ProgressBar> {
    Ok(ProgressBar::new(0).with_style(ProgressStyle::with_template(template)?))
}

/// The same name with something behind it.
fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(if what.starts_with('-') { what.to_owned() } else { format!(".{what}") });
    name.into()
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// An empty file for its owner alone.
fn private(path: &Path) -> Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map(drop).with_context(|| format!("cannot make {}", path.display()))
}

/// Gives a whole file its name, and lets go only when the disk has both.
fn put(part: &Path, name: &Path) -> Result<()> {
    File::open(part)?.sync_all()?;
    // Between the look and this nobody else may have come.
    if name.exists() && fs::metadata(name)?.len() > 0 {
        bail!("{} appeared meanwhile", name.display());
    }
    fs::rename(part, name).with_context(|| format!("cannot name {}", name.display()))?;
    let directory = name.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests;
