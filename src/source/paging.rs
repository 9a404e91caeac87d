//! Indexes of more than one page: each is read once, however many name it.

use std::{collections::BTreeSet, future::Future};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use url::Url;

use super::{Limits, SourceError, web};
use crate::model::Row;

/// Pages of one source that are read at a time.
const AT_ONCE: usize = 8;

/// What a page holds.
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    /// Further pages, absolute.
    pub(super) next: Vec<Url>,
}

/// Reads the first pages and all that they lead to. Rows stand in the order of the pages, whatever
/// the order of the answers was.
pub(super) async fn read<F, Fut>(
    first: &[Url],
    limits: Limits,
    page: F,
) -> Result<Vec<Row>, SourceError>
where
    F: Fn(Url) -> Fut,
    Fut: Future<Output = Result<Page, SourceError>>,
{
    let mut seen = BTreeSet::new();
    let mut level = fresh(&mut seen, first.iter().cloned());
    let mut rows = Vec::new();
    while !level.is_empty() {
        if seen.len() > limits.pages {
            let why = format!("it leads to more than {} pages", limits.pages);
            return Err(SourceError::Answer { url: web::origin(first), why });
        }
        let pages: Vec<Page> =
            stream::iter(level).map(&page).buffered(AT_ONCE).try_collect().await?;
        let mut next = Vec::new();
        for page in pages {
            rows.extend(page.rows);
            next.extend(page.next);
        }
        level = fresh(&mut seen, next);
    }
    Ok(rows)
}

/// Keeps the addresses that were not seen before, and notes them.
fn fresh(seen: &mut BTreeSet<Url>, urls: impl IntoIterator<Item = Url>) -> Vec<Url> {
    urls.into_iter()
        .filter_map(|mut url| {
            url.set_fragment(None);
            seen.insert(url.clone()).then_some(url)
        })
        .collect()
}
