//! The requests that a fault can strike, and what came of them in one word.

use bytes::Bytes;
use depstate::{
    model::{ObjectMeta, Revision},
    storage::{
        Precondition, PutError, S3Storage, StorageError, StorageReader as _, StorageWriter as _,
    },
};
use futures::TryStreamExt as _;

use crate::{
    contract::stores::{key, noise},
    support::s3::S3Server,
};

/// A request of the driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// A PUT that creates.
    Create,
    /// A PUT of `head.json` over the state that was read.
    Swap,
    /// The beginning of an upload.
    Begin,
    /// A part of an upload.
    Part,
    /// The end of an upload.
    Complete,
    Get,
    Head,
    Delete,
    List,
}

pub(super) const DEEDS: [Deed; 9] = [
    Deed::Create,
    Deed::Swap,
    Deed::Begin,
    Deed::Part,
    Deed::Complete,
    Deed::Get,
    Deed::Head,
    Deed::Delete,
    Deed::List,
];

/// The MD5 of `old`, which is the tag of what `head.json` holds at first.
const OLD_TAG: &str = "149603e6c03516362a8da23f624db945";

impl Deed {
    /// Returns the operation's name in S3's documentation.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Create | Self::Swap => "PutObject",
            Self::Begin => "CreateMultipartUpload",
            Self::Part => "UploadPart",
            Self::Complete => "CompleteMultipartUpload",
            Self::Get => "GetObject",
            Self::Head => "HeadObject",
            Self::Delete => "DeleteObject",
            Self::List => "ListObjectsV2",
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Swap => "compare-and-set",
            Self::Begin
            | Self::Part
            | Self::Complete
            | Self::Get
            | Self::Head
            | Self::Delete
            | Self::List => self.operation(),
        }
    }

    /// Puts in place what the deed finds.
    pub(super) fn prepare(server: &S3Server, prefix: &str) {
        server.put_raw(&format!("{prefix}/head.json"), "old");
        server.put_raw(&format!("{prefix}/gen/a"), noise(64 * 1024));
        server.put_raw(&format!("{prefix}/gen/b"), "b");
    }

    /// Does it, and returns what the driver says of it.
    pub(super) async fn act(self, store: &S3Storage) -> String {
        let new = || Bytes::from("new");
        match self {
            Self::Create => {
                written(&store.put(&key("gen/new"), new(), Precondition::Absent).await).to_owned()
            }
            Self::Swap => {
                let base = Precondition::Matches(Revision(OLD_TAG.to_owned()));
                written(&store.put(&key("head.json"), new(), base).await).to_owned()
            }
            Self::Begin | Self::Part | Self::Complete => upload(store).await,
            Self::Get => match store.get(&key("gen/a"), None).await {
                Err(error) => failed(&error).to_owned(),
                Ok(None) => "absent".to_owned(),
                Ok(Some(object)) => match object.body.collect(1 << 30).await {
                    Ok(bytes) if bytes == noise(64 * 1024) => "read".to_owned(),
                    Ok(bytes) if bytes.len() == 64 * 1024 => "other".to_owned(),
                    Ok(bytes) => format!("{}-bytes", bytes.len()),
                    Err(_) => "cut".to_owned(),
                },
            },
            Self::Head => match store.head(&key("gen/a")).await {
                Err(error) => failed(&error).to_owned(),
                Ok(None) => "absent".to_owned(),
                Ok(Some(meta)) if meta.size == 64 * 1024 => "seen".to_owned(),
                Ok(Some(_)) => "other".to_owned(),
            },
            Self::Delete => match store.delete(&key("gen/a")).await {
                Err(error) => failed(&error).to_owned(),
                Ok(()) => "done".to_owned(),
            },
            Self::List => match listed(store).await {
                Err(error) => failed(&error).to_owned(),
                Ok(keys) if keys == ["gen/a", "gen/b"] => "whole".to_owned(),
                Ok(keys) => keys.join("+"),
            },
        }
    }

    /// Returns what is in the store afterwards.
    pub(super) async fn left(self, server: &S3Server, direct: &S3Storage, prefix: &str) -> String {
        let objects = server.objects();
        let holds = |name: &str| objects.get(&format!("{prefix}/{name}"));
        let unless = |there: bool, word: &str| if there { word } else { "-" }.to_owned();
        match self {
            Self::Create => unless(holds("gen/new").is_some(), "new"),
            Self::Swap => String::from_utf8(holds("head.json").unwrap().to_vec()).unwrap(),
            Self::Begin | Self::Part | Self::Complete => {
                let open = direct.unfinished("").try_collect::<Vec<_>>().await.unwrap();
                let mut text = unless(holds("artifacts/x").is_some_and(|b| *b == large()), "new");
                if !open.is_empty() {
                    text.push_str("+open");
                }
                text
            }
            Self::Delete => unless(holds("gen/a").is_some(), "there"),
            Self::Get | Self::Head | Self::List => String::new(),
        }
    }
}

fn large() -> Bytes {
    noise(1024 * 1024)
}

async fn upload(store: &S3Storage) -> String {
    let mut upload = match store.upload(&key("artifacts/x")).await {
        Ok(upload) => upload,
        Err(error) => return failed(&error).to_owned(),
    };
    upload.write(large()).await.unwrap();
    written(&upload.finish(Precondition::Absent).await).to_owned()
}

pub(super) async fn listed(store: &S3Storage) -> Result<Vec<String>, StorageError> {
    store.list("gen/").map_ok(|(key, _)| key.to_string()).try_collect().await
}

pub(super) fn written(outcome: &Result<ObjectMeta, PutError>) -> &'static str {
    match outcome {
        Ok(_) => "written",
        Err(PutError::Precondition(_)) => "precondition",
        Err(PutError::Conflict(_)) => "conflict",
        Err(PutError::Missing(_)) => "missing",
        Err(PutError::Refused(StorageError::Denied { .. })) => "denied",
        Err(PutError::Refused(_)) => "refused",
        Err(PutError::Unknown(_)) => "unknown",
    }
}

pub(super) fn failed(error: &StorageError) -> &'static str {
    if matches!(error, StorageError::Denied { .. }) { "denied" } else { "failed" }
}
