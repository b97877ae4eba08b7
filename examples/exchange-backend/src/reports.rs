//! What was paid and is to be told. It is written down before anybody is answered, and stays until Countersign has it: a
//! payout is never unsaid because Countersign, or this program, was down for a while.
//!
//! Each report is a file of its own; a real exchange has a table, written in the transaction that pays.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::countersign::Countersign;

/// Reports that wait.
pub(crate) struct Reports {
    directory: PathBuf,
    more: Notify,
}

/// So long after a try that failed comes the next.
const AGAIN: Duration = Duration::from_secs(5);

impl Reports {
    /// Reports are kept there; those of before the last stop still wait.
    pub(crate) fn in_directory(directory: PathBuf) -> Result<Self> {
        fs::create_dir_all(&directory).with_context(|| format!("cannot make {}", directory.display()))?;
        Ok(Self { directory, more: Notify::new() })
    }

    /// Writes down, to stay, what is to be told.
    pub(crate) fn keep(&self, reference: &str, event: &Value) -> Result<()> {
        let (new, kept) = (self.directory.join(format!("{reference}.new")), self.file(reference));
        let mut file = File::create(&new).context("cannot write a report down")?;
        file.write_all(json!({ "events": [event] }).to_string().as_bytes())?;
        file.sync_all()?;
        fs::rename(new, kept)?;
        File::open(&self.directory)?.sync_all()?;
        self.more.notify_one();
        Ok(())
    }

    /// Tells Countersign whatever waits, for ever.
    pub(crate) async fn tell(&self, countersign: &Countersign) {
        loop {
            match self.tell_all(countersign).await {
                Ok(()) => self.more.notified().await,
                Err(error) => {
                    eprintln!("a report waits: {error:#}");
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }

    async fn tell_all(&self, countersign: &Countersign) -> Result<()> {
        let mut problem = None;
        for reference in self.waiting()? {
            // One that is not taken keeps none of the others from being told.
            if let Err(error) = self.tell_one(countersign, &reference).await {
                problem = Some(error.context(reference));
            }
        }
        problem.map_or(Ok(()), Err)
    }

    /// The reference serves as the key of the request too: sent again after a broken connection, it is told once.
    async fn tell_one(&self, countersign: &Countersign, reference: &str) -> Result<()> {
        let file = self.file(reference);
        let events: Value = serde_json::from_slice(&fs::read(&file)?)?;
        let told = countersign.report(reference, &events).await?;
        match told["results"][0]["status"].as_str() {
            Some("done" | "already") => Ok(fs::remove_file(file)?),
            // Somebody has to look at it; it stays where it is, and is asked about again.
            other => bail!("Countersign did not write it down: {other:?}"),
        }
    }

    fn waiting(&self) -> Result<Vec<String>> {
        let mut waiting = Vec::new();
        for entry in fs::read_dir(&self.directory)? {
            let path = entry?.path();
            let whole = path.extension().is_some_and(|ending| ending == "json");
            let name = path.file_stem().and_then(|name| name.to_str()).filter(|_| whole);
            waiting.extend(name.map(str::to_owned));
        }
        Ok(waiting)
    }

    fn file(&self, reference: &str) -> PathBuf {
        Path::new(&self.directory).join(format!("{reference}.json"))
    }
}
