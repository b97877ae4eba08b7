//! The relying party: who we are to an authenticator, what we ask of it, and how its answers are checked.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    AuthenticationResult, Credential, DiscoverableAuthentication, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, WebauthnBuilder, WebauthnError,
};

use crate::ids::AccountId;
use crate::refusal::{Fault, Refusal, Stop};
use crate::second_factors::passkeys::PasskeyKind;
use crate::second_factors::passkeys::model::Kept;
use crate::settings::Settings;

/// Whether passkeys are possible under the operator's address: browsers make none for a bare IP address.
pub fn available(settings: &Settings) -> bool {
    relying_party(settings).is_some()
}

/// The name that passkeys are bound to: the host of the operator's address.
pub fn relying_party(settings: &Settings) -> Option<String> {
    Url::parse(settings.operator.url.as_str()).ok()?.domain().map(str::to_owned)
}

/// How an answer to a challenge turned out.
#[derive(Debug)]
pub enum Checked {
    /// Right.
    Right(AuthenticationResult),
    /// The signature is right and its count is not newer than the last one: the passkey may have been copied.
    Copied,
    /// Anything else.
    Wrong,
}

/// We, as an authenticator knows us. Host and origin come from the operator's settings and from nowhere else.
pub struct Party(Webauthn);

impl Party {
    /// We at the operator's address; refused where browsers make no passkeys.
    pub fn of(settings: &Settings) -> Result<Self, Stop> {
        let origin = Url::parse(settings.operator.url.as_str()).map_err(Fault::broken)?;
        let host = relying_party(settings).ok_or(Refusal::NoPasskeysHere)?;
        let builder = WebauthnBuilder::new(&host, &origin).map_err(Fault::broken)?;
        let party = builder.allow_subdomains(false).allow_any_port(false).rp_name(&settings.operator.name).build();
        Ok(Self(party.map_err(Fault::broken)?))
    }

    /// What a browser is asked to make, and what its answer is checked against. The passkeys that are there already are
    /// excluded, so that no authenticator makes a second one.
    pub fn start_registering(&self, account: AccountId, email: &str, there: &[Kept]) -> Result<(Value, String), Fault> {
        let excluded = there.iter().map(|kept| kept.passkey.cred_id().clone()).collect();
        let whose = Uuid::from_bytes(*account.as_bytes());
        let started = self.0.start_passkey_registration(whose, email, email, Some(excluded));
        let (challenge, state) = started.map_err(Fault::broken)?;
        let mut options = serde_json::to_value(&challenge.public_key).map_err(Fault::broken)?;
        // The library discourages what signing in without a name needs: a passkey that its authenticator finds by itself.
        options["authenticatorSelection"]["residentKey"] = json!("required");
        options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        Ok((options, serde_json::to_string(&state).map_err(Fault::broken)?))
    }

    /// Checks a passkey that was made; none if anything about it is not as asked.
    pub fn finish_registering(&self, made: &Made, state: &str) -> Result<Option<Kept>, Fault> {
        let state: PasskeyRegistration = serde_json::from_str(state).map_err(Fault::broken)?;
        if in_frame_of_another_site(&made.credential.response.client_data_json) {
            return Ok(None);
        }
        let passkey = self.0.finish_passkey_registration(&made.credential, &state).ok();
        Ok(passkey.map(|passkey| Kept { kind: kind_of(&passkey, &made.said), passkey }))
    }

    /// What a browser is asked to prove by one of these passkeys, or by any of ours if there are none. The state holds the
    /// challenge alone: which passkey answered is looked up.
    pub fn start_proving(&self, by: &[Kept]) -> Result<(Value, String), Fault> {
        let (challenge, state) = self.0.start_discoverable_authentication().map_err(Fault::broken)?;
        let mut options = serde_json::to_value(&challenge.public_key).map_err(Fault::broken)?;
        let allowed = by.iter().map(|kept| json!({ "type": "public-key", "id": encoded(kept.passkey.cred_id()) }));
        options["allowCredentials"] = allowed.collect();
        Ok((options, serde_json::to_string(&state).map_err(Fault::broken)?))
    }

    /// What a browser is asked to sign in by any passkey of ours, with a challenge of our own in place of the library's: it
    /// carries all there is to know of the question, so that asking keeps nothing.
    pub fn ask_anybody(&self, challenge: &str) -> Result<(Value, String), Fault> {
        let (mut options, state) = self.start_proving(&[])?;
        let mut state: Value = serde_json::from_str(&state).map_err(Fault::broken)?;
        options["challenge"] = json!(challenge);
        state["ast"]["challenge"] = json!(challenge);
        Ok((options, state.to_string()))
    }

    /// Checks an answer by this passkey of this account. The library checks type, challenge, origin, host, presence,
    /// verification, signature and count; it leaves the owner and frames of other sites to us.
    pub fn check(&self, answer: &Answer, state: &str, by: &Kept, owner: AccountId) -> Result<Checked, Fault> {
        let state: DiscoverableAuthentication = serde_json::from_str(state).map_err(Fault::broken)?;
        if in_frame_of_another_site(&answer.0.response.client_data_json) || !answer.names(owner) {
            return Ok(Checked::Wrong);
        }
        match self.0.finish_discoverable_authentication_v2(&answer.0, state, &by.passkey) {
            Ok(result) if result.user_verified() => Ok(Checked::Right(result)),
            Err(WebauthnError::CredentialPossibleCompromise) => Ok(Checked::Copied),
            Ok(_) | Err(_) => Ok(Checked::Wrong),
        }
    }
}

/// What a browser answered to a challenge.
#[derive(Debug, Clone)]
pub struct Answer(PublicKeyCredential);

impl Answer {
    /// What a browser gave, if it can be an answer at all.
    pub fn read(credential: &str) -> Option<Self> {
        serde_json::from_str(credential).ok().map(Self)
    }

    /// By what its ceremony is found.
    pub(super) fn challenge(&self) -> [u8; 32] {
        challenge_in(&self.0.response.client_data_json)
    }

    /// The challenge it says it answers.
    pub(super) fn challenge_text(&self) -> String {
        let said: Value = serde_json::from_slice(&self.0.response.client_data_json).unwrap_or_default();
        said["challenge"].as_str().unwrap_or_default().to_owned()
    }

    /// The id of the passkey that is said to have answered.
    pub(super) fn credential(&self) -> &[u8] {
        self.0.get_credential_id()
    }

    /// Whether it names its owner, which signing in without a name asks for.
    pub(super) fn names_somebody(&self) -> bool {
        self.0.get_user_unique_id().is_some()
    }

    /// Whether the owner it names, if it names one, is this account.
    fn names(&self, owner: AccountId) -> bool {
        self.0.get_user_unique_id().is_none_or(|handle| handle == owner.as_bytes())
    }
}

/// A passkey that a browser made.
#[derive(Debug, Clone)]
pub struct Made {
    credential: RegisterPublicKeyCredential,
    said: Value,
}

impl Made {
    /// What a browser gave, if it can be a passkey at all.
    pub fn read(credential: &str) -> Option<Self> {
        let said: Value = serde_json::from_str(credential).ok()?;
        Some(Self { credential: serde_json::from_str(credential).ok()?, said })
    }

    /// By what its ceremony is found.
    pub(super) fn challenge(&self) -> [u8; 32] {
        challenge_in(&self.credential.response.client_data_json)
    }
}

/// By what a ceremony is found: the hash of its challenge, as the browser is told it.
pub(super) fn digest_of_challenge(options: &Value) -> [u8; 32] {
    Sha256::digest(options["challenge"].as_str().unwrap_or_default()).into()
}

/// The same, from what the browser says it answers.
fn challenge_in(client_data: &[u8]) -> [u8; 32] {
    digest_of_challenge(&serde_json::from_slice(client_data).unwrap_or_default())
}

fn in_frame_of_another_site(client_data: &[u8]) -> bool {
    let said: Option<Value> = serde_json::from_slice(client_data).ok();
    said.is_none_or(|said| said["crossOrigin"] == true || !said["topOrigin"].is_null())
}

/// Bytes as browsers write them: base64url.
pub fn encoded(id: &[u8]) -> String {
    BASE64URL_NOPAD.encode(id)
}

/// What kind of passkey it is: its authenticator signs whether it can be synced; how it is reached is the browser's word.
fn kind_of(passkey: &Passkey, said: &Value) -> PasskeyKind {
    if Credential::from(passkey.clone()).backup_eligible {
        return PasskeyKind::Synced;
    }
    let transports = said["response"]["transports"].as_array().cloned().unwrap_or_default();
    let reached_by = |ways: &[&str]| transports.iter().any(|way| ways.contains(&way.as_str().unwrap_or_default()));
    match said["authenticatorAttachment"].as_str() {
        Some("platform") => PasskeyKind::OneDevice,
        _ if reached_by(&["internal"]) => PasskeyKind::OneDevice,
        _ if reached_by(&["usb", "nfc", "ble", "smart-card"]) => PasskeyKind::SecurityKey,
        _ => PasskeyKind::Untold,
    }
}
