//! The one list of storage drivers.

use std::{path::PathBuf, sync::Arc};

use futures::future::BoxFuture;

use super::{StorageWriter, fields, fs, s3};
use crate::model::{Code, Environment, Located, Mistake};

/// `[storage]` without `driver`: keys and values with their places in deps.toml.
pub type DriverTable = toml::Spanned<toml::de::DeTable<'static>>;

/// Makes a store from its table. It talks to nobody: a store is reached when it is first asked.
pub type Make = fn(Setup) -> BoxFuture<'static, Result<Arc<dyn StorageWriter>, Vec<Mistake>>>;

/// A storage driver.
#[derive(Debug, Clone, Copy)]
pub struct Driver {
    /// What `driver = "…"` calls it.
    pub name: &'static str,
    /// One line on what it is.
    pub about: &'static str,
    /// The keys of its table.
    pub fields: &'static [&'static str],
    /// Makes a store.
    pub make: Make,
}

/// What a driver is made from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its table.
    pub table: DriverTable,
    /// The folder of deps.toml, from which relative paths go.
    pub root: PathBuf,
    /// The environment.
    pub environment: Environment,
}

/// Every storage driver.
pub const DRIVERS: &[Driver] = &[
    Driver {
        name: "fs",
        about: "a folder: for trying out, for a mounted share, for a web server's root",
        fields: fs::FIELDS,
        make: |setup| Box::pin(async move { fs::FsStorage::from_table(setup).map(arc) }),
    },
    Driver {
        name: "s3",
        about: "a bucket of S3 or of a store that speaks its protocol",
        fields: s3::FIELDS,
        make: |setup| Box::pin(async move { s3::S3Storage::from_table(setup).map(arc) }),
    },
];

fn arc<S: StorageWriter + 'static>(store: S) -> Arc<dyn StorageWriter> {
    Arc::new(store)
}

/// Makes the store that `driver = "…"` names.
///
/// # Errors
/// `unknown-driver` with the nearest name, or all mistakes of the table.
pub async fn open(
    driver: &Located<String>,
    setup: Setup,
) -> Result<Arc<dyn StorageWriter>, Vec<Mistake>> {
    let Some(found) = DRIVERS.iter().find(|known| known.name == driver.value) else {
        let names: Vec<&str> = DRIVERS.iter().map(|known| known.name).collect();
        return Err(vec![Mistake {
            code: Code::UNKNOWN_DRIVER,
            message: format!("there is no storage driver `{}`", driver.value),
            span: driver.span,
            label: None,
            help: Some(fields::nearest(&driver.value, &names)),
        }]);
    };
    (found.make)(setup).await
}
