//! A directory of our own under `TMPDIR`, gone when the guard is dropped.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Removes its directory, whatever became of the work in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes a new directory. Others may pass through it (PostgreSQL runs as its own user) but not list it.
    pub(crate) fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("countersign-{}", unguessable()?));
        std::fs::DirBuilder::new()
            .mode(0o711)
            .create(&path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(fault) = std::fs::remove_dir_all(&self.0) {
            eprintln!("xtask: cannot remove {}: {fault}", self.0.display());
        }
    }
}

/// 128 random bits in hexadecimal: names that do not collide, passwords of servers that live for one run.
#[expect(clippy::disallowed_methods, reason = "there is no App here to ask for entropy")]
pub(crate) fn unguessable() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).context("the system gives no random bytes")?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}
