//! `maven` beside Maven's tests and the POM reference.

use depstate::model::Scheme::Maven;

use super::check::{ascending, equal, mistake, prerelease, takes};

#[test]
fn versions_order_as_in_comparable_version_test() {
    // `VERSIONS_QUALIFIER`.
    ascending(
        &Maven,
        &[
            "1-alpha2snapshot",
            "1-alpha2",
            "1-alpha-123",
            "1-beta-2",
            "1-beta123",
            "1-m2",
            "1-m11",
            "1-rc",
            "1-cr2",
            "1-rc123",
            "1-SNAPSHOT",
            "1",
            "1-sp",
            "1-sp2",
            "1-sp123",
            "1-abc",
            "1-def",
            "1-pom-1",
            "1-1-snapshot",
            "1-1",
            "1-2",
            "1-123",
        ],
    );
    // `VERSIONS_NUMBER`, as it is since MNG-7644 (`.a` is `-a`).
    ascending(
        &Maven,
        &[
            "2.0", "2.0.a", "2-1", "2.0.2", "2.0.123", "2.1.0", "2.1-a", "2.1b", "2.1-c", "2.1-1",
            "2.1.0.1", "2.2", "2.123", "11.a2", "11.a11", "11.b2", "11.b11", "11.m2", "11.m11",
            "11", "11.a", "11b", "11c", "11m",
        ],
    );
    // `testVersionComparing`, `testMng5568`, `testMng6572`, `testMng6964`, `testMng7714`.
    for versions in [
        &["1", "1.5", "2", "2.5"][..],
        &["1.0", "1.1", "1.2.0"],
        &["1.0.1", "1.1"],
        &[
            "1.0-alpha-1-SNAPSHOT",
            "1.0-alpha-1",
            "1.0-alpha-2",
            "1.0-beta-1",
            "1.0-SNAPSHOT",
            "1.0",
        ],
        &["1.0.0", "1.0-1", "1.0-2"],
        &["2.0-1", "2.0.1", "2.0.1-klm", "2.0.1-lmn", "2.0.1-123"],
        &["2.0.1", "2.0.1-xyz", "2.0.1-123"],
        &["6.1.0rc3", "6.1.0", "6.1H.5-beta"],
        &[
            "20190126.230843",
            "1234567890.12345",
            "123456789012345.1H.5-beta",
            "12345678901234567890.1H.5-beta",
        ],
        &["1-0.alpha", "1-0.beta", "1"],
        &["1.0.final-redhat", "1.0-sp1-redhat"],
        &["1.0.final-redhat", "1.0-sp-1-redhat"],
        &["1.0.final-redhat", "1.0-sp.1-redhat"],
    ] {
        ascending(&Maven, versions);
    }
}

#[test]
fn versions_are_equal_as_in_comparable_version_test() {
    // `testVersionsEqual`, `testVersionEqualWithLeadingZeroes`, `testLocaleIndependent`.
    for versions in [
        &["1", "1.0", "1.0.0", "1-0", "1.0-0", "1ga", "1Ga", "1release", "1RELeaSE", "1final"][..],
        &["1a", "1-a", "1.0-a", "1.0.0-a", "1.0a", "1.0.0a", "1A"],
        &["1x", "1-x", "1.0-x", "1.0.0-x", "1.0x", "1X"],
        &["1cr", "1rc", "1Cr"],
        &["1a1", "1-alpha-1"],
        &["1b2", "1-beta-2"],
        &["1m3", "1-milestone-3", "1MileStone3"],
        &["0000000000000000001", "00000001", "01", "1"],
        &["0000000000000000000", "00", "0"],
        &["1-abcdefghijklmnopqrstuvwxyz", "1-ABCDEFGHIJKLMNOPQRSTUVWXYZ"],
        // The POM reference, "Version Order Specification": what trailing nulls are.
        &["1.0.0-foo.0.0", "1-foo"],
        &["1.0.0-0.0.0", "1"],
        &["1.ga", "1-final", "1."],
    ] {
        equal(&Maven, versions);
    }
    // `testMng7644`.
    for x in ["abc", "alpha", "a", "beta", "b", "def", "milestone", "m", "RC"] {
        ascending(&Maven, &[&format!("1.0.0.{x}1"), &format!("1.0.0-{x}2")]);
        equal(&Maven, &[&format!("2-{x}"), &format!("2.0.{x}"), &format!("2.0.0.{x}")]);
    }
    // The POM reference: `1-1.foo-bar1baz-.1` is split as this.
    equal(&Maven, &["1-1.foo-bar1baz-.1", "1-1.foo-bar-1-baz-0.1"]);
    ascending(&Maven, &["1-foo", "1-1", "1.1"]);
    ascending(&Maven, &["1-snapshot", "1", "1-sp"]);
}

#[test]
fn pre_releases_are_known() {
    for version in [
        "1-alpha2",
        "1-m11",
        "1-rc",
        "1.0-SNAPSHOT",
        "4.0.0-rc-1",
        "2.3.0-b170127.1453",
        "22-ea+11",
        "6.0.0-preview1",
        "1.0.0.M3",
    ] {
        assert!(prerelease(&Maven, version), "{version}");
    }
    for version in ["1", "1-sp2", "33.4.0-jre", "5.3.0.RELEASE", "29.0.0.Final", "1.0-1", "1.0_2"] {
        assert!(!prerelease(&Maven, version), "{version}");
    }
}

#[test]
fn intervals_hold_as_in_version_range_test() {
    // `testRange`, and the POM reference, "Dependency Version Requirement Specification".
    for (range, yes, no) in [
        ("(,1.0]", &["0.9", "1.0", "1.0-rc1"][..], &["1.0.1", "1.1"][..]),
        ("[1.0]", &["1", "1.0.0", "1.0-ga"], &["1.0.1", "1.0-rc1"]),
        ("[1.2,1.3]", &["1.2", "1.2.9", "1.3"], &["1.1", "1.3.1"]),
        ("[1.0,2.0)", &["1.0", "1.9"], &["1.0-SNAPSHOT", "2.0"]),
        ("(1.0, 2.0)", &["1.1"], &["1.0", "2.0"]),
        ("[1.5,)", &["1.5", "7"], &["1.4"]),
        ("(,1.0],[1.2,)", &["0.1", "1.0", "1.2", "2"], &["1.1", "1.0.1", "1.2-rc1"]),
        ("(,1.1),(1.1,)", &["1.0", "1.2"], &["1.1"]),
        ("[1.0,)", &[], &["1.0-SNAPSHOT"]),
        ("[1.0,1.1-SNAPSHOT]", &["1.1-SNAPSHOT"], &["1.1"]),
        ("[5.0.9.0,5.0.10.0)", &["5.0.9.0"], &["5.0.10.0"]),
        ("(,)", &["1"], &[]),
        // Beside the language that all schemes share: everything must hold.
        ("[1,2), !=1.5", &["1.4"], &["1.5", "2"]),
        ("1.*, [1.2,)", &["1.2"], &["1.1", "2"]),
        (">=1.2, <2", &["1.2", "1.9-sp"], &["2"]),
    ] {
        takes(&Maven, range, yes, no);
    }
}

#[test]
fn mistakes_say_what_to_write() {
    // `testInvalidRanges`, and what else is no interval.
    for text in ["(1.0)", "[1.0)", "(1.0]", "[1,2,3]", "[1.0,2.0", "[]", "()", "[1.0]x"] {
        mistake(&Maven, text, "is no interval", "write `[1,2)`");
    }
    for text in ["(1.0,1.0]", "[1.0,1.0)", "(1.0,1.0)", "[1.1,1.0]", "[1,2), [1.5,1.6], >3"] {
        let wrong = if text.contains('>') { "overlap" } else { "no version can satisfy" };
        mistake(&Maven, text, wrong, "");
    }
    for text in ["[1.0,1.2),(1.1,1.3]", "[1.1,1.3),(1.0,1.2]", "(1.1,1.2],[1.0,1.1)"] {
        mistake(&Maven, text, "overlap or do not ascend", "lowest to the highest");
    }
    mistake(&Maven, "[1.0,1.2),1.3", "`1.3` does not say what it means", "`=1.3`");
    mistake(&Maven, "1.0", "does not say what it means", "`1.0.*`");
    mistake(&Maven, "[v1,2)", "`v1` is an upstream name", "write `1`");
    mistake(&Maven, "[one,2)", "no version of the scheme `maven`", "`1.2-rc-1`");
}

#[test]
fn names_that_repositories_have_are_read_verbatim() {
    for (upstream, version) in [
        ("33.4.0-jre", "33.4.0-jre"),
        ("2.0.0.RELEASE", "2.0.0.RELEASE"),
        ("1.0.0.v20140518", "1.0.0.v20140518"),
        ("r09", "09"),
        ("4.0.0-rc-1", "4.0.0-rc-1"),
    ] {
        assert_eq!(Maven.read(upstream).unwrap().as_str(), version);
    }
    for upstream in ["LATEST", "", "1/2", "1.99999999999999999999999"] {
        assert_eq!(Maven.read(upstream), None, "{upstream}");
    }
}
