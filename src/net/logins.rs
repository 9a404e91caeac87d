//! Users and passwords of a netrc file.

use std::{collections::BTreeMap, fmt};

use super::Secret;

/// What a netrc file knows, by machine. Its `default` is left out: it would go to any host.
#[derive(Clone, Default)]
pub struct Logins(BTreeMap<String, (String, Secret)>);

impl Logins {
    /// Reads a netrc file; none where it can't be read. (What the reader says of it may quote a
    /// password, so nothing of that is told.)
    pub fn read(text: &str) -> Option<Self> {
        let file: netrc::Netrc = text.parse().ok()?;
        let machines = file.hosts.into_iter().filter(|(machine, _)| machine != "default");
        let login = |it: netrc::Authenticator| (it.login, Secret::new(&it.password));
        Some(Self(machines.map(|(name, it)| (name.to_ascii_lowercase(), login(it))).collect()))
    }

    /// Tells whether a host has an entry.
    pub fn has(&self, host: &str) -> bool {
        self.get(host).is_some()
    }

    pub(super) fn get(&self, host: &str) -> Option<&(String, Secret)> {
        self.0.get(&host.to_ascii_lowercase())
    }
}

impl fmt::Debug for Logins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Logins({} machines)", self.0.len())
    }
}
