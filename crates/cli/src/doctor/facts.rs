//! What is so on this machine, gathered without changing anything: the doctor judges it in functions that need no machine.

use std::fs;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use domain::clock::{Clock, SystemClock, Time, from_micros};
use domain::key_check::Misfit;
use outside::mail::MailSettings;
use rustix::fs::{Access, access, statfs, statvfs};
use rustix::process::geteuid;
use store::Look;
use toml::Table;

use super::certificate::Certificate;
use crate::config::{Config, SECRETS};
use crate::keys;

/// How long the mail server may take to let us in.
const PATIENCE: Duration = Duration::from_secs(5);

/// Everything the doctor looks at besides the settings.
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) now: Time,
    /// Whether this runs as root, and what it serves is root's.
    pub(super) root: bool,
    /// The directory that something has to be made in at the first start, and in which we may make nothing.
    pub(super) shut: Option<PathBuf>,
    /// The settings file, where it holds a password.
    pub(super) settings_file: FileFact,
    pub(super) key: FileFact,
    /// Why the keys cannot be read from the file that is there.
    pub(super) key_trouble: Option<String>,
    /// Why they do not belong to the database, where both can be looked at.
    pub(super) key_misfit: Option<Misfit>,
    /// The site's certificate, or why it cannot be read; `None` where a proxy speaks TLS.
    pub(super) certificate: Option<Result<Certificate, String>>,
    pub(super) tls_key: FileFact,
    pub(super) dkim_key: FileFact,
    pub(super) city_file: FileFact,
    /// The file of a SQLite database.
    pub(super) database_file: FileFact,
    pub(super) database_directory: FileFact,
    pub(super) disk: Option<Disk>,
    /// What the database showed; `None` for a SQLite file that does not exist yet.
    pub(super) database: Option<Result<Look, String>>,
    /// Why the mail server does not answer.
    pub(super) mail: Option<String>,
}

/// What is known of a file that the settings name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FileFact {
    /// No setting names it.
    NotNamed,
    /// It cannot be looked at, mostly because it is not there.
    Missing(PathBuf),
    /// It is there.
    There { path: PathBuf, mode: u32, changed: Time },
}

/// The file system that a SQLite database lies on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disk {
    /// A name for it, where it is one that no database should lie on.
    pub(super) unfit: Option<&'static str>,
    pub(super) free_mib: u64,
}

impl Facts {
    /// Looks around. The mail server is called and not spoken to; nothing is made, nothing is written.
    pub(super) fn gather(config: &Config, settings_file: Option<&Path>) -> Self {
        let database_path = config.storage.url.strip_prefix("sqlite:").map(Path::new);
        let directory = database_path.map(|path| match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        });
        let database = match database_path.map_or(Ok(true), Path::try_exists) {
            Ok(there) => there.then(|| store::look(&config.storage.url).map_err(|fault| fault.to_string())),
            Err(why) => Some(Err(why.to_string())),
        };
        let ours = [Some(config.storage.key_file.as_path()), database_path];
        let ours = || ours.into_iter().flatten();
        let held = database.as_ref().and_then(|look| look.as_ref().ok()).and_then(|look| look.held.as_ref());
        let known = keys::known(&config.storage.key_file).ok().flatten();
        Self {
            now: SystemClock.now(),
            root: geteuid().is_root() && ours().any(is_roots),
            shut: ours().filter(|path| !path.exists()).find_map(shut),
            settings_file: settings_file.filter(|path| holds_a_secret(path)).map_or(FileFact::NotNamed, FileFact::of),
            key: FileFact::of(&config.storage.key_file),
            key_trouble: keys::trouble(&config.storage.key_file),
            key_misfit: held.zip(known).and_then(|(held, keys)| held.judge(&keys).err()),
            certificate: Certificate::of(&config.web.tls_certificate, config.settings.operator.url.host()),
            tls_key: FileFact::of(&config.web.tls_key),
            dkim_key: FileFact::of(&config.mail.dkim_key),
            city_file: FileFact::of(&config.places.city_file),
            database_file: database_path.filter(|path| path.exists()).map_or(FileFact::NotNamed, FileFact::of),
            database_directory: directory.map_or(FileFact::NotNamed, FileFact::of),
            disk: directory.and_then(Disk::under),
            database,
            mail: call(&config.mail).err(),
        }
    }
}

impl FileFact {
    fn of(path: &Path) -> Self {
        if path.as_os_str().is_empty() {
            return Self::NotNamed;
        }
        let Ok(metadata) = fs::metadata(path) else { return Self::Missing(path.to_owned()) };
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let micros = changed.map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX));
        Self::There {
            path: path.to_owned(),
            mode: metadata.permissions().mode() & 0o7777,
            changed: from_micros(micros),
        }
    }
}

impl Disk {
    fn under(directory: &Path) -> Option<Self> {
        let space = statvfs(directory).ok()?;
        let kind = statfs(directory).ok()?.f_type;
        let free_mib = space.f_bavail.saturating_mul(space.f_frsize) / (1024 * 1024);
        // As many as fit 32 bits: what the kernel calls a number there is signed on some machines.
        Some(Self { unfit: unfit(u32::try_from(kind & 0xffff_ffff).unwrap_or(0)), free_mib })
    }
}

/// File systems whose locks or whose memory a database cannot trust (statfs(2)).
fn unfit(kind: u32) -> Option<&'static str> {
    match kind {
        0x6969 => Some("NFS"),
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x00C3_6400 => Some("Ceph"),
        0x0BD0_0BD0 => Some("Lustre"),
        0x5346_414F | 0x6B41_4653 => Some("AFS"),
        0x6573_5546 => Some("FUSE"),
        0x0102_1994 | 0x8584_58F6 => Some("memory"),
        _ => None,
    }
}

/// Whether a file is root's, or where there is none yet, what it will lie in.
fn is_roots(path: &Path) -> bool {
    nearest(path).and_then(|path| fs::metadata(path).ok()).is_some_and(|there| there.uid() == 0)
}

/// The directory in which a file would have to be made, where we may make none.
fn shut(path: &Path) -> Option<PathBuf> {
    let directory = nearest(path)?;
    access(directory, Access::WRITE_OK | Access::EXEC_OK).is_err().then(|| directory.to_owned())
}

/// A path, or what is there of the way to it.
fn nearest(path: &Path) -> Option<&Path> {
    let named = path.ancestors().map(|part| if part.as_os_str().is_empty() { Path::new(".") } else { part });
    named.into_iter().find(|part| part.exists())
}

fn holds_a_secret(path: &Path) -> bool {
    let table: Table = fs::read_to_string(path).ok().and_then(|text| text.parse().ok()).unwrap_or_default();
    SECRETS.iter().any(|(section, name)| {
        let text = table.get(*section).and_then(|section| section.get(*name)).and_then(|value| value.as_str());
        text.is_some_and(|text| if *name == "url" { holds_a_password(text) } else { !text.is_empty() })
    })
}

/// Whether the address of a database says by what password.
fn holds_a_password(url: &str) -> bool {
    let user = url.split_once("://").and_then(|(_, rest)| rest.rsplit_once('@'));
    user.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=")
}

fn call(mail: &MailSettings) -> Result<(), String> {
    let addresses = (mail.host.as_str(), mail.port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut last = "the name has no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    #[test]
    fn a_file_system_that_a_database_cannot_trust_is_named() {
        for (kind, named) in [(0x6969, Some("NFS")), (0x0102_1994, Some("memory")), (0xEF53, None), (0x5846_5342, None)]
        {
            assert_eq!(unfit(kind), named);
        }
    }

    #[test]
    fn a_disk_under_a_directory_has_room() {
        assert!(Disk::under(Path::new(env!("CARGO_MANIFEST_DIR"))).is_some_and(|disk| disk.free_mib > 0));
    }

    #[test]
    fn a_settings_file_with_a_password_is_told_from_one_without() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("settings.toml");
        for (text, holds) in [
            ("[mail]\npassword = \"x\"\n", true),
            ("[storage]\nurl = \"postgres://me:x@db/c\"\n", true),
            ("[storage]\nurl = \"postgres://db/c?user=me&password=x\"\n", true),
            ("[storage]\nurl = \"postgres://me@db:5432/c\"\n", false),
            ("[storage]\nurl = \"sqlite:countersign.db\"\n[mail]\nhost = \"m\"\n", false),
            ("[mail]\npassword = \"\"\n", false),
        ] {
            fs::write(&path, text).unwrap();
            assert_eq!(holds_a_secret(&path), holds, "{text}");
        }
    }

    #[test]
    fn a_mail_server_that_is_there_answers_a_call() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(call(&MailSettings::in_clear(port, "a@b.example")), Ok(()));
        drop(listener);
        assert!(call(&MailSettings::in_clear(port, "a@b.example")).is_err());
    }
}
