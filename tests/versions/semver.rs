//! `semver` beside semver.org and node-semver.

use depstate::model::Scheme::{self, Semver};

use super::check::{ascending, equal, holds, mistake, order};

#[test]
fn precedence_is_that_of_semver_org() {
    // Semantic Versioning 2.0.0, item 11.
    ascending(&Semver, &["1.0.0", "2.0.0", "2.1.0", "2.1.1"]);
    ascending(
        &Semver,
        &[
            "1.0.0-alpha",
            "1.0.0-alpha.1",
            "1.0.0-alpha.beta",
            "1.0.0-beta",
            "1.0.0-beta.2",
            "1.0.0-beta.11",
            "1.0.0-rc.1",
            "1.0.0",
        ],
    );
}

/// node-semver, `test/fixtures/comparisons.js`: the first is greater.
const COMPARISONS: &[(&str, &str)] = &[
    ("0.0.0", "0.0.0-foo"),
    ("0.0.1", "0.0.0"),
    ("1.0.0", "0.9.9"),
    ("0.10.0", "0.9.0"),
    ("0.99.0", "0.10.0"),
    ("2.0.0", "1.2.3"),
    ("1.2.3", "1.2.3-asdf"),
    ("1.2.3", "1.2.3-4"),
    ("1.2.3", "1.2.3-4-foo"),
    ("1.2.3-5-foo", "1.2.3-5"),
    ("1.2.3-5", "1.2.3-4"),
    ("3.0.0", "2.7.2+asdf"),
    ("1.2.3-a.10", "1.2.3-a.5"),
    ("1.2.3-a.b", "1.2.3-a.5"),
    ("1.2.3-a.b", "1.2.3-a"),
    ("1.2.3-a.b.c.10.d.5", "1.2.3-a.b.c.5.d.100"),
];

#[test]
fn comparisons_are_those_of_node_semver() {
    for (high, low) in COMPARISONS {
        ascending(&Semver, &[low, high]);
        assert_eq!(Semver.read(&format!("v{high}")).unwrap().as_str(), *high);
    }
}

#[test]
fn what_is_lenient_differs_from_node_semver() {
    // There `r2` is above `r100`, `R2` below both, and case tells two versions apart: identifiers
    // with letters compare byte by byte. Upstreams count `rc2`, `rc10` and write `RC1`.
    ascending(&Semver, &["1.2.3-r2", "1.2.3-r100"]);
    equal(&Semver, &["1.2.3-5-foo", "1.2.3-5-Foo"]);
    // There build metadata orders nothing; a JDK has no other number that tells two builds apart.
    ascending(&Semver, &["25.0.2+10", "25.0.2+12"]);
}

/// node-semver, `test/fixtures/range-include.js` and `range-exclude.js`: ranges that this language
/// has too, read with `includePrerelease`.
const RANGES: &[(&str, &str, bool)] = &[
    ("^1.2.3+build", "1.3.0", true),
    ("*", "1.2.3", true),
    (">=1.0.0", "1.0.0", true),
    (">=1.0.0", "1.0.1", true),
    (">1.0.0", "1.1.0", true),
    ("<=2.0.0", "2.0.0", true),
    ("<=2.0.0", "1.9999.9999", true),
    ("<2.0.0", "0.2.9", true),
    (">= 1.0.0", "1.0.0", true),
    ("<  2.0.0", "1.9999.9999", true),
    (">=0.1.97", "0.1.97", true),
    ("2.*", "2.1.3", true),
    ("1.2.*", "1.2.3", true),
    ("~0.0.1", "0.0.1", true),
    ("~0.0.1", "0.0.2", true),
    ("~2", "2.0.9", true),
    ("~2.4", "2.4.0", true),
    ("~2.4", "2.4.5", true),
    ("~1", "1.2.3", true),
    ("~1.0", "1.0.2", true),
    ("~ 1.0.3", "1.0.12", true),
    (">=1", "1.0.0", true),
    ("<1.2", "1.1.1", true),
    ("~0.5.4-pre", "0.5.5", true),
    ("~0.5.4-pre", "0.5.4", true),
    ("~1.2.1, >=1.2.3", "1.2.3", true),
    ("~1.2.1, =1.2.3", "1.2.3", true),
    (">=1.2.1, >=1.2.3", "1.2.3", true),
    ("^1.2.3", "1.8.1", true),
    ("^0.1.2", "0.1.2", true),
    ("^0.1", "0.1.2", true),
    ("^0.0.1", "0.0.1", true),
    ("^1.2", "1.4.2", true),
    ("^1.2, ^1", "1.4.2", true),
    ("^1.2.3-alpha", "1.2.3-pre", true),
    ("^0.0.1-alpha", "0.0.1-beta", true),
    ("^0.0.1-alpha", "0.0.1", true),
    ("^0.1.1-alpha", "0.1.1-beta", true),
    ("2.*", "2.0.0-pre.0", true),
    ("2.*", "2.1.0-pre.0", true),
    ("*", "1.0.0-rc1", true),
    ("^1.0.0-0", "1.0.1-rc1", true),
    ("^1.0.0-rc2", "1.0.1-rc1", true),
    ("^1.0.0", "1.0.1-rc1", true),
    ("^1.0.0", "1.1.0-rc1", true),
    ("^1.2.3+build", "2.0.0", false),
    ("^1.2.3+build", "1.2.0", false),
    ("^1.2.3", "1.2.3-pre", false),
    ("^1.2", "1.2.0-pre", false),
    ("=1.0.0", "1.0.1", false),
    (">=1.0.0", "0.1.0", false),
    (">1.0.0", "0.0.1", false),
    ("<=2.0.0", "2.2.9", false),
    ("<2.0.0", "2.9999.9999", false),
    ("2.*", "1.1.3", false),
    ("2.*", "3.1.3", false),
    ("1.2.*", "1.3.3", false),
    ("~0.0.1", "0.1.0-alpha", false),
    ("~0.0.1", "0.1.0", false),
    ("~2.4", "2.5.0", false),
    ("~2.4", "2.3.9", false),
    ("~1", "0.2.3", false),
    ("~1.0", "1.1.0", false),
    ("<1", "1.0.0", false),
    (">=1.2", "1.1.1", false),
    ("~0.5.4-beta", "0.5.4-alpha", false),
    ("=1.2.3", "1.2.3-beta", false),
    ("^0.0.1", "0.0.2-alpha", false),
    ("^0.0.1", "0.0.2", false),
    ("^1.2.3", "2.0.0-alpha", false),
    ("^1.2.3", "1.2.2", false),
    ("^1.2", "1.1.9", false),
    ("2.*", "3.0.0-pre.0", false),
    ("^1.0.0", "1.0.0-rc1", false),
    ("^1.2.3-rc2", "2.0.0", false),
    ("^1.0.0", "2.0.0-rc1", false),
];

#[test]
fn ranges_are_those_of_node_semver() {
    for (constraint, version, expected) in RANGES {
        assert_eq!(holds(&Semver, constraint, version), *expected, "{constraint} {version}");
    }
}

#[test]
fn what_is_plain_order_differs_from_node_semver() {
    // There a bound with missing numbers is a whole line: `>1.2` is `>=1.3.0`, and `<1.2.3` leaves
    // the pre-releases of `1.2.3` out. Here bounds are places in the order.
    assert!(holds(&Semver, ">1.2", "1.2.8"));
    assert!(holds(&Semver, "<1.2.3", "1.2.3-beta"));
}

#[test]
fn java_and_other_long_versions_order() {
    ascending(&Semver, &["8u482+10", "8u492+9", "8u492+10", "21.0.4", "21.0.12+7", "21.0.12+10"]);
    ascending(&Semver, &["1.27.1.1", "1.27.1.2", "1.29.2.3"]);
    ascending(&Scheme::Dotted, &["21.0.4.7", "21.0.4.7.1", "21.0.10.7.1", "21.0.10.8"]);
    assert!(order(&Semver, "8u492+9", "8.0.492+9").is_eq());
}

#[test]
fn an_operator_of_another_scheme_is_named() {
    for scheme in [Semver, Scheme::Dotted, Scheme::Date, Scheme::Maven, Scheme::Pep440] {
        let message =
            format!("`~>` is no operator of the scheme `{}`, but of `gem`", scheme.name());
        mistake(&scheme, "~> 1.2.3", &message, "write `>=1.2.3, 1.2.*`");
    }
    for scheme in [Semver, Scheme::Dotted, Scheme::Date, Scheme::Maven, Scheme::Gem] {
        let message = format!("no operator of the scheme `{}`, but of `pep440`", scheme.name());
        mistake(&scheme, "~= 1.2.3", &message, "write `>=1.2.3, 1.2.*`");
        mistake(&scheme, "== 1.2", &message, "write `=1.2`");
        mistake(&scheme, "==1.2.*", &message, "write `1.2.*`");
    }
    for scheme in [Semver, Scheme::Dotted, Scheme::Date, Scheme::Gem, Scheme::Pep440] {
        let message = format!("for the scheme `maven`, not for `{}`", scheme.name());
        mistake(&scheme, "[1,2)", &message, "write its bounds: `>=1, <2`");
    }
}
