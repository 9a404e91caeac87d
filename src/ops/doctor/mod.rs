//! `doctor`: looks at everything and says what is wrong, and what to do.

mod candidates;
mod checks;
mod configured;
mod head;
mod leftovers;
mod past;
mod restore;
mod tiers;

use std::sync::Arc;

pub use candidates::Candidate;
pub use restore::{Prepared, carry_out, prepare};

use super::{OpsError, Project, Setting, error::chain, open};
use crate::{
    model::{Code, Head, Probe},
    state::{self, Chance},
    storage::StorageWriter,
};

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// As it should be.
    Fine,
    /// Nothing is wrong, and it should be known.
    Note,
    /// Something is wrong.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, in one or two words.
    pub name: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// In one sentence.
    pub text: String,
    /// The code of what is wrong, where it has one.
    pub code: Option<Code>,
    /// What to do.
    pub help: Option<String>,
}

/// Everything that was looked at.
#[derive(Debug, Clone, Default)]
pub struct Examined {
    /// Where the storage is; none: deps.toml could not be read.
    pub location: Option<String>,
    /// HEAD, where it could be read.
    pub head: Option<Head>,
    /// The things, in the order in which they depend on each other.
    pub checks: Vec<Check>,
    /// What HEAD could be restored from, newest first; empty where it need not be.
    pub candidates: Vec<Candidate>,
    /// What the store was found to be like now, if it was probed.
    pub probed: Option<Probe>,
}

impl Examined {
    /// Tells whether anything is wrong.
    pub fn has_problems(&self) -> bool {
        self.checks.iter().any(|check| check.standing == Standing::Problem)
    }

    fn fine(&mut self, name: &'static str, text: impl Into<String>) {
        self.add(name, Standing::Fine, text, None);
    }

    fn note(&mut self, name: &'static str, text: impl Into<String>, help: Option<&str>) {
        self.add(name, Standing::Note, text, help);
    }

    fn problem(&mut self, name: &'static str, text: impl Into<String>, help: &str) {
        self.add(name, Standing::Problem, text, Some(help));
    }

    fn add(
        &mut self,
        name: &'static str,
        standing: Standing,
        text: impl Into<String>,
        help: Option<&str>,
    ) {
        let help = help.map(str::to_owned);
        self.checks.push(Check { name, standing, text: text.into(), code: None, help });
    }

    fn failed(&mut self, name: &'static str, error: &OpsError) {
        self.checks.push(Check {
            name,
            standing: Standing::Problem,
            text: chain(error),
            code: error.code(),
            help: error.advice().map(str::to_owned),
        });
    }
}

/// Looks at everything. Nothing is changed; `probe` writes a few objects below `probe/` and removes
/// them again.
pub async fn examine(setting: Setting, probe: bool) -> Examined {
    let mut found = Examined::default();
    let (project, storage) = match open(setting).await {
        Ok(opened) => opened,
        Err(error) => {
            let name = match error {
                OpsError::Lock(_) => "deps.lock",
                OpsError::Config(_) | OpsError::Said { code: Code::CONFIG_TRACKED, .. } => "config",
                OpsError::Manifest(_) | OpsError::Said { .. } => "deps.toml",
            };
            found.failed(name, &error);
            if found.checks.iter().all(|check| check.help.is_none()) {
                let shown = Some("`depstate plan` shows the place".to_owned());
                found.checks.iter_mut().for_each(|check| check.help.clone_from(&shown));
            }
            return found;
        }
    };
    found.location = Some(storage.location());
    checks::files(&project, &mut found);
    configured::look(&project, &mut found);
    tiers::look(&project, &mut found);
    for told in project.keys.told() {
        found.fine("keys", told);
    }
    head::look(&project, storage.as_ref(), &mut found).await;
    if found.head.is_some() {
        leftovers::look(&project, storage.as_ref(), &mut found).await;
    }
    if probe {
        probed(&project, &storage, &mut found).await;
    }
    found
}

/// Returns "1 artifact", "2 artifacts".
fn count(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Probes the store now.
async fn probed(project: &Project, storage: &Arc<dyn StorageWriter>, found: &mut Examined) {
    match state::probe(storage.as_ref(), &Chance::system(), project.setting.now).await {
        Ok(probe) => {
            checks::probe("probe now", &probe, project.manifest.storage.single_writer, found);
            found.probed = Some(probe);
        }
        Err(error) => found.failed("probe now", &error.into()),
    }
}
