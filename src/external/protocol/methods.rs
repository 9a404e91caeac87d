//! The one list of methods.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    common::{Cancel, Close, Initialize, Nothing, Read, ReadAnswer, Shutdown, Welcome},
    source::{Open, OpenAnswer, Releases, ReleasesAnswer},
    storage::{
        AbortUpload, Begin, Begun, Delete, Discard, FinishUpload, Get, GetAnswer, Head, HeadAnswer,
        List, ListAnswer, Put, Unfinished, UnfinishedAnswer, WriteUpload, Written,
    },
};

/// A request, and what answers it.
pub trait Method: Serialize + JsonSchema + Send + Sync {
    /// The method's name.
    const NAME: &'static str;
    /// What answers it.
    type Answer: DeserializeOwned + JsonSchema + Send;
}

/// A method for the schema.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) params: fn(&mut SchemaGenerator) -> Schema,
    /// None: a notification, which nobody answers.
    pub(super) answer: Option<fn(&mut SchemaGenerator) -> Schema>,
}

macro_rules! methods {
    ($( $name:literal $params:ident => $answer:ident )* notifications $( $told:literal $what:ident )*) => {
        $( impl Method for $params {
            const NAME: &'static str = $name;
            type Answer = $answer;
        } )*
        /// Every method and notification.
        pub(super) const ALL: &[Entry] = &[
            $( Entry {
                name: $name,
                params: |all| all.subschema_for::<$params>(),
                answer: Some(|all| all.subschema_for::<$answer>()),
            }, )*
            $( Entry { name: $told, params: |all| all.subschema_for::<$what>(), answer: None }, )*
        ];
    };
}

methods! {
    "initialize" Initialize => Welcome
    "shutdown" Shutdown => Nothing
    "body/read" Read => ReadAnswer
    "source/releases" Releases => ReleasesAnswer
    "source/open" Open => OpenAnswer
    "storage/head" Head => HeadAnswer
    "storage/get" Get => GetAnswer
    "storage/list" List => ListAnswer
    "storage/put" Put => Written
    "storage/upload/begin" Begin => Begun
    "storage/upload/write" WriteUpload => Nothing
    "storage/upload/finish" FinishUpload => Written
    "storage/upload/abort" AbortUpload => Nothing
    "storage/delete" Delete => Nothing
    "storage/unfinished" Unfinished => UnfinishedAnswer
    "storage/discard" Discard => Nothing
    notifications
    "body/close" Close
    "cancel" Cancel
}
