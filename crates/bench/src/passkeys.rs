//! How fast the answer of a passkey is checked, beside the bare signature in it.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use domain::Settings;
use domain::ids::AccountId;
use domain::second_factors::passkeys::{Answer, Checked, Made, Party};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey};
use testkit::authenticator::{Browser, Passkey};

use crate::sheet::Sheet;
use crate::stopwatch::Stopwatch;

const TIME: Duration = Duration::from_secs(2);

/// Everything between the text that a browser sent and the verdict, again and again, on one thread.
pub(crate) fn measure(sheet: &mut Sheet) -> Result<()> {
    let (settings, account, browser) = (Settings::default(), AccountId::from_bytes([7; 16]), Browser::default());
    let party = Party::of(&settings)?;
    // A synced passkey counts nothing, so its answer is right as often as it is checked.
    let mut passkey = Passkey::synced(7);
    let (options, state) = party.start_registering(account, "mira@example.com", &[])?;
    let made = Made::read(&passkey.make(&options, &browser)).context("it can be a passkey")?;
    let kept = party.finish_registering(&made, &state)?.context("it is one")?;
    let (options, state) = party.start_proving(&[])?;
    let answer = passkey.answer(&options, &browser);
    let checked = per_second(|| {
        let answer = Answer::read(&answer).context("it can be an answer")?;
        let party = Party::of(&settings)?;
        let checked = party.check(&answer, &state, &kept, account)?;
        ensure!(matches!(checked, Checked::Right(_)), "the answer is right");
        Ok(())
    })?;
    sheet.note("assertions", checked);
    let signing = SigningKey::from_slice(&[7; 32])?;
    // As long as what a passkey signs: its data, and the hash of what the browser says.
    let message = [7; 69];
    let (signature, key): (Signature, _) = (signing.sign(&message), *signing.verifying_key());
    let raw = per_second(|| Ok(black_box(key).verify(black_box(&message), black_box(&signature))?))?;
    sheet.note("raw p256", raw);
    Ok(())
}

fn per_second(mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let watch = Stopwatch::start();
    let mut times = 0_u32;
    while watch.elapsed() < TIME {
        once()?;
        times += 1;
    }
    Ok(f64::from(times) / watch.seconds())
}
