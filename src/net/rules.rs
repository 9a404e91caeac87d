//! What the user allows and says of hosts. A manifest has no part in it.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use url::Url;

use super::{Logins, Secret};
use crate::model::HostPattern;

/// Settings of hosts, and addresses that are asked elsewhere. By default there are none: only public
/// hosts are asked, and nobody is shown a token.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Of several that match an address, the one that says most about it counts, alone.
    pub hosts: Vec<HostRule>,
    /// The longest beginning wins.
    pub rewrites: Vec<(Url, Url)>,
}

impl Rules {
    /// Allows hosts to be at addresses that are not public, and nothing more.
    pub fn private(hosts: impl IntoIterator<Item = HostPattern>) -> Self {
        let rule = |host| HostRule { private: true, ..HostRule::new(host) };
        Self { hosts: hosts.into_iter().map(rule).collect(), rewrites: Vec::new() }
    }

    /// Returns what holds for an address, and its place in the list.
    pub(super) fn find(&self, url: &Url) -> Option<(usize, &HostRule)> {
        let fits = self.hosts.iter().enumerate().filter(|(_, rule)| rule.host.matches(url));
        fits.max_by_key(|(_, rule)| rule.host.rank())
    }

    /// Returns where an address is asked.
    pub(super) fn asked(&self, url: &Url) -> Url {
        let pairs = self.rewrites.iter().map(|(from, to)| (from, to));
        replaced(url, pairs).unwrap_or_else(|| url.clone())
    }

    /// Returns the address that is asked there: what [`Rules::asked`] did, undone.
    pub(super) fn meant(&self, asked: &Url) -> Url {
        let pairs = self.rewrites.iter().map(|(from, to)| (to, from));
        replaced(asked, pairs).unwrap_or_else(|| asked.clone())
    }
}

fn replaced<'a>(url: &Url, pairs: impl Iterator<Item = (&'a Url, &'a Url)>) -> Option<Url> {
    // Both sides are written by the same library: one address has one text. Compared with its
    // origin first, so that no user or password in the text can make one host look like another.
    let fits = pairs.filter(|(from, _)| {
        from.origin() == url.origin()
            && url.username().is_empty()
            && url.password().is_none()
            && url.as_str().starts_with(from.as_str())
    });
    let (from, to) = fits.max_by_key(|(from, _)| from.as_str().len())?;
    let rest = url.as_str().strip_prefix(from.as_str())?;
    // Joined as text: a rest such as `//x` or `a:b` is no address of its own.
    Url::parse(&format!("{to}{rest}")).ok()
}

/// What holds for requests to a host.
#[derive(Debug, Clone)]
pub struct HostRule {
    /// Which host.
    pub host: HostPattern,
    /// Headers that are sent there and nowhere else.
    pub headers: Vec<(String, Secret)>,
    /// Users and passwords, of which the host's own is sent there (`Authorization: Basic`).
    pub logins: Option<Arc<Logins>>,
    /// What should be sent and can't be: for the message where the host then says no.
    pub lacks: Vec<String>,
    /// Certificates as PEM that alone vouch for the host; none: the system's.
    pub ca: Option<Vec<u8>>,
    /// How the host is reached.
    pub proxy: ProxyRule,
    /// The shortest time between two requests.
    pub every: Option<Duration>,
    /// Whether plain http is allowed, and credentials may go over it.
    pub insecure: bool,
    /// Whether the host may be at an address that is not public.
    pub private: bool,
}

impl HostRule {
    /// Says nothing of a host.
    pub fn new(host: HostPattern) -> Self {
        Self {
            host,
            headers: Vec::new(),
            logins: None,
            lacks: Vec::new(),
            ca: None,
            proxy: ProxyRule::System,
            every: None,
            insecure: false,
            private: false,
        }
    }

    /// Tells whether anything is sent that only this host may see.
    pub(super) fn has_credentials(&self) -> bool {
        !self.headers.is_empty() || self.logins.is_some()
    }

    /// Returns the headers to send; none of them is ever shown.
    pub(super) fn credentials(&self, url: &Url) -> Vec<(HeaderName, HeaderValue)> {
        let mut all: Vec<(HeaderName, String)> = self
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.parse().ok()?, value.expose().to_owned())))
            .collect();
        let host = url.host_str().unwrap_or_default();
        if let Some((user, password)) = self.logins.as_ref().and_then(|logins| logins.get(host)) {
            use base64::Engine as _;
            let pair = format!("{user}:{}", password.expose());
            let text = base64::engine::general_purpose::STANDARD.encode(pair);
            all.push((AUTHORIZATION, format!("Basic {text}")));
        }
        all.into_iter()
            .filter_map(|(name, text)| {
                let mut value = HeaderValue::from_str(&text).ok()?;
                value.set_sensitive(true);
                Some((name, value))
            })
            .collect()
    }
}

/// How a host is reached.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProxyRule {
    /// As the system's settings say, if they count at all.
    System,
    /// Without a proxy.
    No,
    /// Through this one.
    At(Url),
}

impl fmt::Debug for ProxyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::System => "System",
            Self::No => "No",
            Self::At(_) => "At(…)",
        })
    }
}
