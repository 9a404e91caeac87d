//! What of this machine a step sees: tools, libraries, and the settings that they can't do without.

use std::path::{Path, PathBuf};

/// Folders of the system. Some are links into others, some are not there.
pub(super) const FOLDERS: &[&str] =
    &["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// What compilers, interpreters and TLS read below `/etc`; nothing that is secret or a person's.
const SETTINGS: &[&str] = &[
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "fonts",
    "host.conf",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "lsb-release",
    "magic",
    "mime.types",
    "os-release",
    "perl",
    "pki/ca-trust",
    "pki/tls/certs",
    "protocols",
    "python3",
    "sgml",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "services",
    "xml",
];

/// What names are looked up by, if there is a network.
const NAMES: &[&str] = &["gai.conf", "nsswitch.conf", "resolv.conf"];

/// Returns the settings that are there, by their absolute paths.
pub(super) fn settings(network: bool) -> Vec<PathBuf> {
    let etc = Path::new("/etc");
    let mut found: Vec<PathBuf> = SETTINGS.iter().map(|name| etc.join(name)).collect();
    if network {
        found.extend(NAMES.iter().map(|name| etc.join(name)));
    }
    // `java-21-openjdk`, `python3.11` and the like.
    if let Ok(entries) = fs_err::read_dir(etc) {
        found.extend(entries.flatten().filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            (name.starts_with("java-") || name.starts_with("python3.")).then(|| entry.path())
        }));
    }
    found.retain(|path| path.exists());
    found
}
