//! `--rebuild`: what is built again though nothing changed.

use super::{Filter, Options, desired::Desired};
use crate::model::{Action, Artifact, Code, Finding, Reason, Record, Severity};

/// Lays what was asked over what is to be done with a wanted artifact.
pub(super) fn asked(
    todo: Option<(Action, Reason)>,
    artifact: &Artifact,
    live: Option<&Record>,
    options: &Options,
) -> Option<(Action, Reason)> {
    let stays = todo.as_ref().is_none_or(|(action, _)| !action.moves_bytes());
    let built = artifact.recipe.is_some() && live.is_some();
    let asked = || options.rebuild.iter().any(|it| it.matches(&artifact.address));
    if stays && built && asked() { Some((Action::Rebuild, Reason::RebuildAsked)) } else { todo }
}

/// Refuses what asks for nothing: none of what it takes is built.
pub(super) fn refused(options: &Options, desired: &Desired<'_>) -> Vec<Finding> {
    let idle = |filter: &&Filter| {
        let mut taken = desired.wanted.iter().filter(|it| filter.matches(&it.address)).peekable();
        // Of one without an artifact a finding says what is wrong.
        let built = |it: &super::desired::Wanted<'_>| {
            it.artifact.as_ref().is_none_or(|artifact| artifact.recipe.is_some())
        };
        taken.peek().is_none() || !taken.any(built)
    };
    let tell = |filter: &Filter| Finding {
        severity: Severity::Error,
        code: Code::BAD_FILTER,
        dependency: None,
        address: None,
        message: format!("nothing that is wanted and built fits `{}`", filter.as_str()),
        help: Some("`--rebuild` takes what has `build` in deps.toml".to_owned()),
        span: None,
    };
    options.rebuild.iter().filter(idle).map(tell).collect()
}
