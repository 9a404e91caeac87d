//! What can go wrong with a checksum file.

use crate::model::Code;

/// A digest could not be taken from what upstream publishes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksumError {
    /// It names other files.
    #[error("no checksum for `{file}`{}", others(.names, *.more))]
    Missing {
        /// The file that was looked for.
        file: String,
        /// At most five of the names that are there.
        names: Vec<String>,
        /// How many more there are.
        more: usize,
    },
    /// Several folders have a file of that name, with different digests.
    #[error("`{file}` is ambiguous: {}", listed(.names))]
    Ambiguous {
        /// The file that was looked for.
        file: String,
        /// The names that fit, at most five.
        names: Vec<String>,
    },
    /// One file, two digests.
    #[error("two digests for `{file}`: {one} and {other}")]
    Contradiction {
        /// The file that was looked for.
        file: String,
        /// The first digest.
        one: String,
        /// The second.
        other: String,
    },
    /// Only algorithms that prove nothing, or that depstate does not know.
    #[error(
        "only {algorithms} for `{file}`: a SHA-256 or SHA-512 is needed; look for `SHA256SUMS`, `{file}.sha256` or `{file}.sha512` beside it"
    )]
    Weak {
        /// The file that was looked for, or the text that was read.
        file: String,
        /// What there is, as in "MD5 and SHA-1".
        algorithms: String,
    },
    /// A web page stands in its place.
    #[error("an HTML page in place of a checksum{}", .title.as_ref().map(|t| format!(": \"{t}\"")).unwrap_or_default())]
    Page {
        /// What the page calls itself.
        title: Option<String>,
    },
    /// No shape that is known.
    #[error("no checksum can be read from `{begins}`")]
    Unreadable {
        /// How it begins.
        begins: String,
    },
    /// Nothing is there.
    #[error("the checksum is empty")]
    Empty,
}

impl ChecksumError {
    /// Returns `checksum-missing`, `ambiguous-digest`, `weak-digest` or `checksum-unreadable`.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing { .. } | Self::Ambiguous { .. } => Code::CHECKSUM_MISSING,
            Self::Weak { algorithms, .. } => {
                let broken = |name: &str| matches!(name, "MD5" | "SHA-1");
                if algorithms.split(" and ").all(broken) {
                    Code::WEAK_DIGEST
                } else {
                    Code::CHECKSUM_MISSING
                }
            }
            Self::Contradiction { .. } => Code::AMBIGUOUS_DIGEST,
            Self::Page { .. } | Self::Unreadable { .. } | Self::Empty => Code::CHECKSUM_UNREADABLE,
        }
    }
}

fn others(names: &[String], more: usize) -> String {
    match more {
        0 => format!("; there is {}", listed(names)),
        more => format!("; there is {} and {more} more", listed(names)),
    }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
