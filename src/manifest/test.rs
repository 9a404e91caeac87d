//! `test`: what is tried with the file that will be published.

use super::{
    collect::{Collector, Extra as _, mistake},
    environment::env,
    executor::executor,
    fields::{Value, bad_value, boolean, string, table, wrong_type},
    http_check::http,
    image,
    keys::shorten,
    keys_build,
    limits::limits,
    needs::needs,
    paths,
    settings::change,
};
use crate::{
    model::{Code, Located, TestPatch},
    template::Scope,
};

/// Reads the table.
pub(super) fn test(all: &mut Collector<'_>, value: &Value<'_>) -> Option<TestPatch> {
    if !value.get_ref().is_table() {
        let help = match value.get_ref().as_str() {
            Some(text) => format!("write `test = {{ script = \"{}\" }}`", shorten(text)),
            None => "write `test = { run = [\"bin/tool\", \"--version\"] }`".to_owned(),
        };
        wrong_type(all, "test", value, "a table", Some(help));
        return None;
    }
    let fields = table(all, "test", value)?;
    keys_build::TEST.check(all, fields.keys);
    Some(TestPatch {
        script: change(all, fields, "script", paths::script),
        inputs: change(all, fields, "inputs", |all, v| paths::globs(all, "inputs", v, "deps.toml")),
        files: change(all, fields, "files", |all, v| paths::globs(all, "files", v, "the archive")),
        run: change(all, fields, "run", run),
        stdout: change(all, fields, "stdout", |all, value| {
            let text = string(all, "stdout", value)?;
            all.template(&text, Scope::Published);
            Some(text)
        }),
        http: change(all, fields, "http", http),
        needs: change(all, fields, "needs", needs),
        env: change(all, fields, "env", env),
        executor: change(all, fields, "executor", executor),
        image: change(all, fields, "image", image::of_step),
        network: change(all, fields, "network", |all, v| boolean(all, "network", v)),
        limits: change(all, fields, "limits", limits),
    })
}

fn run(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Vec<Located<String>>> {
    let words = paths::texts(all, "run", value)?;
    if value.get_ref().as_array().is_some_and(|list| list.is_empty()) {
        let help = "write `run = [\"bin/tool\", \"--version\"]`, or leave it out";
        bad_value(all, value.span(), "`run` is an empty list", Some(help.to_owned()));
    }
    for word in &words {
        all.template(word, Scope::Published);
    }
    if let [one] = words.as_slice()
        && one.value.contains(' ')
        && !one.value.contains("{{")
    {
        let each: Vec<String> =
            one.value.split_whitespace().map(|word| format!("\"{word}\"")).collect();
        all.add(
            mistake(Code::BAD_VALUE, value.span(), "`run` is one command of several words").help(
                format!("no shell cuts it up: write `run = [{}]`", shorten(&each.join(", "))),
            ),
        );
    }
    Some(words)
}
