//! The page's port by https: the certificate, given or made, and the end of TLS.
//!
//! Only a page by https, or of this machine, is *secure* to a browser: it has a fine clock, the clipboard and a hub for all
//! tabs. Without the feature `tls` of this package the options are refused in words.

use std::path::PathBuf;

pub(crate) use imp::{Tls, Wire, plain};

/// What the options say about https.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A certificate that the lab makes, for these names and addresses.
    Made(Vec<String>),
    /// The files with a certificate, and with its key.
    Given(PathBuf, PathBuf),
}

/// What a client speaks.
pub(crate) enum Speaks {
    Tls,
    /// Anything else, as a browser does whose person has typed an address without https.
    Plain,
}

#[cfg(feature = "tls")]
mod imp {
    use std::{fmt::Write as _, io, path::Path, sync::Arc, time::SystemTime};

    use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
    use sha2::{Digest as _, Sha256};
    use time::{Duration, OffsetDateTime};
    use tokio::net::TcpStream;
    use tokio_rustls::{
        TlsAcceptor,
        rustls::{
            ServerConfig,
            crypto::ring,
            pki_types::{
                CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer,
                pem::{Error as PemError, PemObject as _},
            },
        },
        server::TlsStream,
    };
    use tokio_util::either::Either;

    use super::{Speaks, Wanted};

    /// A connection to one of the lab's ports.
    pub(crate) type Wire = Either<TcpStream, TlsStream<TcpStream>>;

    /// The first byte of a client that speaks TLS: the record of a handshake.
    const HANDSHAKE: u8 = 22;
    /// How long a certificate of the lab is good. Some browsers refuse one of more than 825 days.
    const GOOD_FOR: Duration = Duration::days(365);
    /// Clocks of a class differ.
    const GOOD_BEFORE: Duration = Duration::days(1);

    /// Ends TLS.
    #[derive(Clone)]
    pub(crate) struct Tls {
        acceptor: TlsAcceptor,
        /// The SHA-256 of a certificate that the lab has made, as browsers show it.
        made: Option<String>,
    }

    impl std::fmt::Debug for Tls {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("Tls").field("made", &self.made).finish_non_exhaustive()
        }
    }

    impl Tls {
        /// Reads or makes the certificate. An error is a sentence for the person who gave the options.
        pub(crate) fn new(wanted: &Wanted) -> Result<Self, String> {
            let (chain, key) = match wanted {
                Wanted::Given(certificate, key) => given(certificate, key)?,
                Wanted::Made(names) => made(names).map_err(|error| format!("no certificate can be made: {error}"))?,
            };
            let made = matches!(wanted, Wanted::Made(_)).then(|| chain.first().map(fingerprint)).flatten();
            let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
                .with_safe_default_protocol_versions()
                .and_then(|versions| versions.with_no_client_auth().with_single_cert(chain, key));
            let mut config = config.map_err(|error| format!("the certificate and the key do not fit: {error}"))?;
            config.alpn_protocols = vec![b"http/1.1".into()];
            Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), made })
        }

        /// The SHA-256 of a certificate that the lab has made itself.
        pub(crate) fn made(&self) -> Option<&str> {
            self.made.as_deref()
        }

        /// Begins a connection. The caller bounds the time.
        pub(crate) async fn begin(&self, stream: TcpStream) -> io::Result<(Wire, Speaks)> {
            let mut first = [0];
            stream.peek(&mut first).await?;
            if first != [HANDSHAKE] {
                return Ok((plain(stream), Speaks::Plain));
            }
            Ok((Either::Right(self.acceptor.accept(stream).await?), Speaks::Tls))
        }
    }

    /// A connection without TLS.
    pub(crate) fn plain(stream: TcpStream) -> Wire {
        Either::Left(stream)
    }

    type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

    fn given(certificate: &Path, key: &Path) -> Result<Pair, String> {
        let wrong = |what: &str, path: &Path, error: PemError| {
            format!("{} holds no {what}: {error}. Expected a file in PEM", path.display())
        };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|error| wrong("certificate", certificate, error))?;
        if chain.is_empty() {
            return Err(wrong("certificate", certificate, PemError::NoItemsFound));
        }
        let key = PrivateKeyDer::from_pem_file(key).map_err(|error| wrong("private key", key, error))?;
        Ok((chain, key))
    }

    #[allow(clippy::disallowed_methods, reason = "a certificate is good from now on")]
    fn made(names: &[String]) -> Result<Pair, rcgen::Error> {
        let mut params = CertificateParams::new(names)?;
        let now = OffsetDateTime::from(SystemTime::now());
        (params.not_before, params.not_after) = (now - GOOD_BEFORE, now + GOOD_FOR);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "ZBytes Lab");
        let key = KeyPair::generate()?;
        let certificate = params.self_signed(&key)?;
        Ok((vec![certificate.der().clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
    }

    fn fingerprint(certificate: &CertificateDer<'_>) -> String {
        let mut text = String::new();
        for byte in Sha256::digest(certificate) {
            let colon = if text.is_empty() { "" } else { ":" };
            // Writing to a text never fails.
            let _ = write!(text, "{colon}{byte:02X}");
        }
        text
    }
}

#[cfg(not(feature = "tls"))]
mod imp {
    use std::io;

    use tokio::net::TcpStream;

    use super::{Speaks, Wanted};

    /// A connection to one of the lab's ports.
    pub(crate) type Wire = TcpStream;

    /// Nothing: this program is built without TLS.
    #[derive(Debug, Clone)]
    pub(crate) enum Tls {}

    impl Tls {
        pub(crate) fn new(_: &Wanted) -> Result<Self, String> {
            Err("this program is built without TLS. Build it with the feature tls, as scripts/serve --tls does"
                .to_owned())
        }

        pub(crate) fn made(&self) -> Option<&str> {
            match *self {}
        }

        pub(crate) async fn begin(&self, _: TcpStream) -> io::Result<(Wire, Speaks)> {
            match *self {}
        }
    }

    /// A connection without TLS.
    pub(crate) fn plain(stream: TcpStream) -> Wire {
        stream
    }
}

#[cfg(all(test, feature = "tls", unix))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation must stop the test")]
mod tests {
    use std::fs;

    use data_encoding::BASE64;
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn pem(what: &str, der: &[u8]) -> String {
        format!("-----BEGIN {what}-----\n{}\n-----END {what}-----\n", BASE64.encode(der))
    }

    #[test]
    fn given_certificate_is_taken_and_what_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: String| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (key, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let certificate = CertificateParams::new(["lab.example".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = file("certificate.pem", pem("CERTIFICATE", certificate.der()));
        let key = file("key.pem", pem("PRIVATE KEY", &key.serialize_der()));
        let other = file("other.pem", pem("PRIVATE KEY", &other.serialize_der()));
        let nothing = file("nothing.pem", "nothing".to_owned());
        let missing = folder.path().join("missing.pem");

        let tls = Tls::new(&Wanted::Given(certificate.clone(), key.clone())).unwrap();
        assert_eq!(tls.made(), None);
        for (certificate, key, words) in [
            (&missing, &key, "missing.pem holds no certificate"),
            (&nothing, &key, "nothing.pem holds no certificate"),
            (&key, &key, "key.pem holds no certificate"),
            (&certificate, &certificate, "certificate.pem holds no private key"),
            (&certificate, &other, "do not fit"),
        ] {
            let error = Tls::new(&Wanted::Given(certificate.clone(), key.clone())).unwrap_err();
            assert!(error.contains(words), "{words}: {error}");
        }
    }

    #[test]
    fn made_certificate_is_another_one_each_time() {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
        let made = || Tls::new(&Wanted::Made(names.clone())).unwrap().made().unwrap().to_owned();
        let (first, second) = (made(), made());
        assert_eq!(first.len(), 32 * 3 - 1, "{first}");
        assert_ne!(first, second);
    }
}
