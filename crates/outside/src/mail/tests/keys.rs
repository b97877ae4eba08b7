//! Keys that sign letters, and those that cannot. What a signature is worth is tested with other people's verifiers, in
//! `crates/testkit/tests/faults`.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use data_encoding::BASE64;

use super::{clock, file, settings};
use crate::mail::{MailSettings, SmtpCarrier};

/// Made for this test; nobody believes a key this short any more.
const SHORT: &str = "\
-----BEGIN RSA PRIVATE KEY-----\n\
MIICXAIBAAKBgQDZNa/clA/FI3XCKTEF1DeRkWWm7PAlc/gxd21JskSf2HGoLCcc\n\
028lfy1PHBCrvR3N/nZrFp23TkAisTtv0zE2qiQo/p2XhdF3cdAHD1NWD4PZVUsN\n\
OlXaaM91q8oTiM50AoROcobUpgax7b4udBnrL75EGLojxwWs/vqE4Qky2wIDAQAB\n\
AoGACAHiqc8Lhcj43l+GXyCjq8ogZTb242qTC7/LV5wqy3m/NuPpzTY+MrOth+0Q\n\
8EPYhW+MDgaXadqIor7F4il29uuLhNqahv2qahvMEIqhl41bUvrJtP/ZhYNYGgbg\n\
RrQbfLFhePBA7n3O+yRNe5AjVVnEs4CEMFPeWkgzJqHu9wECQQDu6x9LOWvbO1Ky\n\
XiLRLLjETsl9IR+4UVIN+KmQGOVUWvh1SWDiWbU/HFM4nRNs4JWNrm0hQObJLNlK\n\
44GOChbDAkEA6L076bVhDMTKPD9rKZSU7ahPnt9asaUGJNcTa/pWbdyCqj7rr1ej\n\
xh+sWKpxvnCzL2hJstgW1v5SKVePgC2iCQJBALIsMfg9aEvkH7XZMgngWiI7x1ND\n\
oo4oRxMYQAuwJUYVWXjOMixbTik0jHOJ4HSvv5gbXlMQPYwFoD6TD4jHyVUCQACo\n\
MBgby/dWQt/iqfHHGpiFJhxjswTXW2oVNVfTsBTFT5UdclrfW3X+tuTVLlcESG00\n\
1ShtFbtrol29gokxF8kCQAYTiu8k8JxxaxoMoT1LFeg+C41+6g9sNVnIFA4kBbNh\n\
wSYsFck/UQIZcqNLLOi63veGhsnZTgbFc3V8prkFFbQ=\n\
-----END RSA PRIVATE KEY-----\n\
";

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", BASE64.encode(der))
}

fn key() -> String {
    let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
    pem(der.as_ref())
}

fn signing(key: &Path) -> MailSettings {
    MailSettings { dkim_key: key.to_owned(), dkim_selector: "autumn".to_owned(), ..settings(25) }
}

#[test]
fn the_record_for_the_dns_names_the_key_of_the_senders_domain() {
    let key = file(&key());
    let record = signing(key.path()).dkim_record().unwrap().unwrap();
    assert_eq!(record.name, "autumn._domainkey.exchange.example");
    // The beginning of every public key of RSA in 2048 bits.
    assert!(record.text.starts_with("v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA"), "{record:?}");
    assert_eq!(settings(25).dkim_record().unwrap(), None);
}

#[test]
fn a_key_that_cannot_sign_is_said_before_the_first_letter() {
    let unfit = |settings: MailSettings| {
        SmtpCarrier::new(&settings, clock()).err().map(|unfit| unfit.to_string()).unwrap_or_default()
    };
    assert!(unfit(signing("/nowhere/dkim.pem".as_ref())).contains("/nowhere/dkim.pem, cannot be used: No such file"));
    let curve = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (text, why) in [
        ("", "no private key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "it is no RSA key of 2048 to 4096 bits"),
        (curve.as_str(), "it is no RSA key of 2048 to 4096 bits"),
        (SHORT, "it is no RSA key of 2048 to 4096 bits: TooSmall"),
    ] {
        let key = file(text);
        let said = unfit(signing(key.path()));
        assert!(said.contains(why), "{said} instead of {why}");
    }
    let good = file(&key());
    assert_eq!(unfit(signing(good.path())), "");
    assert_eq!(unfit(MailSettings { dkim_domain: "Example".to_owned(), ..signing(good.path()) }), "");
    for stranger in ["other.example", "change.example", "mail.exchange.example"] {
        let said = unfit(MailSettings { dkim_domain: stranger.to_owned(), ..signing(good.path()) });
        assert!(said.contains(stranger) && said.contains("exchange.example"), "{said}");
    }
    for selector in ["", "a b", "a;b", "a..b", "a\r\nb"] {
        let said = unfit(MailSettings { dkim_selector: selector.to_owned(), ..signing(good.path()) });
        assert!(said.contains("cannot stand in the DNS"), "{selector:?}: {said}");
    }
}
