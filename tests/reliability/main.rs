//! Prints what the reliability tests counted when they ran last, and fails where a count is below
//! what RELIABILITY.md promises.
#![expect(
    clippy::print_stdout,
    clippy::wildcard_enum_match_arm,
    reason = "the counts are what it is for, and whatever else JSON has is printed as it is"
)]

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
};

use serde_json::Value;

/// The least that an ordinary `cargo test` counts: file, field, number.
const LEAST: [(&str, &str, f64); 10] = [
    ("simulation", "seeds", 500.0),
    ("faults", "scenarios", 12.0),
    ("faults", "faults", 12.0),
    ("faults", "cells", 3_000.0),
    ("http-faults", "cells", 96.0),
    ("kills", "points", 30.0),
    ("kills", "runs", 100.0),
    ("random_kills", "runs", 20.0),
    ("files", "offsets", 4_096.0),
    ("appliers", "rounds", 1.0),
];

/// States that the searches of the protocol visit in all.
const STATES: f64 = 5_000_000.0;

fn main() -> ExitCode {
    let folder = folder();
    let found = match read(&folder) {
        Ok(found) => found,
        Err(why) => {
            println!("no counts: {why}; `cargo test` makes them");
            return ExitCode::SUCCESS;
        }
    };
    let (models, others): (BTreeMap<_, _>, BTreeMap<_, _>) =
        found.into_iter().partition(|(name, _)| name.starts_with("model-"));
    let mut short = Vec::new();
    if !models.is_empty() {
        short.extend(searches(&models));
    }
    println!("\n# Runs");
    for (name, counts) in &others {
        if let Value::Array(rows) = counts {
            println!("{name}:");
            for row in rows {
                println!("    {}", fields(row));
            }
        } else {
            println!("{name}: {}", fields(counts));
        }
    }
    for (file, field, least) in LEAST {
        let Some(counts) = others.get(file) else {
            println!("{file}: not run yet");
            continue;
        };
        let count = counts.get(field).and_then(Value::as_f64).unwrap_or(0.0);
        if count < least {
            short.push(format!("{file}: {count} {field}, and {least} are promised"));
        }
    }
    if short.is_empty() {
        return ExitCode::SUCCESS;
    }
    for line in short {
        println!("TOO FEW: {line}");
    }
    ExitCode::FAILURE
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap_or(Path::new(".")).join("reliability")
}

fn read(folder: &Path) -> Result<BTreeMap<String, Value>, String> {
    let mut found = BTreeMap::new();
    for entry in fs_err::read_dir(folder).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = fs_err::read_to_string(&path).map_err(|error| error.to_string())?;
        let counts = serde_json::from_str(&text).map_err(|error| format!("{name}: {error}"))?;
        found.insert(name, counts);
    }
    Ok(found)
}

/// Prints the searches, and what is wrong with them.
fn searches(models: &BTreeMap<String, Value>) -> Vec<String> {
    println!("# Searches of the commit protocol");
    println!("{:<58} {:>12} {:>12} {:>8}  verdict", "world", "states", "transitions", "seconds");
    let (mut states, mut transitions, mut seconds) = (0.0, 0.0, 0.0);
    let number = |counts: &Value, field: &str| counts.get(field).and_then(Value::as_f64);
    for counts in models.values() {
        let text = |field: &str| counts.get(field).and_then(Value::as_str).unwrap_or("?");
        let of = |field| number(counts, field).unwrap_or(0.0);
        let exhaustive = counts.get("exhaustive").and_then(Value::as_bool) == Some(true);
        println!(
            "{:<58} {:>12} {:>12} {:>8.1}  {}{}",
            text("name"),
            of("states"),
            of("transitions"),
            of("seconds"),
            text("verdict"),
            if exhaustive { ", to its end" } else { "" }
        );
        states += of("states");
        transitions += of("transitions");
        seconds += of("seconds");
    }
    println!("{:<58} {states:>12} {transitions:>12} {seconds:>8.1}", "all");
    if states < STATES {
        return vec![format!("{states} states searched, and {STATES} are promised")];
    }
    Vec::new()
}

/// Prints an object's fields on a line.
fn fields(counts: &Value) -> String {
    let Some(object) = counts.as_object() else { return counts.to_string() };
    let one = |(name, value): (&String, &Value)| match value {
        Value::Number(number) if number.is_f64() => {
            format!("{name} {:.1}", number.as_f64().unwrap_or(0.0))
        }
        Value::String(text) => format!("{name} {text}"),
        other => format!("{name} {other}"),
    };
    object.iter().map(one).collect::<Vec<_>>().join(" · ")
}
