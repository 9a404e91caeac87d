//! A saved plan, read back. It is compared with a plan made anew, never carried out by itself.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::plan::{FORMAT_VERSION, digest};
use crate::model::{Action, Address, BaseHead, Basis, Code, DependencyId, Facts, Sha256};

/// The largest plan file in bytes.
const LIMIT: usize = 256 * 1024 * 1024;

/// A plan as a file tells it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SavedPlan {
    /// The program that wrote it.
    pub tool: String,
    /// The owner.
    pub project: String,
    /// The HEAD that it was made on; none: there must be no HEAD.
    pub base: Option<BaseHead>,
    /// SHA-256 of deps.toml's bytes.
    pub manifest_sha256: Sha256,
    /// SHA-256 of deps.lock's bytes; none: there was no such file.
    pub lock_sha256: Option<Sha256>,
    /// How it was asked for, as it was given to [`super::plan::encode`], with `as_of`.
    pub options: Value,
    /// The steps in their order.
    pub actions: Vec<SavedAction>,
    /// The counters.
    pub summary: SavedSummary,
    /// What must be read.
    pub diagnostics: Vec<Diagnostic>,
    /// Its digest, which was checked.
    pub digest: Sha256,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SavedAction {
    /// What it is about.
    pub address: Address,
    /// What is done.
    pub action: Action,
    /// Why.
    pub reason: SavedReason,
    /// What was published.
    pub before: Option<Facts>,
    /// What will be.
    pub after: Option<Facts>,
    /// Bytes to move, where they are known; 0 where none move.
    pub bytes: Option<u64>,
}

/// Why a step is planned.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SavedReason {
    /// The reason's code. The list is open-ended, so it may be an unknown one.
    pub code: String,
    /// What belongs to it, an object.
    pub detail: Value,
}

/// The counters of a saved plan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[expect(missing_docs, reason = "the actions and counters of model::Summary, word for word")]
pub struct SavedSummary {
    pub create: u64,
    pub rebuild: u64,
    pub repair: u64,
    pub adopt: u64,
    pub update: u64,
    pub retire: u64,
    pub unchanged: u64,
    pub filtered: u64,
    pub download: u64,
    pub upload: u64,
    pub unknown_sizes: u64,
    pub lock_changes: bool,
}

/// A finding, or what could not be checked (`could-not-check`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Diagnostic {
    /// `refused`, `error` or `warning`.
    pub severity: String,
    /// Its code.
    pub code: String,
    /// Which dependency it is about, if one.
    pub dependency: Option<DependencyId>,
    /// Which artifact it is about, if one.
    pub address: Option<Address>,
    /// One sentence.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// A file that is no plan of depstate's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PlanFileError {
    message: String,
    help: &'static str,
}

impl PlanFileError {
    /// Returns the code of every such error.
    pub const fn code(&self) -> Code {
        Code::PLAN_FILE
    }

    /// Says what to do.
    pub const fn help(&self) -> &'static str {
        self.help
    }
}

impl SavedPlan {
    /// Returns what it was made from; none where `options.as_of` is no instant.
    pub fn basis(&self) -> Option<Basis> {
        Some(Basis {
            project: self.project.clone(),
            base: self.base.clone(),
            manifest_sha256: self.manifest_sha256,
            lock_sha256: self.lock_sha256,
            as_of: self.as_of()?,
        })
    }

    /// Returns the instant of planning; none where `options.as_of` is no instant.
    pub fn as_of(&self) -> Option<Timestamp> {
        self.options.get("as_of")?.as_str()?.parse().ok()
    }

    /// Returns the steps whose bytes are not decided yet (`digest: at apply`): a plan with any can't
    /// be applied from a file.
    pub fn undecided(&self) -> impl Iterator<Item = &Address> {
        self.actions
            .iter()
            // The bytes of a build are decided by its inputs, though their digest is not known yet.
            .filter(|action| action.after.as_ref().is_some_and(|after| after.input.is_none()))
            .map(|action| &action.address)
    }
}

/// Reads a plan file.
///
/// # Errors
/// When it is no plan, of another format, or its digest is not that of its content.
pub fn decode(text: &[u8]) -> Result<SavedPlan, PlanFileError> {
    const AGAIN: &str = "run `depstate plan --out FILE.json` again";
    let wrong = |message: String| PlanFileError { message, help: AGAIN };
    if text.len() > LIMIT {
        return Err(wrong(format!("the plan file has more than {LIMIT} bytes")));
    }
    let document: Value = serde_json::from_slice(text)
        .map_err(|error| wrong(format!("the plan file is no JSON: {error}")))?;
    match document.get("format_version").and_then(Value::as_str) {
        Some(FORMAT_VERSION) => {}
        Some(other) => {
            return Err(PlanFileError {
                message: format!(
                    "the plan file has format `{other}`, this depstate reads `{FORMAT_VERSION}`"
                ),
                help: "use the depstate that wrote it, or plan again",
            });
        }
        None => return Err(wrong("the file has no `format_version`: it is no plan".to_owned())),
    }
    let found = digest(&document);
    let plan: SavedPlan = serde_json::from_value(document).map_err(|error| {
        wrong(format!("the plan file does not have the shape of a plan: {error}"))
    })?;
    if plan.digest != found {
        return Err(wrong(format!(
            "the plan file was changed: it says digest {}, its content has {found}",
            plan.digest
        )));
    }
    if plan.as_of().is_none() {
        return Err(wrong("the plan file has no instant in `options.as_of`".to_owned()));
    }
    Ok(plan)
}
