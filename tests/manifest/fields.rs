//! What each part of deps.toml comes to mean.

use std::time::Duration;

use depstate::{
    manifest::read,
    model::{Algorithm, ChecksumRule, Coverage, DependencyId, Keep, Scheme, TargetName, Version},
};
use toml::de::DeValue;

use super::{HEAD, KNOWN, after_head, codes, dependency, good};

const EVERY_KEY: &str = include_str!("good/every_key.toml");

#[test]
fn the_whole_file() {
    let manifest = good(EVERY_KEY);
    assert_eq!(manifest.project, "every-key");
    assert_eq!(manifest.storage.driver.value, "s3");
    assert_eq!(manifest.storage.public_url.as_deref(), Some("https://deps.example.com/ruby"));
    assert_eq!(manifest.retention.grace, Duration::from_hours(14 * 24));
    assert_eq!(good(include_str!("good/smallest.toml")).retention.grace, Duration::from_hours(720));
    let target = |name: &str| &manifest.targets[&TargetName::new(name).unwrap()];
    assert_eq!(manifest.targets.len(), 4);
    assert_eq!(target("jammy-amd64").vars["libc"], "glibc");
    assert_eq!(target("jammy-amd64").vars["none"], "");
    assert_eq!(target("jammy-amd64").distro.as_ref().unwrap().version.as_deref(), Some("22.04"));
    assert_eq!(target("old").arch.as_deref(), Some("386"));
    assert_eq!(
        (&target("any").os, target("any").stacks.as_slice()),
        (&None, &["*".to_owned()][..])
    );
}

#[test]
fn any_is_there_without_being_declared_and_no_glob_means_it() {
    let manifest = after_head(
        "[dependencies.a]\nsource = { driver = \"dir\" }\nlines = [{ constraint = \"*\" }]\n\
         [dependencies.b]\nextends = \"a\"\ntargets = [\"*\"]\n\
         [dependencies.c]\nextends = \"a\"\ntargets = [\"any\", \"linux-{amd64,arm64}\", \"linux-*\"]\n",
    );
    assert!(manifest.targets.contains_key(&TargetName::any()));
    let targets = |id| -> Vec<&str> {
        dependency(&manifest, id).targets.iter().map(TargetName::as_str).collect()
    };
    assert_eq!(targets("a"), ["any"]);
    assert_eq!(targets("b"), ["darwin-arm64", "linux-amd64", "linux-arm64"]);
    assert_eq!(targets("c"), ["any", "linux-amd64", "linux-arm64"], "globs may overlap");
}

#[test]
fn lines_and_rules() {
    let manifest = good(EVERY_KEY);
    let node = dependency(&manifest, "node");
    assert_eq!(node.scheme, Scheme::Semver);
    let keeps: Vec<Keep> = node.lines.iter().map(|line| line.keep).collect();
    assert_eq!(keeps, [Keep::Newest(2), Keep::All, Keep::Newest(1)]);
    let eols: Vec<Option<String>> =
        node.lines.iter().map(|line| line.eol.map(|day| day.to_string())).collect();
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(eols, [day("2027-04-30"), day("2026-04-30"), None], "with quotes or without");
    assert_eq!(node.lines[1].pattern.as_ref().unwrap().as_str(), r"^v20\.\d*[02468]\.");
    assert!(node.lines[2].constraint.is_none() && node.lines[2].prereleases);
    assert!(EVERY_KEY[node.lines[0].span.0..].starts_with("[[dependencies.node.lines]]"));
    assert!(EVERY_KEY[node.span.0..].starts_with("[dependencies.node]"));
    assert_eq!(node.exclude.len(), 2);
    let jammy = TargetName::new("jammy-amd64").unwrap();
    let old = TargetName::new("old").unwrap();
    assert!(node.exclude[0].covers(&jammy) && !node.exclude[0].covers(&old));
    assert!(node.exclude[1].covers(&old));
    assert!(node.exclude[0].constraint.matches(&Version::new("26.0.0").unwrap()));
    assert_eq!(node.exclude[0].reason.as_deref(), Some("needs glibc 2.38"));
    assert_eq!(node.only[0].targets.as_deref(), Some(&[old][..]));
}

#[test]
fn source_is_shared_between_manifest_and_driver() {
    let manifest = good(EVERY_KEY);
    let node = dependency(&manifest, "node");
    assert_eq!(node.source.coverage, Coverage::Recent);
    assert_eq!(node.source.extract.len(), 2);
    assert_eq!(node.settings.artifact.len(), 2);
    assert_eq!(node.settings.replacements["386"], "x86");
    let found = read(EVERY_KEY.as_bytes(), &KNOWN);
    let (driver, table) = &found.sources[&DependencyId::new("node").unwrap()];
    assert_eq!(driver.value, "http-json");
    let keys: Vec<&str> = table.get_ref().keys().map(|key| key.get_ref().as_ref()).collect();
    assert_eq!(keys, ["next", "select", "url"]);
    let (_, table) = &found.sources[&DependencyId::new("digest").unwrap()];
    assert_eq!(table.get_ref()["insecure"].get_ref().as_bool(), Some(true));
    let (driver, table) = found.storage.unwrap();
    assert_eq!(driver.value, "s3");
    assert!(EVERY_KEY[table.span().start..].starts_with("[storage]"));
    let keys: Vec<&str> = table.get_ref().keys().map(|key| key.get_ref().as_ref()).collect();
    assert_eq!(keys, ["bucket", "path-style", "prefix", "public-url", "region"]);
}

#[test]
fn a_driver_reads_its_own_struct_with_places() {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Config {
        url: toml::Spanned<String>,
        size: u64,
        ratio: f64,
        when: toml::value::Datetime,
        columns: std::collections::BTreeMap<String, i64>,
    }
    let text = format!(
        "{HEAD}[dependencies.a]\nsource = {{ driver = \"dir\", url = \"https://example.com/{{{{ id }}}}\", \
         size = 0x10, ratio = 1_0.5, when = 2024-01-01, columns = {{ a = -2 }} }}\n"
    );
    let found = read(text.as_bytes(), &KNOWN);
    let codes: Vec<&str> = found.mistakes.iter().map(|m| m.code.as_str()).collect();
    assert_eq!(codes, ["no-lines"], "the table is there in spite of a mistake elsewhere");
    let (_, table) = found.sources.into_values().next().unwrap();
    let span = table.span();
    let value = toml::Spanned::new(span, DeValue::Table(table.into_inner()));
    let config: Config =
        serde::Deserialize::deserialize(toml::de::ValueDeserializer::from(value)).unwrap();
    assert_eq!(config.url.get_ref(), "https://example.com/a", "the id is filled in");
    assert_eq!(&text[config.url.span()], "\"https://example.com/{{ id }}\"");
    assert_eq!((config.size, config.columns["a"]), (16, -2));
    assert!((config.ratio - 10.5).abs() < 1e-9);
    assert_eq!(config.when.to_string(), "2024-01-01");
}

#[test]
fn the_question_is_what_the_driver_is_asked_and_nothing_else() {
    let question = |source: &str| {
        let manifest = after_head(&format!(
            "[dependencies.a]\nsource = {{ {source} }}\nlines = [{{ constraint = \"*\" }}]\n"
        ));
        dependency(&manifest, "a").source.question.clone()
    };
    let first = question("driver = \"http-json\", url = \"u\", select = '.x'");
    assert_eq!(first, r#"{"driver":"http-json","select":".x","url":"u"}"#);
    assert_eq!(first, question("select = \".x\", driver = 'http-json', url = \"\"\"u\"\"\""));
    let ours = "artifact = \"{{ version }}\", asset = \"*\", extract = '(?<version>.)', \
                replacements = { amd64 = \"a\" }, coverage = \"recent\"";
    assert_eq!(
        first,
        question(&format!("driver = \"http-json\", url = \"u\", select = \".x\", {ours}"))
    );
    assert_ne!(first, question("driver = \"http-json\", url = \"v\", select = '.x'"));
    assert_ne!(first, question("driver = \"http-html\", url = \"u\", select = '.x'"));
    let numbers =
        question("driver = \"dir\", a = 9_007_199_254_740_993, b = 0x10, c = 1.50, d = nan");
    assert_eq!(numbers, r#"{"a":"9007199254740993","b":16,"c":1.5,"d":"nan","driver":"dir"}"#);
}

#[test]
fn checksums() {
    let manifest = good(EVERY_KEY);
    let checksum = |id| dependency(&manifest, id).settings.checksum.clone().unwrap();
    let ChecksumRule::Url { url, select } = checksum("node") else { panic!("no address") };
    assert!(url.value.ends_with("SHASUMS256.txt"));
    assert_eq!(select.unwrap().value, ".sums");
    let ChecksumRule::Given { algorithm, hex } = checksum("pinned") else { panic!("no digest") };
    assert_eq!((algorithm, hex.value.as_str()), (Algorithm::Sha256, "{{ release.sum }}"));
    let ChecksumRule::Given { hex, .. } = checksum("digest") else { panic!("no digest") };
    assert_eq!(hex.value.len(), 64, "capitals are fine");
}

#[test]
fn values_know_their_place() {
    let manifest = good(EVERY_KEY);
    let node = dependency(&manifest, "node");
    let artifact = &node.settings.artifact[1];
    let written = &EVERY_KEY[artifact.span.0..artifact.span.0 + artifact.span.1];
    assert_eq!(written, format!("\"{}\"", artifact.value));
    let constraint = node.lines[0].constraint.as_ref().unwrap();
    assert_eq!(&EVERY_KEY[constraint.span.0..constraint.span.0 + constraint.span.1], "\"22.*\"");
    // What comes by `extends` points to where it was written.
    let toolbox = include_str!("good/toolbox.toml");
    let manifest = good(toolbox);
    let linux = dependency(&manifest, "protoc-linux");
    assert!(toolbox[linux.span.0..].starts_with("[dependencies.protoc-linux]"));
    let driver = &linux.source.driver;
    assert_eq!(&toolbox[driver.span.0..driver.span.0 + driver.span.1], "\"github-releases\"");
    assert!(driver.span.0 < dependency(&manifest, "kubectl").span.0, "it stands in [defaults]");
}

#[test]
fn mistakes_come_by_place_and_all_at_once() {
    let text = format!(
        "{HEAD}[dependencies.b]\nwrong = 1\nsource = {{ driver = \"nope\" }}\nlines = []\n\
         [dependencies.a]\nsource = {{ driver = \"dir\" }}\nlines = [{{ constraint = \"*\" }}]\nname = 1\n"
    );
    let found = read(text.as_bytes(), &KNOWN);
    let codes: Vec<&str> = found.mistakes.iter().map(|m| m.code.as_str()).collect();
    assert_eq!(codes, ["unknown-key", "unknown-driver", "no-lines", "wrong-type"]);
    assert!(found.mistakes.is_sorted_by_key(|m| m.span.0));
    assert!(found.manifest.is_none());
    assert!(found.storage.is_some());
    assert_eq!(found.sources.len(), 1, "a driver that does not exist can't read its table");
}

#[test]
fn words_that_only_look_alike() {
    let source = |more: &str| {
        codes(&format!(
            "[dependencies.a]\nlines = [{{ constraint = \"*\" }}]\nsource = {{ driver = \"dir\", {more} }}\n"
        ))
    };
    assert!(source("repo = \"a/{{ id }}\"").is_empty());
    assert_eq!(source("url = \"a/{{ upstream }}\""), ["url-with-version"]);
    assert_eq!(source("url = [\"a\", \"{{ release.x }}\"]"), ["url-with-version"]);
    assert_eq!(source("url = \"{{ versions }}\""), ["template"]);
    assert_eq!(source("url = \"{% if x %}a{% endif %}\""), ["template"]);
    assert!(source("select = \".[] | {{version: .x}}\"").is_empty(), "`select` is no template");
    assert!(source("url = { env = \"DEPSTATE_URL\" }").is_empty(), "the driver's to judge");
    assert!(source("artifact = \"a{% if x %}b{% endif %}{{ version }}\"").len() <= 1);
}

#[test]
fn lines_differ_by_their_prereleases() {
    let twice = |second: &str| {
        codes(&format!(
            "[dependencies.a]\nsource = {{ driver = 'dir', path = 'up' }}\n\
             lines = [{{ constraint = '1.*' }}, {{ constraint = '1.*', {second} }}]"
        ))
    };
    assert!(twice("prereleases = true").is_empty());
    assert_eq!(twice("prereleases = false"), ["duplicate-line"]);
}

#[test]
fn an_index_with_a_version_in_it_leaves_the_driver_nothing_to_tell() {
    for (url, rest) in [
        ("https://e.example/{{ version }}.zip", "https://e.example/x.zip"),
        ("{{ version }}/index", "https://x/index"),
    ] {
        let text = format!(
            "{HEAD}[dependencies.a]\nsource = {{ driver = 'http-json', url = '{url}' }}\n\
             lines = [{{ constraint = '*' }}]"
        );
        let found = read(text.as_bytes(), &KNOWN);
        assert_eq!(found.mistakes.len(), 1);
        let (_, table) = found.sources.values().next().unwrap();
        assert_eq!(table.get_ref()["url"].get_ref().as_str(), Some(rest));
    }
}

#[test]
fn max_staleness_comes_from_the_dependency_or_the_defaults() {
    let manifest = after_head(
        "[defaults]\nmax-staleness = \"30d\"\n\
         [dependencies.a]\nsource = { driver = \"dir\" }\nlines = [{ constraint = \"*\" }]\n\
         [dependencies.b]\nextends = \"a\"\nmax-staleness = \"1w\"\n\
         [dependencies.c]\nextends = \"a\"\nmax-staleness = false\n",
    );
    let days = |id| dependency(&manifest, id).max_staleness.map(|it| it.as_secs() / 86_400);
    assert_eq!((days("a"), days("b"), days("c")), (Some(30), Some(7), None));
    let no_duration = "[defaults]\nmax-staleness = 30\n";
    assert_eq!(codes(no_duration), ["bad-duration"]);
}
