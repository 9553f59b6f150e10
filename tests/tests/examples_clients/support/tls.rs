//! TLS in front of a server.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};
use ws_tests::binaries::target_directory;

/// Where a server is reached over TLS, and whom to trust for that.
pub(crate) struct Front {
    pub(crate) address: SocketAddr,
    /// A file with the certificate of the authority, in PEM.
    pub(crate) authority: PathBuf,
}

/// Puts TLS in front of a server, with a certificate for `localhost`.
pub(crate) async fn front(server: SocketAddr) -> Front {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let pem = params.self_signed(&key).unwrap().pem();
    let acceptor = acceptor(&Issuer::new(params, key));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    actix_rt::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            actix_rt::spawn(async move {
                // Clients that do not trust the certificate leave.
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    let mut server = TcpStream::connect(server).await.unwrap();
                    copy_bidirectional(&mut stream, &mut server).await.ok();
                }
            });
        }
    });
    let authority = target_directory().join(format!("ca-{}.pem", address.port()));
    std::fs::write(&authority, pem).unwrap();
    Front { address, authority }
}

fn acceptor(issuer: &Issuer<'_, KeyPair>) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

impl Front {
    pub(crate) fn url(&self) -> String {
        format!("wss://localhost:{}/echo", self.address.port())
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        std::fs::remove_file(&self.authority).ok();
    }
}
