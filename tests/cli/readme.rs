//! What README.md shows is what happens: its manifests are read, its console blocks are run.

use crate::support::sandbox::Sandbox;

fn readme() -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    std::fs::read_to_string(path).unwrap()
}

/// The fenced blocks of a language.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == format!("```{language}") {
            let block: Vec<&str> = lines.by_ref().take_while(|l| l.trim() != "```").collect();
            found.push(block.join("\n") + "\n");
        }
    }
    found
}

/// Commands (`$ depstate …`) and what they print, run one after the other in the first example.
#[test]
fn console_blocks_print_what_they_say() {
    let sandbox = Sandbox::example("quickstart");
    let mut ran = 0;
    for block in blocks(&readme(), "console") {
        let mut wanted: Vec<(String, String)> = Vec::new();
        for line in block.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                wanted.push((command.to_owned(), String::new()));
            } else {
                let output = &mut wanted.last_mut().unwrap().1;
                output.push_str(line);
                output.push('\n');
            }
        }
        for (command, output) in wanted {
            let arguments = command
                .replace("cargo run --release -- ", "")
                .replace("depstate ", "")
                .replace("-C examples/quickstart ", "");
            let got = sandbox.run(arguments.split_whitespace());
            assert_eq!(got.stdout, output, "`{command}` prints something else:\n{}", got.all());
            ran += 1;
        }
    }
    assert!(ran >= 3, "README.md shows only {ran} commands");
}

#[test]
fn manifests_are_manifests() {
    let manifests = blocks(&readme(), "toml");
    assert!(!manifests.is_empty());
    for manifest in manifests {
        let mut sandbox = Sandbox::with(&manifest);
        sandbox.set("DEPSTATE_BUCKET", "a-bucket").set("DEPSTATE_REGION", "eu-central-1");
        let status = sandbox.run(["plan", "--offline", "--refresh", "none"]);
        assert!(!status.stderr.contains("mistake"), "{manifest}\n{}", status.all());
    }
}

#[test]
fn every_example_is_a_manifest() {
    for name in ["quickstart", "node", "github"] {
        let mut sandbox = Sandbox::example(name);
        sandbox.set("DEPSTATE_BUCKET", "a-bucket").set("DEPSTATE_REGION", "eu-central-1");
        let plan = sandbox.run(["plan", "--offline", "--refresh", "none"]);
        assert!(!plan.stderr.contains("mistake"), "{name}: {}", plan.all());
        assert!(
            plan.stdout.contains("could not check") || plan.status == 0,
            "{name}: {}",
            plan.all()
        );
    }
}

#[test]
fn workflows_use_commands_and_flags_that_exist() {
    let workflows = blocks(&readme(), "yaml");
    assert_eq!(workflows.len(), 2, "one plans a pull request, one applies on merge");
    let sandbox = Sandbox::example("quickstart");
    let mut seen = 0;
    for line in workflows.iter().flat_map(|text| text.lines()) {
        let Some(at) = line.find("depstate plan").or_else(|| line.find("depstate apply")) else {
            continue;
        };
        let command = line[at + "depstate ".len()..].split(['>', '|', '&', ';']).next().unwrap();
        let command = command.trim().trim_end_matches('"');
        let got = sandbox.run(command.split_whitespace());
        assert_ne!(got.status, 64, "`{command}` is no command line: {}", got.all());
        seen += 1;
    }
    assert!(seen >= 2);
}
