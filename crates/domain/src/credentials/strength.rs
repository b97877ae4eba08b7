//! How good a password is, with reasons in plain words.

use unicode_normalization::UnicodeNormalization;
use zxcvbn::feedback::{Suggestion, Warning};

use crate::credentials::{Judgement, Password, Weakness};
use crate::settings::PasswordRules;

/// The form in which passwords are compared: Unicode NFC (RFC 8265, `OpaqueString`), because phones and computers
/// write the same letter in different bytes.
pub fn normalize(typed: &str) -> Password {
    // What is longer than any password we take is cut before work is spent on it, and still refused as too long.
    Password::new(&typed.nfc().take(1024).collect::<String>())
}

/// How many characters are weighed.
const WEIGHED: usize = 48;

/// Judges a password by itself and beside the e-mail address, given whether thieves know it and the fewest characters.
pub(crate) fn weigh(
    password: &Password,
    email: Option<&str>,
    (breached, characters_min): (bool, usize),
    rules: &PasswordRules,
) -> Judgement {
    let text = password.reveal();
    let characters = text.chars().count();
    if characters > rules.characters_max {
        let weaknesses = vec![Weakness::TooLong { characters_max: rules.characters_max }];
        return Judgement { score: 0, weaknesses };
    }
    let mut weaknesses = Vec::new();
    if characters < characters_min {
        weaknesses.push(Weakness::TooShort { characters_min });
    }
    if breached {
        weaknesses.push(Weakness::Breached);
    }
    if email.is_some_and(|email| resembles(text, email)) {
        weaknesses.push(Weakness::LikeAddress);
    }
    // Its work grows steeply with the length, and a made-up password makes it worse; more characters only add strength.
    let looked_at: String = text.chars().take(WEIGHED).collect();
    let estimate = zxcvbn::zxcvbn(&looked_at, email.as_slice());
    let score = u8::from(estimate.score());
    if score < rules.score_min {
        weaknesses.push(Weakness::Guessable { why: why(&estimate) });
    }
    Judgement { score, weaknesses }
}

/// Whether a password is little more than the address, or the address little more than it.
fn resembles(password: &str, email: &str) -> bool {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let password = letters(password);
    let parts = email.split(['@', '.', '+', '-', '_']).map(letters);
    let whole = email.split('@').map(letters);
    let mut names: Vec<String> =
        parts.chain(whole).chain([letters(email)]).filter(|name| name.chars().count() >= 4).collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut rest = password.clone();
    for name in &names {
        rest = rest.replace(name, "");
    }
    let kept = rest.chars().count();
    let used = password.chars().count() - kept;
    // Eight characters that do not come from the address make a password of their own, if they are strong enough.
    used > 0 && kept < 8
}

fn why(estimate: &zxcvbn::Entropy) -> String {
    let warning = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning).map(|warning| match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "Neighbouring keys are tried first."
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "Repeating something adds little."
        }
        Warning::SequencesLikeAbcAreEasyToGuess => "Rows like abc or 123 are tried first.",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => "Years and dates are tried first.",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "Names are tried first."
        }
        Warning::AWordByItselfIsEasyToGuess => "A single word is tried first.",
        _ => "It is much like passwords that many people use.",
    });
    let suggestion =
        estimate.feedback().and_then(|feedback| feedback.suggestions().first()).map(|suggestion| match suggestion {
            Suggestion::CapitalizationDoesntHelpVeryMuch
            | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase => {
                "Capital letters help little; add words instead."
            }
            Suggestion::ReversedWordsArentMuchHarderToGuess | Suggestion::PredictableSubstitutionsDontHelpVeryMuch => {
                "Turned or replaced letters help little; add words instead."
            }
            _ => "Add one or two words that have nothing to do with each other.",
        });
    format!(
        "{} {}",
        warning.unwrap_or("It would be guessed too soon."),
        suggestion.unwrap_or("Add one or two words that have nothing to do with each other.")
    )
}
