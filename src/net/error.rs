//! What can go wrong with a request, by what the caller can do.

use std::{fmt, time::Duration};

use jiff::Timestamp;

use super::pace::TooSlow;
use crate::model::{Code, SafeUrl};

/// A request failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The address is not there (404, 410): the next one may be tried.
    #[error("`{url}` answered {status}")]
    Absent {
        /// What was asked, after redirects.
        url: SafeUrl,
        /// The status.
        status: u16,
    },
    /// The server answered an error.
    #[error("`{url}` answered {status}{}, tried {}", Quoted(.says), Times(*.tries))]
    Status {
        /// What was asked, after redirects.
        url: SafeUrl,
        /// The status.
        status: u16,
        /// How often it was tried.
        tries: u32,
        /// The first line of the answer, without control letters.
        says: Option<Box<str>>,
        /// How the server wants to be asked (`WWW-Authenticate`), as it was sent.
        challenge: Option<Box<str>>,
    },
    /// The server answers that it was asked too often.
    #[error("`{url}` answered {status}: asked too often{}, tried {}", Until(*.until), Times(*.tries))]
    RateLimited {
        /// What was asked, after redirects.
        url: SafeUrl,
        /// The status.
        status: u16,
        /// When it may be asked again, if the server says so.
        until: Option<Timestamp>,
        /// How often it was tried.
        tries: u32,
    },
    /// A redirect that is not followed.
    #[error("`{url}` redirects to `{to}`, which is not followed: {why}")]
    Redirect {
        /// Who redirects.
        url: SafeUrl,
        /// Where to.
        to: Box<str>,
        /// Why not.
        why: &'static str,
    },
    /// No whole answer came.
    #[error("{}, tried {}", Broken(.url, *.kind, .cause), Times(*.tries))]
    Transport {
        /// What was asked.
        url: SafeUrl,
        /// What happened.
        kind: TransportKind,
        /// How often it was tried.
        tries: u32,
        /// What the innermost layer says.
        cause: Box<str>,
    },
    /// So many requests to a host failed that this one was not tried again.
    #[error("{last}; it is not tried again, as too many requests to `{host}` have failed")]
    Spent {
        /// What became of the last try.
        last: Box<Self>,
        /// Host and port.
        host: Box<str>,
    },
    /// The answer has more bytes than the caller takes.
    #[error("`{url}` is too large: {}, and at most {} are read", Announced(*.announced, *.limit), Bytes(*.limit))]
    TooLarge {
        /// What was asked.
        url: SafeUrl,
        /// The limit in bytes, after decoding.
        limit: u64,
        /// How many were announced, if so.
        announced: Option<u64>,
    },
    /// The sender sends too slowly to be waited for.
    #[error("`{url}` sends too slowly: {} arrived in {} s", Bytes(*.got), .within.as_secs_f64().round())]
    TooSlow {
        /// What was asked.
        url: SafeUrl,
        /// Bytes that came.
        got: u64,
        /// In what time.
        within: Duration,
    },
    /// An address that is not public, and that the user's configuration does not allow.
    #[error("`{url}` was not asked: {}{}{}", Where(.url, .at, .what), From(.from), Trusted(.url, .what))]
    PrivateAddress {
        /// What was to be asked.
        url: Box<SafeUrl>,
        /// What it leads to: an address in numbers, or a name.
        at: Box<str>,
        /// What that is: `a loopback address`.
        what: &'static str,
        /// Who redirects there, if so.
        from: Option<Box<SafeUrl>>,
    },
    /// A request that was asked elsewhere, as the user's configuration says.
    #[error("{error}; asked there in place of `{url}`, as your configuration says")]
    Rewritten {
        /// What became of it.
        error: Box<Self>,
        /// The address before it was rewritten.
        url: SafeUrl,
    },
    /// The command line says that nothing is asked.
    #[error("`{url}` was not asked, because of `--offline`")]
    Offline {
        /// What was to be asked.
        url: SafeUrl,
    },
    /// Earlier answers were to be used, and there is none.
    #[error("no earlier answer of `{url}` is kept")]
    NotKept {
        /// The address.
        url: SafeUrl,
    },
    /// An address that may not be asked.
    #[error("`{url}` was not asked: {why}")]
    InsecureUrl {
        /// The address.
        url: SafeUrl,
        /// Why not.
        why: &'static str,
    },
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made ({what})")]
    Setup {
        /// What part of it: `certificates`.
        what: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl NetError {
    /// Tells whether the address is not there (404, 410), so that the next one may be tried.
    pub fn is_absent(&self) -> bool {
        matches!(self.asked(), Self::Absent { .. })
    }

    /// Returns what happened where it was asked.
    pub(super) fn asked(&self) -> &Self {
        match self {
            Self::Rewritten { error, .. } => error.asked(),
            Self::Absent { .. }
            | Self::Status { .. }
            | Self::RateLimited { .. }
            | Self::Redirect { .. }
            | Self::Transport { .. }
            | Self::Spent { .. }
            | Self::TooLarge { .. }
            | Self::TooSlow { .. }
            | Self::PrivateAddress { .. }
            | Self::Offline { .. }
            | Self::NotKept { .. }
            | Self::InsecureUrl { .. }
            | Self::Setup { .. } => self,
        }
    }

    pub(super) fn too_slow(url: &SafeUrl, slow: TooSlow) -> Self {
        Self::TooSlow { url: url.clone(), got: slow.got, within: slow.within }
    }

    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Spent { last: error, .. } | Self::Rewritten { error, .. } => error.code(),
            Self::RateLimited { .. } => Code::RATE_LIMITED,
            Self::Redirect { .. } => Code::REDIRECT_REFUSED,
            Self::InsecureUrl { .. } => Code::BAD_URL,
            Self::Offline { .. } => Code::OFFLINE,
            Self::TooLarge { .. } => Code::ANSWER_TOO_LARGE,
            Self::TooSlow { .. } | Self::Transport { kind: TransportKind::Timeout, .. } => {
                Code::TOO_SLOW
            }
            Self::PrivateAddress { .. } => Code::PRIVATE_ADDRESS,
            Self::Transport { kind: TransportKind::Truncated, .. } => Code::TRUNCATED,
            Self::Absent { .. }
            | Self::Status { .. }
            | Self::Transport { .. }
            | Self::NotKept { .. }
            | Self::Setup { .. } => Code::SOURCE_FAILED,
        }
    }
}

/// Why no whole answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportKind {
    /// Nothing came for too long.
    Timeout,
    /// The host's name is not known.
    Dns,
    /// The host does not take connections there.
    Connect,
    /// No trusted and encrypted connection came about.
    Tls,
    /// The connection was cut.
    Reset,
    /// The answer ended early.
    Truncated,
    /// The answer is no HTTP, or its encoding is broken.
    Garbled,
}

impl TransportKind {
    /// Tells whether the same request may succeed a moment later.
    pub(super) fn may_pass(self) -> bool {
        match self {
            Self::Timeout | Self::Reset | Self::Truncated => true,
            Self::Dns | Self::Connect | Self::Tls | Self::Garbled => false,
        }
    }
}

impl fmt::Display for TransportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Timeout => "no answer in time",
            Self::Dns => "the host's name could not be resolved",
            Self::Connect => "no connection",
            Self::Tls => "no trusted TLS connection",
            Self::Reset => "the connection was cut",
            Self::Truncated => "the answer ended early",
            Self::Garbled => "the answer can't be read as HTTP",
        })
    }
}

struct Broken<'a>(&'a SafeUrl, TransportKind, &'a str);

impl fmt::Display for Broken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url, kind, cause) = self;
        // The names that systems have for these say less than ours.
        let plain = cause.is_empty() || matches!(kind, TransportKind::Dns | TransportKind::Timeout);
        match kind {
            TransportKind::Truncated => write!(f, "`{url}` ended early"),
            TransportKind::Reset => write!(f, "could not read `{url}` ({kind})"),
            TransportKind::Garbled if plain => write!(f, "could not read `{url}` ({kind})"),
            TransportKind::Garbled => write!(f, "could not read `{url}` ({kind}: {cause})"),
            TransportKind::Tls if !plain => write!(f, "could not reach `{url}` ({kind}: {cause})"),
            TransportKind::Connect if !plain => write!(f, "could not reach `{url}` ({cause})"),
            TransportKind::Dns
            | TransportKind::Timeout
            | TransportKind::Tls
            | TransportKind::Connect => write!(f, "could not reach `{url}` ({kind})"),
        }
    }
}

struct Times(u32);

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            n => write!(f, "{n} times"),
        }
    }
}

struct Quoted<'a>(&'a Option<Box<str>>);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |says| write!(f, " ({says})"))
    }
}

struct Bytes(u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => f.write_str("1 byte"),
            n if n >= 1 << 20 => write!(f, "{} MiB", n >> 20),
            n if n >= 10 << 10 => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{n} bytes"),
        }
    }
}

struct Announced(Option<u64>, u64);

impl fmt::Display for Announced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(size) => write!(f, "it announces {}", Bytes(size)),
            None => write!(f, "more than {} came", Bytes(self.1)),
        }
    }
}

struct Where<'a>(&'a SafeUrl, &'a str, &'static str);

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(url, at, what) = self;
        let host = url.expose().host_str().unwrap_or_default();
        if host.trim_matches(['[', ']']) == *at {
            write!(f, "`{at}` is {what}")
        } else {
            write!(f, "`{host}` is at {at}, {what}")
        }
    }
}

/// How to allow it. A metadata service hands out credentials: nobody is led to that.
struct Trusted<'a>(&'a SafeUrl, &'static str);

impl fmt::Display for Trusted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.1.contains("metadata") {
            return Ok(());
        }
        write!(
            f,
            "; if you trust it, write `[hosts.\"{}\"]` and `private = true` in your \
             `.depstate/config.toml`",
            Named(self.0)
        )
    }
}

/// A host as the configuration names it.
struct Named<'a>(&'a SafeUrl);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.0.expose();
        let host = url.host_str().unwrap_or_default();
        match url.port() {
            Some(port) => write!(f, "{host}:{port}"),
            None => f.write_str(host),
        }
    }
}

struct From<'a>(&'a Option<Box<SafeUrl>>);

impl fmt::Display for From<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |from| write!(f, ", and `{from}` redirects there"))
    }
}

struct Until(Option<Timestamp>);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |until| write!(f, ", not again before {until}"))
    }
}
