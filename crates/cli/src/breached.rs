//! `countersign breached`: the list of passwords that thieves know.

use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

/// What can be done with the list.
#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Turn the Pwned Passwords download into a compact index for `[breached] index`
    ///
    /// The download is a text file of lines `SHA1:COUNT`, ordered by hash.
    Build {
        /// The download
        #[arg(value_name = "FILE")]
        download: PathBuf,
        /// Where to write the index
        #[arg(long, short, value_name = "INDEX", default_value = "breached.index")]
        out: PathBuf,
    },
}

/// Runs it, with a bar that shows how far it is.
pub(crate) fn run(verb: Verb) -> Result<()> {
    let Verb::Build { download, out } = verb;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {bytes} of {total_bytes}  {binary_bytes_per_sec}  {eta} left",
    )?);
    let built = outside::breached::run(&download, &out, &mut |progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes_done);
    });
    bar.finish_and_clear();
    let built = built?;
    println!("{}: {} passwords in {} bytes.", out.display(), built.hashes, built.bytes);
    println!("Set `index = {:?}` in [breached] to use it.", out.display().to_string());
    Ok(())
}
