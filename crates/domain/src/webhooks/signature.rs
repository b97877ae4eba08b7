//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA-256 over id, time and body.

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::entropy::{self, Entropy};
use crate::secrets::SecretText;

/// What a secret starts with, as the standard says; a scanner of code finds one that was left there.
const PREFIX: &str = "whsec_";

/// A fresh secret: the bytes that sign, and the text that the operator hands to the backend.
pub(super) fn fresh(entropy: &dyn Entropy) -> (Zeroizing<[u8; 32]>, SecretText) {
    let bytes = Zeroizing::new(entropy::bytes::<32>(entropy));
    let text = SecretText::presented(format!("{PREFIX}{}", BASE64.encode(&*bytes)));
    (bytes, text)
}

/// One signature.
pub(super) fn sign(secret: &[u8], id: &str, timestamp: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn the_signature_of_the_standards_example_is_ours_too() {
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_read_as_the_standard_writes_it() {
        let (bytes, text) = fresh(&SeededEntropy::new(1));
        let encoded = text.reveal().strip_prefix("whsec_").unwrap();
        assert_eq!(BASE64.decode(encoded.as_bytes()).unwrap(), *bytes);
    }
}
