//! JSON-RPC's own part of a driver's answer, and the errors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a driver writes: a result or an error, for one request.
#[derive(Debug, Clone, Deserialize)]
pub struct Reply {
    /// `2.0`.
    pub jsonrpc: String,
    /// The request that is answered; null where the driver could not read the request.
    pub id: Option<u64>,
    /// What was asked for.
    #[serde(default)]
    pub result: Option<Value>,
    /// Why there is no result.
    #[serde(default)]
    pub error: Option<RpcError>,
}

/// Why a request failed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RpcError {
    /// One of JSON-RPC's own codes, or of those in [`code`].
    pub code: i64,
    /// What happened, for a person: what was asked of whom, what was answered, how often it was
    /// tried. No secrets.
    pub message: String,
    /// What else is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<ErrorData>,
}

/// What else is known of a failure.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
pub struct ErrorData {
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// With the error 20: every mistake in the table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistakes: Vec<ConfigMistake>,
}

/// A mistake in the driver's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConfigMistake {
    /// The key; absent: the table as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

/// The errors of the protocol.
pub mod code {
    /// The request is no JSON.
    pub const PARSE: i64 = -32700;
    /// The request is none.
    pub const REQUEST: i64 = -32600;
    /// The driver has no such method.
    pub const METHOD: i64 = -32601;
    /// The driver can't use what the request holds.
    pub const PARAMS: i64 = -32602;
    /// It failed. On a write: whether it was applied is not known.
    pub const FAILED: i64 = 1;
    /// The address is not there.
    pub const ABSENT: i64 = 2;
    /// It may not be looked at or written.
    pub const DENIED: i64 = 3;
    /// An address that the driver does not open.
    pub const ADDRESS: i64 = 4;
    /// What upstream answered can't be used as an index.
    pub const ANSWER: i64 = 5;
    /// The condition of a write does not hold. It was not applied.
    pub const PRECONDITION: i64 = 10;
    /// Two writes met; it may be tried again.
    pub const CONFLICT: i64 = 11;
    /// The object that a write shall replace is gone. It was not applied.
    pub const MISSING: i64 = 12;
    /// The write was refused for another reason. It was not applied.
    pub const REFUSED: i64 = 13;
    /// Whether the write was applied is not known.
    pub const UNKNOWN: i64 = 14;
    /// The bytes do not have the digest that came with them. The write was not applied.
    pub const DIGEST: i64 = 15;
    /// The driver's table has mistakes: `data.mistakes`.
    pub const CONFIG: i64 = 20;

    /// Every error, with what it says, for the schema.
    pub(in crate::external) const ALL: &[(i64, &str)] = &[
        (PARSE, "the request is no JSON"),
        (REQUEST, "the request is none"),
        (METHOD, "there is no such method"),
        (PARAMS, "what the request holds can't be used"),
        (FAILED, "it failed; on a write: whether it was applied is not known"),
        (ABSENT, "the address is not there"),
        (DENIED, "it may not be looked at or written"),
        (ADDRESS, "the driver does not open such an address"),
        (ANSWER, "what upstream answered can't be used as an index"),
        (PRECONDITION, "the condition of a write does not hold; it was not applied"),
        (CONFLICT, "two writes met; it may be tried again"),
        (MISSING, "the object that a write shall replace is gone; it was not applied"),
        (REFUSED, "the write was refused for another reason; it was not applied"),
        (UNKNOWN, "whether the write was applied is not known"),
        (DIGEST, "the bytes do not have the digest that came with them; they were not written"),
        (CONFIG, "the driver's table has mistakes"),
    ];
}
