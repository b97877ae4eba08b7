//! `countersign dkim`: the entry for the DNS that the signature of our letters is checked against.

use anyhow::{Context, Result};
use outside::mail::MailSettings;

/// Prints the entry, as a name with its text and as a line of a zone file.
pub(crate) fn run(settings: &MailSettings) -> Result<()> {
    let record = settings.dkim_record()?.context(
        "[mail] names no `dkim_key`. Make one with\n  openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out FILE",
    )?;
    println!("A TXT entry by the name\n\n  {}\n\nthat says, as one text:\n\n  {}\n", record.name, record.text);
    println!("In a zone file:\n\n{}", record.zone_line());
    Ok(())
}
