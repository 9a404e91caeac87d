//! What each search found: a line for people, and a JSON file beside the build for `RELIABILITY.md`.

use std::path::Path;

use crate::search::{Broken, Outcome};

/// Whether the searches that do not fit an ordinary run were asked for.
pub(crate) fn long() -> bool {
    std::env::var_os("DEPSTATE_LONG").is_some_and(|value| value == "1")
}

/// Prints the line and writes `reliability/model-<name>.json` in the build folder.
#[expect(clippy::print_stdout, reason = "the counts are what a reader of the test's output wants")]
pub(crate) fn report(name: &str, outcome: &Outcome) {
    let verdict = match outcome.violations.as_slice() {
        [] => "holds".to_owned(),
        some => {
            let kinds: Vec<String> = some.iter().map(|found| found.broken.to_string()).collect();
            format!("violated: {}", kinds.join("; "))
        }
    };
    let seconds = outcome.took.as_secs_f64();
    let Outcome { states, transitions, depth, exhaustive, .. } = outcome;
    let extent = match (outcome.violations.is_empty(), exhaustive, long()) {
        (false, ..) => "as far as needed".to_owned(),
        (true, true, _) => "every state".to_owned(),
        (true, false, true) => format!("all ways of {depth} steps"),
        (true, false, false) => format!("all ways of {depth} steps; DEPSTATE_LONG=1 goes further"),
    };
    println!(
        "model {name}: {verdict} ({states} states, {transitions} transitions, {seconds:.1} s, {extent})"
    );
    let line = format!(
        "{{\"what\":\"model\",\"name\":\"{name}\",\"states\":{states},\"transitions\":{transitions},\
         \"seconds\":{seconds:.3},\"depth\":{depth},\"exhaustive\":{exhaustive},\"verdict\":\"{verdict}\"}}\n"
    );
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("reliability");
    fs_err::create_dir_all(&folder).unwrap();
    let file = format!("model-{}.json", name.replace('/', "-"));
    fs_err::write(folder.join(file), line).unwrap();
}

/// Fails, with the way that led there, if a law was broken.
pub(crate) fn must_hold(name: &str, outcome: &Outcome) {
    report(name, outcome);
    if let Some(found) = outcome.violations.first() {
        panic!("{name}: {}", found.story());
    }
}

/// Fails unless exactly these laws were broken, each with a way that leads there.
pub(crate) fn must_break(name: &str, outcome: &Outcome, laws: &[Broken]) {
    report(name, outcome);
    let mut found: Vec<Broken> = outcome.violations.iter().map(|found| found.broken).collect();
    found.sort_by_key(ToString::to_string);
    assert_eq!(found, laws, "{name}: other laws were broken than expected");
    for violation in &outcome.violations {
        assert!(violation.trace.len() > 1, "{name}: nothing leads to {}", violation.broken);
    }
}
