//! `gem` beside the tests of Ruby's package manager.

use depstate::model::Scheme::Gem;

use super::check::{ascending, equal, holds, mistake, prerelease, takes};

#[test]
fn versions_order_as_in_test_gem_version() {
    // `test_spaceship`, `test_semver`, `test_equals2`, `test_hash`, `test_canonical_segments`.
    for versions in [
        &["0.0.0", "1.8.2.a", "1.8.2.a9", "1.8.2.a10", "1.8.2.b", "1.8.2"][..],
        &["1.0.a", "1.0"],
        &["0.0.beta", "0.0.beta.1"],
        &["0.0.beta", "0.beta.1"],
        &["5.a", "5.0.0.rc2", "5.x"],
        &["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1"],
        &["1.0.0-rc1", "1.0.0"],
        &["1.0.0-1", "1"],
        &["1.freeze.test", "1"],
        &["9.8.7", "9.8.8"],
        // Beyond the five numbers that a line may name.
        &["0.0.0.0.0.0.a", "0.0.0.0.0", "0.0.0.0.0.2", "0.0.0.0.0.10", "0.0.0.0.1"],
        // A letter is below a number, and so below the 0 that follows every version.
        &["1.a.a", "1.a", "1.a.1", "1.0"],
        &["1.A", "1.a"],
    ] {
        ascending(&Gem, versions);
    }
    for versions in [
        &["1.0", "1.0.0"][..],
        &["1.2.b1", "1.2.b.1"],
        &["0.beta.1", "0.0.beta.1"],
        &["1.2.pre.1", "1.2.0.pre.1.0"],
        &["1", "1.0.0"],
        &["1.a.1", "1.0.0.a.1.0"],
        &["1.2.3-1", "1.2.3.pre.1"],
        &["1.2.003.0.0", "1.02.3"],
    ] {
        equal(&Gem, versions);
    }
}

#[test]
fn letters_make_a_pre_release() {
    // `test_prerelease`.
    for version in ["1.2.0.a", "2.9.b", "22.1.50.0.d", "1.2.d.42", "1.A", "1-1", "1-a"] {
        assert!(prerelease(&Gem, version), "{version}");
    }
    for version in ["1.2.0", "2.9", "22.1.50.0"] {
        assert!(!prerelease(&Gem, version), "{version}");
    }
}

#[test]
fn what_is_malformed_is_no_release() {
    // `test_initialize_invalid`, and what the pattern of a version leaves out.
    for upstream in [
        "junk",
        "1.0\n2.0",
        "1..2",
        "1.2 3.4",
        "2.3422222.222.222222222.22222.ads0as.dasd0.ddd2222.2.qd3e.",
        "1a.2",
        "1_2",
        "1.2+3",
        "1.2-",
        "1.2.99999999999999999999999",
    ] {
        assert_eq!(Gem.read(upstream), None, "{upstream}");
    }
    assert_eq!(Gem.read("v1.2.0.rc1").unwrap().as_str(), "1.2.0.rc1");
}

#[test]
fn requirements_hold_as_in_test_gem_requirement() {
    // `test_satisfied_by_eh_good`, `_boxed`, `_tilde_gt`, `_explicitly_bounded`, `test_bad`.
    for (requirement, yes, no) in [
        ("= 0.2.33", &["0.2.33"][..], &["0.2.34"][..]),
        ("> 0.2.33", &["0.2.34"], &["0.2.33"]),
        ("= 1.0", &["1.0", "1.0.0", "1.0.0.0"], &["1.0.0.1"]),
        ("> 1.111", &["1.112"], &["1.111"]),
        ("> 0.0.0", &["0.2", "0.0.0.0.0.2"], &["0"]),
        ("> 0.0.0.1", &["0.0.1.0"], &["0.0.0.1"]),
        ("!= 9.3.4", &["10.3.2"], &["9.3.4"]),
        ("!= 1.02.3", &["1.2"], &["1.2.003.0.0"]),
        ("> 0.a", &["0"], &["0.a"]),
        ("< 3.2.rc1", &["3.1"], &["3.2"]),
        ("> 3.2.0.rc1", &["3.2.0", "3.2.0.rc2"], &["3.2.0.rc1"]),
        ("< 3.0", &["3.0.rc2"], &["3.0"]),
        ("<= 9.3.2", &["9.3.2"], &["9.3.03", "9.3.3"]),
        ("~> 5.a", &["5.0.0.rc2", "5.0.0"], &["6.0"]),
        ("~> 5.x", &["5.0.0"], &["5.0.0.rc2"]),
        ("~> 1.2", &["1.2", "1.3"], &["1.1"]),
        ("~> 0.0.1", &["0.0.2", "0.0.1"], &["0.1.1"]),
        ("~> 1.4", &["1.4", "1.4.0", "1.5"], &["1.3", "2.0"]),
        ("~> 1.4.4", &["1.4.4", "1.4.5"], &["1.3", "1.4", "1.5", "2.0"]),
        ("~> 1.0.0", &["1.0.1"], &["1.1.pre"]),
        ("~> 1.1", &["1.1"], &["1.1.pre"]),
        ("~> 1.0", &["1.9"], &["2.0.a"]),
        ("~> 2.0", &["2.0"], &["2.0.a"]),
        ("~> 1", &["1.0", "1.1"], &["0.9", "2.0"]),
        (">= 1.4, <= 1.6, != 1.5", &["1.4", "1.6"], &["1.3", "1.5", "1.7", "2.0"]),
        (">= 1.4.4, < 1.5", &["1.4.5", "1.5.0.rc1"], &["1.5.0"]),
        (">= 1.4.4, < 1.5.a", &["1.4.5"], &["1.5.0.rc1", "1.5.0"]),
        // The table in the comment of `Gem::Version`.
        ("~> 3.0.0", &["3.0.0", "3.0.9"], &["3.1"]),
        ("~> 3.5", &["3.5", "3.9"], &["4.0"]),
        ("3.5.*", &["3.5.0.rc1", "3.5.9"], &["3.6.a"]),
    ] {
        takes(&Gem, requirement, yes, no);
    }
    assert!(holds(&Gem, "~> 1.2.3, != 1.2.5", "1.2.4"));
}

#[test]
fn mistakes_say_what_to_write() {
    for (text, message, help) in [
        ("1.2.3", "does not say what it means", "`=1.2.3` for that version alone, or `1.2.*`"),
        ("~>", "no version stands after `~>`", "`~>1.2`"),
        ("~> blah", "no version of the scheme `gem`", "`1.2.0.rc1`"),
        (">>> 1.3.5", "is no operator", "`22.*`"),
        ("~> 1.2.3.4.5.6.7", "more numbers than", "bounds"),
    ] {
        mistake(&Gem, text, message, help);
    }
}
