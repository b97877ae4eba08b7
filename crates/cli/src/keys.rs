//! The master key: a file beside the database, never in it.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result, bail};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use domain::Keys;
use domain::entropy::Entropy;

/// Reads the master key, or makes one where there is none yet.
pub(crate) fn load(path: &Path, entropy: &dyn Entropy) -> Result<Keys> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let mode = fs::metadata(path)?.permissions().mode();
            if mode & 0o077 != 0 {
                bail!("others can read the key in {}: chmod 600 it", path.display());
            }
            let master =
                read(text.trim()).with_context(|| format!("{} does not hold 64 hexadecimal digits", path.display()))?;
            Ok(Keys::from_master(&master))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => make(path, entropy),
        Err(error) => Err(error).with_context(|| format!("cannot read the key in {}", path.display())),
    }
}

/// Why the key in this file, if it is there, cannot be used. Makes none.
pub(crate) fn trouble(path: &Path) -> Option<String> {
    match fs::read_to_string(path) {
        Ok(text) if read(text.trim()).is_some() => None,
        Ok(_) => Some("it does not hold 64 hexadecimal digits".to_owned()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => Some(error.to_string()),
    }
}

fn make(path: &Path, entropy: &dyn Entropy) -> Result<Keys> {
    let mut master = [0; 32];
    entropy.fill(&mut master);
    let text = HEXLOWER.encode(&master);
    // `create_new`: of two first starts at once, one makes the key and the other stops.
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("cannot make the key file {}", path.display()))?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::File::open(directory)?.sync_all()?;
    }
    Ok(Keys::from_master(&master))
}

fn read(text: &str) -> Option<[u8; 32]> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
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
        let made = load(&path, &SystemEntropy).unwrap().link_secret(link);
        assert_eq!(load(&path, &SystemEntropy).unwrap().link_secret(link).reveal(), made.reveal());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(load(&path, &SystemEntropy).unwrap_err().to_string().contains("chmod 600"));
    }

    #[test]
    fn a_cut_key_is_no_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("countersign.key");
        fs::write(&path, "abcd").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert!(load(&path, &SystemEntropy).is_err());
    }
}
