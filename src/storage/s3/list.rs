//! Listing objects.

use std::sync::Arc;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use futures::{StreamExt as _, stream, stream::BoxStream};
use tokio_util::task::AbortOnDropHandle;

use super::{Bucket, checksum, error::Asked, error::Failure, read::timestamp};
use crate::{
    model::{ObjectKey, ObjectMeta},
    storage::StorageError,
};

type Item = Result<(ObjectKey, ObjectMeta), StorageError>;
type Page = Result<ListObjectsV2Output, StorageError>;

/// Lists the objects whose key begins with a prefix, in the order of keys. While one page is taken
/// the next is on its way.
pub(super) fn objects<'a>(bucket: Arc<Bucket>, prefix: &str, after: &str) -> BoxStream<'a, Item> {
    let full = bucket.config.full(prefix);
    let after = (!after.is_empty()).then(|| bucket.config.full(after));
    stream::once(async move { Next::ask(bucket, full, Start::Key(after)) })
        .flat_map(|first| stream::unfold(Some(first), Next::take).flatten())
        .boxed()
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq)]
enum Start {
    /// After a key; none: with the first.
    Key(Option<String>),
    /// Where the page before it ended.
    Token(String),
}

/// A page that was asked for.
struct Next {
    bucket: Arc<Bucket>,
    prefix: String,
    /// Where the page begins.
    asked: Start,
    page: AbortOnDropHandle<Page>,
}

impl Next {
    fn ask(bucket: Arc<Bucket>, prefix: String, from: Start) -> Self {
        let asked = from.clone();
        let task = {
            let (bucket, prefix) = (Arc::clone(&bucket), prefix.clone());
            tokio::spawn(async move { bucket.page(&prefix, from).await })
        };
        Self { bucket, prefix, asked, page: AbortOnDropHandle::new(task) }
    }

    async fn take(
        state: Option<Self>,
    ) -> Option<(stream::Iter<std::vec::IntoIter<Item>>, Option<Self>)> {
        let Self { bucket, prefix, asked, page } = state?;
        let page = page.await.unwrap_or_else(|e| {
            let message = format!("the listing of `{prefix}` was cut off: {e}");
            Err(StorageError::Failed { message, help: None })
        });
        let page = match page {
            Ok(page) => page,
            Err(e) => return Some((stream::iter(vec![Err(e)]), None)),
        };
        let token = page.next_continuation_token.filter(|_| page.is_truncated == Some(true));
        let token = token.map(Start::Token);
        if token.as_ref() == Some(&asked) {
            let message = format!("the listing of `{prefix}` comes back to the same page");
            let help = Some("the store does not page as S3 does".to_owned());
            return Some((stream::iter(vec![Err(StorageError::Failed { message, help })]), None));
        }
        let next = token.map(|token| Self::ask(Arc::clone(&bucket), prefix.clone(), token));
        let items: Vec<Item> = page
            .contents
            .unwrap_or_default()
            .into_iter()
            .filter_map(|object| {
                let key = bucket.config.relative(object.key()?)?;
                let meta = ObjectMeta {
                    size: u64::try_from(object.size()?).ok()?,
                    revision: checksum::revision(object.e_tag()?),
                    modified: object.last_modified().and_then(timestamp),
                    checksum: None,
                };
                Some(Ok((key, meta)))
            })
            .collect();
        Some((stream::iter(items), next))
    }
}

impl Bucket {
    /// Asks for one page: whole, or an error.
    async fn page(&self, prefix: &str, from: Start) -> Page {
        let (after, token) = match from {
            Start::Key(after) => (after, None),
            Start::Token(token) => (None, Some(token)),
        };
        let connection = self.connection().await?;
        let asked = Asked { operation: "ListObjectsV2", key: prefix };
        let page = self
            .tried(connection, |connection| {
                connection
                    .client
                    .list_objects_v2()
                    .bucket(&self.config.bucket)
                    .prefix(prefix)
                    .set_start_after(after.clone())
                    .set_continuation_token(token.clone())
                    .send()
            })
            .await
            .map_err(|failure| self.explain(connection, &asked, &failure))?;
        // Half of a listing would read as objects that are gone.
        if page.is_truncated == Some(true) && page.next_continuation_token.is_none() {
            let failure = Failure::unreadable("a cut listing names no next page".to_owned());
            return Err(self.explain(connection, &asked, &failure));
        }
        Ok(page)
    }
}
