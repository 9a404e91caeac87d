//! The plan: every step with its reason, what is unchanged, and what could not be known.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Address, Artifact, Code, DependencyId, Evidence, Finding, InputDigest, InputName, Metadata,
    Record, Sha256, Signer,
};

/// What would be done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What it was made from.
    pub basis: Basis,
    /// The steps, ordered: dependency, version newest first, target.
    pub steps: Vec<Step>,
    /// Wanted, published, right.
    pub unchanged: Vec<Address>,
    /// How many steps the filters left out.
    pub filtered: u64,
    /// What could not be checked.
    pub blind: Vec<Blind>,
    /// What must be read.
    pub findings: Vec<Finding>,
    /// Whether deps.lock would change.
    pub lock_changes: bool,
}

/// What a plan was made from: what a saved plan is compared by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The owner.
    pub project: String,
    /// Lineage, serial and nonce of HEAD; none: there is no HEAD.
    pub base: Option<BaseHead>,
    /// SHA-256 of deps.toml's bytes.
    pub manifest_sha256: Sha256,
    /// SHA-256 of deps.lock's bytes; none: there is no such file.
    pub lock_sha256: Option<Sha256>,
    /// The instant of planning.
    pub as_of: Timestamp,
}

/// The HEAD that a plan was made on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseHead {
    /// The history of the prefix.
    pub lineage: String,
    /// Its serial.
    pub serial: u64,
    /// Its nonce.
    pub nonce: String,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it is about.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: Reason,
    /// What is published now.
    pub before: Option<Facts>,
    /// What will be.
    pub after: Option<Facts>,
    /// The wanted artifact; none for a retire.
    pub artifact: Option<Artifact>,
    /// The record that is there now, live or condemned.
    pub record: Option<Record>,
    /// Bytes to fetch, where they are known, which are those to publish too where nothing is built;
    /// 0 where none move.
    pub bytes: Option<u64>,
    /// Steps that must have succeeded: a retire waits for its successor, a build or test for what it
    /// needs.
    pub needs: Vec<Address>,
}

/// What is done to an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Publish what is not there.
    Create,
    /// Publish again, from other inputs.
    Rebuild,
    /// Publish again, because the object is missing or altered.
    Repair,
    /// Write the lock; what is published is right.
    Adopt,
    /// Change the record; move no byte.
    Update,
    /// Take it out of the index; its object stays for the grace period.
    Retire,
}

impl Action {
    /// All of them, in the order of the summary.
    pub const ALL: [Self; 6] =
        [Self::Create, Self::Rebuild, Self::Repair, Self::Adopt, Self::Update, Self::Retire];

    /// Returns the word for files and screen.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Rebuild => "rebuild",
            Self::Repair => "repair",
            Self::Adopt => "adopt",
            Self::Update => "update",
            Self::Retire => "retire",
        }
    }

    /// Tells whether bytes go from upstream to the store.
    pub const fn moves_bytes(self) -> bool {
        matches!(self, Self::Create | Self::Rebuild | Self::Repair)
    }

    /// Tells whether the bucket's index changes.
    pub const fn changes_index(self) -> bool {
        !matches!(self, Self::Adopt)
    }
}

/// Why a step is planned. Data; the prose is `render`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Create: a new release of a line.
    NewRelease {
        /// The line's label.
        line: String,
    },
    /// Create: decided before (locked), not published.
    NotPublished,
    /// Create: the version is published for other targets.
    NewTarget,
    /// Create: the record's object is being deleted, so it is published anew.
    Doomed,
    /// Rebuild: the source's bytes were accepted to be others (`lock --accept`).
    SourceChanged,
    /// Rebuild: these inputs changed.
    InputChanged {
        /// Which are others than those of the record.
        changed: Vec<InputName>,
        /// Which the record does not have.
        added: Vec<InputName>,
        /// Which only the record has.
        removed: Vec<InputName>,
    },
    /// Rebuild: the inputs are the same, and somebody asked (`--rebuild`).
    RebuildAsked,
    /// Repair: the object is not there.
    ObjectMissing,
    /// Repair: the object has other bytes.
    ObjectAltered {
        /// What the record says, in bytes.
        recorded: u64,
        /// What the store says, in bytes.
        found: u64,
    },
    /// Adopt: published, not locked.
    NotLocked,
    /// Update: retired, and wanted again while its object is still there.
    WantedAgain,
    /// Update: metadata, or where the bytes come from, differs.
    MetadataChanged,
    /// Update: the object was copied or re-uploaded with the same bytes.
    RevisionChanged,
    /// Update, retire: `rollback` goes back to an older serial.
    RolledBack {
        /// Which.
        serial: u64,
    },
    /// Retire.
    NotWanted(NotWanted),
}

/// Why an artifact is no longer wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotWanted {
    /// Newer versions fill the line.
    LineKeeps {
        /// The line's label.
        line: String,
        /// How many it keeps.
        keep: u32,
    },
    /// An `exclude` or `only` leaves it out.
    Excluded {
        /// The maintainer's reason.
        reason: Option<String>,
    },
    /// Its line is past its end, and was dropped.
    LineEol {
        /// What the line is called.
        line: String,
        /// The last day of its support, where it is told.
        day: Option<jiff::civil::Date>,
    },
    /// No line takes the version.
    NoLine,
    /// The dependency does not want the target.
    TargetGone,
    /// deps.toml has no such dependency.
    DependencyGone,
}

impl Reason {
    /// Returns the machine-readable code.
    pub fn code(&self) -> Code {
        match self {
            Self::NewRelease { .. } => Code::NEW_RELEASE,
            Self::NotPublished => Code::NOT_PUBLISHED,
            Self::NewTarget => Code::NEW_TARGET,
            Self::Doomed => Code::DOOMED,
            Self::SourceChanged => Code::SOURCE_CHANGED,
            Self::InputChanged { .. } => Code::INPUT_CHANGED,
            Self::RebuildAsked => Code::REBUILD_ASKED,
            Self::ObjectMissing => Code::OBJECT_MISSING,
            Self::ObjectAltered { .. } => Code::OBJECT_ALTERED,
            Self::NotLocked => Code::NOT_LOCKED,
            Self::WantedAgain => Code::WANTED_AGAIN,
            Self::MetadataChanged => Code::METADATA_CHANGED,
            Self::RevisionChanged => Code::REVISION_CHANGED,
            Self::RolledBack { .. } => Code::ROLLED_BACK,
            Self::NotWanted(why) => match why {
                NotWanted::LineKeeps { .. } => Code::LINE_KEEPS,
                NotWanted::Excluded { .. } => Code::EXCLUDED,
                NotWanted::LineEol { .. } => Code::LINE_EOL,
                NotWanted::NoLine => Code::NO_LINE,
                NotWanted::TargetGone => Code::TARGET_GONE,
                NotWanted::DependencyGone => Code::DEPENDENCY_GONE,
            },
        }
    }
}

/// What changed in a file that builds read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputChange {
    /// Its path, relative to deps.toml.
    pub path: String,
    /// What it was.
    pub before: InputText,
    /// What it is.
    pub after: InputText,
}

/// What is known of a file that builds read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputText {
    /// It is not there.
    Absent,
    /// It is no text, too long a one, or not known any more.
    Unknown,
    /// Its text.
    Text(String),
}

impl InputText {
    /// Takes what is known of a file that is there.
    pub fn of(text: Option<String>) -> Self {
        text.map_or(Self::Unknown, Self::Text)
    }
}

/// What is told of an artifact before and after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The input digest; none: at apply.
    pub input: Option<InputDigest>,
    /// The SHA-256 of the published bytes; none: at apply.
    pub sha256: Option<Sha256>,
    /// Where they come from.
    pub url: String,
    /// How they came to be trusted.
    pub evidence: Evidence,
    /// Who signed, and what.
    #[serde(flatten)]
    pub signer: Option<Signer>,
    /// Size in bytes.
    pub size: Option<u64>,
    /// What consumers read.
    pub metadata: Metadata,
}

/// Something that could not be checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blind {
    /// The dependency; none: the storage.
    pub dependency: Option<DependencyId>,
    /// Why, fit for a person.
    pub why: String,
}

/// The counters, the same words in plan and apply.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// How many of each action; every action is there.
    pub actions: BTreeMap<Action, u64>,
    /// Wanted, published, right.
    pub unchanged: u64,
    /// Left out by filters.
    pub filtered: u64,
    /// Bytes to fetch, as far as sizes are known.
    pub download: u64,
    /// Bytes to publish, as far as sizes are known.
    pub upload: u64,
    /// Transfers whose size is not known.
    pub unknown_sizes: u64,
}

impl Step {
    /// Tells whether the bytes are made here, not fetched as they are.
    pub fn is_built(&self) -> bool {
        self.artifact.as_ref().is_some_and(|artifact| artifact.recipe.is_some())
    }
}

impl Plan {
    /// Counts the plan.
    pub fn summary(&self) -> Summary {
        let mut summary = Summary {
            actions: Action::ALL.into_iter().map(|action| (action, 0)).collect(),
            unchanged: self.unchanged.len() as u64,
            filtered: self.filtered,
            ..Summary::default()
        };
        for step in &self.steps {
            *summary.actions.entry(step.action).or_default() += 1;
            if step.action.moves_bytes() {
                let built = step.is_built();
                summary.download += step.bytes.unwrap_or(0);
                match step.bytes {
                    // What comes out of a build is known when it is built.
                    Some(bytes) if !built => summary.upload += bytes,
                    Some(_) | None => summary.unknown_sizes += 1,
                }
            }
        }
        summary
    }

    /// Tells whether apply would change the bucket or deps.lock.
    pub fn has_changes(&self) -> bool {
        !self.steps.is_empty() || self.lock_changes
    }
}
