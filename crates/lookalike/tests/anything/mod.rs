//! Reads any bytes as names, as a stream of lines, as a domain and as a page, and checks what must hold of every answer.

use std::sync::LazyLock;

use lookalike::pages::Page;
use lookalike::{Brand, Detector, Learned, Register, Verdict, command};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| {
    let brands = vec![Brand::new("coinbase", "coinbase.com"), Brand::new("kriptomat", "kriptomat.io")];
    Detector::new(Register { brands }).expect("the register is sound")
});

/// Never a panic, always an answer, and official only what belongs.
pub(crate) fn read(bytes: &[u8]) {
    let mut answers = Vec::new();
    let lines =
        command::check(&DETECTOR, bytes, &mut answers, |_| ()).expect("memory neither fails to read nor to write");
    let written = answers.split(|&byte| byte == b'\n').count() - 1;
    assert_eq!(u64::try_from(written), Ok(lines), "one answer for each line");
    if let Ok(text) = std::str::from_utf8(bytes) {
        let answer = DETECTOR.check(text);
        assert!((0.0..=1.0).contains(&answer.score));
        assert!(answer.verdict == Verdict::Clear || !answer.reasons.is_empty(), "an answer without a reason");
        let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
        let decoded = text.contains('%') || !text.is_ascii();
        assert!(
            answer.verdict != Verdict::Official || decoded || letters >= "kriptomatio".len(),
            "official without its name"
        );
        if text.len() < 100 {
            let _ = lookalike::candidates(text, &Learned::default());
        }
    }
    let _ = Page::read(bytes.chunks(7));
}
