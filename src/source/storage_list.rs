//! `storage-list`: the keys of a bucket or a folder, read through the storage drivers.
//!
//! `store` names the storage driver, whose own keys stand beside it. Nothing is ever written. A
//! bucket is asked without a signature where the environment has no credentials.

use std::sync::Arc;

use async_trait::async_trait;
use futures::{FutureExt as _, TryStreamExt as _};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{Setup, SourceDriver, SourceError, dir, fields::Fields, rows};
use crate::{
    model::{Code, Listing, Located, Mistake, ObjectKey, ObjectMeta, Pattern, Revision, Row},
    net::ByteStream,
    storage::{StorageReader, registry},
};

/// Its own keys, and those of the storage drivers that it can read.
pub(super) const FIELDS: &[&str] = &[
    "store",
    "pattern",
    "path",
    "bucket",
    "prefix",
    "region",
    "endpoint",
    "path-style",
    "checksum",
];

/// Keys that are not the storage driver's.
const OURS: &[&str] = &["store", "pattern", "insecure"];
/// What addresses of this source begin with.
const BELOW: &str = "storage:";
/// Keys that a store lists in one answer.
const PER_PAGE: usize = 1000;

struct StorageList {
    store: Arc<dyn StorageReader>,
    pattern: Pattern,
    /// The most keys.
    limit: usize,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let driver = store_name(&mut fields);
    let pattern = match fields.get("pattern") {
        Some(_) => fields.row_pattern("pattern"),
        None => dir::usual(),
    };
    // A store of one's own may be written as plain http in `[storage]`; what is taken from
    // elsewhere is taken over https, or says that it is not.
    if let Some(endpoint) = fields.get("endpoint")
        && let Some(text) = endpoint.get_ref().as_str()
        && Url::parse(text).is_ok_and(|url| url.scheme() == "http")
    {
        let endpoint = Located::new(text.to_owned(), endpoint.span());
        fields.url("endpoint", &endpoint);
    }
    let made = driver.map(|driver| open(setup, &driver));
    let mut mistakes = fields.finish().err().unwrap_or_default();
    let store = match made {
        Some(Ok(store)) => Some(store),
        Some(Err(more)) => {
            // A key that no driver knows is a mistake that both found.
            mistakes
                .extend(more.into_iter().filter(|it| it.code != Code::UNKNOWN_KEY || known(it)));
            None
        }
        None => None,
    };
    mistakes.sort_by_key(|mistake| mistake.span);
    mistakes.dedup_by(|a, b| a.span == b.span && a.code == b.code);
    match (store, pattern, mistakes.is_empty()) {
        (Some(store), Some(pattern), true) => {
            let limit = setup.limits.pages.saturating_mul(PER_PAGE);
            Ok(Box::new(StorageList { store, pattern, limit }))
        }
        _ => Err(mistakes),
    }
}

/// Tells whether an unknown key is another store's: this driver as a whole knows that one.
fn known(mistake: &Mistake) -> bool {
    FIELDS.iter().any(|field| mistake.message.contains(&format!("`{field}`")))
}

fn store_name(fields: &mut Fields<'_>) -> Option<Located<String>> {
    let names: Vec<&str> = registry::DRIVERS.iter().map(|driver| driver.name).collect();
    let all = format!("it is one of `{}`", names.join("`, `"));
    if fields.get("store").is_none() {
        fields.missing("store", &format!("name the storage driver: {all}"));
        return None;
    }
    let store = fields.text("store")?;
    if names.contains(&store.value.as_str()) {
        return Some(store);
    }
    let message = format!("there is no storage driver `{}`", store.value.escape_default());
    fields.add_at(Code::UNKNOWN_DRIVER, message, &store, Some(&all));
    None
}

/// Makes the store of the rest of the table. No driver waits for anything there: a store is reached
/// when it is first asked.
fn open(setup: &Setup, driver: &Located<String>) -> Result<Arc<dyn StorageReader>, Vec<Mistake>> {
    let mut table = setup.table.clone();
    for key in OURS {
        table.get_mut().remove(*key);
    }
    let storage =
        registry::Setup { table, root: setup.root.clone(), environment: setup.environment.clone() };
    match registry::open(driver, storage).now_or_never() {
        Some(Ok(store)) => Ok(store),
        Some(Err(mut mistakes)) => {
            for mistake in &mut mistakes {
                mistake.message = mistake
                    .message
                    .replace(" in `[storage]`", " of this store")
                    .replace("`[storage]`", "the source");
            }
            Err(mistakes)
        }
        None => Err(vec![Mistake {
            code: Code::UNKNOWN_DRIVER,
            message: format!("a store of `{}` can't be a source", driver.value),
            span: driver.span,
            label: None,
            help: None,
        }]),
    }
}

impl StorageList {
    fn row(&self, key: &ObjectKey, meta: ObjectMeta) -> Result<Option<Row>, SourceError> {
        let Some(groups) = self.pattern.groups(key.as_str()) else { return Ok(None) };
        let mut row = rows::from_groups(groups, None, false).map_err(|error| {
            let file = format!("{}/{key}", self.store.location());
            SourceError::Unlisted { file, why: error.sentence() }
        })?;
        row.name = key.as_str().rsplit('/').next().map(str::to_owned);
        row.url = Some(format!("{BELOW}{}", dir::escape(key.as_str())));
        row.size = Some(meta.size);
        row.released = row.released.or(meta.modified);
        row.digests.extend(meta.checksum);
        Ok(Some(row))
    }

    fn failed(&self, source: crate::storage::StorageError) -> SourceError {
        SourceError::Storage { location: self.store.location(), source }
    }
}

#[async_trait]
impl SourceDriver for StorageList {
    fn origin(&self) -> String {
        self.store.location()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let (mut rows, mut seen) = (Vec::new(), 0_usize);
        let mut keys = self.store.list("");
        while let Some((key, meta)) = keys.try_next().await.map_err(|error| self.failed(error))? {
            seen += 1;
            if seen > self.limit {
                let why = format!("it has more than {} keys", self.limit);
                return Err(SourceError::Answer { url: self.store.location(), why });
            }
            rows.extend(self.row(&key, meta)?);
        }
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let address = |why| SourceError::Address { url: url.to_owned(), why };
        let key = url.strip_prefix(BELOW).filter(|key| !key.is_empty());
        let key = key
            .ok_or_else(|| address("this source has only addresses that begin with `storage:`"))?;
        let key = percent_decode_str(key).decode_utf8().map_err(|_| address("it is no text"))?;
        if key.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return Err(address("it leads out of the store"));
        }
        let range = (from > 0).then_some(from..u64::MAX);
        let object = self.store.get(&ObjectKey::new(key), range).await;
        match object.map_err(|error| self.failed(error))? {
            Some(object) => Ok(object.body),
            None => Err(SourceError::Absent { url: url.to_owned() }),
        }
    }
}
