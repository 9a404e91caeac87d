//! Floor 0: the nouns. Plain values that every other room speaks of.
//!
//! Nothing here does I/O, reads a clock or knows a file format's text; this file only re-exports.

mod address;
mod artifact;
mod build;
mod chain;
mod code;
mod constraint;
mod digest;
mod environment;
mod event;
mod extra;
mod finding;
mod glob;
mod head;
mod hidden;
mod host;
mod image;
mod journal;
mod line;
mod located;
mod lock;
mod manifest;
mod metadata;
mod mistake;
mod object;
mod observed;
mod pattern;
mod plan;
mod probe;
mod recipe;
mod record;
mod release;
mod report;
mod safe_url;
mod schedule;
mod scheme;
mod signature;
mod target;
mod version;

pub use address::{Address, BadAddress, DependencyId};
pub use artifact::{Artifact, InputName, SourceFile};
pub use build::{
    ArchiveFormat, BuildPatch, BuildRule, Executor, ExtraRule, HttpCheckRule, Limits, LimitsRule,
    Repack, TestPatch, TestRule,
};
pub use chain::chain;
pub use code::{Code, Kind, PAGES, Page};
pub use constraint::{Constraint, ConstraintError};
pub use digest::{Algorithm, BadDigest, Digest, Evidence, InputDigest, Sha256};
pub use environment::Environment;
pub use event::{Event, Outcome, Sink, Work, Worked};
pub use extra::WantedExtra;
pub use finding::{Finding, Severity};
pub use glob::{BadGlob, Glob};
pub use head::{FORMAT, Generation, Head, HeadKind, IndexRef, ObjectRef, Tx};
pub use hidden::is_hidden;
pub use host::{BadHost, HostPattern};
pub use image::is_pinned_image;
pub use journal::{Journal, JournalState};
pub use line::{Keep, VersionLine};
pub use located::Located;
pub use lock::{Lock, LockedArtifact, LockedDependency, LockedRelease};
pub use manifest::{
    Change, ChecksumRule, Coverage, Dependency, Fallback, Manifest, Override, Patch, Retention,
    Rule, ScheduleRule, Settings, SourceRule, StorageRule,
};
pub use metadata::Metadata;
pub use mistake::Mistake;
pub use object::{ObjectKey, ObjectMeta, Revision};
pub use observed::{Observed, Trouble, Why};
pub use pattern::{BadPattern, Pattern};
pub use plan::{
    Action, BaseHead, Basis, Blind, Facts, InputChange, InputText, NotWanted, Plan, Reason, Step,
    Summary,
};
pub use probe::{Checksums, Conditions, Probe};
pub use recipe::{
    BuildEvidence, BuiltOutput, CONTRACT, ExtraFile, HttpCheck, Need, Recipe, TestEvidence, Tree,
    TreeFile, Trial,
};
pub use record::{Condemned, IndexDocument, Record, RecordSource, Replaced, Snapshot};
pub use release::{Listing, Row};
pub use report::{Done, Failure, Held, Report};
pub use safe_url::SafeUrl;
pub use schedule::{
    End, Ended, EolRule, LockedLine, LockedLines, Part, ScheduleRow, Since, Standing, Within,
};
pub use scheme::{OrderKey, Scheme};
pub use signature::{GITHUB_ISSUER, Over, SignatureKind, SignaturePlace, SignatureRule, Signer};
pub use target::{Distro, Target, TargetName};
pub use version::{BadVersion, Version};
