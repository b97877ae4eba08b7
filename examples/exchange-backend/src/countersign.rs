//! Asking Countersign, with each request signed: HTTP Message Signatures (RFC 9421), Ed25519.

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use aws_lc_rs::signature::Ed25519KeyPair;
use data_encoding::{BASE64, HEXLOWER};
use jiff::Timestamp;
use serde_json::Value;

/// Countersign, and the key we sign with.
pub(crate) struct Countersign {
    /// Where it listens, like `http://127.0.0.1:8080`.
    at: String,
    /// The host of the site as customers know it: what is signed for, wherever we connect.
    authority: String,
    key_id: String,
    key: Ed25519KeyPair,
    client: reqwest::Client,
}

impl Countersign {
    /// `pem` is what `openssl genpkey -algorithm ed25519` writes.
    pub(crate) fn new(at: String, site: &str, key_id: String, pem: &str) -> Result<Self> {
        let bare: String = pem.lines().filter(|line| !line.starts_with("-----")).map(str::trim).collect();
        let der = BASE64.decode(bare.as_bytes()).context("the private key is no PEM")?;
        let key = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).map_err(|why| anyhow!("the private key: {why}"))?;
        let authority = site.split("://").nth(1).context("SITE is an address like https://exchange.example")?;
        Ok(Self { at, authority: authority.to_ascii_lowercase(), key_id, key, client: reqwest::Client::new() })
    }

    /// May this account move money now?
    pub(crate) async fn standing(&self, account: &str) -> Result<Value> {
        if !account.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            bail!("this is no account");
        }
        self.send("GET", &format!("/api/v1/service/accounts/{account}/standing"), None).await
    }

    /// Tells of what moved. `once` is our own word for this request.
    pub(crate) async fn report(&self, once: &str, events: &Value) -> Result<Value> {
        self.send("POST", "/api/v1/service/events", Some((once, events.to_string()))).await
    }

    async fn send(&self, method: &str, path: &str, body: Option<(&str, String)>) -> Result<Value> {
        // What is covered, in the order in which it is signed.
        let mut covered =
            vec![("@method", method.to_owned()), ("@authority", self.authority.clone()), ("@path", path.to_owned())];
        if let Some((once, body)) = &body {
            let hash = BASE64.encode(digest(&SHA256, body.as_bytes()).as_ref());
            covered.push(("content-type", "application/json".to_owned()));
            covered.push(("content-digest", format!("sha-256=:{hash}:")));
            covered.push(("idempotency-key", (*once).to_owned()));
        }
        let (input, signature) = self.sign(&covered)?;
        let url = format!("{}{path}", self.at);
        let mut request = self.client.request(method.parse()?, url);
        for (name, value) in covered.iter().filter(|(name, _)| !name.starts_with('@')) {
            request = request.header(*name, value);
        }
        request = request.header("signature-input", input).header("signature", signature);
        if let Some((_, body)) = body {
            request = request.body(body);
        }
        let answer = request.send().await.context("Countersign does not answer")?;
        let (status, said) = (answer.status(), answer.json::<Value>().await.context("no JSON")?);
        if !status.is_success() {
            bail!("Countersign says {status}: {} {}", said["title"], said["detail"]);
        }
        Ok(said)
    }

    /// The two headers of a signature over these.
    fn sign(&self, covered: &[(&str, String)]) -> Result<(String, String)> {
        let names: Vec<String> = covered.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let mut nonce = [0; 16];
        rand::fill(&mut nonce).map_err(|_| anyhow!("no random bytes"))?;
        let (created, nonce, key) = (clock().as_second(), HEXLOWER.encode(&nonce), &self.key_id);
        let params = format!(
            "({});created={created};expires={};nonce=\"{nonce}\";keyid=\"{key}\"",
            names.join(" "),
            created + 60
        );
        let lines: Vec<String> = covered.iter().map(|(name, value)| format!("\"{name}\": {value}\n")).collect();
        let base = format!("{}\"@signature-params\": {params}", lines.concat());
        let signature = BASE64.encode(self.key.sign(base.as_bytes()).as_ref());
        Ok((format!("sig={params}"), format!("sig=:{signature}:")))
    }
}

/// The time of now in seconds since 1970.
pub(crate) fn seconds() -> i64 {
    clock().as_second()
}

/// The time of now as RFC 3339.
pub(crate) fn now() -> String {
    clock().to_string()
}

#[expect(clippy::disallowed_methods, reason = "a program of its own, which has no other clock")]
fn clock() -> Timestamp {
    Timestamp::now()
}
