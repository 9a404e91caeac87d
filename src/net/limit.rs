//! How many requests one host is asked at a time.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// One semaphore a host.
#[derive(Debug)]
pub(super) struct HostLimit {
    each: usize,
    hosts: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl HostLimit {
    pub(super) fn new(each: usize) -> Self {
        Self { each: each.max(1), hosts: Mutex::default() }
    }

    /// Waits for a turn at the host of an address. None never happens: nobody closes a semaphore.
    pub(super) async fn turn(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        let host = url.host_str().unwrap_or_default();
        let key = format!("{host}:{}", url.port_or_known_default().unwrap_or_default());
        let semaphore = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(hosts.entry(key).or_insert_with(|| Arc::new(Semaphore::new(self.each))))
        };
        semaphore.acquire_owned().await.ok()
    }
}
