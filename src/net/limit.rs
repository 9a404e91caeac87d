//! What requests to one host share: how many there may be at a time, and spare tries.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

use super::Budget;

/// What is kept of each host.
#[derive(Debug)]
pub(super) struct HostLimit {
    each: usize,
    hosts: Mutex<BTreeMap<String, Host>>,
}

#[derive(Debug, Clone)]
struct Host {
    turns: Arc<Semaphore>,
    rate: Option<Arc<DefaultDirectRateLimiter>>,
    budget: Arc<Budget>,
}

impl HostLimit {
    pub(super) fn new(each: usize) -> Self {
        Self { each: each.max(1), hosts: Mutex::default() }
    }

    /// Waits for a turn at the host of an address. None never happens: nobody closes a semaphore.
    pub(super) async fn turn(&self, url: &Url) -> Option<OwnedSemaphorePermit> {
        self.host(url).turns.acquire_owned().await.ok()
    }

    /// Waits until a host may be asked again: once in a time, if so.
    pub(super) async fn ready(&self, url: &Url, every: Option<Duration>) {
        let Some(quota) = every.and_then(Quota::with_period) else { return };
        let rate = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            let host = hosts.entry(name(url)).or_insert_with(|| Host::new(self.each));
            Arc::clone(host.rate.get_or_insert_with(|| Arc::new(RateLimiter::direct(quota))))
        };
        rate.until_ready().await;
    }

    /// Returns the spare tries of the host of an address.
    pub(super) fn budget(&self, url: &Url) -> Arc<Budget> {
        self.host(url).budget
    }

    fn host(&self, url: &Url) -> Host {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        hosts.entry(name(url)).or_insert_with(|| Host::new(self.each)).clone()
    }
}

impl Host {
    fn new(each: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(each)), rate: None, budget: Arc::default() }
    }
}

/// Returns host and port.
pub(super) fn name(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}
