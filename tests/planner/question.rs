//! The question that a lock answers: its meaning, not its text.

use depstate::{
    model::{
        Algorithm, Change, ChecksumRule, Constraint, Coverage, Dependency, ExtraRule, Keep,
        Manifest, Over, Override, Patch, Pattern, Scheme, Sha256, SignatureKind, SignaturePlace,
        SignatureRule, TargetName,
    },
    planner,
};

use super::{
    making::{extra, line, rule},
    world::{World, id, located},
};

fn world() -> World {
    World::new().target("amd", "amd64").target("arm", "arm64").dependency(
        "node",
        &["amd", "arm"],
        &[("22.*", 2)],
    )
}

fn asked(manifest: &Manifest) -> Sha256 {
    planner::asked(manifest, &id("node"))
}

fn after(change: impl Fn(&mut Dependency)) -> Sha256 {
    let mut world = world();
    change(world.dep("node"));
    asked(&world.manifest)
}

fn patched(patch: Patch) -> impl Fn(&mut Dependency) {
    move |it| {
        it.overrides.push(Override { when: None, targets: None, patch: patch.clone() });
    }
}

#[test]
fn what_decides_versions_or_files_is_part_of_it() {
    let base = asked(&world().manifest);
    let given =
        |hex: &str| Some(ChecksumRule::Given { algorithm: Algorithm::Sha256, hex: located(hex) });
    let changes: Vec<(&str, Sha256)> = vec![
        ("driver", after(|it| it.source.driver = located("dir"))),
        ("question", after(|it| it.source.question = "{\"url\":1}".to_owned())),
        ("extract", after(|it| it.source.extract = vec![Pattern::new("x").unwrap()])),
        ("coverage", after(|it| it.source.coverage = Coverage::Recent)),
        ("artifact", after(|it| it.settings.artifact = vec![located("x{{ version }}")])),
        ("asset", after(|it| it.settings.asset = Some(located("*.tgz")))),
        (
            "replacements",
            after(|it| {
                it.settings.replacements.insert("amd64".to_owned(), "x64".to_owned());
            }),
        ),
        ("checksum", after(|it| it.settings.checksum = given("aa"))),
        ("checksum value", after(|it| it.settings.checksum = given("bb"))),
        ("scheme", after(|it| it.scheme = Scheme::Dotted)),
        ("constraint", after(|it| it.lines[0] = line("21.*", Keep::Newest(2)))),
        ("keep", after(|it| it.lines[0].keep = Keep::Newest(3))),
        ("keep all", after(|it| it.lines[0].keep = Keep::All)),
        ("prereleases", after(|it| it.lines[0].prereleases = true)),
        ("match", after(|it| it.lines[0].pattern = Some(Pattern::new("x").unwrap()))),
        ("exclude", after(|it| it.exclude.push(rule(">=23", None)))),
        ("exclude on one", after(|it| it.exclude.push(rule(">=23", Some(&["arm"]))))),
        ("only", after(|it| it.only.push(rule(">=23", None)))),
        ("targets", after(|it| it.targets.truncate(1))),
        ("extra", after(|it| it.extra.push(extra("redis", "1")))),
        ("extra's version", after(|it| it.extra.push(extra("redis", "2")))),
        ("extra's id", after(|it| it.extra.push(extra("yaml", "2")))),
        (
            "extra's address",
            after(|it| {
                let artifact = Some(located("other"));
                it.extra.push(ExtraRule { artifact, ..extra("redis", "1") });
            }),
        ),
        (
            "extra's checksum",
            after(|it| {
                let checksum = given("aa");
                it.extra.push(ExtraRule { checksum, ..extra("redis", "1") });
            }),
        ),
        (
            "extra for one target",
            after(|it| {
                let targets = Some(vec![TargetName::new("arm").unwrap()]);
                it.extra.push(ExtraRule { targets, ..extra("redis", "1") });
            }),
        ),
        (
            "extra for some versions",
            after(|it| {
                let when = Some(Constraint::new(">=22", &Scheme::Semver).unwrap());
                it.extra.push(ExtraRule { when, ..extra("redis", "1") });
            }),
        ),
        (
            "extra away",
            after(|it| {
                it.extra.push(extra("redis", "1"));
                let versions = [("redis".to_owned(), None)].into();
                it.extra.push(ExtraRule { versions, ..extra("redis", "1") });
            }),
        ),
        (
            "override of extra",
            after(patched(Patch {
                extra: Change::Set(vec![extra("redis", "1")]),
                ..Patch::default()
            })),
        ),
        (
            "override",
            after(patched(Patch { asset: Change::Set(located("*.zip")), ..Patch::default() })),
        ),
        ("override away", after(patched(Patch { asset: Change::Clear, ..Patch::default() }))),
    ];
    let mut seen = vec![("nothing", base)];
    for (what, digest) in changes {
        for (other, known) in &seen {
            assert_ne!(*known, digest, "`{what}` asks the same as `{other}`");
        }
        seen.push((what, digest));
    }
    let mut world = world();
    let arm = TargetName::new("arm").unwrap();
    world.manifest.targets.get_mut(&arm).unwrap().arch = Some("arm".to_owned());
    assert_ne!(asked(&world.manifest), base, "the meaning of a target");
    world = self::world();
    world.manifest.targets.get_mut(&arm).unwrap().vars.insert("libc".to_owned(), "musl".to_owned());
    assert_ne!(asked(&world.manifest), base, "the names of a target");
}

#[test]
fn what_people_read_and_how_it_is_written_is_not() {
    let base = asked(&world().manifest);
    let name = |text: &str| Patch { name: Change::Set(text.to_owned()), ..Patch::default() };
    for (what, digest) in [
        ("name", after(|it| it.settings.name = Some("Node.js".to_owned()))),
        ("licenses", after(|it| it.settings.licenses = vec!["MIT".to_owned()])),
        ("cpe", after(|it| it.settings.cpe = vec![located("cpe")])),
        ("purl", after(|it| it.settings.purl = vec![located("pkg")])),
        ("file", after(|it| it.settings.file = Some(located("x")))),
        (
            "metadata",
            after(|it| {
                it.settings.metadata.insert("a".to_owned(), 1.into());
            }),
        ),
        ("end of life", after(|it| it.lines[0].eol = Some("2027-04-30".parse().unwrap()))),
        (
            "places",
            after(|it| {
                it.span = (99, 1);
                it.lines[0].span = (7, 7);
                it.settings.artifact[0].span = (3, 3);
            }),
        ),
        ("override of a name", after(patched(name("Node")))),
        (
            "an extra for nobody",
            after(|it| {
                let targets = Some(vec![TargetName::new("other").unwrap()]);
                it.extra.push(ExtraRule { targets, ..extra("redis", "1") });
            }),
        ),
        ("an exclude for nobody", after(|it| it.exclude.push(rule("*", Some(&["other"]))))),
    ] {
        assert_eq!(digest, base, "`{what}` is part of the question");
    }
    let mut world = world().target("other", "s390x");
    let amd = TargetName::new("amd").unwrap();
    world.manifest.targets.get_mut(&amd).unwrap().stacks.push("jammy".to_owned());
    assert_eq!(asked(&world.manifest), base);
}

#[test]
fn the_digest_of_a_question_never_changes() {
    // Every deps.lock out there holds such digests: another one asks all sources again.
    let known = "991b9324ec1dbc8b3d3e44ad3f1dab877b624bad3b9b7b5232ef6c644ffbce82";
    assert_eq!(asked(&world().manifest).to_string(), known);
}

#[test]
fn the_same_meaning_asks_the_same() {
    let excluded = |reason: Option<&str>, targets: Option<&[&str]>, text: &str| {
        after(|it| {
            let mut one = rule("=1.0.0", None);
            one.constraint = Constraint::new(text, &Scheme::Semver).unwrap();
            one.targets = rule("*", targets).targets;
            one.reason = reason.map(str::to_owned);
            it.exclude.push(one);
        })
    };
    let base = excluded(Some("a"), None, ">=1,<2");
    assert_eq!(base, excluded(Some("b"), None, ">=1, <2"));
    assert_eq!(base, excluded(None, Some(&["amd", "arm"]), ">= 1,<2"));
    let both = |a: &str, b: &str| after(|it| it.exclude.extend([rule(a, None), rule(b, None)]));
    assert_eq!(both("=1.0.0", "=2.0.0"), both("=2.0.0", "=1.0.0"));
}

#[test]
fn who_must_have_signed_what_is_part_of_it() {
    let rule = SignatureRule {
        kind: SignatureKind::Openpgp,
        over: Over::Artifact,
        place: SignaturePlace::Url(located("{{ url }}.asc")),
        keys: vec![located("keys/a.asc")],
        fingerprints: Vec::new(),
        identity: None,
        issuer: None,
        span: (0, 0),
    };
    let with = |change: &dyn Fn(&mut SignatureRule)| {
        let mut rule = rule.clone();
        change(&mut rule);
        after(|it| it.settings.signature = Some(rule.clone()))
    };
    let mut all = vec![
        asked(&world().manifest),
        with(&|_| {}),
        with(&|it| it.kind = SignatureKind::Minisign),
        with(&|it| it.over = Over::Checksum),
        with(&|it| it.place = SignaturePlace::Asset(located("{{ url }}.asc"))),
        with(&|it| it.keys = vec![located("keys/b.asc")]),
        with(&|it| it.fingerprints = vec![located("AA")]),
        with(&|it| it.identity = Some(located("me"))),
        with(&|it| it.issuer = Some("you".to_owned())),
        after(patched(Patch { signature: Change::Set(rule.clone()), ..Patch::default() })),
        after(patched(Patch { signature: Change::Clear, ..Patch::default() })),
    ];
    let same = with(&|it| it.span = (7, 7));
    assert_eq!(same, all[1], "where it stands says nothing");
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count);
}
