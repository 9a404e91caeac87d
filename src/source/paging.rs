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

/// A page of an index whose pages stand in one line.
pub(super) struct Part {
    pub(super) rows: Vec<Row>,
    /// The next page, if there is one.
    pub(super) next: Option<Url>,
    /// How many entries this page has, what made no row included.
    pub(super) entries: u64,
    /// How many entries all pages have together, where the server says so.
    pub(super) total: Option<u64>,
}

/// Reads indexes whose pages stand in one line, each from its first page to its last. Rows stand in
/// the order of `first`.
///
/// # Errors
/// Also when a page leads back to one before it, and when there are fewer entries than was said.
pub(super) async fn follow<F, Fut>(
    first: &[Url],
    limits: Limits,
    page: F,
) -> Result<Vec<Row>, SourceError>
where
    F: Fn(Url) -> Fut,
    Fut: Future<Output = Result<Part, SourceError>>,
{
    let lines = stream::iter(first.to_vec()).map(|url| line(url, limits, &page));
    let rows: Vec<Vec<Row>> = lines.buffered(AT_ONCE).try_collect().await?;
    Ok(rows.into_iter().flatten().collect())
}

async fn line<F, Fut>(first: Url, limits: Limits, page: &F) -> Result<Vec<Row>, SourceError>
where
    F: Fn(Url) -> Fut,
    Fut: Future<Output = Result<Part, SourceError>>,
{
    let wrong = |why| SourceError::Answer { url: web::origin(std::slice::from_ref(&first)), why };
    let mut seen = BTreeSet::new();
    let (mut rows, mut entries) = (Vec::new(), 0);
    let mut next = Some(first.clone());
    let mut total = None;
    while let Some(url) = next {
        if seen.len() == limits.pages {
            return Err(wrong(format!("it leads to more than {} pages", limits.pages)));
        }
        if !seen.insert(url.clone()) {
            let again = web::origin(&[url]);
            return Err(wrong(format!("its pages lead round in a circle, back to `{again}`")));
        }
        let part = page(url).await?;
        rows.extend(part.rows);
        entries += part.entries;
        total = part.total.or(total);
        next = part.next;
    }
    match total {
        Some(total) if total > entries => {
            Err(wrong(format!("it says that it has {total} entries, and lists {entries}")))
        }
        Some(_) | None => Ok(rows),
    }
}
