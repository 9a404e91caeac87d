//! Addresses that are safe to show.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

/// An address whose display and serialisation never carry a user, a password or a query value.
///
/// Signed addresses carry their signature in the query, so every query value is hidden.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SafeUrl(Url);

impl SafeUrl {
    /// Wraps an address.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// Returns the whole address, for a request.
    pub fn expose(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.username().is_empty() && self.0.password().is_none() && self.0.query().is_none() {
            return f.write_str(self.0.as_str());
        }
        let mut shown = self.0.clone();
        // Both fail only for addresses that can't have a user, which then have none to hide.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        if self.0.query().is_some() {
            let names: Vec<String> =
                self.0.query_pairs().map(|(name, _)| format!("{name}=…")).collect();
            shown.set_query(None);
            return write!(f, "{shown}?{}", names.join("&"));
        }
        write!(f, "{shown}")
    }
}

impl fmt::Debug for SafeUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SafeUrl({self})")
    }
}

impl Serialize for SafeUrl {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SafeUrl {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Url::deserialize(d).map(Self)
    }
}
