//! Floor 1: the user's own configuration, `.depstate/config.toml`. What a pull request must not
//! decide stands there: where tokens go, which hosts are private, which programs may run.
//!
//! [`read`] turns the text into a [`Config`], or says every mistake at once, each at its line.
//! Variables are only named here; whoever makes the HTTP client looks them up.

mod drivers;
mod fields;
mod host;
mod read;
mod rewrite;

use std::collections::BTreeMap;

use url::Url;

use crate::model::{HostPattern, Sha256};

pub use read::{Read, read};

/// What the user's configuration says; without a file it says nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// Settings of hosts, in the order of their names. For an address the one that says most about
    /// it counts, alone.
    pub hosts: Vec<HostSettings>,
    /// Addresses that are asked elsewhere, in the order of the file.
    pub rewrites: Vec<Rewrite>,
    /// External drivers that may run: the program's name (`depstate-source-NAME`) and the SHA-256
    /// of its file.
    pub drivers: BTreeMap<String, Sha256>,
    /// Variables that an external driver gets beside the usual ones, by the program's name.
    pub driver_variables: BTreeMap<String, Vec<String>>,
}

/// What holds for requests to a host.
#[derive(Debug, Clone, PartialEq)]
pub struct HostSettings {
    /// Which host.
    pub host: HostPattern,
    /// Headers that are sent there and nowhere else.
    pub headers: Vec<Header>,
    /// Whether user and password come from the netrc file.
    pub netrc: bool,
    /// The PEM file whose certificates alone vouch for the host, relative to the configuration's
    /// folder.
    pub ca_file: Option<String>,
    /// How the host is reached; none: as the system says.
    pub proxy: Option<Proxy>,
    /// Requests a second.
    pub rate: Option<f64>,
    /// Whether plain http is allowed, and credentials may go over it.
    pub insecure: bool,
    /// Whether the host may be at an address that is not public.
    pub private: bool,
}

/// A header whose value an environment variable holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Its name, in lower case.
    pub name: String,
    /// The variable.
    pub env: String,
    /// What stands before the variable's value: `Bearer `.
    pub prefix: String,
}

/// How a host is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {
    /// Without a proxy, whatever the system says.
    No,
    /// Through this one.
    At(Url),
}

/// Addresses that begin with `from` are asked at `to`, with the same rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrite {
    /// The beginning that is replaced; ends with `/`.
    pub from: Url,
    /// What stands there instead; ends with `/`.
    pub to: Url,
}
