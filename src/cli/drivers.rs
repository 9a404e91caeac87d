//! `depstate drivers`.

use super::{
    context::Context,
    drivers_args::DriversCommand,
    drivers_test,
    exit::{Exit, Stop},
};
use crate::{
    ops::drivers::{self, Allowance, Outsider},
    render, source, storage,
};

/// Lists the drivers, or does something with one of them.
pub(super) async fn run(what: Option<&DriversCommand>, context: &Context) -> Result<Exit, Stop> {
    match what {
        None => list(context),
        Some(DriversCommand::Allow { name }) => allow(name, context),
        Some(DriversCommand::Test { name, set }) => drivers_test::run(name, set, context).await,
    }
}

/// Lists the drivers that are built in with their fields, and those on PATH.
fn list(context: &Context) -> Result<Exit, Stop> {
    let mut rows = Vec::new();
    let mut json = Vec::new();
    let mut add = |kind: &str, name: &str, about: &str, fields: &[&str]| {
        rows.push((format!("{kind} {name}"), format!("{about} ({})", fields.join(", "))));
        json.push(
            serde_json::json!({"kind": kind, "name": name, "about": about, "fields": fields}),
        );
    };
    for driver in source::DRIVERS {
        add("source", driver.name, driver.about, driver.fields);
    }
    for driver in storage::registry::DRIVERS {
        add("storage", driver.name, driver.about, driver.fields);
    }
    let outside = drivers::outsiders(&context.setting(false))?;
    rows.extend(outside.iter().map(|driver| {
        let Outsider { found, allowance, .. } = driver;
        (
            format!("{} {}", found.kind.word(), found.name),
            format!("{}: {}", allowance.words(), found.path.display()),
        )
    }));
    let external: Vec<_> = outside.iter().map(described).collect();
    let text = render::release_lines(&rows);
    let json = serde_json::json!({ "format_version": "1", "drivers": json, "external": external });
    context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
    Ok(Exit::Done)
}

fn described(driver: &Outsider) -> serde_json::Value {
    serde_json::json!({
        "kind": driver.found.kind.word(),
        "name": driver.found.name,
        "program": driver.found.program,
        "path": driver.found.path.display().to_string(),
        "sha256": driver.sha256.map(|digest| digest.to_string()),
        "allowance": driver.allowance.words(),
    })
}

/// Prints what allows a program. It is not written: whoever allows a program to run has read it, and
/// pastes a line.
fn allow(name: &str, context: &Context) -> Result<Exit, Stop> {
    let driver = drivers::outsider(&context.setting(false), name)?;
    let (path, program) = (driver.found.path.display(), &driver.found.program);
    let Some(digest) = driver.sha256 else {
        return Err(Stop::Usage(format!("`{path}` can't be read")));
    };
    let text = match driver.allowance {
        Allowance::Allowed => format!("# {path} is allowed as it is.\n"),
        Allowance::NotAllowed | Allowance::Changed => format!(
            "# Read {path} first. Then write into .depstate/config.toml:\n\
             [drivers]\n{program} = \"sha256:{digest}\"\n"
        ),
    };
    let json = serde_json::json!({
        "format_version": "1", "drivers": [], "external": [described(&driver)],
    });
    context.print(&json, |_| text.clone(), || format!("```toml\n{text}```\n"))?;
    Ok(Exit::Done)
}
