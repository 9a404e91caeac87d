//! Everything that a plan depends on. Nothing else exists for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{LocatedFile, Selection};
use crate::model::{
    Address, BadGlob, Basis, DependencyId, Glob, Lock, Manifest, ObjectKey, ObjectMeta, Observed,
    Sha256, Snapshot, Tree,
};

/// What the command line says about a plan.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which dependencies look for newer versions.
    pub update: Update,
    /// Addresses whose new bytes are accepted (`lock --accept`).
    pub accept: BTreeSet<Address>,
    /// Only these addresses; empty: all.
    pub filters: Vec<Filter>,
    /// Not these addresses.
    pub exclude: Vec<Filter>,
    /// How many retires are let through.
    pub max_retire: u64,
    /// The instant of planning.
    pub as_of: Timestamp,
    /// Addresses that are built again though nothing changed (`--rebuild`).
    pub rebuild: Vec<Filter>,
    /// Rules of time decide anew (`lock`, `update`): schedules are asked, and what is past its end
    /// is dropped. Without, what the lock answers is left as it is.
    pub decide: bool,
}

/// Which dependencies look for newer versions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Update {
    /// None: what is locked and still fits is kept.
    #[default]
    No,
    /// All.
    All,
    /// These.
    Only(BTreeSet<DependencyId>),
}

/// A filter: an address or a glob of one (`node`, `ruby@3.3.*`, `*/jammy-*`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    text: String,
    glob: Glob,
}

impl Filter {
    /// Reads a filter. `node` alone means `node@*/*`, `ruby@3.3.*` means `ruby@3.3.*/*`.
    ///
    /// # Errors
    /// When it is no glob.
    pub fn new(text: &str) -> Result<Self, BadGlob> {
        let full = match (text.contains('@'), text.contains('/')) {
            (false, false) => format!("{text}@*/*"),
            (true, false) => format!("{text}/*"),
            (false, true) => text.replacen('/', "@*/", 1),
            (true, true) => text.to_owned(),
        };
        Ok(Self { text: text.to_owned(), glob: Glob::new(&full)? })
    }

    /// Tells whether it takes an address.
    pub fn matches(&self, address: &Address) -> bool {
        self.glob.matches(&address.to_string())
    }

    /// Tells whether a text alone, such as a version, fits what was written.
    pub fn takes_text(&self, text: &str) -> bool {
        Glob::new(&self.text).is_ok_and(|glob| glob.matches(text))
    }

    /// Tells whether it could take an address of a dependency.
    pub fn may_take(&self, id: &DependencyId) -> bool {
        let front = self.text.split(['@', '/']).next().unwrap_or_default();
        Glob::new(front).is_ok_and(|glob| glob.matches(id.as_str()))
    }

    /// Returns the filter as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Options {
    /// Tells whether the filters take an address.
    pub fn takes(&self, address: &Address) -> bool {
        (self.filters.is_empty() || self.filters.iter().any(|f| f.matches(address)))
            && !self.exclude.iter().any(|f| f.matches(address))
    }
}

/// Whether a source must be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The lock, or what is published, answers it.
    Settled,
    /// It must be asked.
    Ask(WhyAsk),
}

/// Why a source must be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhyAsk {
    /// Neither the lock nor the bucket knows enough of it.
    NotLocked,
    /// deps.toml asks another question than the lock answers, or new bytes are to be accepted.
    QuestionChanged,
    /// A name of a line stands for another line of the schedule than before.
    LineMoved,
    /// `update` looks for newer versions.
    Update,
}

/// Everything that [`super::plan`] depends on.
#[derive(Debug)]
pub struct PlanInput<'a> {
    /// What is desired.
    pub manifest: &'a Manifest,
    /// What was decided before.
    pub lock: &'a Lock,
    /// What is decided now.
    pub selection: &'a Selection,
    /// What was found out about the files of candidates.
    pub located: &'a BTreeMap<Address, LocatedFile>,
    /// What is published; `Known(None)`: there is no HEAD.
    pub published: &'a Observed<Option<Snapshot>>,
    /// Which objects are there, below `artifacts/`.
    pub objects: &'a Observed<BTreeMap<ObjectKey, ObjectMeta>>,
    /// The SHA-256 of the suspects, and of whatever else was read; `Unknown`: it could not be, or is
    /// too large to be read in a plan.
    pub rehashed: &'a BTreeMap<ObjectKey, Observed<Sha256>>,
    /// The files that builds and tests name: those that [`super::ask_tree`] asked for and that are
    /// there.
    pub tree: &'a Tree,
    /// What the command line says.
    pub options: &'a Options,
    /// What the plan is made from.
    pub basis: Basis,
}
