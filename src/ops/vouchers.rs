//! Files of upstream's that vouch for others: checksum files, signatures, bundles. Each is asked for
//! once in a run, however many need it.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use tokio::sync::{Mutex, OnceCell};

use super::error::chain;
use crate::{model::Code, source::SourceDriver};

/// Larger than this is none.
const LIMIT: u64 = 16 << 20;

/// Why one could not be read.
#[derive(Debug, Clone)]
pub(super) struct Unread {
    /// It is not there.
    pub(super) absent: bool,
    pub(super) code: Code,
    pub(super) message: String,
}

type Cell = Arc<OnceCell<Result<Bytes, Unread>>>;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Vouchers(Mutex<BTreeMap<String, Cell>>);

impl Vouchers {
    /// Reads a file, once.
    pub(super) async fn fetch(
        &self,
        source: &dyn SourceDriver,
        url: &str,
    ) -> Result<Bytes, Unread> {
        let cell = self.0.lock().await.entry(url.to_owned()).or_default().clone();
        cell.get_or_init(|| async {
            let stream = source.open(url, 0).await.map_err(|error| Unread {
                absent: error.is_absent(),
                code: error.code(),
                message: chain(&error),
            })?;
            stream.collect(LIMIT).await.map_err(|error| Unread {
                absent: false,
                code: error.code(),
                message: format!("`{url}` could not be read: {}", chain(&error)),
            })
        })
        .await
        .clone()
    }
}
