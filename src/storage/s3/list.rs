//! Listing objects.

use std::sync::Arc;

use aws_sdk_s3::{operation::list_objects_v2::ListObjectsV2Output, types::Object};
use futures::{StreamExt as _, stream, stream::BoxStream};
use tokio_util::task::AbortOnDropHandle;

use super::{Bucket, checksum, error::Asked, error::Failure, read::timestamp};
use crate::{
    model::{ObjectKey, ObjectMeta},
    storage::StorageError,
};

/// Spans that are listed at once.
const AT_ONCE: usize = 16;

type Item = Result<(ObjectKey, ObjectMeta), StorageError>;

/// Some objects in the order of keys, and where the next page begins; none: this was the last.
type Page = Result<(Vec<(ObjectKey, ObjectMeta)>, Option<String>), StorageError>;

/// Lists the objects whose key begins with a prefix, in the order of keys, after one and up to another
/// (empty: to the end). While one page is taken the next is on its way.
pub(super) fn objects<'a>(
    bucket: Arc<Bucket>,
    prefix: &str,
    after: &str,
    until: &str,
) -> BoxStream<'a, Item> {
    let prefix = bucket.config.full(prefix);
    let after = (!after.is_empty()).then(|| bucket.config.full(after));
    let span = Arc::new(Span { bucket, prefix, until: until.to_owned() });
    stream::once(async move { Next::ask(span, Start::Key(after)) })
        .flat_map(|first| stream::unfold(Some(first), Next::take).flatten())
        .boxed()
}

/// Lists all objects whose key begins with a prefix, in the order of keys: what lies between two of
/// the cuts beside the rest. A span ends with the cut that the next one begins behind.
pub(super) fn spans<'a>(
    bucket: &Arc<Bucket>,
    prefix: &'a str,
    cuts: &'a [String],
) -> BoxStream<'a, Item> {
    let bucket = Arc::clone(bucket);
    // Before the empty one nothing comes, and as an end it would be none.
    let cuts = cuts.iter().map(String::as_str).filter(|cut| !cut.is_empty());
    let begins = std::iter::once("").chain(cuts.clone());
    let ends = cuts.chain(std::iter::once(""));
    stream::iter(begins.zip(ends))
        .map(move |(after, until)| {
            objects(Arc::clone(&bucket), prefix, after, until).collect::<Vec<Item>>()
        })
        .buffered(AT_ONCE)
        .flat_map(stream::iter)
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

/// What is listed.
struct Span {
    bucket: Arc<Bucket>,
    /// The whole beginning of all keys.
    prefix: String,
    /// The last key that is wanted; empty: there is none.
    until: String,
}

/// A page that was asked for.
struct Next {
    span: Arc<Span>,
    /// Where the page begins.
    asked: Start,
    page: AbortOnDropHandle<Page>,
}

impl Next {
    fn ask(span: Arc<Span>, from: Start) -> Self {
        let asked = from.clone();
        let task = {
            let span = Arc::clone(&span);
            tokio::spawn(async move { span.page(from).await })
        };
        Self { span, asked, page: AbortOnDropHandle::new(task) }
    }

    async fn take(
        state: Option<Self>,
    ) -> Option<(stream::Iter<std::vec::IntoIter<Item>>, Option<Self>)> {
        let Self { span, asked, page } = state?;
        let prefix = &span.prefix;
        let page = page.await.unwrap_or_else(|e| {
            let message = format!("the listing of `{prefix}` was cut off: {e}");
            Err(StorageError::Failed { message, help: None })
        });
        let (found, token) = match page {
            Ok(page) => page,
            Err(e) => return Some((stream::iter(vec![Err(e)]), None)),
        };
        let token = token.map(Start::Token);
        if token.as_ref() == Some(&asked) {
            let message = format!("the listing of `{prefix}` comes back to the same page");
            let help = Some("the store does not page as S3 does".to_owned());
            return Some((stream::iter(vec![Err(StorageError::Failed { message, help })]), None));
        }
        let next = token.map(|token| Self::ask(Arc::clone(&span), token));
        Some((stream::iter(found.into_iter().map(Ok).collect::<Vec<_>>()), next))
    }
}

impl Span {
    /// Asks for a page and reads it: what takes time is done beside what others do.
    async fn page(&self, from: Start) -> Page {
        let page = self.bucket.page(&self.prefix, from).await?;
        let mut token = page.next_continuation_token.filter(|_| page.is_truncated == Some(true));
        let listed = page.contents.unwrap_or_default();
        let mut found: Vec<_> =
            listed.into_iter().filter_map(|object| self.read(&object)).collect();
        // Keys come in order: what follows one that is too far is too far as well.
        if !self.until.is_empty()
            && let Some(far) = found.iter().position(|(key, _)| *key.as_str() > *self.until)
        {
            found.truncate(far);
            token = None;
        }
        Ok((found, token))
    }

    fn read(&self, object: &Object) -> Option<(ObjectKey, ObjectMeta)> {
        let key = self.bucket.config.relative(object.key()?)?;
        let meta = ObjectMeta {
            size: u64::try_from(object.size()?).ok()?,
            revision: checksum::revision(object.e_tag()?),
            modified: object.last_modified().and_then(timestamp),
            checksum: None,
        };
        Some((key, meta))
    }
}

impl Bucket {
    /// Asks for one page: whole, or an error.
    async fn page(&self, prefix: &str, from: Start) -> Result<ListObjectsV2Output, StorageError> {
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
