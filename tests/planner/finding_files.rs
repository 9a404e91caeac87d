//! Which file an address gets, and where its digest is found.

use depstate::{
    model::{
        Algorithm, Change, ChecksumRule, Constraint, Digest, Override, Patch, Pattern, Row, Scheme,
        Severity,
    },
    planner::{Candidate, ChecksumQuery, ChosenFile, Selection},
};

use super::{
    making::{codes, row, versions},
    world::{World, id, located, sha},
};

fn file(name: &str, url: &str) -> Row {
    Row { name: Some(name.to_owned()), url: Some(url.to_owned()), ..row("v1.0.0") }
}

/// One release with a file for each platform and a list of checksums, as release pages have them.
fn releases() -> World {
    let mut world = World::new()
        .target("amd", "amd64")
        .target("arm", "arm64")
        .dependency("tool", &["amd", "arm"], &[("1.*", 1)])
        .lists("tool", &[]);
    world.rows("tool").extend([
        file("tool_linux_x64.tgz", "https://example.test/1/tool_linux_x64.tgz"),
        file("tool_linux_arm64.tgz", "https://example.test/1/tool_linux_arm64.tgz"),
        file("sums.txt", "https://example.test/1/sums.txt"),
    ]);
    let settings = &mut world.dep("tool").settings;
    settings.artifact.clear();
    settings.asset = Some(located("tool_{{ os }}_{{ arch }}.tgz"));
    settings.replacements = [("amd64".to_owned(), "x64".to_owned())].into();
    world
}

fn candidate(selection: &Selection, name: &str, n: usize) -> Candidate {
    let release = &selection.dependencies[&id(name)].releases[0];
    match release.files.values().nth(n) {
        Some(ChosenFile::Candidate(candidate)) => candidate.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_asset_chooses_by_upstreams_words() {
    let selection = releases().select();
    assert_eq!(codes(&selection.findings), Vec::<String>::new());
    let first = candidate(&selection, "tool", 0);
    assert_eq!(first.urls, ["https://example.test/1/tool_linux_x64.tgz"]);
    assert_eq!(first.name, "tool_linux_x64.tgz");
    let second = candidate(&selection, "tool", 1);
    assert_eq!(second.urls, ["https://example.test/1/tool_linux_arm64.tgz"]);
}

#[test]
fn two_files_for_one_target_are_a_mistake_that_names_both() {
    let mut world = releases();
    world.dep("tool").settings.asset = Some(located("*.tgz"));
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["ambiguous-file tool@1.0.0/amd"]);
    let finding = &outcome.plan.findings[0];
    assert!(finding.message.contains("tool_linux_arm64.tgz"), "{}", finding.message);
    assert!(finding.message.contains("tool_linux_x64.tgz"), "{}", finding.message);
    assert_eq!((finding.severity, finding.span), (Severity::Error, Some((0, 5))));
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn a_row_may_name_os_arch_and_target_itself() {
    let mut world = releases();
    world.dep("tool").settings.asset = None;
    let rows = world.rows("tool");
    rows.pop();
    rows[0].os = Some("linux".to_owned());
    rows[0].arch = Some("x64".to_owned());
    rows[1].target = Some("arm".to_owned());
    let selection = world.select();
    assert_eq!(codes(&selection.findings), Vec::<String>::new());
    assert!(candidate(&selection, "tool", 0).urls[0].contains("x64"));
    assert!(candidate(&selection, "tool", 1).urls[0].contains("arm64"));
    // Upstream's word counts, not ours.
    let mut world = world;
    world.rows("tool")[0].arch = Some("amd64".to_owned());
    let selection = world.select();
    assert_eq!(codes(&selection.findings)[0], "incomplete tool@1.0.0/amd");
}

#[test]
fn a_template_leads_to_the_file_and_a_rows_digest_holds_only_without_an_address() {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &["v1.0.0"]);
    world.rows("tool")[0].digests = vec![sha("a").into()];
    world.rows("tool")[0].size = Some(9);
    let found = candidate(&world.select(), "tool", 0);
    assert_eq!(found.urls, ["https://example.test/tool/v1.0.0/any.tgz"]);
    assert_eq!((found.digests, found.size), (vec![Digest::from(sha("a"))], Some(9)));
    world.rows("tool")[0].url = Some("https://example.test/elsewhere.tgz".to_owned());
    let found = candidate(&world.select(), "tool", 0);
    assert_eq!(found.urls, ["https://example.test/tool/v1.0.0/any.tgz"]);
    assert_eq!((found.digests, found.size), (vec![], None));
    world.dep("tool").settings.artifact.clear();
    let found = candidate(&world.select(), "tool", 0);
    assert_eq!(found.urls, ["https://example.test/elsewhere.tgz"]);
    assert_eq!(found.digests, [Digest::from(sha("a"))]);
}

#[test]
fn addresses_are_tried_in_turn_and_rows_speak_in_templates() {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &["v1.0.0"]);
    world.rows("tool")[0].more.insert("dir".to_owned(), "sub".into());
    world.dep("tool").settings.artifact = vec![
        located("https://example.test/{{ release.dir }}/{{ major }}.tgz"),
        located("https://example.test/old/{{ version }}.tgz"),
    ];
    let found = candidate(&world.select(), "tool", 0);
    assert_eq!(
        found.urls,
        ["https://example.test/sub/1.tgz", "https://example.test/old/1.0.0.tgz"]
    );
    assert_eq!(found.name, "1.tgz");
}

#[test]
fn no_address_and_no_template_is_a_mistake() {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &["v1.0.0"]);
    world.dep("tool").settings.artifact.clear();
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["missing-key tool"]);
}

#[test]
fn a_mistake_in_a_template_points_at_its_place() {
    let mut world = World::new()
        .dependency("tool", &["any"], &[("1.*", 2)])
        .lists("tool", &["v1.0.0", "v1.1.0"]);
    let mut text = located("https://example.test/{{ nothing }}.tgz");
    text.span = (77, 8);
    world.dep("tool").settings.artifact = vec![text];
    let outcome = world.plan();
    assert_eq!(codes(&outcome.plan.findings), ["template tool"], "once, not for each version");
    assert_eq!(outcome.plan.findings[0].span, Some((77, 8)));
    assert_eq!(outcome.plan.steps, vec![]);
}

#[test]
fn overrides_change_the_file() {
    let mut world = releases();
    world.dep("tool").overrides.push(Override {
        when: Some(Constraint::new("<2", &Scheme::Semver).unwrap()),
        targets: Some(vec![depstate::model::TargetName::new("arm").unwrap()]),
        patch: Patch { asset: Change::Set(located("sums.txt")), ..Patch::default() },
    });
    let selection = world.select();
    assert_eq!(candidate(&selection, "tool", 0).name, "tool_linux_x64.tgz");
    assert_eq!(candidate(&selection, "tool", 1).name, "sums.txt");
}

#[test]
fn a_digest_is_found_where_deps_toml_says() {
    let mut world = releases();
    let query = |world: &World| candidate(&world.select(), "tool", 0).checksum.unwrap();
    let file = |url: &str, digest| ChecksumQuery::File {
        url: url.to_owned(),
        select: None,
        digest,
        algorithm: None,
    };
    world.dep("tool").settings.checksum =
        Some(ChecksumRule::Url { url: located("{{ url }}.sha256?{{ ext }}"), select: None });
    assert_eq!(query(&world), file("https://example.test/1/tool_linux_x64.tgz.sha256?tgz", None));
    world.rows("tool")[2].digests = vec![sha("sums").into()];
    world.dep("tool").settings.checksum =
        Some(ChecksumRule::Asset { asset: located("sums.*"), select: None });
    assert_eq!(query(&world), file("https://example.test/1/sums.txt", Some(sha("sums").into())));
    let hex = sha("given").to_string();
    world.dep("tool").settings.checksum =
        Some(ChecksumRule::Given { algorithm: Algorithm::Sha256, hex: located(&hex) });
    assert_eq!(query(&world), ChecksumQuery::Given(sha("given").into()));
    for empty in ["", "{{ '' }}", "beef"] {
        world.dep("tool").settings.checksum =
            Some(ChecksumRule::Given { algorithm: Algorithm::Sha256, hex: located(empty) });
        assert_eq!(codes(&world.select().findings), ["bad-digest tool"], "`{empty}`");
    }
    // The list of checksums is not there yet: the version waits.
    world.dep("tool").settings.checksum =
        Some(ChecksumRule::Asset { asset: located("later.txt"), select: None });
    assert_eq!(codes(&world.select().findings)[0], "incomplete tool@1.0.0/amd");
}

#[test]
fn two_names_of_one_version_are_an_error_where_it_is_wanted() {
    let world = World::new().dependency("tool", &["any"], &[("1.*", 1)]);
    let outcome = world.clone().lists("tool", &["v1.0.0", "tool-1.0.0"]).plan();
    assert_eq!(codes(&outcome.plan.findings), ["ambiguous-version tool"]);
    assert!(outcome.plan.findings[0].message.contains("`tool-1.0.0`, `v1.0.0`"));
    let other = world.lists("tool", &["v0.1.0", "tool-0.1.0", "v1.0.0"]);
    assert_eq!(versions(&other.select(), "tool"), ["1.0.0"]);
    assert_eq!(codes(&other.select().findings), Vec::<String>::new());
}

#[test]
fn two_digests_of_one_file_are_an_error_and_equal_rows_are_one() {
    let mut world = releases();
    let again = world.rows("tool")[0].clone();
    world.rows("tool").push(again);
    assert_eq!(codes(&world.select().findings), Vec::<String>::new());
    world.rows("tool")[0].digests = vec![sha("a").into()];
    world.rows("tool")[3].digests = vec![Digest::new(Algorithm::Sha512, &[7; 64]).unwrap()];
    assert_eq!(candidate(&world.select(), "tool", 0).digests.len(), 2, "two algorithms");
    world.rows("tool")[3].digests = vec![sha("b").into()];
    let findings = world.select().findings;
    assert_eq!(codes(&findings), ["ambiguous-digest tool"]);
    for part in ["tool_linux_x64.tgz", &sha("a").to_string(), &sha("b").to_string()] {
        assert!(findings[0].message.contains(part), "{}", findings[0].message);
    }
}

#[test]
fn extract_names_the_version() {
    let mut world = World::new()
        .dependency("tool", &["any"], &[("1.*", 2)])
        .lists("tool", &["tool/1_2_3", "tool/1_2_4-beta", "other/1_9_9", "plain 1.5.0 x"]);
    world.dep("tool").source.extract = vec![
        Pattern::new(r"^tool/(?<major>\d+)_(?<minor>\d+)_(?<patch>\d+)$").unwrap(),
        Pattern::new(r"^plain (?<version>\S+)").unwrap(),
    ];
    world.dep("tool").settings.artifact = vec![located("https://example.test/{{ version }}.tgz")];
    let selection = world.select();
    assert_eq!(versions(&selection, "tool"), ["1.5.0", "1.2.3"]);
    assert_eq!(selection.dependencies[&id("tool")].releases[1].upstream, "tool/1_2_3");
}

#[test]
fn a_file_name_that_waits_for_the_digest_is_said_so() {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &["v1.0.0"]);
    world.dep("tool").settings.file = Some(located("tool-{{ version }}-{{ digest8 }}.tgz"));
    assert!(candidate(&world.select(), "tool", 0).needs_digest);
    world.downloads = false;
    let outcome = world.plan();
    let artifact = outcome.plan.steps[0].artifact.as_ref().unwrap();
    assert_eq!((artifact.input, artifact.file.as_str()), (None, ""));
    let world = world.applied();
    let key = world.snapshot().unwrap().live.values().next().unwrap().key.to_string();
    let digest = sha("https://example.test/tool/v1.0.0/any.tgz");
    assert!(key.ends_with(&format!("tool-1.0.0-{}.tgz", digest.short())), "{key}");
}

#[test]
fn a_file_has_a_name() {
    let mut world =
        World::new().dependency("tool", &["any"], &[("1.*", 1)]).lists("tool", &["v1.0.0"]);
    world.dep("tool").settings.artifact = vec![located("https://example.test/{{ version }}/")];
    assert_eq!(codes(&world.plan().plan.findings)[0], "bad-value tool");
    world.dep("tool").settings.file = Some(located("tool-{{ version }}.tgz"));
    let outcome = world.plan();
    assert_eq!(outcome.plan.steps[0].artifact.as_ref().unwrap().file, "tool-1.0.0.tgz");
}
