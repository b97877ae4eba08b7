//! The master keys: a file beside the database, never in it.
//!
//! One key a line, the oldest first. Usually there is one. While keys are rotated there are two, and behind the present one
//! stands `present` and since when; without such a mark the first is present.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::entropy::Entropy;
use domain::{Keys, Time};

/// What the file holds.
pub(crate) struct KeyFile {
    masters: Vec<[u8; 32]>,
    present: usize,
    /// Since when the present key is; `None` where it always was.
    pub(crate) since: Option<Time>,
}

/// Why the keys in this file, if it is there, cannot be used. Makes none.
pub(crate) fn trouble(path: &Path) -> Option<String> {
    known(path).err().map(|error| error.to_string())
}

/// The keys in this file, if it is there, whoever can read it. Makes none.
pub(crate) fn known(path: &Path) -> Result<Option<Keys>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(KeyFile::parse(&text)?.keys())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes the first key.
pub(crate) fn make(path: &Path, entropy: &dyn Entropy) -> Result<Keys> {
    let file = KeyFile { masters: vec![random(entropy)], present: 0, since: None };
    // `create_new`: of two first starts at once, one makes the key and the other stops.
    write_new(path, &file.text()).with_context(|| format!("cannot make the key file {}", path.display()))?;
    Ok(file.keys())
}

impl KeyFile {
    /// Reads a file that nobody else can read; `None` if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let mode = fs::metadata(path)?.permissions().mode();
                if mode & 0o077 != 0 {
                    bail!("others can read the key in {}: chmod 600 it", path.display());
                }
                Self::parse(&text).with_context(|| format!("the key file {}", path.display())).map(Some)
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read the key in {}", path.display())),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let (mut masters, mut marked) = (Vec::new(), None);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let digits = words.next().unwrap_or_default();
            let master = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
            let master = master.context("it does not hold 64 hexadecimal digits a line")?;
            match (words.next(), words.next(), words.next()) {
                (None, ..) => {}
                (Some("present"), Some(since), None) if marked.is_none() => {
                    marked =
                        Some((masters.len(), since.parse().context("it does not say since when a key is present")?));
                }
                _ => bail!("it holds a line that says something else than `present` and since when, or says it twice"),
            }
            masters.push(master);
        }
        let (present, since) = marked.map_or((0, None), |(present, since)| (present, Some(since)));
        if masters.is_empty() {
            bail!("it does not hold 64 hexadecimal digits a line");
        }
        Ok(Self { masters, present, since })
    }

    fn text(&self) -> String {
        let line = |(number, master): (usize, &[u8; 32])| match self.since {
            Some(since) if number == self.present => format!("{} present {since}\n", HEXLOWER.encode(master)),
            _ => format!("{}\n", HEXLOWER.encode(master)),
        };
        self.masters.iter().enumerate().map(line).collect()
    }

    /// The keys as the rules use them.
    pub(crate) fn keys(&self) -> Keys {
        Keys::of_several(&self.masters, self.present).expect("the present one is one of them")
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.masters.len()
    }

    /// Whether the newest key is the present one.
    pub(crate) fn newest_is_present(&self) -> bool {
        self.present + 1 == self.masters.len()
    }

    /// One more key, which is known and not yet present.
    pub(crate) fn add(&mut self, entropy: &dyn Entropy) {
        self.masters.push(random(entropy));
    }

    /// Makes the newest key the present one.
    pub(crate) fn turn(&mut self, now: Time) {
        self.present = self.masters.len() - 1;
        self.since = Some(now);
    }

    /// Drops every key before the present one.
    pub(crate) fn retire(&mut self) {
        self.masters.drain(..self.present);
        self.present = 0;
        self.since = None;
    }

    /// Puts the file in place of the one that is there: whole or not at all, whatever happens meanwhile.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        match fs::remove_file(&part) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
        write_new(&part, &self.text()).with_context(|| format!("cannot make {}", part.display()))?;
        fs::rename(&part, path).with_context(|| format!("cannot write {}", path.display()))?;
        sync_directory(path)
    }
}

fn random(entropy: &dyn Entropy) -> [u8; 32] {
    let mut master = [0; 32];
    entropy.fill(&mut master);
    master
}

fn write_new(path: &Path, text: &str) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    sync_directory(path)
}

fn sync_directory(path: &Path) -> Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    fs::File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::entropy::SystemEntropy;
    use domain::ids::LinkId;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone_and_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("countersign.key");
        let link = LinkId::from_bytes([1; 16]);
        assert!(KeyFile::read(&path).unwrap().is_none());
        let made = make(&path, &SystemEntropy).unwrap().link_secret(link);
        let read = KeyFile::read(&path).unwrap().unwrap().keys();
        assert_eq!(read.link_secret(link).reveal(), made.reveal());
        assert!(make(&path, &SystemEntropy).is_err(), "a second one");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(KeyFile::read(&path).err().unwrap().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_file_that_is_cut_or_says_something_else_holds_no_keys() {
        let key = "2a".repeat(32);
        let cut = [
            String::new(),
            "abcd".to_owned(),
            format!("{key}\n{}", &key[..63]),
            format!("{key} past 2026-11-22T12:00:00Z"),
            format!("{key} present"),
            format!("{key} present yesterday"),
            format!("{key} present 2026-11-22T12:00:00Z\n{key} present 2026-11-22T12:00:00Z"),
        ];
        for text in cut {
            assert!(KeyFile::parse(&text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn keys_are_added_turned_and_retired_in_the_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("countersign.key");
        make(&path, &SystemEntropy).unwrap();
        let link = LinkId::from_bytes([1; 16]);
        let read = || KeyFile::read(&path).unwrap().unwrap();
        let old = read().keys().link_secret(link);
        let mut file = read();
        file.add(&SystemEntropy);
        file.write(&path).unwrap();
        assert_eq!((read().count(), read().newest_is_present()), (2, false));
        assert_eq!(read().keys().link_secret(link).reveal(), old.reveal());
        let mut file = read();
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        file.turn(now);
        file.write(&path).unwrap();
        assert_eq!((read().newest_is_present(), read().since), (true, Some(now)));
        assert_ne!(read().keys().link_secret(link).reveal(), old.reveal());
        assert_eq!(read().keys().link_opened_by(&old), Some(link));
        let mut file = read();
        file.retire();
        file.write(&path).unwrap();
        assert_eq!((read().count(), read().keys().link_opened_by(&old)), (1, None));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
