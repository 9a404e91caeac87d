//! Sources that stand in for one that can't be read.

use async_trait::async_trait;

use super::{SourceDriver, SourceError};
use crate::{
    model::{Listing, Revision, chain},
    net::ByteStream,
};

/// A source and what is asked in turn where it can't be read.
pub struct Fallback {
    drivers: Vec<Box<dyn SourceDriver>>,
}

impl std::fmt::Debug for Fallback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fallback").field("drivers", &self.drivers.len()).finish()
    }
}

impl Fallback {
    /// Puts a source before those that stand in for it, in their order.
    pub fn new(first: Box<dyn SourceDriver>, others: Vec<Box<dyn SourceDriver>>) -> Self {
        let mut drivers = vec![first];
        drivers.extend(others);
        Self { drivers }
    }
}

#[async_trait]
impl SourceDriver for Fallback {
    fn origin(&self) -> String {
        self.drivers.iter().map(|driver| driver.origin()).collect::<Vec<_>>().join(", else ")
    }

    async fn releases(&self, unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let mut failed: Vec<String> = Vec::new();
        for (n, driver) in self.drivers.iter().enumerate() {
            // A revision is of the first source; another's would be compared with it in vain.
            match driver.releases(unless.filter(|_| n == 0)).await {
                Ok(listing) => {
                    let why = (n > 0).then(|| failed.join("; "));
                    let told = |listing| Listing { fallback: n, why, ..listing };
                    return Ok(listing.map(told));
                }
                // Nothing stands in for an answer that was refused.
                Err(error) if error.code().is_refusal() => return Err(error),
                Err(error) => failed.push(chain(&error)),
            }
        }
        Err(SourceError::All { why: failed.join("; ") })
    }

    /// Every source may have listed the address: the first that can open it does.
    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let mut first = None;
        for driver in &self.drivers {
            match driver.open(url, from).await {
                Ok(stream) => return Ok(stream),
                Err(error) => first = first.or(Some(error)),
            }
        }
        let none = || SourceError::All { why: format!("there is no source for `{url}`") };
        Err(first.unwrap_or_else(none))
    }
}
