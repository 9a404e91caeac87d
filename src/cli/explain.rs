//! `depstate explain`.

use super::{
    args::ExplainArgs,
    context::Context,
    exit::{Exit, Stop},
};
use crate::{
    model::{Code, Kind, PAGES},
    render,
};

/// Prints the page behind a code, or the list of codes.
pub(super) fn run(args: &ExplainArgs, context: &Context) -> Result<Exit, Stop> {
    let Some(code) = &args.code else {
        let rows: Vec<(String, String)> =
            PAGES.iter().map(|page| (page.code.to_string(), page.title.to_owned())).collect();
        let text = render::release_lines(&rows);
        let json = crate::wire::plan::codes();
        context.print(&json, |_| text.clone(), || format!("```text\n{text}```\n"))?;
        return Ok(Exit::Done);
    };
    let Some(page) = Code::find(code) else {
        let near = |page: &crate::model::Page| strsim::jaro_winkler(page.code.as_str(), code);
        let nearest = PAGES.iter().max_by(|a, b| near(a).total_cmp(&near(b)));
        let nearest = nearest
            .filter(|page| near(page) > 0.8)
            .map_or_else(String::new, |page| format!("; did you mean `{}`?", page.code));
        return Err(Stop::Usage(format!(
            "there is no code `{code}`{nearest} `depstate explain` lists all"
        )));
    };
    let kind = match page.kind {
        Kind::Reason => "reason of an action",
        Kind::Mistake => "mistake in deps.toml or on the command line (exit 1)",
        Kind::Error => "error",
        Kind::Refused => "refused (exit 3)",
        Kind::Warning => "warning",
    };
    let json = serde_json::to_value(page).unwrap_or_default();
    let text = format!("{}: {kind}\n\n{}\n\n{}\n", page.code, page.title, page.text);
    context.print(
        &json,
        |style| {
            format!(
                "{}: {kind}\n\n{}\n\n{}\n",
                style.bold(page.code.as_str()),
                page.title,
                page.text
            )
        },
        || text.clone(),
    )?;
    Ok(Exit::Done)
}
