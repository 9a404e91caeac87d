//! Messages of both kinds of drivers: the handshake, and bodies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// What a driver is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DriverKind {
    /// It lists releases and opens addresses: `depstate-source-NAME`.
    Source,
    /// It keeps objects: `depstate-storage-NAME`.
    Storage,
}

impl DriverKind {
    /// Returns its word: `source`, `storage`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Storage => "storage",
        }
    }

    /// Returns what the program of a driver is called.
    pub fn program(self, name: &str) -> String {
        format!("depstate-{}-{name}", self.word())
    }
}

/// The first request: who asks, and what deps.toml says.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Initialize {
    /// The version of the protocol that is spoken.
    pub protocol: u32,
    /// The version of depstate.
    pub depstate: String,
    /// What the driver shall be.
    pub kind: DriverKind,
    /// The driver's name in deps.toml.
    pub name: String,
    /// The driver's own table of deps.toml: without `driver` and the keys that are depstate's own,
    /// and with the variables filled in that it names.
    pub config: Map<String, Value>,
    /// The folder of deps.toml, absolute: relative paths in the table begin there. It is also the
    /// folder that the driver is started in.
    pub root: String,
    /// The dependency whose source this is; only with `kind: "source"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// The answer to `initialize`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Welcome {
    /// What the driver is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the protocol that it speaks: the one that was asked for.
    pub protocol: u32,
    /// What is asked or written to, for messages: an address without secrets, or a folder.
    pub place: String,
    /// What tells the place from every other, where `place` alone does not. For stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// The keys that the driver knows. Any other key of its table is a mistake.
    pub fields: Vec<String>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Seconds within which it answers any request; 60 if not said, at most 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_within: Option<u64>,
}

/// What a driver can do beyond the least.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Capabilities {
    /// A source: the kinds of addresses that it opens, of `driver`, `https` and `http`. The last two
    /// are opened by depstate where they are not named.
    #[serde(default)]
    pub opens: Vec<String>,
    /// A store: it compares `sha256` of `storage/put` and `storage/upload/finish` with the bytes
    /// that it got, and refuses others with the error 15.
    #[serde(default)]
    pub checksums: bool,
    /// How many requests it may be sent before it has answered the first; 1 if not said.
    #[serde(default = "one")]
    pub in_flight: u32,
}

fn one() -> u32 {
    1
}

/// Ends the driver: it answers and exits. Not every end is announced so.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Shutdown {}

/// An answer that says nothing but that it is done.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Nothing {}

/// Nobody waits for the answer to a request any more. A driver may ignore it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Cancel {
    /// The request.
    pub id: u64,
}

/// Bytes: all of them, or a stream to be read. Exactly one of `data` and `stream` is there.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct Body {
    /// How many bytes follow, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The whole body in base64, at most 256 KiB of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// A stream of the driver's, which `body/read` reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// Asks for the next bytes of a stream.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Read {
    /// The stream.
    pub stream: String,
    /// How many bytes at most.
    pub max: usize,
}

/// The next bytes of a stream. They may be fewer than were asked for, and none only at the end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ReadAnswer {
    /// The bytes in base64.
    pub data: String,
    /// Whether these are the last. The stream is closed then.
    pub end: bool,
}

/// A stream is not read to its end.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Close {
    /// The stream.
    pub stream: String,
}
