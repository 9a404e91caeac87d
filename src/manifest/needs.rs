//! `needs`: other managed artifacts that a step is given.

use std::collections::BTreeSet;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, strings},
    keys::{nearest, shorten},
    templates::is_template,
};
use crate::model::{Code, DependencyId, Glob, Located};

const EXAMPLE: &str = "write the id of a dependency, or `ID@3.4.*`";

/// Reads the list.
pub(super) fn needs(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Vec<Located<String>>> {
    let texts = strings(all, "needs", value)?;
    let mut seen = BTreeSet::new();
    for text in &texts {
        let id = id(text);
        let wrong = form(text, id).or_else(|| unknown(all, text, id));
        if let Some(wrong) = wrong {
            all.add(*wrong);
        } else if !seen.insert(id) {
            let message = format!("`needs` names `{}` twice", shorten(id));
            all.add(
                mistake(Code::BAD_VALUE, range(text), message)
                    .label("the second one")
                    .help("one version of it is given: take one of them out"),
            );
        }
    }
    Some(texts)
}

/// Adds a mistake for each need that names the dependency itself.
pub(super) fn itself(all: &mut Collector<'_>, own: &DependencyId, needs: &[Located<String>]) {
    for text in needs.iter().filter(|text| id(text) == own.as_str()) {
        all.add(
            mistake(Code::NEED_MISSING, range(text), format!("`{own}` needs itself"))
                .help(format!("take it out; in `[dependencies.{own}]` `needs = false` does it")),
        );
    }
}

fn id(text: &Located<String>) -> &str {
    text.value.split('@').next().unwrap_or_default()
}

fn form(text: &Located<String>, id: &str) -> Option<Box<crate::model::Mistake>> {
    let shown = shorten(&text.value);
    let wrong = |message: String, help: String| {
        Some(Box::new(mistake(Code::BAD_VALUE, range(text), message).help(help)))
    };
    if is_template(&text.value) {
        let help = "write the version as a glob, `ID@3.4.*`; an override can name another";
        return wrong(format!("`{shown}` can't be a template"), help.to_owned());
    }
    if let Some((front, _)) = text.value.split_once('/') {
        let help = format!("it is of the same target, or of `any`: write `{}`", shorten(front));
        return wrong(format!("`{shown}` names a target"), help);
    }
    if DependencyId::new(id).is_err() {
        return wrong(format!("`{shown}` names no dependency"), EXAMPLE.to_owned());
    }
    let (_, versions) = text.value.split_once('@')?;
    let glob = Glob::new(versions);
    if versions.is_empty() || versions.contains(['<', '>', '=', '~', '^', ',', ' ', '@']) {
        let help = format!("write versions as a glob: `{id}@3.4.*`, or `{id}` for the newest");
        return wrong(format!("`{shown}` is no filter"), help);
    }
    glob.err().and_then(|error| {
        let help = format!("write versions as a glob: `{id}@3.4.*`");
        wrong(format!("`{shown}` is no filter: {}", error.why), help)
    })
}

fn unknown(
    all: &Collector<'_>,
    text: &Located<String>,
    id: &str,
) -> Option<Box<crate::model::Mistake>> {
    if all.ids.contains(id) {
        return None;
    }
    let near = nearest(id, all.ids.iter().map(String::as_str));
    Some(Box::new(
        mistake(
            Code::NEED_MISSING,
            range(text),
            format!("there is no dependency `{}`", shorten(id)),
        )
        .label("unknown dependency")
        .help(near.map_or_else(
            || "`needs` names another dependency of this file".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )),
    ))
}
