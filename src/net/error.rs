//! What can go wrong with a request, by what the caller can do.

use std::fmt;

use jiff::Timestamp;

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
    #[error("`{url}` answered more than {limit} bytes")]
    TooLarge {
        /// What was asked.
        url: SafeUrl,
        /// The limit in bytes, after decoding.
        limit: u64,
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
    #[error("the HTTP client could not be made")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl NetError {
    /// Tells whether the address is not there (404, 410), so that the next one may be tried.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent { .. })
    }

    /// Returns the code for `depstate explain`.
    pub fn code(&self) -> Code {
        match self {
            Self::Spent { last, .. } => last.code(),
            Self::RateLimited { .. } => Code::RATE_LIMITED,
            Self::Redirect { .. } => Code::REDIRECT_REFUSED,
            Self::InsecureUrl { .. } => Code::BAD_URL,
            Self::Offline { .. } => Code::OFFLINE,
            Self::TooLarge { .. } => Code::SOURCE_ANSWER,
            Self::Transport { kind: TransportKind::Truncated, .. } => Code::TRUNCATED,
            Self::Absent { .. }
            | Self::Status { .. }
            | Self::Transport { .. }
            | Self::NotKept { .. }
            | Self::Setup(_) => Code::SOURCE_FAILED,
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

struct Until(Option<Timestamp>);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |until| write!(f, ", not again before {until}"))
    }
}
