use std::{io, sync::Arc};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

use super::address::Server;

/// Bytes to a server and back. The library is given them, since its own TLS
/// panics in a process with two providers of cryptography.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Stream for T {}

/// Whom to trust, and as whom to appear: PEM.
#[derive(Default)]
pub(super) struct Certificates {
    pub(super) root: Option<Vec<u8>>,
    /// The chain, and its key.
    pub(super) client: Option<(Vec<u8>, Vec<u8>)>,
}

/// Connects to a server, over TLS if there is a connector for that.
pub(super) async fn open(
    server: &Server,
    tls: Option<&TlsConnector>,
) -> io::Result<Box<dyn Stream>> {
    match server {
        Server::Tcp(host, port) => {
            let stream = TcpStream::connect((&**host, *port)).await?;
            stream.set_nodelay(true)?;
            let Some(tls) = tls else {
                return Ok(Box::new(stream));
            };
            let name = ServerName::try_from(host.clone()).map_err(io::Error::other)?;
            Ok(Box::new(tls.connect(name, stream).await?))
        }
        #[cfg(unix)]
        Server::Unix(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Server::Unix(_) => Err(io::ErrorKind::Unsupported.into()),
    }
}

impl Certificates {
    /// What is needed to connect. Reads those of the system, if no other root
    /// was given, which takes some milliseconds.
    pub(super) fn connector(&self) -> io::Result<TlsConnector> {
        let mut roots = RootCertStore::empty();
        match &self.root {
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate = certificate.map_err(io::Error::other)?;
                    roots.add(certificate).map_err(io::Error::other)?;
                }
            }
            // Systems have certificates of old that nothing can read.
            None => {
                let read = rustls_native_certs::load_native_certs();
                roots.add_parsable_certificates(read.certs);
            }
        }
        if roots.is_empty() {
            return Err(io::Error::other(NO_ROOTS));
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots);
        let config = match &self.client {
            Some((chain, key)) => {
                let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
                let key = PrivateKeyDer::from_pem_slice(key).map_err(io::Error::other)?;
                config
                    .with_client_auth_cert(chain.map_err(io::Error::other)?, key)
                    .map_err(io::Error::other)?
            }
            None => config.with_no_client_auth(),
        };
        Ok(TlsConnector::from(Arc::new(config)))
    }
}

const NO_ROOTS: &str = "there is no root certificate to trust: give one with `root_certificate`";
