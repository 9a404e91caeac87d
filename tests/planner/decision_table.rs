//! The three-way table, written out for every combination.
//!
//! `decision_table.txt` is what was decided; `UPDATE=1` writes it anew. A change of a row is a
//! change of what an apply does, and is to be read as such.

use std::{collections::BTreeMap, fmt::Write as _, path::Path};

use depstate::model::{
    Condemned, Finding, InputDigest, InputName, Listing, Observed, Plan, Record, Severity, Why,
};

use super::{
    making::{failed, row, rule, version},
    world::{World, address, id, sha},
};

const SUBJECT: &str = "tool@1.2.0/any";
const OLDER: &str = "tool@1.1.0/any";

const LOCKS: [&str; 4] = ["-", "same", "digest", "url"];
const RECORDS: [&str; 8] = ["-", "same", "source", "input", "meta", "condemned", "doomed", "older"];
const OBJECTS: [&str; 6] = ["there", "missing", "size", "copied", "altered", "unread"];
const LISTINGS: [&str; 5] = ["not-asked", "same", "digest", "shrank", "unknown"];

struct Case {
    wanted: bool,
    lock: &'static str,
    record: &'static str,
    object: &'static str,
    listing: &'static str,
    refresh: &'static str,
}

/// A world where one version is listed, locked, published and right.
fn right(version: &str, built: bool) -> World {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &[version]);
    if built {
        world.dep("tool").settings.build = Some(super::building::build("build.sh", &[]));
        world.tree.insert("build.sh".to_owned(), super::building::file("make"));
    }
    let url = format!("https://example.test/tool/{version}/any.tgz");
    world.rows("tool")[0].digests = vec![sha(&url).into()];
    world.converged()
}

fn build(case: &Case) -> World {
    made(case, false)
}

fn made(case: &Case, built: bool) -> World {
    let mut world = right("v1.2.0", built);
    let older = right("v1.1.0", built).snapshot().unwrap().live[&address(OLDER)].clone();
    world.options.as_of = "2026-03-01T00:00:00Z".parse().unwrap();
    lay_lock(&mut world, case.lock);
    lay_record(&mut world, case.record, older);
    lay_object(&mut world, case.object);
    lay_listing(&mut world, case.listing);
    if !case.wanted {
        world.dep("tool").exclude.push(rule("=1.2.0", None));
    }
    let question = depstate::planner::asked(&world.manifest, &id("tool"));
    if let Some(locked) = world.lock.dependencies.get_mut(&id("tool")) {
        let other = case.listing == "unknown";
        locked.asked = Some(if other { sha("another question") } else { question });
    }
    match case.refresh {
        "none" => {
            world.published = Observed::Unknown(Why::NotAsked);
            world.objects = Observed::Unknown(Why::NotAsked);
        }
        "index" => world.objects = Observed::Unknown(Why::NotAsked),
        _ => {}
    }
    world
}

fn lay_lock(world: &mut World, lock: &str) {
    if lock == "-" {
        world.lock.dependencies.clear();
        return;
    }
    let release = &mut world.lock.dependencies.get_mut(&id("tool")).unwrap().releases[0];
    let artifact = release.artifacts.values_mut().next().unwrap();
    match lock {
        "digest" => artifact.sha256 = sha("other bytes"),
        "url" => "https://old.example.test/any.tgz".clone_into(&mut artifact.url),
        _ => {}
    }
}

fn lay_record(world: &mut World, kind: &str, older: Record) {
    let key = world.snapshot().unwrap().live[&address(SUBJECT)].key.clone();
    let snapshot = world.snapshot_mut();
    let mut record = snapshot.live.remove(&address(SUBJECT)).unwrap();
    let other = sha("an earlier source");
    match kind {
        "-" => return,
        "source" => {
            record.source.sha256 = other;
            record.sha256 = other;
            let text = format!("{{\"source\":\"{other}\"}}");
            record.input = InputDigest(sha(&text));
            if let Some(source) = record.inputs.get_mut(&InputName::source()) {
                *source = other;
                record.input = InputDigest(sha(&serde_json::to_string(&record.inputs).unwrap()));
            }
        }
        "input" => record.input = InputDigest(sha("what no source alone makes")),
        "meta" => record.metadata.licenses = vec!["MIT".to_owned()],
        "older" => {
            let mut object = world.objects_mut()[&key].clone();
            object.revision = older.revision.clone();
            world.objects_mut().insert(older.key.clone(), object);
            world.snapshot_mut().live.insert(older.address.clone(), older);
            return;
        }
        _ => {}
    }
    if kind == "condemned" || kind == "doomed" {
        let retired = record.published;
        let condemned = Condemned { record, retired, reason: "line-keeps".to_owned() };
        snapshot.condemned.insert(key.clone(), condemned);
        if kind == "doomed" {
            snapshot.doomed.insert(key);
        }
    } else {
        snapshot.live.insert(record.address.clone(), record);
    }
}

fn lay_object(world: &mut World, kind: &str) {
    let snapshot = world.snapshot().unwrap();
    let records = snapshot.live.values().chain(snapshot.condemned.values().map(|it| &it.record));
    let all: BTreeMap<_, _> = records.map(|it| (it.key.clone(), it.sha256)).collect();
    for (key, sha256) in all {
        let object = world.objects_mut().get_mut(&key).unwrap();
        if kind == "size" {
            object.size += 1;
        }
        if ["size", "copied", "altered", "unread"].contains(&kind) {
            object.revision.0.push_str("-copy");
        }
        if kind == "missing" {
            world.objects_mut().remove(&key);
        }
        let found = match kind {
            "copied" => Observed::Known(sha256),
            "altered" => Observed::Known(sha("somebody's bytes")),
            "unread" => Observed::Unknown(failed()),
            _ => continue,
        };
        world.rehashed.insert(key, found);
    }
}

fn lay_listing(world: &mut World, kind: &str) {
    let mut row = row("v1.2.0");
    row.digests = vec![sha("https://example.test/tool/v1.2.0/any.tgz").into()];
    match kind {
        "digest" => row.digests = vec![sha("republished bytes").into()],
        "shrank" => {
            "v1.0.0".clone_into(&mut row.upstream);
            row.digests = vec![sha("https://example.test/tool/v1.0.0/any.tgz").into()];
        }
        _ => {}
    }
    let listing = match kind {
        "not-asked" => {
            world.listings.clear();
            return;
        }
        "unknown" => Observed::Unknown(failed()),
        _ => {
            world.options.update = depstate::planner::Update::All;
            Observed::Known(Listing { rows: vec![row], ..Listing::default() })
        }
    };
    world.listings.insert(id("tool"), listing);
}

/// What was decided, on one line.
fn decided(plan: &Plan) -> String {
    let mut parts = Vec::new();
    for step in &plan.steps {
        let mut text =
            format!("{} {} {}", step.action.name(), step.address.version, step.reason.code());
        if !step.needs.is_empty() {
            let needs: Vec<_> = step.needs.iter().map(|it| it.version.to_string()).collect();
            let _infallible = write!(text, " after {}", needs.join(" "));
        }
        parts.push(text);
    }
    parts.extend(plan.unchanged.iter().map(|it| format!("unchanged {}", it.version)));
    parts.extend(plan.blind.iter().map(|it| match it.dependency {
        Some(_) => "could not check".to_owned(),
        None => "storage not seen".to_owned(),
    }));
    let finding = |it: &Finding| match it.severity {
        Severity::Refused => format!("REFUSED {}", it.code),
        Severity::Error => format!("ERROR {}", it.code),
        Severity::Warning => format!("warning {}", it.code),
    };
    parts.extend(plan.findings.iter().map(finding));
    if plan.lock_changes {
        parts.push("lock changes".to_owned());
    }
    if parts.is_empty() { "nothing".to_owned() } else { parts.join("; ") }
}

fn cases() -> Vec<Case> {
    let mut all = Vec::new();
    for wanted in [true, false] {
        for lock in LOCKS.into_iter().filter(|lock| wanted || ["-", "same"].contains(lock)) {
            for listing in LISTINGS.into_iter().filter(|it| wanted || *it != "digest") {
                for record in RECORDS {
                    for object in OBJECTS {
                        // Where nothing is recorded of the subject, no object of it is looked at.
                        let seen = !["-", "older"].contains(&record);
                        if seen || object == "there" {
                            let refresh = "objects";
                            all.push(Case { wanted, lock, record, object, listing, refresh });
                        }
                    }
                    let object = "there";
                    all.push(Case { wanted, lock, record, object, listing, refresh: "index" });
                    if record == "-" {
                        all.push(Case { wanted, lock, record, object, listing, refresh: "none" });
                    }
                }
            }
        }
    }
    all
}

#[test]
fn decision_table() {
    let mut text = String::from("wanted lock   listing   record    object  refresh | decision\n");
    let cases = cases();
    for case in &cases {
        let world = build(case);
        let wanted = if case.wanted { "yes" } else { "no" };
        writeln!(
            text,
            "{wanted:<6} {:<6} {:<9} {:<9} {:<7} {:<7} | {}",
            case.lock,
            case.listing,
            case.record,
            case.object,
            case.refresh,
            decided(&world.plan().plan)
        )
        .unwrap();
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/planner/decision_table.txt");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let known = std::fs::read_to_string(&golden).unwrap();
    let wrong: Vec<String> = known
        .lines()
        .zip(text.lines())
        .filter(|(a, b)| a != b)
        .take(6)
        .map(|(a, b)| format!("was {a}\nis  {b}"))
        .collect();
    assert!(
        known == text,
        "{} rows were known, {} are decided now; the first that differ:\n{}",
        known.lines().count() - 1,
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn what_is_built_is_decided_as_what_is_mirrored() {
    for case in cases() {
        let [mirrored, built] = [false, true].map(|built| decided(&made(&case, built).plan().plan));
        let Case { wanted, lock, record, object, listing, refresh } = case;
        let row = format!("{wanted} {lock} {listing} {record} {object} {refresh}");
        assert_eq!(mirrored, built, "{row}");
    }
}

#[test]
fn no_row_retires_what_nobody_could_look_at() {
    for case in cases().iter().filter(|it| ["shrank", "unknown"].contains(&it.listing)) {
        let world = build(case);
        let known = !world.lock.dependencies.is_empty()
            || world.snapshot().is_some_and(|it| !it.live.is_empty());
        let plan = world.plan().plan;
        let retired = plan.steps.iter().any(|step| step.action.name() == "retire");
        // With neither lock nor record there is nothing that the index could lack; and what
        // deps.toml excludes is no longer missing from it.
        assert!(!(retired && known && case.wanted), "{}", decided(&plan));
        if case.listing == "unknown" && known {
            assert!(!retired, "{}", decided(&plan));
        }
    }
    let world = right("v1.2.0", false);
    assert_eq!(world.lock.dependencies[&id("tool")].releases[0].version, version("1.2.0"));
}
