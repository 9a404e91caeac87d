//! What must hold of `build` and `test` once everything is merged, on each target.

use std::ops::Range;

use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake},
    fields::{Table, Value},
    needs,
    targets::Targets,
};
use crate::model::{
    BuildPatch, Change, Code, DependencyId, Executor, Override, Settings, TargetName, TestPatch,
};

/// Overrides of one step that are looked at together; of more, what is wrong shows in the plan.
const MOST: usize = 64;

/// A dependency with nothing left open.
pub(super) struct Whole<'a, 'f, 't> {
    /// All that it says could be read.
    pub(super) read: bool,
    pub(super) id: &'a DependencyId,
    pub(super) fields: Table<'f, 't>,
    pub(super) settings: &'a Settings,
    pub(super) overrides: &'a [Override],
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Build,
    Test,
}

/// What decides whether a step can be carried out.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says whether a key is there")]
struct View {
    there: bool,
    script: bool,
    repack: bool,
    files: bool,
    run: bool,
    stdout: bool,
    http: bool,
    container: bool,
    image: bool,
}

/// A key that the others lack or have too much of.
struct Wrong {
    /// What to point at, if the table has it.
    key: &'static str,
    message: String,
    help: String,
    code: Code,
}

/// Adds a mistake where a step could not be carried out on a target that is wanted.
pub(super) fn check(
    all: &mut Collector<'_>,
    whole: &Whole<'_, '_, '_>,
    wanted: &[TargetName],
    targets: &Targets,
) {
    not_itself(all, whole);
    // What could not be read must not be missed as well.
    let steps: &[Step] = if whole.read { &[Step::Build, Step::Test] } else { &[] };
    for &step in steps {
        each_target(all, whole, step, wanted, targets);
    }
}

fn each_target(
    all: &mut Collector<'_>,
    whole: &Whole<'_, '_, '_>,
    step: Step,
    wanted: &[TargetName],
    targets: &Targets,
) {
    let touching: Vec<(usize, &Override)> =
        whole.overrides.iter().enumerate().filter(|(_, o)| step.touches(o)).collect();
    if touching.len() > MOST {
        return;
    }
    for target in wanted {
        let image = targets.all.get(target).is_some_and(|target| target.image.is_some());
        let here: Vec<(usize, &Override)> = touching
            .iter()
            .filter(|(_, o)| o.targets.as_ref().is_none_or(|all| all.contains(target)))
            .copied()
            .collect();
        let wrong = |chosen: &[usize]| {
            let mut view = step.of(whole.settings);
            for (n, o) in &here {
                if o.when.is_none() || chosen.contains(n) {
                    step.lay(&mut view, o);
                }
            }
            step.wrong(view, image, target)
        };
        // Which versions there are is not known, so an override with `when` may hold or not.
        let some: Vec<usize> =
            here.iter().filter(|(_, o)| o.when.is_some()).map(|(n, _)| *n).collect();
        let mut cases = vec![Vec::new()];
        cases.extend(some.iter().map(|n| vec![*n]));
        for case in cases {
            let Some(found) = wrong(&case) else { continue };
            let mended = some.iter().any(|other| {
                let mut both = case.clone();
                both.push(*other);
                !case.contains(other) && wrong(&both).is_none()
            });
            if mended {
                continue;
            }
            let last = here.iter().rfind(|(n, o)| o.when.is_none() || case.contains(n));
            let at = span(whole, step, last.map(|(n, _)| *n), found.key);
            all.add(mistake(found.code, at, found.message).help(found.help));
            return;
        }
    }
}

fn not_itself(all: &mut Collector<'_>, whole: &Whole<'_, '_, '_>) {
    let settings = whole.settings;
    let own = settings.build.iter().map(|build| &build.needs);
    let own = own.chain(settings.test.iter().map(|test| &test.needs));
    for list in own {
        needs::itself(all, whole.id, list);
    }
    for patch in whole.overrides.iter().map(|o| &o.patch) {
        if let Change::Set(BuildPatch { needs: Change::Set(list), .. }) = &patch.build {
            needs::itself(all, whole.id, list);
        }
        if let Change::Set(TestPatch { needs: Change::Set(list), .. }) = &patch.test {
            needs::itself(all, whole.id, list);
        }
    }
}

/// Returns where a key of a step stands: in an override, else in the dependency; else the table.
fn span(
    whole: &Whole<'_, '_, '_>,
    step: Step,
    in_override: Option<usize>,
    key: &str,
) -> Range<usize> {
    let fields = whole.fields;
    let entries = fields.get("override").and_then(|value| value.get_ref().as_array());
    let entry = in_override.zip(entries).and_then(|(n, entries)| entries.get(n));
    let of = |value: Option<&Value<'_>>| {
        let table = value?;
        let key = table.get_ref().as_table().and_then(|table| table.get(key));
        Some((key.map(Value::span), table.span()))
    };
    let there = of(entry.and_then(|entry| below(entry, step.key())));
    let here = of(fields.get(step.key()));
    let key = [&there, &here].into_iter().flatten().find_map(|(key, _)| key.clone());
    let table = [&there, &here].into_iter().flatten().map(|(_, table)| table.clone()).next();
    key.or(table).unwrap_or_else(|| fields.span())
}

fn below<'a, 't>(value: &'a Value<'t>, key: &str) -> Option<&'a Value<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => table.get(key),
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_) => None,
    }
}

impl Step {
    const fn key(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Test => "test",
        }
    }

    fn touches(self, o: &Override) -> bool {
        match self {
            Self::Build => o.patch.build != Change::Keep,
            Self::Test => o.patch.test != Change::Keep,
        }
    }

    fn of(self, settings: &Settings) -> View {
        match self {
            Self::Build => settings.build.as_ref().map(|build| View {
                there: true,
                script: build.script.is_some(),
                repack: build.repack.is_some(),
                container: build.executor == Some(Executor::Container),
                image: build.image.is_some(),
                ..View::default()
            }),
            Self::Test => settings.test.as_ref().map(|test| View {
                there: true,
                script: test.script.is_some(),
                files: !test.files.is_empty(),
                run: !test.run.is_empty(),
                stdout: test.stdout.is_some(),
                http: test.http.is_some(),
                container: test.executor == Some(Executor::Container),
                image: test.image.is_some(),
                ..View::default()
            }),
        }
        .unwrap_or_default()
    }

    fn lay(self, view: &mut View, o: &Override) {
        match self {
            Self::Build => match &o.patch.build {
                Change::Keep => {}
                Change::Clear => *view = View::default(),
                Change::Set(patch) => {
                    view.there = true;
                    flag(&mut view.script, &patch.script);
                    flag(&mut view.repack, &patch.repack);
                    flag(&mut view.image, &patch.image);
                    container(&mut view.container, &patch.executor);
                }
            },
            Self::Test => match &o.patch.test {
                Change::Keep => {}
                Change::Clear => *view = View::default(),
                Change::Set(patch) => {
                    view.there = true;
                    flag(&mut view.script, &patch.script);
                    some(&mut view.files, &patch.files);
                    some(&mut view.run, &patch.run);
                    flag(&mut view.stdout, &patch.stdout);
                    flag(&mut view.http, &patch.http);
                    flag(&mut view.image, &patch.image);
                    container(&mut view.container, &patch.executor);
                }
            },
        }
    }

    fn wrong(self, view: View, image: bool, target: &TargetName) -> Option<Wrong> {
        if !view.there {
            return None;
        }
        let wrong = |code, key, message: &str, help: &str| {
            Some(Wrong { key, message: message.to_owned(), help: help.to_owned(), code })
        };
        let step = match self {
            Self::Build => match (view.script, view.repack) {
                (true, true) => wrong(
                    Code::BAD_VALUE,
                    "repack",
                    "`build` has both `script` and `repack`",
                    "give one of them; in an override, `script = false` or `repack = false` takes \
                     the other away",
                ),
                (false, false) => wrong(
                    Code::MISSING_KEY,
                    "",
                    "`build` needs the key `script` or `repack`",
                    "write `script = \"build/tool.sh\"`, or `repack = { strip-components = 1 }`",
                ),
                (true, false) | (false, true) => None,
            },
            Self::Test if view.script && view.run => wrong(
                Code::BAD_VALUE,
                "run",
                "`test` has both `script` and `run`",
                "give one of them: a script can run more than one command",
            ),
            Self::Test if view.http && !view.run => wrong(
                Code::MISSING_KEY,
                "http",
                "`http` has no server to ask: `test` has no `run`",
                "say what starts it: `run = [\"bin/tool\", \"--listen\", \"127.0.0.1:8080\"]`",
            ),
            Self::Test if view.stdout && !view.run && !view.script => wrong(
                Code::MISSING_KEY,
                "stdout",
                "nothing says anything: `test` has `stdout`, but neither `run` nor `script`",
                "say what is run: `run = [\"bin/tool\", \"--version\"]`",
            ),
            Self::Test if !view.script && !view.run && !view.files => wrong(
                Code::MISSING_KEY,
                "",
                "`test` tries nothing",
                "write `run = [\"bin/tool\", \"--version\"]`, `files = [\"bin/*\"]` or \
                 `script = \"test/tool.sh\"`",
            ),
            Self::Test => None,
        };
        step.or_else(|| {
            // Nothing runs where members are only picked.
            let runs = view.script || view.run;
            (runs && view.container && !view.image && !image).then(|| Wrong {
                key: "executor",
                message: format!("`container` has no image for the target `{target}`"),
                help: format!(
                    "write `image = \"NAME@sha256:…\"` in `[targets.{target}]`, or in `{}` for this \
                     dependency alone",
                    self.key()
                ),
                code: Code::MISSING_KEY,
            })
        })
    }
}

fn flag<T>(to: &mut bool, change: &Change<T>) {
    match change {
        Change::Keep => {}
        Change::Set(_) => *to = true,
        Change::Clear => *to = false,
    }
}

fn some<T>(to: &mut bool, change: &Change<Vec<T>>) {
    match change {
        Change::Keep => {}
        Change::Set(list) => *to = !list.is_empty(),
        Change::Clear => *to = false,
    }
}

fn container(to: &mut bool, change: &Change<Executor>) {
    match change {
        Change::Keep => {}
        Change::Set(executor) => *to = *executor == Executor::Container,
        Change::Clear => *to = false,
    }
}
