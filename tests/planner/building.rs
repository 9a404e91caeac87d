//! Builds: each thing that decides bytes rebuilds exactly what it decides, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};

use depstate::{
    model::{
        Action, Address, ArchiveFormat, Artifact, BuildRule, Change, Code, Distro, Evidence,
        Executor, ExtraFile, InputName, LimitsRule, Lock, Override, Patch, Plan, Reason, Repack,
        Settings, TargetName, TestRule, TreeFile,
    },
    planner::{self, Filter},
};
use proptest::{prelude::*, sample::select};

use super::{
    making::{codes, rule, steps},
    world::{World, address, located, sha},
};

pub(super) fn file(text: &str) -> TreeFile {
    TreeFile { sha256: sha(text), executable: false }
}

pub(super) fn build(script: &str, inputs: &[&str]) -> BuildRule {
    BuildRule {
        script: Some(located(script)),
        inputs: inputs.iter().map(|it| located(it)).collect(),
        ..BuildRule::default()
    }
}

/// Two versions of one dependency, built for two targets, and one that is mirrored.
pub(super) fn world() -> World {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("ruby", &["amd", "arm"], &[("3.3.*", 1), ("3.4.*", 1)])
        .lists("ruby", &["v3.3.1", "v3.4.2"])
        .dependency("tool", &["amd"], &[("1.*", 1)])
        .lists("tool", &["v1.0.0"]);
    let mut rule = build("build/ruby.sh", &["build/patches/{{ major }}.{{ minor }}/*.patch"]);
    rule.env.insert("CFLAGS".to_owned(), located("-O2 -march={{ target.arch }}"));
    world.dep("ruby").settings.build = Some(rule);
    for (path, text) in [
        ("build/ruby.sh", "make install"),
        ("build/patches/3.3/a.patch", "3.3 a"),
        ("build/patches/3.4/a.patch", "3.4 a"),
        ("build/patches/3.4/b.patch", "3.4 b"),
        ("build/other.sh", "true"),
    ] {
        world.tree.insert(path.to_owned(), file(text));
    }
    world
}

/// The findings, but for what every world here has: nothing vouches for its sources.
pub(super) fn told(plan: &Plan) -> Vec<String> {
    let mut all = plan.findings.clone();
    all.retain(|it| it.code != Code::TOFU);
    codes(&all)
}

fn rule_of(world: &mut World) -> &mut BuildRule {
    world.dep("ruby").settings.build.as_mut().unwrap()
}

/// What is rebuilt, and by which inputs.
fn rebuilt(world: &World) -> Vec<String> {
    let plan = world.plan().plan;
    plan.steps
        .iter()
        .map(|step| {
            let Reason::InputChanged { changed, added, removed } = &step.reason else {
                return format!("{} {} {}", step.action.name(), step.address, step.reason.code());
            };
            let mut text = vec![step.address.to_string()];
            for (all, word) in [(changed, ""), (added, "+"), (removed, "-")] {
                text.extend(all.iter().map(|name| format!("{word}{name}")));
            }
            text.join(" ")
        })
        .collect()
}

fn artifact(world: &World, of: &str) -> Artifact {
    let mut empty = world.clone();
    empty.published = depstate::model::Observed::Known(None);
    let steps = empty.plan().plan.steps;
    steps.into_iter().find(|step| step.address == address(of)).unwrap().artifact.unwrap()
}

const ALL: [&str; 4] = ["ruby@3.4.2/amd", "ruby@3.4.2/arm", "ruby@3.3.1/amd", "ruby@3.3.1/arm"];

fn all(input: &str) -> Vec<String> {
    ALL.iter().map(|it| format!("{it} {input}")).collect()
}

#[test]
fn a_build_is_planned_with_all_that_it_is_made_of() {
    let world = world();
    let outcome = world.plan();
    assert_eq!(told(&outcome.plan), Vec::<String>::new());
    let step = &outcome.plan.steps[0];
    let artifact = step.artifact.as_ref().unwrap();
    assert_eq!(artifact.address, address("ruby@3.4.2/amd"));
    assert_eq!(artifact.file, "ruby-3.4.2-amd.tar.gz");
    let names: Vec<&str> = artifact.inputs.keys().map(|it| it.0.as_str()).collect();
    assert_eq!(
        names,
        [
            "SOURCE_DATE_EPOCH",
            "archive",
            "build/patches/3.4/a.patch",
            "build/patches/3.4/b.patch",
            "build/ruby.sh",
            "contract",
            "env.CFLAGS",
            "executor",
            "id",
            "script",
            "source",
            "source-name",
            "target",
            "upstream",
            "version"
        ]
    );
    assert_eq!(artifact.recipe.as_ref().unwrap().env["CFLAGS"], "-O2 -march=amd64");
    let after = step.after.as_ref().unwrap();
    assert_eq!((after.sha256, after.size), (None, None));
    assert_eq!(after.input, artifact.input);
    assert!(artifact.input.is_some());
    assert_eq!(step.bytes, Some(7), "what is fetched");
    let summary = outcome.plan.summary();
    assert_eq!((summary.download, summary.upload, summary.unknown_sizes), (35, 7, 4));
    // What is mirrored keeps the digest that it had before there were builds.
    let tool = outcome.plan.steps.last().unwrap().artifact.as_ref().unwrap();
    assert_eq!(tool.inputs.len(), 1);
    assert_eq!(
        tool.input.unwrap().0,
        sha(&format!("{{\"source\":\"{}\"}}", tool.inputs[&InputName::source()]))
    );
}

#[test]
fn the_tree_is_asked_for_what_is_named() {
    let mut world = world();
    let test = TestRule {
        script: Some(located("./test//{{ id }}.sh")),
        inputs: vec![located("test/{a,b}.txt")],
        ..TestRule::default()
    };
    world.dep("ruby").settings.test = Some(test);
    let selection = world.select();
    let asked = planner::ask_tree(&world.manifest, &selection, &world.locate(&selection));
    assert_eq!(
        asked.into_iter().collect::<Vec<_>>(),
        [
            "build/patches/3.3/*.patch",
            "build/patches/3.4/*.patch",
            "build/ruby.sh",
            "test/ruby.sh",
            "test/{a,b}.txt"
        ]
    );
}

#[test]
fn a_second_apply_does_nothing() {
    let world = world().converged();
    let record = &world.snapshot().unwrap().live[&address("ruby@3.4.2/amd")];
    assert_ne!(record.sha256, record.source.sha256);
    assert!(record.key.to_string().ends_with("ruby-3.4.2-amd.tar.gz"));
    // Nor does a lock that is lost: the record knows the source.
    let mut lost = world.clone();
    lost.lock = Lock::default();
    assert!(rebuilt(&lost).iter().all(|it| it.starts_with("adopt")), "{:?}", rebuilt(&lost));
    let lost = lost.converged();
    assert_eq!(lost.lock, world.lock);
}

#[test]
fn a_patch_rebuilds_those_that_name_it() {
    let before = world().converged();
    let mut world = before.clone();
    world.tree.insert("build/patches/3.4/a.patch".to_owned(), file("better"));
    let two = ["ruby@3.4.2/amd", "ruby@3.4.2/arm"];
    let expect = |what: &str| two.map(|it| format!("{it} {what}")).to_vec();
    assert_eq!(rebuilt(&world), expect("build/patches/3.4/a.patch"));
    assert_eq!(rebuilt(&world.converged()), Vec::<String>::new());

    let mut world = before.clone();
    world.tree.remove("build/patches/3.4/b.patch");
    assert_eq!(rebuilt(&world), expect("-build/patches/3.4/b.patch"));
    let mut world = before.clone();
    world.tree.insert("build/patches/3.4/c.patch".to_owned(), file("new"));
    assert_eq!(rebuilt(&world), expect("+build/patches/3.4/c.patch"));
    let mut world = before.clone();
    world.tree.get_mut("build/patches/3.4/a.patch").unwrap().executable = true;
    assert_eq!(rebuilt(&world), expect("build/patches/3.4/a.patch"));
    // A file that nothing names is nothing.
    let mut world = before;
    world.tree.insert("build/other.sh".to_owned(), file("false"));
    assert!(rebuilt(&world).is_empty());
}

#[test]
fn whatever_decides_bytes_rebuilds() {
    type Change = fn(&mut World);
    let before = world().converged();
    let cases: &[(&str, Change)] = &[
        ("build/ruby.sh", |w| {
            w.tree.insert("build/ruby.sh".to_owned(), file("make"));
        }),
        ("env.CFLAGS", |w| {
            rule_of(w).env.insert("CFLAGS".to_owned(), located("-O3"));
        }),
        ("+env.CC", |w| drop(rule_of(w).env.insert("CC".to_owned(), located("clang")))),
        ("-env.CFLAGS", |w| drop(rule_of(w).env.remove("CFLAGS"))),
        ("executor", |w| rule_of(w).executor = Some(Executor::Host)),
        ("archive", |w| rule_of(w).archive = Some(ArchiveFormat::TarXz)),
        ("+network", |w| rule_of(w).network = Some(true)),
        ("+repack", |w| {
            rule_of(w).repack = Some(Repack { strip_components: 1, ..Repack::default() });
        }),
        ("+build/other.sh", |w| rule_of(w).inputs.push(located("build/other.sh"))),
        ("script +build/other.sh -build/ruby.sh", |w| {
            rule_of(w).script = Some(located("build/other.sh"));
        }),
        ("target", |w| {
            for target in w.manifest.targets.values_mut() {
                target.vars.insert("libc".to_owned(), "musl".to_owned());
            }
        }),
        ("target", |w| {
            for target in w.manifest.targets.values_mut() {
                target.distro = Some(Distro { name: "ubuntu".to_owned(), version: None });
            }
        }),
    ];
    for (input, change) in cases {
        let mut world = before.clone();
        change(&mut world);
        assert_eq!(rebuilt(&world), all(input));
        assert!(rebuilt(&world.converged()).is_empty(), "{input}: once");
    }
}

#[test]
fn whatever_decides_no_bytes_does_not_rebuild() {
    type Change = fn(&mut World);
    let before = world().converged();
    let cases: &[(&str, Change)] = &[
        ("limits", |w| {
            rule_of(w).limits = LimitsRule { memory: Some(1 << 30), ..LimitsRule::default() };
        }),
        ("reproducible", |w| rule_of(w).reproducible = Some(true)),
        ("the default, written", |w| {
            rule_of(w).executor = Some(Executor::Sandbox);
            rule_of(w).archive = Some(ArchiveFormat::TarGz);
            rule_of(w).network = Some(false);
        }),
        ("inputs in another order, twice", |w| {
            let first = rule_of(w).inputs[0].clone();
            rule_of(w).inputs.insert(0, located("./build/ruby.sh"));
            rule_of(w).inputs.push(first);
        }),
        ("places in deps.toml", |w| {
            rule_of(w).script.as_mut().unwrap().span = (999, 1);
            w.dep("ruby").span = (500, 1);
        }),
        ("stacks", |w| {
            for target in w.manifest.targets.values_mut() {
                target.image = Some("elsewhere".to_owned());
            }
        }),
        ("an image where nothing runs in one", |w| {
            rule_of(w).image = Some(located("name@sha256:00"));
        }),
        ("a test", |w| {
            w.dep("ruby").settings.test =
                Some(TestRule { run: vec![located("bin/ruby")], ..TestRule::default() });
        }),
        ("the name of the published file", |w| {
            w.dep("ruby").settings.file = Some(located("other-{{ version }}.tgz"));
        }),
        ("another dependency's script", |w| {
            w.tree.insert("build/tool.sh".to_owned(), file("x"));
        }),
    ];
    for (what, change) in cases {
        let mut world = before.clone();
        change(&mut world);
        assert_eq!(rebuilt(&world), Vec::<String>::new(), "{what}");
    }
}

#[test]
fn bytes_of_the_source_rebuild_and_are_told_as_such() {
    let mut world = world().converged();
    let url = world.snapshot().unwrap().live[&address("ruby@3.4.2/amd")].source.url.clone();
    world.upstream.insert(url, sha("other bytes"));
    world.options.accept.insert(address("ruby@3.4.2/amd"));
    world.options.update = planner::Update::Only([super::world::id("ruby")].into());
    assert_eq!(rebuilt(&world), ["rebuild ruby@3.4.2/amd source-changed"]);
}

#[test]
fn extras_are_inputs() {
    let extra = |version: &str, text: Option<&str>| ExtraFile {
        version: version.to_owned(),
        url: format!("https://example.test/redis-{version}"),
        size: Some(3),
        sha256: text.map(sha),
        evidence: Evidence::Given,
    };
    let with = |it: ExtraFile| {
        let mut world = world().converged();
        let mut wanted = super::making::extra("redis", &it.version);
        wanted.artifact = Some(located(&it.url));
        world.dep("ruby").extra = vec![wanted];
        for release in
            &mut world.lock.dependencies.get_mut(&super::world::id("ruby")).unwrap().releases
        {
            for artifact in release.artifacts.values_mut() {
                artifact.extra.insert("redis".to_owned(), it.clone());
            }
        }
        world
    };
    let first = with(extra("6.3.0", Some("a")));
    assert_eq!(rebuilt(&first), all("+extra.redis"));
    let plan = first.plan().plan;
    assert_eq!(plan.steps[0].bytes, Some(10), "it is fetched too");
    let published = first.applied();
    assert!(rebuilt(&published).is_empty());
    for (other, changes) in [
        (extra("6.3.0", Some("b")), true),
        (extra("6.3.1", Some("a")), true),
        (
            ExtraFile {
                url: "https://example.test/mirror".to_owned(),
                ..extra("6.3.0", Some("a"))
            },
            false,
        ),
    ] {
        let mut world = with(other);
        world.published = published.published.clone();
        world.objects = published.objects.clone();
        // Where it came from is told, and moves no byte.
        let told = || ALL.iter().map(|it| format!("update {it} metadata-changed")).collect();
        let expect: Vec<String> = if changes { all("extra.redis") } else { told() };
        assert_eq!(rebuilt(&world), expect);
    }
    // Not known yet: neither is the digest of it all.
    assert_eq!(artifact(&with(extra("6.3.0", None)), ALL[0]).input, None);
}

#[test]
fn the_release_day_is_an_input() {
    let mut world = world();
    world.rows("ruby")[1].released = Some("2025-05-01T00:00:00Z".parse().unwrap());
    let dated = artifact(&world, ALL[0]);
    let undated = artifact(&self::world(), ALL[0]);
    assert_eq!((dated.epoch(), undated.epoch()), (1_746_057_600, 315_532_800));
    let differs: Vec<&InputName> = dated
        .inputs
        .iter()
        .filter(|(name, digest)| undated.inputs.get(*name) != Some(*digest))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(differs, [&InputName("SOURCE_DATE_EPOCH".to_owned())]);
}

#[test]
fn what_is_mirrored_can_be_built_and_back() {
    let mirrored = {
        let mut world = world();
        world.dep("ruby").settings.build = None;
        world.converged()
    };
    let mut built = mirrored.clone();
    built.dep("ruby").settings.build = world().dep("ruby").settings.build.clone();
    let plan = built.plan().plan;
    assert_eq!(plan.steps.len(), 4);
    for step in &plan.steps {
        assert_eq!(step.action, Action::Rebuild);
        let Reason::InputChanged { changed, added, removed } = &step.reason else { panic!() };
        assert!(changed.is_empty() && removed.is_empty());
        assert!(added.contains(&InputName("contract".to_owned())));
    }
    let mut back = built.converged();
    back.dep("ruby").settings.build = None;
    let plan = back.plan().plan;
    assert_eq!(plan.steps.len(), 4);
    assert!(matches!(&plan.steps[0].reason,
        Reason::InputChanged { added, removed, .. } if added.is_empty() && removed.len() > 5));
    assert_eq!(
        plan.steps[0].after.as_ref().unwrap().sha256,
        plan.steps[0].artifact.as_ref().unwrap().source.sha256
    );
    // What was mirrored once is still there, and wanted again.
    back.converged();
}

#[test]
fn overrides_speak_of_what_they_name() {
    let before = world().converged();
    let mut world = before.clone();
    let env = Change::Set(BTreeMap::from([("CFLAGS".to_owned(), located("-Os"))]));
    let patch = depstate::model::BuildPatch { env, ..Default::default() };
    world.dep("ruby").overrides.push(Override {
        when: Some(rule("3.3.*", None).constraint),
        targets: Some(vec![TargetName::new("arm").unwrap()]),
        patch: Patch { build: Change::Set(patch), ..Patch::default() },
    });
    assert_eq!(rebuilt(&world), ["ruby@3.3.1/arm env.CFLAGS"]);
}

#[test]
fn a_file_that_is_not_there_stops_its_artifacts_alone() {
    let mut world = world();
    rule_of(&mut world).script = Some(located("build/{{ major }}.{{ minor }}.sh"));
    world.tree.insert("build/3.3.sh".to_owned(), file("x"));
    let plan = world.plan().plan;
    assert_eq!(told(&plan), ["no-input ruby"]);
    let finding = &plan.findings[0];
    assert!(finding.message.contains("`build/3.4.sh`"), "{}", finding.message);
    assert!(finding.span.is_some());
    assert_eq!(
        steps(&plan),
        [
            "create ruby@3.3.1/amd new-release",
            "create ruby@3.3.1/arm new-release",
            "create tool@1.0.0/amd new-release"
        ]
    );

    for (input, code) in [
        ("build/none.patch", "no-input ruby"),
        ("../away", "bad-value ruby"),
        ("/etc/passwd", "bad-value ruby"),
        ("deps.toml", "bad-value ruby"),
        ("a/[", "bad-pattern ruby"),
    ] {
        let mut world = self::world();
        rule_of(&mut world).inputs.push(located(input));
        let plan = world.plan().plan;
        assert_eq!(told(&plan), [code], "{input}");
        assert_eq!(steps(&plan), ["create tool@1.0.0/amd new-release"]);
    }
    // A glob may match nothing.
    let mut world = self::world();
    rule_of(&mut world).inputs.push(located("none/*"));
    assert_eq!(told(&world.plan().plan), Vec::<String>::new());
}

#[test]
fn a_container_has_a_pinned_image() {
    let pinned = |n: &str| format!("example.test/img@sha256:{}", n.repeat(64));
    let mut world = world();
    rule_of(&mut world).executor = Some(Executor::Container);
    assert_eq!(told(&world.plan().plan), ["image-not-pinned ruby", "image-not-pinned ruby"]);
    for target in world.manifest.targets.values_mut() {
        target.image = Some(pinned("a"));
    }
    let mut world = world.converged();
    for target in world.manifest.targets.values_mut() {
        target.image = Some(pinned("b"));
    }
    assert_eq!(rebuilt(&world), all("image"));
    rule_of(&mut world).image = Some(located(&pinned("a")));
    assert!(rebuilt(&world).is_empty());
}

#[test]
fn a_digest_that_is_not_known_yet_is_learnt_by_the_apply() {
    let mut world = world();
    world.downloads = false;
    let plan = world.plan().plan;
    assert!(plan.steps.iter().all(|step| step.after.as_ref().unwrap().input.is_none()));
    assert!(!plan.steps[0].artifact.as_ref().unwrap().inputs.contains_key(&InputName::source()));
    let known = self::world().applied();
    let learnt = world.applied();
    for (address, record) in &known.snapshot().unwrap().live {
        assert_eq!(learnt.snapshot().unwrap().live[address].input, record.input, "{address}");
    }
    assert!(rebuilt(&learnt).is_empty());
}

#[test]
fn asked_for_it_is_built_again() {
    let mut world = world().converged();
    world.options.rebuild = vec![Filter::new("ruby@3.4.*/amd").unwrap()];
    assert_eq!(rebuilt(&world), ["rebuild ruby@3.4.2/amd rebuild-asked"]);
    let again = world.applied();
    let key = |world: &World| world.snapshot().unwrap().live[&address(ALL[0])].key.clone();
    assert_ne!(key(&world), key(&again));
    for nothing in ["tool", "nothing@1.*"] {
        world.options.rebuild = vec![Filter::new(nothing).unwrap()];
        let plan = world.plan().plan;
        assert_eq!(told(&plan), ["bad-filter"], "{nothing}");
        assert!(plan.steps.is_empty());
    }
    world.options.rebuild = vec![Filter::new("*").unwrap()];
    assert_eq!(rebuilt(&world).len(), 4, "what is mirrored is left alone");
}

#[test]
fn licences_that_are_found_out_are_those_of_the_record() {
    let mut world = world();
    world.dep("ruby").settings.detect_licenses = true;
    let mut world = world.converged();
    // Another change keeps them.
    world.dep("ruby").settings.name = Some("Ruby".to_owned());
    let plan = world.plan().plan;
    assert_eq!(plan.steps[0].action, Action::Update);
    assert_eq!(plan.steps[0].after.as_ref().unwrap().metadata.licenses, ["MIT"]);
    let mut world = world.converged();
    world.dep("ruby").settings.detect_licenses = false;
    assert_eq!(world.plan().plan.steps[0].reason.code(), Code::METADATA_CHANGED);
}

#[test]
fn a_network_is_told_once() {
    let mut world = world();
    rule_of(&mut world).network = Some(true);
    assert_eq!(told(&world.plan().plan), ["build-network ruby"]);
    let world = world.converged();
    assert_eq!(told(&world.plan().plan), Vec::<String>::new());
}

#[test]
fn an_object_of_a_build_is_repaired_by_building() {
    let mut world = world().converged();
    let key = world.snapshot().unwrap().live[&address(ALL[0])].key.clone();
    world.objects_mut().remove(&key);
    let plan = world.plan().plan;
    assert_eq!(steps(&plan), ["repair ruby@3.4.2/amd object-missing"]);
    assert_eq!(plan.steps[0].bytes, Some(7), "the source is fetched, not the output");
    assert_eq!(plan.steps[0].after.as_ref().unwrap().sha256, None);
    world.converged();
}

#[test]
fn where_nobody_looked_a_lock_tells_of_sources_alone() {
    let mut world = world().converged();
    world.published = depstate::model::Observed::Unknown(depstate::model::Why::NotAsked);
    assert!(world.plan().plan.steps.is_empty());
    world.dep("ruby").lines.remove(0);
    let plan = world.plan().plan;
    let before = plan.steps[0].before.as_ref().unwrap();
    assert_eq!((plan.steps[0].action, before.sha256, before.input), (Action::Retire, None, None));
}

/// Rules that differ in any way.
fn rules() -> impl Strategy<Value = BuildRule> {
    let env = proptest::collection::btree_map("[A-C]", "[a-b]", 0..3);
    (env, select(vec!["build/ruby.sh", "build/other.sh"]), any::<bool>(), 0..3_usize).prop_map(
        |(env, script, network, inputs)| {
            let all = ["build/patches/*", "build/other.sh", "build/*.sh"];
            let mut rule = build(script, &all[..inputs]);
            rule.env = env.into_iter().map(|(name, text)| (name, located(&text))).collect();
            rule.network = Some(network);
            rule
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// The same digest exactly where the named inputs are the same; and applying once is enough.
    #[test]
    fn digests_are_as_their_inputs(one in rules(), other in rules()) {
        let with = |rule: &BuildRule| {
            let mut world = world();
            world.dep("ruby").settings = Settings {
                build: Some(rule.clone()),
                ..world.dep("ruby").settings.clone()
            };
            world
        };
        let inputs = |world: &World| -> Vec<Artifact> {
            ALL.iter().map(|it| artifact(world, it)).collect()
        };
        let (a, b) = (inputs(&with(&one)), inputs(&with(&other)));
        prop_assert_eq!(&a, &inputs(&with(&one)), "twice the same");
        for (a, b) in a.iter().zip(&b) {
            prop_assert_eq!(a.inputs == b.inputs, a.input == b.input);
        }
        let digests: BTreeSet<_> = a.iter().map(|it| it.input).collect();
        prop_assert_eq!(digests.len(), 4, "versions and targets differ");
        let mut world = with(&one).converged();
        rule_of(&mut world).clone_from(&other);
        let changed: BTreeSet<Address> = world.plan().plan.steps.into_iter().map(|it| it.address).collect();
        let differ: BTreeSet<Address> = a
            .iter()
            .zip(&b)
            .filter(|(a, b)| a.input != b.input)
            .map(|(a, _)| a.address.clone())
            .collect();
        prop_assert_eq!(changed, differ);
        world.converged();
    }
}
