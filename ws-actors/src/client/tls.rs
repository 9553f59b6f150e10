use std::{
    io,
    sync::{Arc, OnceLock},
};

use thiserror::Error;
use tokio::{net::TcpStream, task::spawn_blocking};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, AlertDescription, ClientConfig, RootCertStore,
        client::{WantsClientCert, danger::ServerCertVerifier},
        crypto::ring,
        pki_types::{
            CertificateDer, ServerName,
            pem::{self, PemObject},
        },
    },
};

use super::{ConnectError, Stage};

mod unverified;

/// How servers of `wss:` URLs are recognised: TLS by [rustls](super::rustls),
/// with the cryptography of *ring* whatever the process prefers.
///
/// A clone is the same: connections share the sessions that can be resumed.
#[derive(Debug, Clone)]
pub struct Tls(Arc<ClientConfig>);

/// No TLS could be agreed on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The system trusts nobody, as far as can be read.
    #[error("system has no root certificates: give some with `Tls::with_roots` ({0})")]
    NoSystemRoots(String),
    /// There is no certificate in what was given.
    #[error("no certificate was given")]
    NoCertificates,
    /// What was given is not PEM.
    #[error("certificates are not PEM: {0}")]
    Pem(#[from] pem::Error),
    /// What was given cannot be a root certificate.
    #[error("root certificate cannot be used: {0}")]
    Root(#[source] rustls::Error),
    /// The URL's host is nothing that a certificate could name.
    #[error("{0:?} is no name that a certificate could have")]
    ServerName(String),
    /// The TLS handshake failed: above all, the server's certificate is not
    /// trusted, or is another host's.
    #[error("TLS handshake failed: {0}")]
    Handshake(#[source] rustls::Error),
}

impl Tls {
    /// Trusts whom the system trusts: what a connector does by default.
    ///
    /// The certificates are read once in the life of the process, which takes
    /// some milliseconds and blocks. `SSL_CERT_FILE` and `SSL_CERT_DIR` name
    /// others than the system's.
    ///
    /// # Errors
    ///
    /// If none can be read.
    pub fn system() -> Result<Self, TlsError> {
        if let Some(tls) = SYSTEM.get() {
            return Ok(tls.clone());
        }
        let read = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        // Systems have certificates of old that nothing can read; so few are missed.
        roots.add_parsable_certificates(read.certs);
        if roots.is_empty() {
            let reasons = read.errors.iter().map(ToString::to_string);
            return Err(TlsError::NoSystemRoots(
                reasons.collect::<Vec<_>>().join("; "),
            ));
        }
        Ok(SYSTEM.get_or_init(|| Self::trusting(roots)).clone())
    }

    /// Trusts these root certificates, and no others.
    ///
    /// # Errors
    ///
    /// If one of them is none, or there is none.
    pub fn with_roots(
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates {
            roots.add(certificate).map_err(TlsError::Root)?;
        }
        if roots.is_empty() {
            return Err(TlsError::NoCertificates);
        }
        Ok(Self::trusting(roots))
    }

    /// Trusts the root certificates in this PEM file's content, and no others.
    ///
    /// # Errors
    ///
    /// If one of them is none, or there is none.
    pub fn with_pem(pem: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        let certificates = CertificateDer::pem_slice_iter(pem.as_ref());
        Self::with_roots(certificates.collect::<Result<Vec<_>, _>>()?)
    }

    /// Does as this configuration says, for example with a certificate of the
    /// client's own. Its ALPN protocols should be none, or `http/1.1` alone.
    #[must_use]
    pub const fn from_config(config: Arc<ClientConfig>) -> Self {
        Self(config)
    }

    /// Takes any certificate for the server's.
    ///
    /// # Danger
    ///
    /// Whoever sits between can read and change all that is said. This is for
    /// trying things out on a machine of one's own, and for nothing else;
    /// [`with_pem`](Self::with_pem) trusts a certificate that signed itself.
    #[must_use]
    pub fn dangerous_without_verification() -> Self {
        let verifier = Arc::new(unverified::AnyServer::new(&ring::default_provider()));
        Self::building(|builder| {
            builder
                .dangerous()
                .with_custom_certificate_verifier(verifier as Arc<dyn ServerCertVerifier>)
        })
    }

    fn trusting(roots: RootCertStore) -> Self {
        Self::building(|builder| builder.with_root_certificates(roots))
    }

    fn building(
        verifying: impl FnOnce(
            rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier>,
        ) -> rustls::ConfigBuilder<ClientConfig, WantsClientCert>,
    ) -> Self {
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("ring has cipher suites for the default versions");
        let mut config = verifying(builder).with_no_client_auth();
        // A server that prefers HTTP/2 would wait for another handshake.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(Arc::new(config))
    }

    /// [`system`](Self::system), without blocking the thread.
    pub(super) async fn system_unblocked() -> Result<Self, ConnectError> {
        if let Some(tls) = SYSTEM.get() {
            return Ok(tls.clone());
        }
        match spawn_blocking(Self::system).await {
            Ok(read) => Ok(read?),
            Err(stopped) => Err(broken(stopped.into())),
        }
    }

    /// The TLS handshake with the server of this name.
    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, ConnectError> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TlsError::ServerName(host.to_owned()))?;
        let connecting = TlsConnector::from(Arc::clone(&self.0)).connect(name, stream);
        connecting
            .await
            .map_err(|error| match error.downcast::<rustls::Error>() {
                Ok(error) => TlsError::Handshake(error).into(),
                Err(error) => broken(error),
            })
    }
}

impl TlsError {
    /// Whether it may well pass: only if the server says that it is in trouble.
    pub(super) const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Handshake(rustls::Error::AlertReceived(
                AlertDescription::InternalError
            ))
        )
    }
}

const fn broken(source: io::Error) -> ConnectError {
    ConnectError::Broken {
        stage: Stage::Tls,
        source,
    }
}

/// [`Tls::system`], once it was read.
static SYSTEM: OnceLock<Tls> = OnceLock::new();
