//! Uploads that nobody finished.

use std::sync::Arc;

use futures::{StreamExt as _, stream, stream::BoxStream};

use super::{Bucket, error::Asked, read::timestamp};
use crate::storage::{StorageError, UploadRef};

/// Where a page begins: behind this key and upload.
type Mark = (Option<String>, Option<String>);

/// Lists uploads that were begun below a prefix and are still open.
pub(super) fn uploads<'a>(
    bucket: Arc<Bucket>,
    prefix: &str,
) -> BoxStream<'a, Result<UploadRef, StorageError>> {
    let full = bucket.config.full(prefix);
    stream::unfold(Some((None, None)), move |mark: Option<Mark>| {
        let (bucket, full) = (Arc::clone(&bucket), full.clone());
        async move {
            match bucket.uploads_from(&full, mark?).await {
                Ok((found, next)) => {
                    Some((stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()), next))
                }
                Err(e) => Some((stream::iter(vec![Err(e)]), None)),
            }
        }
    })
    .flatten()
    .boxed()
}

impl Bucket {
    async fn uploads_from(
        &self,
        prefix: &str,
        (key, id): Mark,
    ) -> Result<(Vec<UploadRef>, Option<Mark>), StorageError> {
        let connection = self.connection().await?;
        let asked = Asked { operation: "ListMultipartUploads", key: prefix };
        let page = self
            .tried(connection, |connection| {
                connection
                    .client
                    .list_multipart_uploads()
                    .bucket(&self.config.bucket)
                    .prefix(prefix)
                    .set_key_marker(key.clone())
                    .set_upload_id_marker(id.clone())
                    .send()
            })
            .await
            .map_err(|failure| self.explain(connection, &asked, &failure))?;
        let found = page
            .uploads()
            .iter()
            .filter_map(|upload| {
                Some(UploadRef {
                    key: self.config.relative(upload.key()?)?,
                    id: upload.upload_id()?.to_owned(),
                    begun: upload.initiated().and_then(timestamp),
                })
            })
            .collect();
        let more = page.is_truncated == Some(true) && page.next_key_marker.is_some();
        Ok((found, more.then_some((page.next_key_marker, page.next_upload_id_marker))))
    }

    /// Throws an upload away. One that is not there any more is no error.
    ///
    /// # Errors
    /// When the store refused or could not be asked.
    pub(super) async fn discard(&self, upload: &UploadRef) -> Result<(), StorageError> {
        let connection = self.connection().await?;
        let full = self.config.full(upload.key.as_str());
        let asked = Asked { operation: "AbortMultipartUpload", key: &full };
        let answer = self
            .tried(connection, |connection| {
                connection
                    .client
                    .abort_multipart_upload()
                    .bucket(&self.config.bucket)
                    .key(&full)
                    .upload_id(&upload.id)
                    .send()
            })
            .await;
        match answer {
            Ok(_) => Ok(()),
            Err(failure) if failure.code() == Some("NoSuchUpload") => Ok(()),
            Err(failure) => Err(self.explain(connection, &asked, &failure)),
        }
    }
}
