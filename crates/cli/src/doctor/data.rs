//! The keys, the database, and the disk under it.

use domain::clock::{Span, Time};
use domain::key_check::Held;
use store::{Look, Server};

use super::facts::{Disk, Facts, FileFact};
use super::finding::{Finding, Weight};
use crate::machine;

/// The clocks of two machines may differ by this much: less than any wait of ours, and more than a busy network makes.
const CLOCK_OFF_SECONDS: i64 = 2;
const CLOCK_WRONG_SECONDS: i64 = 30;

/// A database that cannot grow stops taking changes.
const FREE_MIB_ADVISED: u64 = 2048;
const FREE_MIB_LEAST: u64 = 256;

pub(super) fn keys(facts: &Facts, found: &mut Vec<Finding>) {
    // One that has steps to go may hold anything.
    let used = match &facts.database {
        Some(Ok(Look { step: Some(_), held, .. })) => held.as_ref().is_none_or(Held::needs_its_keys),
        _ => false,
    };
    match &facts.key {
        FileFact::There { path, mode, .. } if mode & 0o077 != 0 => found.push(Finding::danger(
            "storage.key_file.readable",
            format!(
                "Others can read the keys in {}: with a copy of the database they make links that work.",
                path.display()
            ),
            format!("chmod 600 {}", path.display()),
        )),
        FileFact::There { path, .. } => {
            if let Some(trouble) = &facts.key_trouble {
                found.push(Finding::danger(
                    "storage.key_file.broken",
                    format!("The keys in {} cannot be used: {trouble}.", path.display()),
                    "Put the file from your backup in its place.",
                ));
            }
            if let Some(misfit) = &facts.key_misfit {
                found.push(Finding::danger(
                    "storage.key_file.foreign",
                    format!("It does not start: the keys in {} {misfit}.", path.display()),
                    misfit.advice(),
                ));
            }
        }
        FileFact::Missing(path) if facts.key_trouble.is_some() => found.push(Finding::danger(
            "storage.key_file.broken",
            format!(
                "The keys in {} cannot be looked at: {}.",
                path.display(),
                facts.key_trouble.as_deref().unwrap_or_default()
            ),
            "Run this as the user who serves, or give that user the directory.",
        )),
        FileFact::Missing(path) if used => found.push(Finding::danger(
            "storage.key_file.missing",
            format!(
                "It does not start: {}. Without them no authenticator app, passkey or freeze word opens.",
                machine::missing(path)
            ),
            machine::MISSING_ADVICE,
        )),
        // Nothing is made where nothing can be.
        FileFact::Missing(_) if facts.shut.is_some() => {}
        FileFact::Missing(path) => found.push(Finding::advice(
            "storage.key_file.new",
            format!("There are no keys in {} yet; the first start makes them.", path.display()),
            "After the first start, back that file up once, apart from the database.",
        )),
        FileFact::NotNamed => {}
    }
    if let FileFact::There { path, mode, .. } = &facts.settings_file
        && mode & 0o077 != 0
    {
        found.push(Finding::danger(
            "settings.readable",
            format!("Others can read {}, and a password stands in it.", path.display()),
            format!("chmod 600 {}, or hand passwords over as COUNTERSIGN__… variables.", path.display()),
        ));
    }
}

pub(super) fn database(facts: &Facts, found: &mut Vec<Finding>) {
    let keys = if let FileFact::There { path, .. } = &facts.key { Some(path) } else { None };
    match (&facts.database, keys) {
        (None | Some(Ok(Look { step: None, .. })), Some(path)) => found.push(Finding::danger(
            "storage.missing",
            format!("There are keys in {}, and no database that they belong to: it may be lost.", path.display()),
            machine::GONE_ADVICE,
        )),
        (None, None) if facts.shut.is_some() => {}
        (None, None) => found.push(Finding::advice(
            "storage.new",
            "There is no database yet; the first start makes it.",
            "Nothing, if this is a new installation. Otherwise correct `url` of [storage], or restore your backup.",
        )),
        (Some(Err(why)), _) if facts.database_directory != FileFact::NotNamed => found.push(Finding::danger(
            "storage.unreadable",
            format!("The database cannot be read: {why}."),
            "Correct `url` of [storage], or run this as the user who serves. What is damaged: `countersign restore`.",
        )),
        (Some(Err(why)), _) => found.push(Finding::danger(
            "storage.silent",
            format!("The database does not answer: {why}."),
            "Start it, or correct `url` of [storage].",
        )),
        _ => {}
    }
    if let Some(Ok(look)) = &facts.database {
        step(look.step, found);
        if let Some(server) = &look.server {
            on_a_server(server, facts.now, found);
        }
    }
    if let Some(shut) = &facts.shut {
        found.push(Finding::danger(
            "storage.shut",
            format!("It does not start: whoever runs this may write nothing in {}.", shut.display()),
            "Run this as the user who serves, or give that user the directory.",
        ));
    }
    in_a_file(facts, found);
    if let Some(disk) = &facts.disk {
        room(disk, found);
    }
}

fn step(step: Option<i64>, found: &mut Vec<Finding>) {
    if let Some(newer) = step.and_then(store::newer) {
        found.push(Finding::danger(
            "storage.newer",
            format!("It does not start on this database: {newer}."),
            "Run the newer version, or restore the backup from before it.",
        ));
    }
    let present = store::present_step();
    match step {
        Some(step) if step < present => found.push(Finding::advice(
            "storage.behind",
            format!("The database is at step {step} of {present}."),
            "Make a backup, then `countersign migrate`; the next start does the same.",
        )),
        _ => {}
    }
}

fn on_a_server(server: &Server, now: Time, found: &mut Vec<Finding>) {
    if server.elsewhere && !server.encrypted {
        found.push(Finding::danger(
            "storage.in_clear",
            "What customers do travels to PostgreSQL on another machine in clear.",
            "Add ?sslmode=require to `url` of [storage], and switch `ssl` on there.",
        ));
    }
    if !server.durable {
        found.push(Finding::danger(
            "storage.not_durable",
            "PostgreSQL runs with fsync or full_page_writes off: what we acknowledged is lost with the power.",
            "Switch both on in postgresql.conf and restart it.",
        ));
    }
    if server.superuser {
        found.push(Finding::advice(
            "storage.superuser",
            "We sign in to PostgreSQL as a superuser, who may read every database there.",
            "CREATE ROLE countersign LOGIN PASSWORD '…'; and make it the owner of our database alone.",
        ));
    }
    let off = now.duration_since(server.clock).abs().as_secs();
    if off > CLOCK_OFF_SECONDS {
        found.push(Finding {
            code: "clock.server".to_owned(),
            weight: Weight::unsafe_if(off > CLOCK_WRONG_SECONDS),
            says: format!("This machine's clock and PostgreSQL's differ by {off} seconds."),
            advice: "Let both follow the same time servers (chrony, systemd-timesyncd).".to_owned(),
        });
    }
}

fn in_a_file(facts: &Facts, found: &mut Vec<Finding>) {
    if let FileFact::There { path, mode, changed } = &facts.database_file {
        if mode & 0o077 != 0 {
            found.push(Finding::danger(
                "storage.readable",
                format!("Others can read the database, {}.", path.display()),
                format!("chmod 600 {0} {0}-wal {0}-shm", path.display()),
            ));
        }
        let ahead = changed.duration_since(facts.now);
        if ahead > Span::from_secs(CLOCK_WRONG_SECONDS) {
            found.push(Finding::danger(
                "clock.behind",
                format!(
                    "The database was written {} seconds from now: this machine's clock was or is wrong, so what waits \
                     ends too early or too late.",
                    ahead.as_secs()
                ),
                "Set the clock and let it follow time servers (chrony, systemd-timesyncd), then start again.",
            ));
        }
    }
    if let FileFact::There { path, mode, .. } = &facts.database_directory
        && mode & 0o022 != 0
        && mode & 0o1000 == 0
    {
        found.push(Finding::danger(
            "storage.directory",
            format!("Others can put files into {}, and so another database in place of ours.", path.display()),
            format!("chmod 700 {}", path.display()),
        ));
    }
}

fn room(disk: &Disk, found: &mut Vec<Finding>) {
    match disk.unfit {
        Some("memory") => found.push(Finding::danger(
            "storage.memory",
            "The database lies in the machine's memory: it is gone with the power.",
            "Put it on a disk: `url` of [storage].",
        )),
        Some(kind) => found.push(Finding::danger(
            "storage.network",
            format!("The database lies on {kind}: SQLite's locks do not hold there, and it can be torn."),
            "Put it on a disk of this machine, or use PostgreSQL.",
        )),
        None => {}
    }
    if disk.free_mib < FREE_MIB_ADVISED {
        found.push(Finding {
            code: "storage.room".to_owned(),
            weight: Weight::unsafe_if(disk.free_mib < FREE_MIB_LEAST),
            says: format!("The database's disk has {} MiB left; when it is full, no change is taken.", disk.free_mib),
            advice: "Make room, or move the data to a larger disk.".to_owned(),
        });
    }
}
