//! A small apt archive, signed by a key that was made for these tests alone.

use std::io::Write as _;

use depstate::model::Sha256;
use pgp::{
    composed::{
        ArmorOptions, CleartextSignedMessage, Deserializable, DetachedSignature, SignedSecretKey,
    },
    crypto::hash::HashAlgorithm,
    packet::{SignatureConfig, SignatureType, Subpacket, SubpacketData},
    types::{KeyDetails, Password, Timestamp},
};

use crate::support::upstream::{Answer, Upstream};

/// Of the key that signs.
pub(super) const FINGERPRINT: &str = "8C430178C72DD5098F3FB1C3DEA8A4EBDD5BE251";
pub(super) const PUBLIC: &str = include_str!("archive.asc");
/// A key that signs nothing here.
pub(super) const ELSE: &str = include_str!("else.asc");
const SECRET: &str = include_str!("archive-secret.asc");
/// 1 February 2025.
const SIGNED_AT: u32 = 1_738_368_000;

/// Where the signature is.
pub(super) enum Signed {
    Inside,
    Beside,
    Not,
}

pub(super) struct Archive<'u> {
    upstream: &'u Upstream,
    suite: &'static str,
    fields: String,
    sums: String,
}

impl<'u> Archive<'u> {
    pub(super) fn new(upstream: &'u Upstream) -> Self {
        Self { upstream, suite: "stable", fields: String::new(), sums: String::new() }
    }

    /// What the signed file says of the suite.
    pub(super) fn suite(mut self, suite: &'static str) -> Self {
        self.suite = suite;
        self
    }

    /// One more field.
    pub(super) fn field(mut self, field: &str) -> Self {
        self.fields += &format!("{field}\n");
        self
    }

    /// A file that is listed and not served.
    pub(super) fn listed(mut self, path: &str, bytes: impl AsRef<[u8]>) -> Self {
        let bytes = bytes.as_ref();
        self.sums += &format!(" {} {:>8} {path}\n", Sha256::of(bytes), bytes.len());
        self.upstream.route(&format!("/debian/dists/stable/{path}"), Answer::status(404));
        self
    }

    /// A file that is listed and served.
    pub(super) fn file(self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let listed = self.listed(path, &bytes);
        listed.upstream.route(&format!("/debian/dists/stable/{path}"), Answer::body(bytes));
        listed
    }

    /// The Release file.
    pub(super) fn text(&self) -> String {
        format!(
            "Origin: Tests\nSuite: {}\nDate: Sat, 01 Feb 2025 00:00:00 UTC\n{}Architectures: all amd64 arm64 s390x\n\
             No-Support-for-Architecture-all: Packages\nComponents: main contrib\nDescription: of the tests\n\
             MD5Sum:\n 00000000000000000000000000000000 1 main/binary-amd64/Packages\nSHA256:\n{}",
            self.suite, self.fields, self.sums
        )
    }

    /// The Release file with its signature around it.
    pub(super) fn inside(&self) -> String {
        let key = key();
        let config = config(&key, SignatureType::Text);
        let signed =
            CleartextSignedMessage::new(&self.text(), config, &key.primary_key, &Password::empty());
        signed.unwrap().to_armored_string(ArmorOptions::default()).unwrap()
    }

    /// The signature by itself.
    fn beside(&self) -> String {
        let (key, text) = (key(), self.text());
        let config = config(&key, SignatureType::Binary);
        let signature = config.sign(&key.primary_key, &Password::empty(), text.as_bytes()).unwrap();
        DetachedSignature::new(signature).to_armored_string(ArmorOptions::default()).unwrap()
    }

    pub(super) fn serve(&self, signed: Signed) {
        let at = |name: &str, answer| {
            self.upstream.route(&format!("/debian/dists/stable/{name}"), answer);
        };
        for name in ["InRelease", "Release", "Release.gpg"] {
            at(name, Answer::status(404));
        }
        match signed {
            Signed::Inside => at("InRelease", Answer::body(self.inside())),
            Signed::Beside => {
                at("Release", Answer::body(self.text()));
                at("Release.gpg", Answer::body(self.beside()));
            }
            Signed::Not => at("Release", Answer::body(self.text())),
        }
    }
}

fn key() -> SignedSecretKey {
    SignedSecretKey::from_string(SECRET).unwrap().0
}

fn config(key: &SignedSecretKey, kind: SignatureType) -> SignatureConfig {
    let mut config = SignatureConfig::v4(kind, key.primary_key.algorithm(), HashAlgorithm::Sha256);
    let subpacket = |data| Subpacket::regular(data).unwrap();
    config.hashed_subpackets = vec![
        subpacket(SubpacketData::SignatureCreationTime(Timestamp::from_secs(SIGNED_AT))),
        subpacket(SubpacketData::IssuerFingerprint(key.primary_key.fingerprint())),
    ];
    config
}

/// What an index says of `tool`.
pub(super) fn paragraph(version: &str, architecture: &str, bytes: &[u8]) -> String {
    let file = version.split_once(':').map_or(version, |(_, rest)| rest);
    format!(
        "Package: tool\nSource: tools\nVersion: {version}\nArchitecture: {architecture}\n\
         Description: a tool\n for tests\n .\n Package: decoy\nSection: devel\n\
         Filename: pool/t/tool_{file}_{architecture}.deb\nSize: {}\nMD5sum: 00\nSHA256: {}\n",
        bytes.len(),
        Sha256::of(bytes)
    )
}

pub(super) fn xz(text: &str) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn gz(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}
