//! Floor 1: the text of deps.toml and what it means.
//!
//! [`read`] turns the text into [`Manifest`], or says every mistake at once, each with its place.
//! It knows no driver: what is left of a `source` or `storage` table goes to its driver with the
//! spans kept, and the driver's mistakes join the same [`report`]. No I/O, no environment.

mod build;
mod collect;
mod dependency;
mod edit;
mod environment;
mod eol;
mod error;
mod executor;
mod extends;
mod extra;
mod fallback;
mod fields;
mod free;
mod http_check;
mod image;
mod keys;
mod keys_build;
mod keys_time;
mod licenses;
mod limits;
mod lines;
mod merge;
mod needs;
mod overrides;
mod paths;
mod place;
mod purl;
mod read;
mod repack;
mod rules;
mod schedule;
mod schema;
mod settings;
mod shapes;
mod shapes_build;
mod shapes_extra;
mod shapes_target;
mod shapes_time;
mod shapes_verify;
mod signature;
mod sizes;
mod source;
mod steps;
mod syntax;
mod targets;
mod templates;
mod test;
mod text;
mod top;
mod values;
mod verify;
mod words;

use std::collections::BTreeMap;

use crate::model::{DependencyId, Located, Manifest, Mistake};

pub use edit::{EditError, add_dependency};
pub use error::{ManifestReport, report};
pub use free::{as_json, free_table};
pub use read::read;
pub use schema::schema;

/// What is left of a table for its driver: spans point into deps.toml.
pub type DriverTable = toml::Spanned<toml::de::DeTable<'static>>;

/// The drivers that there are, for "unknown driver" and its nearest name.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Names of source drivers.
    pub sources: &'a [&'a str],
    /// Names of storage drivers.
    pub storages: &'a [&'a str],
}

/// What came of reading deps.toml.
#[derive(Debug)]
pub struct Read {
    /// What it asks for; none as soon as there is one mistake.
    pub manifest: Option<Manifest>,
    /// The storage driver's name and table, where they could be read and the driver is known.
    pub storage: Option<(Located<String>, DriverTable)>,
    /// The source driver's name and table of each dependency, as far as they could be read. In
    /// `url`, `repo` and `package` the `{{ id }}` is already filled in.
    pub sources: BTreeMap<DependencyId, (Located<String>, DriverTable)>,
    /// The same of what stands in for a source, in its order; as long as the manifest's list.
    pub fallbacks: BTreeMap<DependencyId, Vec<(Located<String>, DriverTable)>>,
    /// The `schedule` table of each dependency that has one, as far as it could be read.
    pub schedules: BTreeMap<DependencyId, DriverTable>,
    /// Every mistake, by place.
    pub mistakes: Vec<Mistake>,
}
