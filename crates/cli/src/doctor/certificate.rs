//! The site's own certificate: from when and until when it is good, and whether it is for the site's name.

use std::path::Path;

use domain::clock::Time;
use rustls::client::verify_server_name;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::server::ParsedCertificate;
use x509_parser::parse_x509_certificate;

/// What the first certificate of a file says; the others only vouch for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificate {
    pub(super) begins: Time,
    pub(super) ends: Time,
    /// Whether browsers take it for the site's name.
    pub(super) named: bool,
}

impl Certificate {
    /// Reads the file that a setting names; `None` where none does.
    pub(super) fn of(path: &Path, host: &str) -> Option<Result<Self, String>> {
        (!path.as_os_str().is_empty()).then(|| Self::read(path, host))
    }

    fn read(path: &Path, host: &str) -> Result<Self, String> {
        let first = CertificateDer::from_pem_file(path).map_err(|error| error.to_string())?;
        let (_, said) = parse_x509_certificate(&first).map_err(|error| error.to_string())?;
        let time = |seconds: i64| Time::from_second(seconds).map_err(|error| error.to_string());
        let (begins, ends) = (said.validity().not_before.timestamp(), said.validity().not_after.timestamp());
        let parsed = ParsedCertificate::try_from(&first).map_err(|error| error.to_string())?;
        let name = ServerName::try_from(host.to_owned());
        let named = name.is_ok_and(|name| verify_server_name(&parsed, &name).is_ok());
        Ok(Self { begins: time(begins)?, ends: time(ends)?, named })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_says_for_whom_and_until_when_it_is_good() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("certificate.pem");
        let names = vec!["harbour.ch".to_owned(), "*.harbour.example".to_owned()];
        let key = rcgen::KeyPair::generate().unwrap();
        let mut made = rcgen::CertificateParams::new(names).unwrap();
        (made.not_before, made.not_after) = (rcgen::date_time_ymd(2026, 1, 2), rcgen::date_time_ymd(2026, 4, 2));
        std::fs::write(&path, made.self_signed(&key).unwrap().pem()).unwrap();
        let read = |host: &str| Certificate::of(&path, host).unwrap().unwrap();
        for (host, named) in
            [("harbour.ch", true), ("www.harbour.example", true), ("www.harbour.ch", false), ("a b", false)]
        {
            assert_eq!(read(host).named, named, "{host}");
        }
        let (begins, ends) = (read("harbour.ch").begins.to_string(), read("harbour.ch").ends.to_string());
        assert_eq!((begins.as_str(), ends.as_str()), ("2026-01-02T00:00:00Z", "2026-04-02T00:00:00Z"));
        assert!(Certificate::of(Path::new(""), "harbour.ch").is_none());
        std::fs::write(&path, "nothing").unwrap();
        assert!(Certificate::of(&path, "harbour.ch").unwrap().is_err());
    }
}
