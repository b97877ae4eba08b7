//! TLS to PostgreSQL, by rustls; whether it is used is the connection string's `sslmode`.

use std::sync::Arc;

use domain::refusal::Fault;
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connector that trusts the machine's certificates.
pub(crate) fn connector() -> Result<MakeRustlsConnect, Fault> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that cannot be read trusts nobody, which is safe.
        let _ = roots.add(certificate);
    }
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(Fault::broken)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
