//! Messages of storage drivers.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{common::Body, or_null::OrNull};
use crate::model::{Digest, ObjectMeta, Revision};

/// What a store says of an object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Meta {
    /// Size in bytes.
    pub size: u64,
    /// What tells this state of the object from every other; opaque, at most 1024 bytes. The same in
    /// every answer for as long as nobody writes the object.
    pub revision: String,
    /// Last change, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub modified: Option<Timestamp>,
    /// A digest of the whole object that the store keeps, where it does: `sha256:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub checksum: Option<Digest>,
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        Self {
            size: meta.size,
            revision: Revision(meta.revision),
            modified: meta.modified,
            checksum: meta.checksum,
        }
    }
}

/// What must be true for a write to happen.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// There is no such object.
    Absent,
    /// The object is in the state of this revision.
    Matches(String),
}

/// Asks what the store says of an object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Head {
    /// The object.
    pub key: String,
}

/// What the store says of it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct HeadAnswer {
    /// Null: there is no such object. "I may not look" is an error, never null.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "OrNull<Meta>")]
    pub object: Option<Meta>,
}

/// A part of an object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Range {
    /// The first byte.
    pub start: u64,
    /// The byte after the last. It may lie behind the end of the object, and `start` too: then
    /// there are fewer bytes, or none.
    pub end: u64,
}

/// Asks for an object.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Get {
    /// The object.
    pub key: String,
    /// Which part; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<Range>,
}

/// An object: what the store says of it and its bytes, both of one state of it, whatever is written
/// meanwhile.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct GetAnswer {
    /// Null: there is no such object.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "OrNull<Meta>")]
    pub object: Option<Meta>,
    /// Its bytes, or those of the part; absent where there is no object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Body>,
}

/// Asks for the objects whose key begins with `prefix` and comes after `after`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct List {
    /// How the keys begin; empty: all.
    pub prefix: String,
    /// A key, which need not be there; empty: from the first on.
    pub after: String,
    /// Where an earlier page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An object in a listing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Listed {
    /// Its key.
    pub key: String,
    /// What the store says of it.
    #[serde(flatten)]
    pub meta: Meta,
}

/// A page of a listing, in the order of the keys' bytes.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ListAnswer {
    /// The objects.
    pub objects: Vec<Listed>,
    /// The cursor of the next page; null on the last.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "OrNull<String>")]
    pub next: Option<String>,
}

/// Writes a whole object under a condition. One attempt: a driver does not try again by itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Put {
    /// The object.
    pub key: String,
    /// Its bytes in base64, at most 1 MiB of them.
    pub data: String,
    /// The SHA-256 of the bytes in hex.
    pub sha256: String,
    /// The condition.
    pub precondition: Condition,
}

/// What was written.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// What the store now says of it.
    pub object: Meta,
}

/// Begins an upload. Nothing of it is visible before it is finished.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Begin {
    /// Where the object will be.
    pub key: String,
}

/// An upload that was begun.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Begun {
    /// The driver's id of it, which `storage/unfinished` lists too, even to another process.
    pub upload: String,
}

/// The next bytes of an upload. The next request for the same upload is sent after the answer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct WriteUpload {
    /// The upload.
    pub upload: String,
    /// How many bytes came before these.
    pub offset: u64,
    /// The bytes in base64, at most 256 KiB of them.
    pub data: String,
}

/// Makes an upload the object, whole, under a condition. One attempt. Where the condition does not
/// hold, what was sent is thrown away.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct FinishUpload {
    /// The upload.
    pub upload: String,
    /// How many bytes it has.
    pub size: u64,
    /// The SHA-256 of all of them in hex.
    pub sha256: String,
    /// The condition.
    pub precondition: Condition,
}

/// Throws away what was sent of an upload of this process.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct AbortUpload {
    /// The upload.
    pub upload: String,
}

/// Deletes an object; one that is not there is no error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Delete {
    /// The object.
    pub key: String,
}

/// Asks for uploads that were neither finished nor aborted, whoever began them.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Unfinished {
    /// How the keys begin.
    pub prefix: String,
    /// Where an earlier page ended: its `next`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// An upload that was neither finished nor aborted.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnfinishedUpload {
    /// Where the object would be.
    pub key: String,
    /// The driver's id of it.
    pub id: String,
    /// When it was begun, by the store's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub begun: Option<Timestamp>,
}

/// A page of unfinished uploads.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct UnfinishedAnswer {
    /// The uploads.
    pub uploads: Vec<UnfinishedUpload>,
    /// The cursor of the next page; null on the last.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schemars(with = "OrNull<String>")]
    pub next: Option<String>,
}

/// Throws an unfinished upload away, whoever began it; one that is gone is no error.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Discard {
    /// Where the object would be.
    pub key: String,
    /// The driver's id of it.
    pub id: String,
}
