use std::sync::{Arc, OnceLock};

use async_nats::rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::task::spawn_blocking;

/// Whom to trust.
#[derive(Default)]
pub(super) struct Roots {
    pem: Option<Vec<u8>>,
    read: OnceLock<ClientConfig>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Roots {
    pub(super) const fn new(pem: Vec<u8>) -> Self {
        Self {
            pem: Some(pem),
            read: OnceLock::new(),
        }
    }

    /// The library is given a configuration, since its own panics in a process
    /// with two providers of cryptography. A server may ask for TLS even if
    /// the URL does not.
    pub(super) async fn config(&self) -> Result<ClientConfig, Failure> {
        if let Some(config) = self.read.get() {
            return Ok(config.clone());
        }
        let mut roots = RootCertStore::empty();
        if let Some(pem) = &self.pem {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let root = certificate.map_err(|error| format!("root certificates: {error}"))?;
                let added = roots.add(root);
                added.map_err(|error| format!("root certificate cannot be used: {error}"))?;
            }
            if roots.is_empty() {
                return Err("there is no root certificate in what was given".into());
            }
        } else {
            // If there is none, it is an untrusted server that tells of it.
            let read = spawn_blocking(rustls_native_certs::load_native_certs).await?;
            roots.add_parsable_certificates(read.certs);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.read.get_or_init(|| config).clone())
    }
}
