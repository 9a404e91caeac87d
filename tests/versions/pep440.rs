//! `pep440` beside PEP 440 and the tests of `packaging`.

use depstate::model::Scheme::Pep440;

use super::check::{ascending, equal, holds, mistake, prerelease, takes};

/// `packaging`, `tests/test_version.py`, `VERSIONS`: without the half that has an epoch.
const VERSIONS: &[&str] = &[
    "1.0.dev0",
    "1.0.dev456",
    "1.0.dev456+local",
    "1.0a0",
    "1.0a0.post0.dev0",
    "1.0a0.post0",
    "1.0a1.dev1",
    "1.0a1.dev1+local",
    "1.0a1",
    "1.0a1+local",
    "1.0b0",
    "1.0b1.dev456",
    "1.0b2",
    "1.0b2.post345.dev456",
    "1.0b2.post345",
    "1.0b2-346",
    "1.0rc0",
    "1.0rc1.dev1",
    "1.0c1",
    "1.0rc2",
    "1.0",
    "1.0.post0.dev0",
    "1.0.post0",
    "1.0.post456.dev34",
    "1.0.post456",
    "1.0.post456+local",
    "1.0.1.dev1",
    "1.0.1a1",
    "1.0.1",
    "1.0.1+local",
    "1.0.1.post1",
    "1.1.dev1",
    "1.2+a",
    "1.2+abc",
    "1.2+abcdef",
    "1.2+def",
    "1.2+0",
    "1.2+1",
    "1.2+1.abc",
    "1.2+1.1",
    "1.2+1.1.0",
    "1.2+2",
    "1.2+123",
    "1.2+123456",
    "1.2.r32+123456",
    "1.2.rev33+123456",
];

#[test]
fn versions_are_ordered_as_packaging_orders_them() {
    ascending(&Pep440, VERSIONS);
    for version in VERSIONS {
        let marks = ["a", "b", "c", "dev"];
        let public = version.split('+').next().unwrap();
        let expected = marks.iter().any(|mark| public.contains(mark));
        assert_eq!(prerelease(&Pep440, version), expected, "{version}");
    }
}

#[test]
fn spellings_are_those_of_packaging() {
    // `test_normalized_versions`: each is another spelling of the last.
    for spellings in [
        &["1.0dev", "1.0.dev", "1.0-dev", "1.0DEV", "1.0.dev0"][..],
        &["1.0a", "1.0.a", "1.0-alpha", "1.0ALPHA", "1.0a0"],
        &["1.0b1", "1.0.beta1", "1.0-BETA1", "1.0b01"],
        &["1.0c1", "1.0.rc1", "1.0-C1", "1.0RC1", "1.0rc1"],
        &["1.0post", "1.0-post", "1.0r", "1.0rev", "1.0.post0"],
        &["1.0-5", "1.0-r5", "1.0-rev5", "1.0.post5"],
        &["1.0+AbC", "1.0+abc"],
        &["1.01", "1.1", "1.1.0"],
        &["1.1.dev09000", "1.1.dev9000"],
    ] {
        equal(&Pep440, spellings);
    }
}

#[test]
fn what_is_no_version_is_no_release() {
    // `test_invalid_versions`.
    for upstream in [
        "french toast",
        "1.0+a+",
        "1.0++",
        "1.0+_foobar",
        "1.0+foo&asd",
        "1.0+1+1",
        "1. 0",
        "1 .0",
        "1.0 a1",
        "1..0",
        "1.0.",
        "1.0+\u{130}",
    ] {
        assert_eq!(Pep440.read(upstream), None, "{upstream}");
    }
    assert_eq!(Pep440.read("   v1.0\t\n").unwrap().as_str(), "1.0");
}

#[test]
fn an_epoch_is_no_release_and_said_so() {
    for upstream in ["1!2.0", "0!1.0", "v1!1.0.post1"] {
        assert_eq!(Pep440.read(upstream), None, "{upstream}");
        let why = Pep440.refusal(upstream).unwrap();
        assert!(why.contains("an epoch, and a version has no `!`"), "{why}");
    }
    mistake(&Pep440, ">=1!2.0", "has an epoch", "leave the epoch out");
}

/// `packaging`, `tests/test_specifiers.py`, `test_specifiers`: specifier, then the versions that are
/// in it and that are not; `<` and `>` stand below.
const SPECIFIERS: &[(&str, &[&str], &[&str])] = &[
    ("==2", &["2.0", "2.0+deadbeef"], &["2.1"]),
    ("==2.0", &["2.0", "2.0+deadbeef"], &["2.1"]),
    ("==2.0.0", &["2.0", "2.0+deadbeef"], &["2.1"]),
    ("==2+deadbeef", &["2.0+deadbeef"], &["2.0"]),
    ("==2.0.0+deadbeef.00", &["2.0+deadbeef.0"], &["2.0+deadbeef"]),
    (
        "==2.*",
        &["2.dev1", "2a1", "2a1.post1", "2b1.dev1", "2c1.post1.dev1", "2rc1", "2", "2.0.0"],
        &["3", "1.9"],
    ),
    ("==2.0.*", &["2c1.post1.dev1", "2rc1", "2"], &["2.1"]),
    ("==2.1.*", &["2.1+local.version"], &["2.0"]),
    ("!=2", &["2.1", "2.0.1"], &["2.0", "2.0+deadbeef"]),
    ("!=2.0+deadbeef", &["2.0"], &["2.0+deadbeef"]),
    ("!=3.*", &["2.0"], &["3.1"]),
    ("!=2.0.*", &["2.1"], &["2c1.post1.dev1", "2rc1", "2"]),
    (
        ">=2",
        &["2.0", "2.0.post1", "2.0.post1.dev1", "3"],
        &["2.0.dev1", "2.0a1", "2.0b1.post1", "2.0rc1", "1"],
    ),
    (">=3.0.0a7", &["3.0.0a8"], &["3.0.0a6"]),
    (
        "<=2",
        &["2.0", "2.0.dev1", "2.0a1.dev1", "2.0c1.post1.dev1", "1"],
        &["2.0.post1", "2.0.post1.dev1", "3"],
    ),
    ("<=3.0.0a8", &["3.0.0a7"], &["3.0.0a9"]),
    (">2", &["3", "2.0.1", "2.1.post1", "2.1+local.version"], &["1", "2.0.dev1", "2.0rc1", "2.0"]),
    (">2", &[], &["2.0+local.version"]),
    (">3.0.0a7", &["3.0.0a8"], &["3.0.0a7"]),
    ("<2", &["1"], &["2.0", "2.post1", "2.post1.dev1", "3"]),
    ("<2.1", &["2.0", "2.0.dev0"], &["2.1"]),
    ("<3.0.0a8", &["3.0.0a7"], &["3.0.0a8"]),
    ("~=1.0", &["1", "1.0.1", "1.1", "1.9999999"], &["2.0"]),
    ("~=1.0a1", &["1.1"], &["1.0a0"]),
    ("~=2022.01.01", &["2022.01.01"], &["2022.02.01"]),
    ("~=1.0.0", &["1.0.5"], &["1.1.0", "1.1.post1"]),
    (">2.0dev", &["2.0.5"], &["1.9"]),
];

#[test]
fn specifiers_hold_as_in_packaging() {
    for (specifier, yes, no) in SPECIFIERS {
        takes(&Pep440, specifier, yes, no);
    }
    // PEP 440, "Compatible release", by its own examples.
    for (compatible, bounds) in [
        ("~=2.2", ">=2.2, ==2.*"),
        ("~=1.4.5", ">=1.4.5, ==1.4.*"),
        ("~=2.2.post3", ">=2.2.post3, ==2.*"),
        ("~=1.4.5a4", ">=1.4.5a4, ==1.4.*"),
        ("~=2.2.0", ">=2.2.0, ==2.2.*"),
        ("~=1.4.5.0", ">=1.4.5.0, ==1.4.5.*"),
    ] {
        let probes = [
            "1.4.4",
            "1.4.5a4",
            "1.4.5",
            "1.4.5.7",
            "1.4.6",
            "1.5a1",
            "2.2",
            "2.2.post3",
            "2.2.1",
            "2.3",
            "3.dev0",
        ];
        for version in probes.iter().chain(VERSIONS) {
            let same = holds(&Pep440, compatible, version) == holds(&Pep440, bounds, version);
            assert!(same, "{compatible} is {bounds}: {version}");
        }
    }
}

#[test]
fn bounds_are_plain_order_unlike_packaging() {
    // PEP 440 takes the pre-releases of `2` out of `<2`, and its post-releases out of `>2`. Bounds
    // mean the same in every scheme here; a line leaves pre-releases out.
    takes(&Pep440, "<2", &["2.0.dev1", "2.0a1", "2.0rc1"], &[]);
    takes(&Pep440, ">2", &["2.0.post1", "2.0.post1.dev1"], &[]);
}

#[test]
fn mistakes_say_what_to_write() {
    for (text, message, help) in [
        ("2.0", "does not say what it means", "`=2.0` for that version alone, or `2.0.*`"),
        ("===2.0", "`===` is no operator", "`=2.0`"),
        ("=>2.0", "`=>` is no operator", "`>=2.0`"),
        ("==", "no version stands after `==`", "`==1.2`"),
        ("~=1", "leaves no number", "`~=1.0`"),
        ("~=1.2.3.4.5.6.7", "more numbers than", "bounds"),
        ("==2.0a1.*", "is no constraint", "`22.*`"),
        ("==2.0.post1.*", "is no constraint", "`22.*`"),
        ("==1.0.*.5", "is no constraint", "`22.*`"),
        ("~=1.0.*", "`*` can't stand after", "`22.*`"),
        (">=1.0.*", "`*` can't stand after", "`22.*`"),
        (">=french", "no version of the scheme `pep440`", "`1.2rc1`"),
    ] {
        mistake(&Pep440, text, message, help);
    }
}
