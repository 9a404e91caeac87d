//! Which hosts a setting of the user's is for.

use std::fmt;

use url::{Host, Url};

/// A host, as the user's configuration names it: `github.com` (at the scheme's own port),
/// `mirror.example:8443`, `mirror.example:*` (any port), `*.corp.example` (every name below).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HostPattern {
    name: Name,
    port: Port,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Name {
    /// Every name below this one. Addresses in numbers have no names below them.
    Below(String),
    Exactly(Host<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Port {
    Any,
    /// 443 for https, 80 for http.
    Own,
    Exactly(u16),
}

impl HostPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, and what to write.
    pub fn new(text: &str) -> Result<Self, BadHost> {
        let bad = |why: &'static str, help: &'static str| Err(BadHost { why, help });
        if text.contains("://") {
            return bad("has a scheme", "leave out `https://`: a host is `github.com`");
        }
        if text.contains('/') {
            return bad("has a path", "a setting is for all of a host: `github.com`");
        }
        if text.contains('@') {
            return bad("names a user", "give `netrc = true`, or a header from a variable");
        }
        let (below, rest) = match text.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let colon = rest.rfind(':').filter(|at| rest.rfind(']').is_none_or(|end| end < *at));
        let (host, port) = match colon.and_then(|at| rest.split_at_checked(at)) {
            None => (rest, Port::Own),
            Some((host, ":*")) => (host, Port::Any),
            Some((host, port)) => match port.trim_start_matches(':').parse() {
                Ok(0) | Err(_) => {
                    let help = "a port is a number, `host:8443`, or `*`; an IPv6 address stands in \
                                brackets: `[fd00::1]`";
                    return bad("has no port after its colon", help);
                }
                Ok(port) => (host, Port::Exactly(port)),
            },
        };
        if host.contains('*') {
            return bad("has a `*` in it", "`*.corp.example` is every name below `corp.example`");
        }
        let name = match Host::parse(host) {
            Err(_) => return bad("is no host", "a host is `github.com` or `10.0.0.7:8443`"),
            Ok(Host::Domain(name)) if below => Name::Below(format!(".{name}")),
            Ok(_) if below => return bad("is an address", "names lie only below names"),
            Ok(host) => Name::Exactly(host),
        };
        Ok(Self { name, port })
    }

    /// Tells whether an address is at such a host.
    pub fn matches(&self, url: &Url) -> bool {
        let port = match self.port {
            Port::Any => true,
            Port::Own => url.port().is_none(),
            Port::Exactly(port) => url.port_or_known_default() == Some(port),
        };
        port && match (&self.name, url.host()) {
            (Name::Exactly(host), Some(other)) => *host == other.to_owned(),
            (Name::Below(end), Some(Host::Domain(name))) => {
                name.len() > end.len() && name.ends_with(end.as_str())
            }
            (Name::Exactly(_) | Name::Below(_), _) => false,
        }
    }

    /// Orders patterns that match one address: the greatest says most about it.
    pub fn rank(&self) -> impl Ord + use<> {
        let (exact, length) = match &self.name {
            Name::Exactly(_) => (true, 0),
            Name::Below(end) => (false, end.len()),
        };
        (exact, length, self.port)
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Name::Exactly(host) => write!(f, "{host}")?,
            Name::Below(end) => write!(f, "*{end}")?,
        }
        match self.port {
            Port::Any => f.write_str(":*"),
            Port::Own => Ok(()),
            Port::Exactly(port) => write!(f, ":{port}"),
        }
    }
}

/// A text that is no host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadHost {
    /// What is wrong, to be read after the text: `has a path`.
    pub why: &'static str,
    /// What to write instead.
    pub help: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, url: &str) -> bool {
        HostPattern::new(pattern).unwrap().matches(&Url::parse(url).unwrap())
    }

    #[test]
    fn a_host_is_matched_with_its_port() {
        for (pattern, url, expected) in [
            ("github.com", "https://github.com/x", true),
            ("GitHub.com", "https://github.com:443/x", true),
            ("github.com", "http://github.com/x", true),
            ("github.com", "https://github.com:8443/x", false),
            ("github.com", "https://api.github.com/x", false),
            ("github.com", "https://github.com.evil.example/x", false),
            ("github.com:443", "https://github.com/x", true),
            ("github.com:443", "http://github.com/x", false),
            ("a.example:8443", "https://a.example:8443/", true),
            ("a.example:*", "https://a.example:9/", true),
            ("*.corp.example", "https://a.b.corp.example/", true),
            ("*.corp.example", "https://corp.example/", false),
            ("*.corp.example", "https://evilcorp.example/", false),
            ("*.corp.example:8443", "https://a.corp.example/", false),
            ("127.0.0.1:*", "http://127.0.0.1:81/", true),
            ("127.0.0.1:*", "http://0x7f.1:81/", true),
            ("*.0.1x", "http://127.0.0.1/", false),
            ("[::1]:80", "http://[::1]/", true),
        ] {
            assert_eq!(matches(pattern, url), expected, "{pattern} {url}");
        }
    }

    #[test]
    fn what_is_no_host_is_told() {
        for text in [
            "https://a.example",
            "a.example/x",
            "me@a.example",
            "a.example:",
            "a.example:0",
            "a.*.example",
            "*",
            "",
            "*.10.0.0.1",
            "a b",
            "::1",
            "a.example:70000",
        ] {
            assert!(HostPattern::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_pattern_that_says_most_ranks_highest() {
        let rank = |text: &str| HostPattern::new(text).unwrap().rank();
        assert!(rank("a.corp.example") > rank("*.corp.example:443"));
        assert!(rank("*.b.corp.example") > rank("*.corp.example"));
        assert!(rank("a.example:443") > rank("a.example"));
        assert!(rank("a.example") > rank("a.example:*"));
        assert_eq!(HostPattern::new("*.Corp.example:*").unwrap().to_string(), "*.corp.example:*");
    }
}
