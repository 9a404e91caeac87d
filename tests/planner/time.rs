//! Rules of time: names of lines, ages, ends. They decide in `lock` and `update` alone.

use std::time::Duration;

use depstate::{
    model::{
        Change, Code, Constraint, End, EolRule, Located, NotWanted, Observed, Override, Patch,
        Reason, ScheduleRow, ScheduleRule, Scheme, Severity, Since, Trouble, Why,
    },
    planner::{self, Question, Update, WhyAsk},
};
use jiff::Timestamp;

use super::{
    making::{codes, row, steps, versions},
    world::{World, id},
};

/// Something that is changed in a world.
type Deed = Box<dyn Fn(&mut World)>;

const DAY: u64 = 86_400;

fn day(text: &str) -> jiff::civil::Date {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    format!("{text}T12:00:00Z").parse().unwrap()
}

fn days(days: u64) -> Duration {
    Duration::from_secs(days * DAY)
}

/// A row of a schedule; `lts` is the day from which it bears that name.
fn scheduled(line: &str, end: &str, lts: Option<&str>) -> ScheduleRow {
    ScheduleRow {
        line: line.to_owned(),
        end: (!end.is_empty()).then(|| End::Day(day(end))),
        names: lts.map(|lts| ("lts".to_owned(), Since::Day(day(lts)))).into_iter().collect(),
    }
}

/// Node's lines, as its schedule says.
fn node() -> Vec<ScheduleRow> {
    vec![
        scheduled("18", "2025-04-30", Some("2022-10-25")),
        scheduled("20", "2026-04-30", Some("2023-10-24")),
        scheduled("21", "2024-06-01", None),
        scheduled("22", "2027-04-30", Some("2024-10-29")),
        scheduled("24", "2028-04-30", Some("2025-10-28")),
        scheduled("25", "2026-06-01", None),
    ]
}

const LISTED: &[&str] = &["v18.20.8", "v20.19.0", "v22.10.0", "v22.11.0", "v24.1.0", "v25.0.0"];

/// A world where `node` has such lines (`(constraint, keep)`) and a schedule.
fn world(lines: &[(&str, u32)]) -> World {
    let mut world = World::new().dependency("node", &["any"], lines).lists("node", LISTED);
    let rule = ScheduleRule { question: "{}".to_owned(), span: (3, 4) };
    world.dep("node").schedule = Some(rule);
    world.schedules.insert(id("node"), Observed::Known(node()));
    world.options.as_of = at("2025-06-01");
    world
}

/// `line = "lts"` alone.
fn lts(keep: u32) -> World {
    let mut world = world(&[("*", keep)]);
    let line = &mut world.dep("node").lines[0];
    line.constraint = None;
    line.name = Some(Located::new("lts".to_owned(), 7..12));
    world
}

/// What `lock` does on a day, and what an apply of it leaves.
fn locked(mut world: World, on: &str) -> World {
    world.options.as_of = at(on);
    world.options.decide = true;
    let mut next = world.applied();
    next.options.decide = false;
    next
}

fn named(world: &World) -> Vec<(String, Vec<String>, bool)> {
    let rows = &world.lock.dependencies[&id("node")].lines.rows;
    rows.iter().map(|row| (row.line.clone(), row.names.clone(), row.ended)).collect()
}

fn held(world: &World) -> Vec<String> {
    let locked = &world.lock.dependencies[&id("node")];
    locked.releases.iter().map(|it| it.version.to_string()).collect()
}

#[test]
fn a_name_stands_for_the_newest_line_that_bears_it() {
    for (on, wanted) in [
        ("2024-10-28", "20.19.0"),
        ("2024-10-29", "22.11.0"),
        ("2025-10-27", "22.11.0"),
        ("2025-10-28", "24.1.0"),
        ("2028-04-30", "24.1.0"),
    ] {
        let mut world = lts(1);
        world.options.as_of = format!("{on}T00:00:00Z").parse().unwrap();
        assert_eq!(versions(&world.select(), "node"), [wanted], "{on}");
    }
    let world = locked(lts(2), "2025-06-01");
    assert_eq!(held(&world), ["22.11.0", "22.10.0"], "`keep` counts versions of that line");
    let lts = vec!["lts".to_owned()];
    assert_eq!(named(&world), [("22".to_owned(), lts, false)], "only what matters is locked");
}

#[test]
fn a_constraint_beside_the_name_must_hold_too() {
    let mut world = lts(2);
    let below = Constraint::new("<22.11", &Scheme::Semver).unwrap();
    world.dep("node").lines[0].constraint = Some(Located::new(below, 0..4));
    assert_eq!(versions(&world.select(), "node"), ["22.10.0"]);
}

#[test]
fn a_decided_lock_says_the_same_every_day_and_asks_nothing() {
    let mut world = locked(lts(1), "2025-06-01");
    world.schedules.insert(
        id("node"),
        Observed::Unknown(Why::Failed(Trouble::new(Code::SOURCE_FAILED, "gone"))),
    );
    for on in ["2025-06-02", "2026-01-01", "2040-01-01"] {
        world.options.as_of = at(on);
        assert!(planner::ask_schedules(&world.manifest, &world.lock, &world.options).is_empty());
        let outcome = world.plan();
        assert_eq!(steps(&outcome.plan), Vec::<String>::new(), "{on}");
        assert!(!outcome.plan.lock_changes && outcome.plan.blind.is_empty(), "{on}");
        assert_eq!(outcome.lock, world.lock);
    }
}

#[test]
fn lock_a_day_later_changes_nothing() {
    let mut world = locked(lts(1), "2025-06-01");
    world.options.as_of = at("2025-06-02");
    for update in [Update::No, Update::All] {
        world.options.decide = true;
        world.options.update = update;
        let outcome = world.plan();
        assert_eq!(outcome.lock, world.lock);
        assert!(!outcome.plan.lock_changes);
    }
}

#[test]
fn lock_moves_a_name_and_its_versions_leave_with_their_successor() {
    let mut world = locked(lts(1), "2025-06-01");
    world.options.as_of = at("2025-11-01");
    assert_eq!(steps(&world.plan().plan), Vec::<String>::new(), "a plan decides nothing");
    world.options.decide = true;
    let schedules = world.ask_schedules();
    let asks =
        planner::ask(&world.manifest, &world.lock, world.snapshot(), &schedules, &world.options);
    assert_eq!(asks[&id("node")], Question::Ask(WhyAsk::LineMoved));
    let outcome = world.plan();
    let expected = ["create node@24.1.0/any new-release", "retire node@22.11.0/any line-keeps"];
    assert_eq!(steps(&outcome.plan), expected);
    assert_eq!(outcome.plan.steps[1].needs, [outcome.plan.steps[0].address.clone()]);
    // The same from the lock alone, whenever it is applied.
    world.lock = outcome.lock;
    world.options.decide = false;
    world.options.as_of = at("2031-01-01");
    let later = world.plan();
    assert_eq!(steps(&later.plan)[1], expected[1]);
    assert_eq!(later.plan.steps.len(), 2);
}

#[test]
fn a_name_stays_while_nothing_of_its_new_line_is_to_be_had() {
    let mut world = locked(lts(1), "2025-06-01");
    world.rows("node").retain(|row| !row.upstream.starts_with("v24"));
    world.options.as_of = at("2025-11-01");
    world.options.decide = true;
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["incomplete node"]);
    assert!(outcome.plan.findings[0].message.contains("now stands for line `24`"));
    assert_eq!(outcome.lock, world.lock);
    assert_eq!(steps(&outcome.plan), Vec::<String>::new());
    // Nor where the source is down at that moment.
    world.listings.insert(
        id("node"),
        Observed::Unknown(Why::Failed(Trouble::new(Code::SOURCE_FAILED, "503"))),
    );
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed node"]);
    assert_eq!((steps(&outcome.plan), outcome.lock), (Vec::new(), world.lock.clone()));
}

#[test]
fn the_last_line_that_bore_a_name_keeps_it_past_its_end() {
    let mut world = locked(lts(1), "2025-11-01");
    world.options.as_of = at("2029-01-01");
    world.options.decide = true;
    let outcome = world.plan();
    assert_eq!(outcome.lock, world.lock);
    assert_eq!(codes(&outcome.plan.findings), ["line-eol node"]);
}

#[test]
fn a_name_that_nobody_bears_is_an_error_that_says_which_there_are() {
    let mut world = lts(1);
    world.dep("node").lines[0].name = Some(Located::new("current".to_owned(), 7..12));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["no-such-name node"]);
    assert!(outcome.plan.findings[0].help.as_ref().unwrap().contains("`lts`"));
    assert_eq!(outcome.plan.findings[0].severity, Severity::Error);
    assert!(outcome.plan.steps.is_empty() && outcome.lock.dependencies.is_empty());
    let mut world = lts(1);
    world.options.as_of = at("2020-01-01");
    assert!(world.plan().plan.findings[0].message.ends_with("on 2020-01-01"));
}

#[test]
fn a_schedule_that_cant_be_read_lets_the_lock_hold() {
    let mut world = locked(lts(1), "2025-06-01");
    world.options.as_of = at("2025-11-01");
    world.schedules.insert(
        id("node"),
        Observed::Unknown(Why::Failed(Trouble::new(Code::SOURCE_FAILED, "it answered 503"))),
    );
    // For `lock` and `update` it is an error.
    world.options.decide = true;
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed node"]);
    assert_eq!(outcome.plan.blind.len(), 1);
    assert_eq!((steps(&outcome.plan), outcome.lock), (Vec::new(), world.lock.clone()));
    // A plan whose question changed goes by what is locked, and says that it could not look.
    world.options.decide = false;
    world.dep("node").lines[0].keep = depstate::model::Keep::Newest(2);
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["tofu node"]);
    assert_eq!(outcome.plan.blind.len(), 1);
    assert_eq!(steps(&outcome.plan), ["create node@22.10.0/any new-release"]);
    let asked = |lock: &depstate::model::Lock| lock.dependencies[&id("node")].asked;
    assert_eq!(asked(&outcome.lock), asked(&world.lock), "the new question is not answered");
    // Offline, what is right stays right.
    let mut world = locked(lts(1), "2025-06-01");
    world.options.decide = true;
    world.schedules.clear();
    let outcome = world.plan();
    assert_eq!((codes(&outcome.plan.findings), outcome.lock), (Vec::new(), world.lock));
    // Without a word in the lock nothing can be decided.
    let mut world = lts(1);
    world.schedules.clear();
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["source-failed node"]);
    assert!(outcome.plan.findings[0].message.contains("line `lts`"));
}

#[test]
fn a_schedule_that_shrank_is_refused_and_the_lock_holds() {
    let mut world = locked(lts(1), "2025-06-01");
    world.options.decide = true;
    let short: Vec<_> = node().into_iter().filter(|row| row.line != "22").collect();
    for rows in [short, Vec::new()] {
        world.schedules.insert(id("node"), Observed::Known(rows));
        let outcome = world.plan();
        assert_eq!(codes(&outcome.plan.findings), ["index-shrank node"]);
        assert_eq!(outcome.plan.findings[0].severity, Severity::Refused);
        assert_eq!((steps(&outcome.plan), outcome.lock), (Vec::new(), world.lock.clone()));
    }
}

#[test]
fn without_its_lock_a_dependency_asks_its_schedule_again_and_moves_nothing() {
    let mut world = locked(lts(1), "2025-06-01");
    let lock = std::mem::take(&mut world.lock);
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["adopt node@22.11.0/any not-locked"]);
    assert_eq!(outcome.lock, lock);
}

#[test]
fn ends_come_from_the_schedule_unless_the_line_says_one() {
    let mut world = world(&[("22.*", 1), (">=24", 2)]);
    world.dep("node").lines[0].eol = Some(day("2030-01-01"));
    let selection = world.select();
    let ends: Vec<_> = selection.dependencies[&id("node")]
        .releases
        .iter()
        .map(|it| (it.version.to_string(), it.eol.unwrap().to_string()))
        .collect();
    let expected = [("25.0.0", "2026-06-01"), ("24.1.0", "2028-04-30"), ("22.11.0", "2030-01-01")];
    assert_eq!(ends, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    let world = locked(world, "2025-06-01");
    let lines: Vec<String> = named(&world).into_iter().map(|(line, ..)| line).collect();
    assert_eq!(lines, ["25", "24"], "22 has an end of its own");
    let record = &world.snapshot().unwrap().live.values().last().unwrap();
    assert_eq!(record.metadata.eol, Some(day("2026-06-01")));
}

#[test]
fn the_longest_front_tells_the_end() {
    let mut world =
        World::new().dependency("sdk", &["any"], &[("*", 2)]).lists("sdk", &["8.0.4", "8.1.0"]);
    world.dep("sdk").schedule = Some(ScheduleRule { question: "{}".to_owned(), span: (3, 4) });
    let rows = vec![scheduled("8", "2027-01-01", None), scheduled("8.1", "2028-01-01", None)];
    world.schedules.insert(id("sdk"), Observed::Known(rows));
    let ends: Vec<_> = world.select().dependencies[&id("sdk")]
        .releases
        .iter()
        .map(|it| it.eol.unwrap().year())
        .collect();
    assert_eq!(ends, [2028, 2027]);
}

/// Lines 18 and 20, of which 18 ended on 2025-04-30.
fn ending(rule: EolRule) -> World {
    let mut world = world(&[("18.*", 1), ("20.*", 1)]);
    world.dep("node").settings.eol = rule;
    locked(world, "2025-04-30")
}

#[test]
fn what_is_past_its_end_long_enough_is_dropped_by_lock_and_then_retired() {
    let rule = EolRule { warn: Some(days(60)), drop_after: Some(days(30)) };
    let mut world = ending(rule);
    assert_eq!(held(&world), ["20.19.0", "18.20.8"]);
    for (on, decide, codes_told) in [
        ("2025-05-01", true, vec!["line-eol node"]),
        ("2025-05-30", true, vec!["line-eol node"]),
        ("2025-06-30", false, vec!["line-eol node"]),
    ] {
        (world.options.as_of, world.options.decide) = (at(on), decide);
        let outcome = world.plan();
        assert_eq!(codes(&outcome.plan.findings), codes_told, "{on}");
        assert_eq!((steps(&outcome.plan), outcome.lock), (Vec::new(), world.lock.clone()), "{on}");
    }
    (world.options.as_of, world.options.decide) = (at("2025-05-31"), true);
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["retire node@18.20.8/any line-eol"]);
    let Reason::NotWanted(NotWanted::LineEol { line, day: last }) = &outcome.plan.steps[0].reason
    else {
        panic!("{:?}", outcome.plan.steps[0].reason)
    };
    assert_eq!((line.as_str(), *last), ("18", Some(day("2025-04-30"))));
    assert_eq!(codes(&outcome.plan.findings), Vec::<String>::new());
    world.lock = outcome.lock;
    assert_eq!(held(&world), ["20.19.0"]);
    // The plan of that lock says so on every day, earlier ones too.
    for on in ["2025-05-31", "2025-01-01", "2026-03-01"] {
        (world.options.as_of, world.options.decide) = (at(on), false);
        assert_eq!(steps(&world.plan().plan), ["retire node@18.20.8/any line-eol"], "{on}");
    }
    let next = world.applied();
    let mut after = next.plan();
    assert_eq!((steps(&after.plan), &after.lock), (Vec::new(), &next.lock));
    // And `lock` says the same again.
    let mut again = next.clone();
    (again.options.as_of, again.options.decide) = (at("2025-07-01"), true);
    after = again.plan();
    assert_eq!((steps(&after.plan), &after.lock), (Vec::new(), &next.lock));
}

#[test]
fn a_line_with_an_end_of_its_own_is_dropped_as_a_whole() {
    let mut world = world(&[("18.*", 1), ("20.*", 1)]);
    world.dep("node").schedule = None;
    let line = &mut world.dep("node").lines[0];
    line.eol = Some(day("2025-04-30"));
    line.eol_rule.drop_after = Some(days(0));
    let mut world = locked(world, "2025-04-30");
    assert_eq!(held(&world), ["20.19.0", "18.20.8"], "the last day belongs to it");
    (world.options.as_of, world.options.decide) = (at("2025-05-01"), true);
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["retire node@18.20.8/any line-eol"]);
    world.lock = outcome.lock;
    assert_eq!(world.lock.dependencies[&id("node")].lines.ended, ["18.*"]);
    // An update does not bring it back.
    world.options.update = Update::All;
    assert_eq!(held(&world.applied()), ["20.19.0"]);
    // Later support: the new end is another question, and the version comes back.
    world.dep("node").lines[0].eol = Some(day("2026-04-30"));
    assert_eq!(held(&world.applied()), ["20.19.0", "18.20.8"]);
}

#[test]
fn an_override_says_otherwise_about_the_end() {
    let mut world = ending(EolRule { warn: None, drop_after: Some(days(30)) });
    let patch = Patch { eol_drop_after: Change::Clear, ..Patch::default() };
    let when = Some(Constraint::new("<19", &Scheme::Semver).unwrap());
    world.dep("node").overrides.push(Override { when, targets: None, patch });
    (world.options.as_of, world.options.decide) = (at("2027-01-01"), true);
    let outcome = world.plan();
    assert_eq!(steps(&outcome.plan), ["retire node@20.19.0/any line-eol"]);
}

#[test]
fn an_end_is_told_before_and_after() {
    let mut world = ending(EolRule { warn: Some(days(60)), drop_after: None });
    for (on, told) in [
        ("2025-03-01", vec![]),
        ("2025-03-02", vec!["line-eol-soon node"]),
        ("2025-04-30", vec!["line-eol-soon node"]),
        ("2025-05-01", vec!["line-eol node"]),
        ("2026-04-01", vec!["line-eol-soon node", "line-eol node"]),
    ] {
        world.options.as_of = format!("{on}T00:00:00Z").parse().unwrap();
        let mut codes = codes(&world.plan().plan.findings);
        codes.sort_by_key(|code| !code.contains("soon"));
        assert_eq!(codes, told, "{on}");
    }
    world.dep("node").settings.eol.drop_after = Some(days(10));
    world.dep("node").lines[0].eol_link = Some("https://example.test/eol".to_owned());
    world.options.as_of = at("2025-05-05");
    let finding = &world.plan().plan.findings[0];
    assert!(finding.message.contains("ended on 2025-04-30"), "{}", finding.message);
    assert!(finding.message.contains("from 2025-05-11 on"), "{}", finding.message);
    assert!(finding.help.as_ref().unwrap().contains("https://example.test/eol"));
}

#[test]
fn an_end_without_a_day_is_told_and_drops_only_at_once() {
    let mut world = ending(EolRule { warn: None, drop_after: Some(days(1)) });
    let mut rows = node();
    rows[0].end = Some(End::Past);
    world.schedules.insert(id("node"), Observed::Known(rows));
    (world.options.as_of, world.options.decide) = (at("2025-06-01"), true);
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["line-eol node"]);
    assert_eq!(steps(&outcome.plan), ["update node@18.20.8/any metadata-changed"]);
    world.dep("node").settings.eol.drop_after = Some(days(0));
    assert_eq!(steps(&world.plan().plan), ["retire node@18.20.8/any line-eol"]);
}

/// A world where 1.0.0 is old and 1.1.0 came out on the first of June.
fn aged(min: u64) -> World {
    let mut world =
        World::new().dependency("a", &["any"], &[("1.*", 1)]).lists("a", &["v1.0.0", "v1.1.0"]);
    world.rows("a")[0].released = Some(at("2025-01-01"));
    world.rows("a")[1].released = Some(at("2025-06-01"));
    world.dep("a").settings.min_age = Some(Located::new(days(min), 40..50));
    world.options.as_of = at("2025-06-03");
    world
}

#[test]
fn a_young_release_is_left_alone_until_it_is_old_enough() {
    let mut world = aged(3);
    let outcome = world.plan();
    assert_eq!(versions(&outcome.selection, "a"), ["1.0.0"]);
    assert_eq!(
        codes(&outcome.plan.findings),
        ["too-young a", "tofu a"].map(str::to_owned).into_iter().rev().collect::<Vec<_>>()
    );
    let told = outcome.plan.findings.iter().find(|it| it.code == Code::TOO_YOUNG).unwrap();
    assert!(told.message.contains("waits until 2025-06-04T12:00:00Z"), "{}", told.message);
    assert!(told.message.contains("`min-age` is `3d`"), "{}", told.message);
    world.options.as_of = at("2025-06-04");
    assert_eq!(versions(&world.select(), "a"), ["1.1.0"], "on the instant");
    // What is locked stays, whatever the rule says later.
    let mut world = world.converged();
    world.dep("a").settings.min_age = Some(Located::new(days(300), 40..50));
    let world = world.update();
    assert_eq!(versions(&world.select(), "a"), ["1.1.0"]);
}

#[test]
fn no_age_is_no_rule_and_a_source_without_dates_has_none() {
    let mut world = aged(3);
    for row in world.rows("a") {
        row.released = None;
    }
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["no-dates a"]);
    let finding = &outcome.plan.findings[0];
    assert_eq!((finding.severity, finding.span), (Severity::Error, Some((40, 10))));
    assert!(finding.help.as_ref().unwrap().contains("min-age = \"0d\""));
    world.dep("a").settings.min_age = Some(Located::new(days(0), 40..50));
    assert_eq!(versions(&world.select(), "a"), ["1.1.0"]);
    // One without a date among others waits.
    let mut world = aged(3);
    world.rows("a")[1].released = None;
    let outcome = world.plan();
    assert_eq!(versions(&outcome.selection, "a"), ["1.0.0"]);
    assert!(codes(&outcome.plan.findings).contains(&"too-young a".to_owned()));
}

#[test]
fn an_override_gives_an_age_to_some_versions_or_targets() {
    let mut world = aged(0);
    world.rows("a").push(row("v1.0.1"));
    world.rows("a")[2].released = Some(at("2025-06-02"));
    let age = Located::new(days(30), 60..70);
    let patch = Patch { min_age: Change::Set(age), ..Patch::default() };
    let when = Some(Constraint::new(">=1.1", &Scheme::Semver).unwrap());
    world.dep("a").overrides.push(Override { when, targets: None, patch });
    assert_eq!(versions(&world.select(), "a"), ["1.0.1"]);
}

#[test]
fn rules_of_time_are_part_of_the_question_but_ends_alone_are_not() {
    let asked = |change: &dyn Fn(&mut World)| {
        let mut world = aged(0);
        change(&mut world);
        planner::asked(&world.manifest, &id("a"))
    };
    let none = asked(&|world| world.dep("a").settings.min_age = None);
    assert_eq!(asked(&|_| {}), none, "`0d` is none");
    assert_eq!(asked(&|world| world.dep("a").lines[0].eol = Some(day("2027-01-01"))), none);
    assert_eq!(asked(&|world| world.dep("a").settings.eol.warn = Some(days(1))), none);
    let mut seen = vec![none];
    let schedule = |text: &str| Some(ScheduleRule { question: text.to_owned(), span: (0, 0) });
    let changes: Vec<Deed> = vec![
        Box::new(|world| world.dep("a").settings.min_age = Some(Located::new(days(1), 0..1))),
        Box::new(|world| world.dep("a").settings.eol.drop_after = Some(days(1))),
        Box::new(|world| {
            world.dep("a").settings.eol.drop_after = Some(days(1));
            world.dep("a").lines[0].eol = Some(day("2027-01-01"));
        }),
        Box::new(move |world| world.dep("a").schedule = schedule("{}")),
        Box::new(move |world| world.dep("a").schedule = schedule("{\"url\":1}")),
        Box::new(|world| {
            world.dep("a").lines[0].name = Some(Located::new("lts".to_owned(), 0..1));
        }),
        Box::new(|world| {
            let patch = Patch { min_age: Change::Clear, ..Patch::default() };
            world.dep("a").overrides.push(Override { when: None, targets: None, patch });
        }),
    ];
    for (number, change) in changes.iter().enumerate() {
        let digest = asked(change.as_ref());
        assert!(!seen.contains(&digest), "change {number}");
        seen.push(digest);
    }
}
