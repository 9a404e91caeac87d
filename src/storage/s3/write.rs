//! Writing whole objects.

use aws_sdk_s3::{primitives::ByteStream as SdkStream, types::ServerSideEncryption};
use bytes::Bytes;

use super::{
    Bucket, checksum,
    error::{Asked, Failure},
};
use crate::{
    model::{ObjectKey, ObjectMeta, Sha256},
    storage::{Precondition, PutError, StorageError},
};

impl Bucket {
    /// Writes a whole object, once.
    ///
    /// # Errors
    /// See [`PutError`].
    pub(super) async fn put(
        &self,
        key: &ObjectKey,
        body: Bytes,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let connection = self.connection().await?;
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "PutObject", key: &full };
        let digest = self.config.checksums.then(|| Sha256::of(&body));
        let (absent, matches) = conditions(&precondition);
        let expects = matches.is_some();
        let outcome =
            |failure: &Failure| failure.outcome(&self.config, &connection.source, &asked, expects);
        let answer = self
            .once(connection, || {
                connection
                    .client
                    .put_object()
                    .bucket(&self.config.bucket)
                    .key(&full)
                    .content_type(content_type(key))
                    .cache_control(cache_control(key))
                    .set_if_none_match(absent.clone())
                    .set_if_match(matches.clone())
                    .set_checksum_sha256(digest.as_ref().map(checksum::encode))
                    .body(SdkStream::from(body.clone()))
                    .customize()
                    .disable_payload_signing()
                    .config_override(connection.patient())
                    .send()
            })
            .await
            .map_err(|failure| outcome(&failure))?;
        let Some(tag) = answer.e_tag() else {
            return Err(outcome(&Failure::unreadable("it lacks `ETag`".to_owned())));
        };
        let revision = checksum::revision(tag);
        // The store says what it has stored: no further request is needed to know.
        let stored = answer.checksum_sha256().and_then(checksum::decode);
        let wrong = match (&digest, &stored) {
            (Some(sent), Some(stored)) => stored.sha256().as_ref() != Some(sent),
            // With a key of its own the tag is no MD5.
            _ => {
                matches!(answer.server_side_encryption(), None | Some(ServerSideEncryption::Aes256))
                    && checksum::is_of_others(&revision, &body)
            }
        };
        if wrong {
            let detail = "the store has stored other bytes than were sent".to_owned();
            return Err(outcome(&Failure::unreadable(detail)));
        }
        Ok(ObjectMeta { size: body.len() as u64, revision, modified: None, checksum: stored })
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// When the store refused or could not be asked.
    pub(super) async fn delete(&self, key: &ObjectKey) -> Result<(), StorageError> {
        let connection = self.connection().await?;
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "DeleteObject", key: &full };
        let answer = self
            .tried(connection, |connection| {
                connection.client.delete_object().bucket(&self.config.bucket).key(&full).send()
            })
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(failure) if failure.code() == Some("NoSuchKey") => Ok(()),
            Err(failure) => Err(self.explain(connection, &asked, &failure)),
        }
    }
}

/// Returns the values of `If-None-Match` and `If-Match`.
pub(super) fn conditions(precondition: &Precondition) -> (Option<String>, Option<String>) {
    match precondition {
        Precondition::Absent => (Some("*".to_owned()), None),
        Precondition::Matches(revision) => (None, Some(checksum::quoted(revision))),
    }
}

/// Returns the type of an object, by its name alone.
pub(super) fn content_type(key: &ObjectKey) -> &'static str {
    let name = key.as_str().rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("json") => "application/json",
        Some("html") => "text/html; charset=utf-8",
        Some("xml") => "application/xml",
        Some("atom") => "application/atom+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Returns how long an object may be kept by caches: what is written once, for ever.
pub(super) fn cache_control(key: &ObjectKey) -> &'static str {
    let key = key.as_str();
    let changes = key == "head.json" || key.starts_with("views/") || key.starts_with("tx/");
    if changes { "no-cache" } else { "public, max-age=31536000, immutable" }
}
