//! GnuPG in a home of its own, at a time of its own.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// When the tests take place: 2025-06-01T00:00:00Z.
pub(crate) const NOW: &str = "2025-06-01T00:00:00Z";

/// The time of the tests.
pub(crate) fn now() -> jiff::Timestamp {
    NOW.parse().unwrap()
}

/// A home for GnuPG.
pub(crate) struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    /// Makes one. Says so and gives nothing where GnuPG is not installed.
    #[expect(clippy::print_stderr, reason = "a test that did not run says so")]
    pub(crate) fn new() -> Option<Self> {
        if Command::new("gpg").arg("--version").output().is_err() {
            eprintln!("gpg is not installed: this test did NOT run");
            return None;
        }
        Some(Self { home: tempfile::Builder::new().prefix("gpg").tempdir().unwrap() })
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Runs it as if it were then (`20240101T000000`), and wants it to succeed.
    pub(crate) fn run(&self, then: &str, args: &[&str]) -> Vec<u8> {
        let out = self.try_run(then, args);
        assert!(out.status.success(), "gpg {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    }

    fn try_run(&self, then: &str, args: &[&str]) -> Output {
        Command::new("gpg")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--batch", "--yes", "--quiet", "--no-tty", "--pinentry-mode", "loopback"])
            .args(["--passphrase", "", "--trust-model", "always"])
            .args(["--faked-system-time", &format!("{then}!")])
            .args(args)
            .output()
            .unwrap()
    }

    /// Makes a key and returns its full fingerprint.
    pub(crate) fn key(
        &self,
        then: &str,
        name: &str,
        algorithm: &str,
        usage: &str,
        end: &str,
    ) -> String {
        self.run(then, &["--quick-gen-key", name, algorithm, usage, end]);
        self.print(name)
    }

    /// The full fingerprint of the primary key of that name.
    pub(crate) fn print(&self, name: &str) -> String {
        let listed = self.run("20250601T000000", &["--with-colons", "--list-keys", name]);
        let listed = String::from_utf8(listed).unwrap();
        let line = listed.lines().find(|l| l.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    /// The public key, armoured.
    pub(crate) fn public(&self, name: &str) -> Vec<u8> {
        self.run("20250601T000000", &["--armor", "--export", name])
    }

    /// The public key, binary.
    pub(crate) fn binary(&self, name: &str) -> Vec<u8> {
        self.run("20250601T000000", &["--export", name])
    }

    /// A detached signature over bytes.
    pub(crate) fn sign(&self, then: &str, by: &str, bytes: &[u8], more: &[&str]) -> Vec<u8> {
        let file = self.path("signed");
        std::fs::write(&file, bytes).unwrap();
        let by = ["--local-user", by];
        let file = file.to_str().unwrap();
        let args = [&by[..], more, &["--detach-sign", "--output", "-", file]].concat();
        self.run(then, &args)
    }

    /// A clear-signed document.
    pub(crate) fn clear(&self, then: &str, by: &str, text: &str, more: &[&str]) -> String {
        let file = self.path("signed");
        std::fs::write(&file, text).unwrap();
        let by = ["--local-user", by];
        let file = file.to_str().unwrap();
        let args = [&by[..], more, &["--clear-sign", "--output", "-", file]].concat();
        String::from_utf8(self.run(then, &args)).unwrap()
    }

    /// Revokes a key and returns it as it then is.
    pub(crate) fn revoke(&self, name: &str) -> Vec<u8> {
        let print = self.print(name);
        let stored = self.path(&format!("openpgp-revocs.d/{print}.rev"));
        let text = std::fs::read_to_string(stored).unwrap();
        let file = self.path("revoke");
        std::fs::write(&file, text.replace(":-----BEGIN", "-----BEGIN")).unwrap();
        self.run("20250601T000000", &["--import", Path::to_str(&file).unwrap()]);
        self.public(name)
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        let _ended = Command::new("gpgconf")
            .arg("--homedir")
            .arg(self.home.path())
            .args(["--kill", "gpg-agent"])
            .output();
    }
}
