//! What `build` and `test` mean, once everything is merged.

use std::time::Duration;

use depstate::model::{ArchiveFormat, BuildRule, Executor, Limits, Located, Retention};

use super::{after_head, codes, dependency, settings};

const TOOL: &str = "[dependencies.tool]\nlines = [{ constraint = \"1.*\" }]\n\
                    source = { driver = \"dir\", path = \"up\" }\n";

fn texts(list: &[Located<String>]) -> Vec<&str> {
    list.iter().map(|text| text.value.as_str()).collect()
}

#[test]
fn a_build_is_read_key_by_key() {
    let manifest = after_head(&format!(
        "{TOOL}[dependencies.tool.build]\nscript = \"b/{{{{ id }}}}.sh\"\ninputs = [\"p/**\"]\n\
         env = {{ CFLAGS = \"-O2\", EMPTY = \"\" }}\nexecutor = \"host\"\nneeds = [\"other@1.*\"]\n\
         archive = \"tar.zst\"\nnetwork = true\nreproducible = true\n\
         limits = {{ time = \"90s\", memory = \"1MiB\", output = 7 }}\n{}",
        TOOL.replace("tool", "other")
    ));
    let build = dependency(&manifest, "tool").settings.build.clone().unwrap();
    assert_eq!(build.script.unwrap().value, "b/{{ id }}.sh");
    assert_eq!(texts(&build.inputs), ["p/**"]);
    let env: Vec<_> = build.env.iter().map(|(k, v)| (k.as_str(), v.value.as_str())).collect();
    assert_eq!(env, [("CFLAGS", "-O2"), ("EMPTY", "")]);
    assert_eq!(build.executor, Some(Executor::Host));
    assert_eq!(texts(&build.needs), ["other@1.*"]);
    assert_eq!(build.archive, Some(ArchiveFormat::TarZst));
    assert_eq!((build.network, build.reproducible), (Some(true), Some(true)));
    assert_eq!(build.repack, None);
    let limits = Limits::BUILD.with(&build.limits);
    assert_eq!(limits.time, Duration::from_secs(90));
    assert_eq!((limits.memory, limits.output), (1 << 20, 7));
    assert_eq!(limits.processes, Limits::BUILD.processes);
}

#[test]
fn a_test_is_read_key_by_key() {
    let manifest = after_head(&format!(
        "{TOOL}[dependencies.tool.test]\nrun = [\"bin/tool\", \"-v\"]\nstdout = \"v{{{{ version }}}}\"\n\
         files = [\"bin/*\"]\nhttp = {{ url = \"http://localhost:80/\" }}\n"
    ));
    let test = dependency(&manifest, "tool").settings.test.clone().unwrap();
    assert_eq!(texts(&test.run), ["bin/tool", "-v"]);
    assert_eq!(texts(&test.files), ["bin/*"]);
    assert_eq!(test.stdout.unwrap().value, "v{{ version }}");
    let http = test.http.unwrap();
    assert_eq!((http.url.value.as_str(), http.status), ("http://localhost:80/", 200));
    assert_eq!(http.contains, None);
    assert_eq!(test.executor, None);
}

#[test]
fn a_repack_is_read_key_by_key() {
    let manifest = after_head(&format!(
        "{TOOL}build.repack = {{ strip-components = 2, include = [\"a\"], exclude = [\"b*\"], \
         rename = {{ \"bin/\" = \"\", c = \"d/c\" }} }}\n"
    ));
    let repack = dependency(&manifest, "tool").settings.build.clone().unwrap().repack.unwrap();
    assert_eq!(repack.strip_components, 2);
    assert_eq!((repack.include, repack.exclude), (vec!["a".to_owned()], vec!["b*".to_owned()]));
    let rename: Vec<_> = repack.rename.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    assert_eq!(rename, [("bin/", ""), ("c", "d/c")]);
}

#[test]
fn defaults_give_keys_to_a_build_and_never_the_build() {
    let manifest = after_head(&format!(
        "[defaults]\nbuild.env = {{ A = \"1\" }}\nbuild.executor = \"host\"\ntest.executor = \"host\"\n\
         {TOOL}build.script = \"a.sh\"\n{}{}build.script = \"c.sh\"\nbuild.env = {{ B = \"2\" }}\n\
         build.executor = false\n",
        TOOL.replace("tool", "bare"),
        TOOL.replace("tool", "third"),
    ));
    let build = |id| dependency(&manifest, id).settings.build.clone();
    let tool = build("tool").unwrap();
    assert_eq!((tool.executor, tool.env.len()), (Some(Executor::Host), 1));
    assert_eq!(build("bare"), None);
    assert_eq!(dependency(&manifest, "bare").settings.test, None);
    let third = build("third").unwrap();
    assert_eq!(third.executor, None, "`false` takes the key away");
    assert_eq!(third.env.keys().collect::<Vec<_>>(), ["B"], "what lies deeper is replaced whole");
}

#[test]
fn extends_takes_a_build_over_or_does_without() {
    let manifest = after_head(&format!(
        "{TOOL}build = {{ script = \"a.sh\", env = {{ A = \"1\" }}, network = true }}\n\
         test.files = [\"a\"]\n\
         [dependencies.env]\nextends = \"tool\"\nbuild.env = {{ B = \"2\" }}\n\
         [dependencies.packed]\nextends = \"tool\"\nbuild = {{ script = false, repack = {{}} }}\n\
         [dependencies.bare]\nextends = \"tool\"\nbuild = false\ntest = false\n"
    ));
    let build = |id| dependency(&manifest, id).settings.build.clone();
    let env = build("env").unwrap();
    assert_eq!((env.script.unwrap().value.as_str(), env.network), ("a.sh", Some(true)));
    assert_eq!(env.env.keys().collect::<Vec<_>>(), ["B"]);
    let packed = build("packed").unwrap();
    assert!(packed.script.is_none() && packed.repack.is_some());
    assert_eq!((build("bare"), &dependency(&manifest, "bare").settings.test), (None, &None));
}

#[test]
fn overrides_change_a_build_on_their_versions_and_targets() {
    let manifest = after_head(&format!(
        "{TOOL}targets = [\"linux-*\"]\nbuild = {{ script = \"a.sh\", env = {{ A = \"1\" }}, network = true }}\n\
         test = {{ run = [\"a\"], stdout = \"b\" }}\n\
         [[dependencies.tool.override]]\nwhen = \"<1.5\"\nbuild.env = {{ B = \"2\" }}\ntest.stdout = false\n\
         [[dependencies.tool.override]]\ntarget = \"linux-arm64\"\nbuild.network = false\ntest = false\n\
         [[dependencies.tool.override]]\nwhen = \"<1.1\"\nbuild = false\n\
         [[dependencies.tool.override]]\nwhen = \"<1.0.5\"\nbuild.script = \"again.sh\"\n"
    ));
    let tool = dependency(&manifest, "tool");
    let of = |version, target| settings(tool, version, target);
    let new = of("1.9.0", "linux-amd64");
    assert_eq!(new.build.unwrap().env.keys().collect::<Vec<_>>(), ["A"]);
    assert!(new.test.unwrap().stdout.is_some());
    let old = of("1.2.0", "linux-amd64");
    assert_eq!(old.build.as_ref().unwrap().env.keys().collect::<Vec<_>>(), ["B"]);
    assert_eq!(old.build.unwrap().network, Some(true));
    assert_eq!(old.test.unwrap().stdout, None);
    let arm = of("1.9.0", "linux-arm64");
    assert_eq!((arm.build.unwrap().network, arm.test), (None, None));
    assert_eq!(of("1.0.9", "linux-amd64").build, None);
    let again: BuildRule = of("1.0.1", "linux-amd64").build.unwrap();
    assert_eq!(again.script.unwrap().value, "again.sh");
    assert!(again.env.is_empty(), "a table given after `false` begins anew");
}

#[test]
fn licences_are_listed_or_found_out() {
    let manifest = after_head(&format!(
        "{TOOL}licenses = \"detect\"\n\
         override = [{{ when = \"<1.5\", licenses = [\"MIT/Apache-2.0\", \"LicenseRef-own\"] }}, \
         {{ when = \"<1.4\", licenses = \"detect\" }}, {{ when = \"<1.3\", licenses = false }}]\n"
    ));
    let tool = dependency(&manifest, "tool");
    let of = |version| {
        let settings = settings(tool, version, "any");
        (settings.detect_licenses, settings.licenses)
    };
    assert_eq!(of("1.9.0"), (true, vec![]));
    let listed = vec!["MIT OR Apache-2.0".to_owned(), "LicenseRef-own".to_owned()];
    assert_eq!(of("1.4.9"), (false, listed), "spelt as SPDX does");
    assert_eq!(of("1.3.9"), (true, vec![]));
    assert_eq!(of("1.2.9"), (false, vec![]));
}

#[test]
fn a_container_has_an_image_on_every_target_that_it_is_wanted_for() {
    let hex = "0".repeat(64);
    let container = format!("{TOOL}build = {{ script = \"a.sh\", executor = \"container\" }}\n");
    let wanted = |more: &str| codes(&format!("{container}targets = [\"linux-*\"]\n{more}"));
    let image = format!("build.image = \"a@sha256:{hex}\"\n");
    let on = |rest: &str| format!("[[dependencies.tool.override]]\n{rest}");
    assert_eq!(wanted(""), ["missing-key"]);
    assert!(wanted(&on(&format!("target = \"linux-*\"\n{image}"))).is_empty());
    assert_eq!(wanted(&on(&format!("target = \"linux-arm64\"\n{image}"))), ["missing-key"]);
    // Whether all versions are in it is known when they are.
    assert!(wanted(&on(&format!("when = \"<2\"\n{image}"))).is_empty());
    assert!(wanted(&on("target = \"linux-*\"\nbuild.executor = false\n")).is_empty());
    assert!(wanted(&on("target = \"linux-*\"\nbuild = false\n")).is_empty());
    let declared =
        format!("[targets.more]\nos = \"linux\"\narch = \"arm\"\nimage = \"a@sha256:{hex}\"\n");
    let manifest = after_head(&format!("{declared}{container}targets = [\"more\"]\n"));
    let image = manifest.targets.values().find_map(|target| target.image.clone());
    assert_eq!(image, Some(format!("a@sha256:{hex}")));
}

#[test]
fn two_halves_of_overrides_may_make_a_whole() {
    let halves = |more: &str| {
        codes(&format!("{TOOL}targets = [\"linux-*\"]\nbuild.env = {{ A = \"1\" }}\n{more}"))
    };
    let on = |target: &str| {
        format!("[[dependencies.tool.override]]\ntarget = \"{target}\"\nbuild.script = \"a.sh\"\n")
    };
    assert_eq!(halves(&on("linux-amd64")), ["missing-key"]);
    assert!(halves(&format!("{}{}", on("linux-amd64"), on("linux-arm64"))).is_empty());
}

#[test]
fn how_long_outputs_are_kept() {
    assert_eq!(after_head("").retention, Retention::default());
    let day = Duration::from_hours(24);
    assert_eq!((Retention::default().cache, Retention::default().cache_size), (14 * day, 10 << 30));
    let manifest = after_head("[retention]\ncache = \"1d\"\ncache-size = \"5MB\"\n");
    assert_eq!((manifest.retention.cache, manifest.retention.cache_size), (day, 5_000_000));
}
