//! `countersign keys`: the keys outside the database are replaced, while the site is served.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use domain::clock::{Clock, SystemClock};
use domain::entropy::SystemEntropy;
use domain::rotation::{self, Left};
use domain::{App, Time, key_check};
use indicatif::{ProgressBar, ProgressStyle};

use crate::WithConfig;
use crate::config::Config;
use crate::keys::KeyFile;
use crate::machine;

const AFTER_HELP: &str = "\
The whole of it:
  countersign keys add                              a new key, not used yet
  (bring the file to every node; restart each)
  countersign keys rotate --every-node-restarted    encrypts anew with it
  (bring the file to every node; restart each)
  countersign keys rotate --every-node-restarted    what came meanwhile, too
  (wait until the last letter of before has expired: `keys show` says when)
  countersign keys retire                           drops the old key
  (bring the file to every node; restart each; back it up)

Each of them can be killed and started again. A key that was stolen lets whoever also reads the database make links that work: \
freeze_days in [link] is how long letters of before must go on working, and no shorter.";

/// What can be done with the keys.
#[derive(Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(crate) enum Verb {
    /// Say which keys there are, and what still hangs on the old one
    Show(WithConfig),
    /// Put a new key into the file, known and not yet used
    Add(WithConfig),
    /// Use the new key, and encrypt with it what is encrypted; can be stopped and started again
    Rotate(Rotate),
    /// Drop the old key, once nothing hangs on it
    Retire(WithConfig),
    /// Go on without keys of which no copy is left: authenticator apps, passkeys, freeze words and letters of before open nothing
    /// any more
    Lost(Lost),
}

/// What going on without the keys asks for.
#[derive(Args)]
pub(crate) struct Lost {
    #[command(flatten)]
    config: WithConfig,
    /// No copy of the key file is left, on no node and in no backup: what was encrypted with it is gone for ever
    #[arg(long, required = true)]
    every_copy_is_gone: bool,
}

/// What a rotation asks for.
#[derive(Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    config: WithConfig,
    /// Every node was started since the key was added, with the file that holds it: one that was not could read nothing of
    /// what is encrypted now
    #[arg(long, required = true)]
    every_node_restarted: bool,
}

/// Does it.
pub(crate) fn run(verb: &Verb) -> Result<()> {
    match verb {
        Verb::Show(options) => show(&Desk::open(options)?),
        Verb::Add(options) => add(Desk::open(options)?),
        Verb::Rotate(options) => rotate(Desk::open(&options.config)?),
        Verb::Retire(options) => retire(Desk::open(options)?),
        Verb::Lost(options) => lost(&options.config),
    }
}

/// The settings and the file.
struct Desk {
    config: Config,
    path: PathBuf,
    file: KeyFile,
}

impl Desk {
    fn open(options: &WithConfig) -> Result<Self> {
        let config = Config::load(options.config.as_deref())?;
        let path = config.storage.key_file.clone();
        let file = KeyFile::read(&path)?;
        let file =
            file.with_context(|| format!("there are no keys in {}: the first start makes them", path.display()))?;
        Ok(Self { config, path, file })
    }

    fn app(&self) -> Result<App> {
        machine::app(&self.config)
    }
}

fn show(desk: &Desk) -> Result<()> {
    match (desk.file.count(), desk.file.newest_is_present(), desk.file.since) {
        (1, ..) => println!("One key in {}. `countersign keys --help` says how to replace it.", desk.path.display()),
        (_, false, _) => {
            println!("A new key stands in {} and is not used yet.", desk.path.display());
            println!("Next: bring the file to every node, restart each, then `countersign keys rotate`.");
        }
        (_, true, since) => {
            let since = since.unwrap_or(Time::UNIX_EPOCH);
            println!("The new key is used since {since}; the old one is still known.");
            println!("{}", said(&left(&desk.app()?, since)?));
        }
    }
    Ok(())
}

fn add(mut desk: Desk) -> Result<()> {
    if desk.file.count() > 1 {
        bail!("a rotation is under way: `countersign keys show` says what comes next");
    }
    desk.file.add(&SystemEntropy);
    desk.file.write(&desk.path)?;
    println!("A new key stands in {}, and nothing uses it yet.", desk.path.display());
    println!("Next: back the file up, bring it to every node, restart each, then `countersign keys rotate`.");
    Ok(())
}

fn rotate(mut desk: Desk) -> Result<()> {
    if desk.file.count() < 2 {
        bail!("there is no new key: `countersign keys add` makes one");
    }
    if !desk.file.newest_is_present() {
        // Before anything is encrypted with it: whoever begins again after a kill finds it so.
        desk.file.turn(SystemClock.now());
        desk.file.write(&desk.path)?;
    }
    let bar = bar()?;
    let resealed = rotation::reseal(&desk.app()?, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    println!("{} encrypted with the new key.", were(resealed?));
    println!("Next: bring {} to every node, restart each, and run this once more.", desk.path.display());
    println!("When it says 0 and the letters of before have expired: `countersign keys retire`.");
    Ok(())
}

fn retire(mut desk: Desk) -> Result<()> {
    if desk.file.count() < 2 || !desk.file.newest_is_present() {
        bail!("there is no old key to drop: `countersign keys show` says how far the rotation is");
    }
    let app = desk.app()?;
    let left = left(&app, desk.file.since.unwrap_or(Time::UNIX_EPOCH))?;
    if left != Left::default() {
        bail!("the old key is still needed. {}", said(&left));
    }
    // Before it goes from the file: whoever begins again after a kill finds a file that fits.
    key_check::keep_present(&app)?;
    desk.file.retire();
    desk.file.write(&desk.path)?;
    println!(
        "The old key is gone from {}. Bring the file to every node, restart each, and back it up.",
        desk.path.display()
    );
    Ok(())
}

fn lost(options: &WithConfig) -> Result<()> {
    let config = Config::load(options.config.as_deref())?;
    let path = config.storage.key_file.display();
    let app = machine::app_with_any_keys(&config)?;
    if key_check::settle(&app)?.is_ok() {
        bail!("the keys in {path} belong to the database: nothing is lost");
    }
    key_check::take_over(&app)?;
    println!("The keys in {path} belong to the database from here on. Back the file up, and bring it to every node.");
    println!(
        "Customers with an authenticator app or a passkey get back in as if they had lost it: after seven days, told by letter."
    );
    Ok(())
}

fn left(app: &App, since: Time) -> Result<Left> {
    let bar = bar()?;
    let left = rotation::left(app, since, |done, all| {
        bar.set_length(all);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    Ok(left?)
}

fn said(left: &Left) -> String {
    match (left.sealed, left.links_until) {
        (0, None) => "Nothing hangs on the old key: `countersign keys retire` drops it.".to_owned(),
        (0, Some(until)) => format!("The last letter that may need the old key expires at {until}."),
        (1, _) => "One secret is encrypted with the old key: `countersign keys rotate`.".to_owned(),
        (sealed, _) => format!("{sealed} secrets are encrypted with the old key: `countersign keys rotate`."),
    }
}

fn were(secrets: u64) -> String {
    if secrets == 1 { "1 secret was".to_owned() } else { format!("{secrets} secrets were") }
}

fn bar() -> Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} accounts  {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use testkit::{Database, World};

    fn settings(directory: &Path, url: &str) -> WithConfig {
        let (file, key) = (directory.join("settings.toml"), directory.join("key"));
        if !key.exists() {
            fs::write(&key, "2a".repeat(32)).unwrap();
            fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        }
        fs::write(&file, format!("[storage]\nurl = {url:?}\nkey_file = {key:?}\n")).unwrap();
        WithConfig { config: Some(file) }
    }

    #[test]
    fn an_operator_rotates_step_by_step_and_no_step_can_be_taken_too_early() {
        let directory = tempfile::tempdir().unwrap();
        let world = World::new(Database::sqlite());
        world.customer("mira");
        let url = world.database().url().to_owned();
        let with = || settings(directory.path(), &url);
        let said = |done: Result<()>| done.unwrap_err().to_string();
        let rotating = || run(&Verb::Rotate(Rotate { config: with(), every_node_restarted: true }));
        assert!(said(rotating()).contains("keys add"));
        assert!(said(run(&Verb::Retire(with()))).contains("no old key"));
        run(&Verb::Add(with())).unwrap();
        assert!(said(run(&Verb::Add(with()))).contains("under way"));
        assert!(said(run(&Verb::Retire(with()))).contains("no old key"));
        run(&Verb::Show(with())).unwrap();
        rotating().unwrap();
        run(&Verb::Show(with())).unwrap();
        let keys = KeyFile::read(&directory.path().join("key")).unwrap().unwrap();
        assert_eq!((keys.count(), keys.newest_is_present()), (2, true));
        let app = Desk::open(&with()).unwrap().app().unwrap();
        assert_eq!(rotation::left(&app, Time::UNIX_EPOCH, |_, _| {}).unwrap().sealed, 0);
        drop(app);
        // The world's letters are of a day that is over by the machine's clock, or of one that comes; both are told.
        let retired = run(&Verb::Retire(with()));
        let links =
            world.app.view(|view| Ok(view.rows().links_outliving(SystemClock.now(), SystemClock.now())?)).wait();
        match links.unwrap() {
            Some(_) => assert!(said(retired).contains("The last letter that may need the old key expires at")),
            None => retired.unwrap(),
        }
    }
}
