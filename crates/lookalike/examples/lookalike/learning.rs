//! `learn`: from a folder of data to the one file the crate ships.

use std::path::Path;

use anyhow::{Context as _, Result};
use lookalike::learn;

use crate::data::Data;

/// Learns and writes the file.
pub(crate) fn run(folder: &Path, write: &Path) -> Result<()> {
    let data = Data::read(folder)?;
    let lessons = learn::learn(&data.material(), |doing| eprintln!("{doing}"))?;
    let bytes = lessons.all.write();
    std::fs::write(write, &bytes).with_context(|| format!("cannot write {}", write.display()))?;
    eprintln!(
        "{} bytes written to {}: {} pieces of popular names",
        bytes.len(),
        write.display(),
        lessons.all.sketch.pieces()
    );
    Ok(())
}
