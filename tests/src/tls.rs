//! Certificates for the servers and clients of one test.

use std::{fs, path::PathBuf, process, sync::Arc};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};

use crate::binaries::target_directory;

/// A certificate authority that nobody else trusts, and its one certificate: for
/// 127.0.0.1 and localhost.
#[derive(Debug)]
pub struct Authority {
    root: CertificateDer<'static>,
    file: PathBuf,
    identity_file: PathBuf,
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "time knows three")]
pub enum Validity {
    /// No longer.
    Past,
    /// Now.
    Now,
    /// Not yet.
    Future,
}

impl Authority {
    /// Makes up keys, and signs. Until this is dropped, there are files called
    /// after `name`, which no other test may use.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut root = CertificateParams::default();
        root.distinguished_name
            .push(DnType::CommonName, "authority of ws-tests");
        root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root_key = key();
        let signed = root.self_signed(&root_key).expect("the parameters fit");

        let names = ["127.0.0.1".to_owned(), "localhost".to_owned()];
        let mut leaf = CertificateParams::new(names).expect("names are names");
        leaf.distinguished_name
            .push(DnType::CommonName, "server of ws-tests");
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Python is strict: without this it trusts nobody.
        leaf.use_authority_key_identifier_extension = true;
        let leaf_key = key();
        let issuer = Issuer::new(root, root_key);
        let certificate = leaf.signed_by(&leaf_key, &issuer);
        let certificate = certificate.expect("the parameters fit");

        let folder = target_directory().join("tests-tls");
        fs::create_dir_all(&folder).expect("the target folder can be written to");
        let write = |kind: &str, pem: String| {
            let file = folder.join(format!("{name}-{}{kind}.pem", process::id()));
            fs::write(&file, pem).expect("the target folder can be written to");
            file
        };
        let identity = certificate.pem() + &leaf_key.serialize_pem();
        Self {
            root: signed.der().clone(),
            file: write("", signed.pem()),
            identity_file: write("-identity", identity),
            certificate: certificate.der().clone(),
            key: PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into()),
            issuer,
        }
    }

    /// The file with the authority's own certificate, in PEM.
    #[must_use]
    pub const fn file(&self) -> &PathBuf {
        &self.file
    }

    /// The file with the one certificate and its key, in PEM.
    #[must_use]
    pub const fn identity_file(&self) -> &PathBuf {
        &self.identity_file
    }

    /// What a server needs that shows the certificate.
    #[must_use]
    pub fn server(&self) -> ServerConfig {
        showing(self.certificate.clone(), self.key.clone_key())
    }

    /// What a server needs that shows a certificate for this name, for a time that
    /// may not be now.
    #[must_use]
    pub fn server_for(&self, name: &str, validity: Validity) -> ServerConfig {
        let leaf = CertificateParams::new([name.to_owned()]);
        let mut leaf = leaf.expect("names are names");
        match validity {
            Validity::Past => leaf.not_after = date_time_ymd(2001, 1, 1),
            Validity::Now => {}
            Validity::Future => leaf.not_before = date_time_ymd(4000, 1, 1),
        }
        let leaf_key = key();
        let signed = leaf.signed_by(&leaf_key, &self.issuer);
        let certificate = signed.expect("the parameters fit").der().clone();
        let key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
        showing(certificate, key)
    }

    /// What a client needs that trusts this authority and no other.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        trusting(self.root.clone())
    }
}

/// What a client needs that trusts this authority and no other.
pub(crate) fn trusting(authority: CertificateDer<'static>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let added = roots.add(authority);
    added.expect("it is a certificate of an authority");
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows both versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

impl Drop for Authority {
    fn drop(&mut self) {
        fs::remove_file(&self.file).ok();
        fs::remove_file(&self.identity_file).ok();
    }
}

fn showing(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the provider knows both versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("the key is the certificate's")
}

fn key() -> KeyPair {
    KeyPair::generate().expect("there is randomness")
}
