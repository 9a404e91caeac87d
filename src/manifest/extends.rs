//! Which dependencies a dependency begins as.

use toml::de::DeTable;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, line},
    keys::{nearest, shorten},
};
use crate::model::{Code, Located};

/// How many steps `extends` may take: nobody can read more.
const LONGEST: usize = 16;

/// Returns the tables that make a dependency, the one that extends none first; none where
/// `extends` can't be followed, which is then a mistake.
pub(super) fn chain<'a, 't>(
    all: &mut Collector<'_>,
    dependencies: &'a DeTable<'t>,
    id: &str,
) -> Option<Vec<&'a DeTable<'t>>> {
    let mut steps: Vec<(String, Option<Located<String>>)> = Vec::new();
    let mut layers = Vec::new();
    let mut here = id.to_owned();
    loop {
        let table = dependencies.get(here.as_str())?.get_ref().as_table()?;
        layers.push(table);
        let to = match table.get("extends") {
            Some(value) if value.get_ref().as_bool() != Some(false) => Some(base(all, value)?),
            Some(_) | None => None,
        };
        steps.push((here, to.clone()));
        let Some(to) = to else { break };
        if let Some(first) = steps.iter().position(|(id, _)| *id == to.value) {
            circle(all, steps.split_off(first));
            return None;
        }
        if dependencies.get(to.value.as_str()).is_none() {
            unknown(all, dependencies, &to);
            return None;
        }
        if steps.len() == LONGEST {
            all.add(
                mistake(
                    Code::EXTENDS,
                    range(&to),
                    format!("`extends` takes more than {LONGEST} steps"),
                )
                .help("extend a dependency that is nearer to the beginning"),
            );
            return None;
        }
        here = to.value;
    }
    layers.reverse();
    Some(layers)
}

fn base(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Located<String>> {
    line(all, "extends", value)
}

/// Tells one circle once, whichever of its dependencies it was found from.
fn circle(all: &mut Collector<'_>, mut steps: Vec<(String, Option<Located<String>>)>) {
    let least = steps.iter().enumerate().min_by(|a, b| a.1.0.cmp(&b.1.0)).map_or(0, |(n, _)| n);
    steps.rotate_left(least);
    let Some((first, Some(to))) = steps.first() else { return };
    let mut names: Vec<&str> = steps.iter().map(|(id, _)| id.as_str()).collect();
    names.push(first);
    all.add(
        mistake(
            Code::EXTENDS,
            range(to),
            format!("`extends` goes in a circle: {}", names.join(" -> ")),
        )
        .label("leads back")
        .help("one of them must stand on its own"),
    );
}

fn unknown(all: &mut Collector<'_>, dependencies: &DeTable<'_>, to: &Located<String>) {
    let ids = dependencies.keys().map(|key| key.get_ref().as_ref());
    let near = nearest(&to.value, ids);
    all.add(
        mistake(
            Code::EXTENDS,
            range(to),
            format!("there is no dependency `{}`", shorten(&to.value)),
        )
        .label("unknown dependency")
        .help(near.map_or_else(
            || "`extends` names another dependency of this file".to_owned(),
            |near| format!("did you mean `{near}`?"),
        )),
    );
}
