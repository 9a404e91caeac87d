//! `depstate add`.

use clap::Args;

use super::{
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    catalog::Line,
    ops::{
        self,
        add::{AddRequest, Added},
    },
    render,
};

/// The arguments.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// The product (`depstate catalog` lists them)
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Which versions: `22`, `3.4`, a name such as `lts`, or a constraint; several may be given
    #[arg(long = "line", value_name = "LINE")]
    pub(super) lines: Vec<String>,
    /// What the dependency is called in deps.toml; as the product if not given
    #[arg(long = "as", value_name = "NAME")]
    pub(super) name: Option<String>,
    /// For which targets: names or globs; all that the product has files for if not given
    #[arg(long = "target", value_name = "TARGET")]
    pub(super) targets: Vec<String>,
    /// Print the table; ask nothing and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Puts a product of the catalogue into deps.toml.
pub(super) async fn run(args: AddArgs, context: &Context) -> Result<Exit, Stop> {
    let setting = context.setting(true);
    let dry_run = args.dry_run;
    let request = AddRequest {
        product: args.id,
        lines: args.lines,
        name: args.name,
        targets: args.targets,
        dry_run,
    };
    let added = ops::add::add(&setting, &request).await?;
    let json = json(&added, dry_run);
    let block = || added.block.trim_matches('\n').to_owned() + "\n";
    if dry_run {
        context.print(&json, |_| block(), || format!("```toml\n{}```\n", block()))?;
        return Ok(Exit::Done);
    }
    let text = told(&added, &setting.shown, context);
    context.print(&json, |_| text.clone(), || text.clone())?;
    Ok(Exit::Done)
}

fn told(added: &Added, shown: &str, context: &Context) -> String {
    let mut text = String::new();
    let mut say = |line: &str| {
        text.push_str(line);
        text.push('\n');
    };
    let lines: Vec<String> = added.lines.iter().map(|line| format!("`{}`", line.text())).collect();
    let noun = if lines.len() == 1 { "line" } else { "lines" };
    say(&format!(
        "Added {} to {shown}: {noun} {}, for {}.",
        added.id,
        lines.join(", "),
        added.targets.join(", ")
    ));
    if added.default_lines {
        let example = added.entry.lines.examples.first();
        if let Some(example) = example {
            say(&format!(
                "No `--line` was given. For certain versions alone: `depstate add {} --line {example}`.",
                added.entry.id
            ));
        }
    }
    for keys in &added.keys {
        let was = if keys.kept { "were in" } else { "written to" };
        let count = render::count(keys.fingerprints.len() as u64, "key");
        say(&format!("{count} of those who sign it, {was} {}:", keys.file));
        for print in &keys.fingerprints {
            say(&format!("  {print}"));
        }
        for print in &keys.missing {
            say(&format!("  {print} was not to be had: what it signed will be refused"));
        }
    }
    for quirk in &added.entry.quirks {
        say(&format!("Note: {quirk}"));
    }
    for name in added.entry.variables() {
        if context.environment.get(&name).is_none() {
            say(&format!("Set {name} to the address of your registry: none is built in."));
        }
    }
    say(
        "Next: `depstate lock` decides versions and digests, `depstate plan` shows what would be published.",
    );
    text
}

fn json(added: &Added, dry_run: bool) -> serde_json::Value {
    let keys: Vec<serde_json::Value> = added
        .keys
        .iter()
        .map(|keys| {
            serde_json::json!({
                "file": keys.file,
                "fingerprints": keys.fingerprints,
                "missing": keys.missing,
                "kept": keys.kept,
            })
        })
        .collect();
    let lines: Vec<serde_json::Value> = added
        .lines
        .iter()
        .map(|line| match line {
            Line::Named(name) => serde_json::json!({ "line": name }),
            Line::Constraint(text) => serde_json::json!({ "constraint": text }),
        })
        .collect();
    serde_json::json!({
        "format_version": "1",
        "id": added.id.to_string(),
        "product": added.entry.id,
        "written": !dry_run,
        "lines": lines,
        "targets": added.targets,
        "keys": keys,
        "variables": added.entry.variables(),
        "table": added.block,
    })
}
