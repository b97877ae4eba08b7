//! A passkey in software: what a browser and an authenticator would answer, honestly or not. Real ones are driven by the
//! browser tests; this one can lie.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// One passkey.
#[derive(Clone)]
pub struct Passkey {
    signing: SigningKey,
    id: Vec<u8>,
    user: Vec<u8>,
    /// How often it was used, where it counts.
    pub count: u32,
    counts: bool,
    synced: bool,
}

/// What a browser does with what it is asked; the default is honest.
#[derive(Debug, Clone)]
pub struct Browser {
    /// The address of the page.
    pub origin: String,
    /// The name the answer is bound to, where it is not the one asked for.
    pub relying_party: Option<String>,
    /// Whether finger, face or PIN were checked.
    pub verified: bool,
    /// Whether the page is in a frame of another site.
    pub framed: bool,
    /// The challenge that is answered, where it is not the one asked.
    pub challenge: Option<String>,
    /// What is said to be done, where it is something else.
    pub doing: Option<&'static str>,
}

impl Default for Browser {
    fn default() -> Self {
        Self {
            origin: "http://localhost:8080".into(),
            relying_party: None,
            verified: true,
            framed: false,
            challenge: None,
            doing: None,
        }
    }
}

impl Browser {
    fn client_data(&self, doing: &str, options: &Value) -> Vec<u8> {
        let challenge = self.challenge.as_deref().or(options["challenge"].as_str()).expect("a challenge");
        let doing = self.doing.unwrap_or(doing);
        json!({ "type": doing, "challenge": challenge, "origin": self.origin, "crossOrigin": self.framed })
            .to_string()
            .into_bytes()
    }

    /// Hash of the relying party's name, flags, count.
    fn authenticator_data(&self, asked_for: &Value, more_flags: u8, count: u32) -> Vec<u8> {
        let party = self.relying_party.as_deref().or(asked_for.as_str()).expect("a relying party");
        let present_and_verified = 0x01 | if self.verified { 0x04 } else { 0 };
        let mut data = Sha256::digest(party).to_vec();
        data.push(present_and_verified | more_flags);
        data.extend(count.to_be_bytes());
        data
    }
}

impl Passkey {
    /// A security key: it counts, and stays where it is.
    pub fn security_key(seed: u8) -> Self {
        Self::new(seed, true, false)
    }

    /// A passkey that a password manager carries around: it counts nothing.
    pub fn synced(seed: u8) -> Self {
        Self::new(seed, false, true)
    }

    fn new(seed: u8, counts: bool, synced: bool) -> Self {
        let signing = SigningKey::from_slice(&[seed; 32]).expect("a small number is a key");
        let id = Sha256::digest([b'k', seed]).to_vec();
        Self { signing, id, user: Vec::new(), count: 0, counts, synced }
    }

    fn flags(&self) -> u8 {
        if self.synced { 0x08 | 0x10 } else { 0 }
    }

    fn next_count(&mut self) -> u32 {
        self.count += u32::from(self.counts);
        self.count
    }

    /// Its id, as browsers write it.
    pub fn id(&self) -> String {
        BASE64URL_NOPAD.encode(&self.id)
    }

    /// Says that it belongs to somebody else.
    pub fn claim(&mut self, user: &[u8]) {
        self.user = user.to_vec();
    }

    /// Answers `navigator.credentials.create`: the JSON of a new credential.
    pub fn make(&mut self, options: &Value, browser: &Browser) -> String {
        let user = options["user"]["id"].as_str().expect("whom it is for");
        self.user = BASE64URL_NOPAD.decode(user.as_bytes()).expect("base64url");
        let client_data = browser.client_data("webauthn.create", options);
        let count = self.count;
        let mut data = browser.authenticator_data(&options["rp"]["id"], 0x40 | self.flags(), count);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.public_key());
        let mut attestation = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        attestation.push(u8::try_from(data.len()).expect("less than 256 bytes"));
        attestation.extend(data);
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "authenticatorAttachment": if self.synced { "platform" } else { "cross-platform" },
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(&client_data),
                "attestationObject": BASE64URL_NOPAD.encode(&attestation),
                "transports": if self.synced { ["internal", "hybrid"] } else { ["usb", "nfc"] },
            },
        })
        .to_string()
    }

    /// The public key as COSE writes it.
    fn public_key(&self) -> Vec<u8> {
        let point = self.signing.verifying_key().to_sec1_point(false);
        let mut key = b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20".to_vec();
        key.extend(point.x().expect("a point").iter());
        key.extend(b"\x22\x58\x20");
        key.extend(point.y().expect("a point").iter());
        key
    }

    /// Answers `navigator.credentials.get`: the JSON of an assertion.
    pub fn answer(&mut self, options: &Value, browser: &Browser) -> String {
        let client_data = browser.client_data("webauthn.get", options);
        let count = self.next_count();
        let data = browser.authenticator_data(&options["rpId"], self.flags(), count);
        let signed = [data.as_slice(), &Sha256::digest(&client_data)].concat();
        let signature: Signature = self.signing.sign(&signed);
        json!({
            "id": self.id(),
            "rawId": self.id(),
            "type": "public-key",
            "clientExtensionResults": {},
            "response": {
                "clientDataJSON": BASE64URL_NOPAD.encode(&client_data),
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "signature": BASE64URL_NOPAD.encode(signature.to_der().as_bytes()),
                "userHandle": BASE64URL_NOPAD.encode(&self.user),
            },
        })
        .to_string()
    }
}
