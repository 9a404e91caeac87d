//! Names become addresses here, and are checked here: what is checked is what is dialled.

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address;

/// Looks names up.
pub trait Lookup: Send + Sync {
    /// Returns the addresses of a name, in the order in which they are to be tried.
    ///
    /// # Errors
    /// What the system says of a name that it does not know.
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The system's way.
#[derive(Debug)]
pub(super) struct System;

impl Lookup for System {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}

/// What a connection asks for its addresses.
pub(super) struct Resolver {
    pub(super) lookup: Arc<dyn Lookup>,
    /// Whether an address has to be public.
    pub(super) public: bool,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let (looking, public) = (self.lookup.lookup(name), self.public);
        Box::pin(async move {
            let found = looking.await?;
            let allowed: Vec<SocketAddr> = found
                .iter()
                .filter(|ip| !public || address::private(**ip).is_none())
                .map(|ip| SocketAddr::new(*ip, 0))
                .collect();
            let refused = found.iter().find_map(|ip| address::private(*ip).map(|what| (*ip, what)));
            match refused {
                Some((ip, what)) if public && allowed.is_empty() => {
                    Err(Refused { ip, what }.into())
                }
                Some(_) | None => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}

/// A name leads only to addresses that are not public.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{ip} is {what}")]
pub(super) struct Refused {
    pub(super) ip: IpAddr,
    pub(super) what: &'static str,
}
