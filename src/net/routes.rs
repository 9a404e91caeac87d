//! The HTTP clients: one for each way that requests take, made when the first one takes it.
//!
//! Connections are kept by each client for itself, so a request never finds one that was made in
//! another way: with other certificates, through a proxy, or to an address that not every host may
//! have. Hosts whose rules say the same of these share a client, because the system's certificates are
//! read for each.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::{Certificate, Proxy};
use url::Url;

use super::{
    ClientConfig, NetError,
    resolve::{Resolver, System},
    rules::{HostRule, ProxyRule},
};

/// What requests share that may share connections.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The certificates that are trusted; none: the system's.
    ca: Option<Vec<u8>>,
    proxy: Option<String>,
    /// Whether addresses have to be public.
    public: bool,
    /// Whether bodies are decoded.
    decode: bool,
}

/// The clients that were made so far.
#[derive(Default)]
pub(super) struct Routes {
    clients: Mutex<BTreeMap<Key, reqwest::Client>>,
    system: OnceLock<Matcher>,
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

impl Routes {
    /// Returns the client for an address and its rule.
    pub(super) fn client(
        &self,
        config: &ClientConfig,
        url: &Url,
        rule: Option<(usize, &HostRule)>,
        decode: bool,
    ) -> Result<reqwest::Client, NetError> {
        let (proxy, named) = match rule.map_or(&ProxyRule::System, |(_, rule)| &rule.proxy) {
            ProxyRule::At(proxy) => {
                let made = Proxy::all(proxy.clone()).map_err(|error| setup("proxy", error))?;
                (Some(made), Some(proxy.to_string()))
            }
            ProxyRule::System if config.system_proxy => self.system(url)?,
            ProxyRule::No | ProxyRule::System => (None, None),
        };
        let rule = rule.map(|(_, rule)| rule);
        let key = Key {
            ca: rule.and_then(|rule| rule.ca.as_deref()).map(<[u8]>::to_vec),
            // The only name that a client with a proxy looks up is the proxy's, which the user chose.
            public: named.is_none() && !rule.is_some_and(|rule| rule.private),
            proxy: named,
            decode,
        };
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&key) {
            return Ok(client.clone());
        }
        let client = make(config, &key, proxy)?;
        clients.insert(key, client.clone());
        Ok(client)
    }

    fn system(&self, url: &Url) -> Result<(Option<Proxy>, Option<String>), NetError> {
        let matcher = self.system.get_or_init(Matcher::from_system);
        let Some(found) = url.as_str().parse().ok().and_then(|uri| matcher.intercept(&uri)) else {
            return Ok((None, None));
        };
        let uri = found.uri().to_string();
        let proxy = Proxy::all(uri.as_str()).map_err(|error| setup("proxy", error))?;
        let proxy = match found.basic_auth() {
            Some(auth) => proxy.custom_http_auth(auth.clone()),
            None => proxy,
        };
        // Not the same as a rule's with this address: it may come with a password of its own.
        Ok((Some(proxy), Some(format!("the system's {uri}"))))
    }
}

fn make(
    config: &ClientConfig,
    key: &Key,
    proxy: Option<Proxy>,
) -> Result<reqwest::Client, NetError> {
    let lookup = config.lookup.clone().unwrap_or_else(|| Arc::new(System));
    let mut builder = reqwest::Client::builder()
        .user_agent(&config.user_agent)
        .connect_timeout(config.connect_timeout)
        .read_timeout(config.read_timeout)
        .dns_resolver(Arc::new(Resolver { lookup, public: key.public }))
        // Followed by hand, see `send`: what may follow and what goes with it is our word.
        .redirect(reqwest::redirect::Policy::none())
        // Tries are counted and told, so nothing below may make more of them.
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy();
    if !key.decode {
        builder = builder.no_gzip().no_brotli().no_zstd();
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(pem) = &key.ca {
        builder = builder.tls_certs_only(certificates(pem)?);
    }
    builder.build().map_err(|error| setup("client", error))
}

/// Checks a PEM file, before it is needed.
///
/// # Errors
/// When there is no certificate in it, or one that can't be read.
pub fn check_certificates(pem: &[u8]) -> Result<(), NetError> {
    certificates(pem).map(drop)
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate>, NetError> {
    let all = Certificate::from_pem_bundle(pem).map_err(|error| setup("certificates", error))?;
    if all.is_empty() {
        let source = "there is no certificate in the file".into();
        return Err(NetError::Setup { what: "certificates", source });
    }
    Ok(all)
}

fn setup(what: &'static str, error: reqwest::Error) -> NetError {
    // The whole address of a proxy may have a password in it.
    NetError::Setup { what, source: error.without_url().into() }
}
