//! Floor 1: the user's own configuration, `.depstate/config.toml`. What a pull request must not
//! decide stands there: where tokens go, which hosts are private, which programs may run.

use std::collections::BTreeMap;

use crate::model::Sha256;

/// What the user's configuration says; without a file it says nothing.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// External drivers that may run: the program's name (`depstate-source-NAME`) and the SHA-256
    /// of its file.
    pub drivers: BTreeMap<String, Sha256>,
}
