//! What is tried with an artifact before it is published, expanded.

use super::{
    artifact::Texts,
    paths::{self, Files},
    recipe,
};
use crate::model::{Finding, HttpCheck, HttpCheckRule, Limits, Located, TestRule, Trial};

/// Expands `test`. What it needs of other artifacts is found later.
///
/// # Errors
/// A finding at the place that is wrong.
pub(super) fn expand(
    texts: &Texts<'_>,
    rule: &TestRule,
    files: Files<'_>,
) -> Result<Trial, Box<Finding>> {
    let all = |list: &[Located<String>]| {
        list.iter().map(|text| texts.located(text)).collect::<Result<Vec<String>, _>>()
    };
    let script = match &rule.script {
        Some(text) => paths::script(texts, text)?.map(|path| (text, path)),
        None => None,
    };
    let planned = match files {
        Files::Planned(artifact) => artifact.trial.as_deref(),
        Files::Read(_) => None,
    };
    let inputs = match files {
        Files::Read(tree) => {
            let script = script.as_ref().map(|(text, path)| (*text, path.as_str()));
            paths::find(texts, script, &rule.inputs, tree)?
        }
        Files::Planned(_) => planned.map(|trial| trial.inputs.clone()).unwrap_or_default(),
    };
    let executor = rule.executor.unwrap_or_default();
    let place = rule.script.as_ref().or(rule.run.first());
    Ok(Trial {
        script: script.map(|(_, path)| path),
        inputs,
        files: rule.files.iter().map(|text| texts.glob(text)).collect::<Result<_, _>>()?,
        run: all(&rule.run)?,
        stdout: rule.stdout.as_ref().map(|text| texts.located(text)).transpose()?,
        http: rule.http.as_ref().map(|rule| http(texts, rule)).transpose()?,
        env: recipe::env(texts, &rule.env)?,
        executor,
        image: recipe::image(texts, executor, rule.image.as_ref(), place)?,
        needs: planned.map(|trial| trial.needs.clone()).unwrap_or_default(),
        network: rule.network.unwrap_or_default(),
        limits: Limits::TEST.with(&rule.limits),
    })
}

fn http(texts: &Texts<'_>, rule: &HttpCheckRule) -> Result<HttpCheck, Box<Finding>> {
    Ok(HttpCheck {
        url: texts.located(&rule.url)?,
        status: rule.status,
        contains: rule.contains.as_ref().map(|text| texts.located(text)).transpose()?,
    })
}
