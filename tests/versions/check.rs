//! What the tables of all schemes are checked with.

use std::cmp::Ordering;

use depstate::model::{Constraint, ConstraintError, Pattern, Scheme, Version};

/// Makes a version of a text.
pub(super) fn version(text: &str) -> Version {
    Version::new(text).unwrap_or_else(|e| panic!("{e}"))
}

/// A scheme `regex` with these patterns.
pub(super) fn regex(patterns: &[&str]) -> Scheme {
    let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::new(text).unwrap()).collect();
    Scheme::named("regex", &patterns).unwrap()
}

/// How two versions order, the text aside.
pub(super) fn order(scheme: &Scheme, a: &str, b: &str) -> Ordering {
    for text in [a, b] {
        assert!(scheme.read(text).is_some(), "{} reads {text}", scheme.name());
    }
    scheme.order(&version(a)).cmp(&scheme.order(&version(b)))
}

/// Asserts that each version orders below all that follow.
pub(super) fn ascending(scheme: &Scheme, versions: &[&str]) {
    for (n, low) in versions.iter().enumerate() {
        for high in &versions[n + 1..] {
            assert_eq!(order(scheme, low, high), Ordering::Less, "{low} < {high}");
            assert_eq!(order(scheme, high, low), Ordering::Greater, "{high} > {low}");
        }
    }
}

/// Asserts that all order alike.
pub(super) fn equal(scheme: &Scheme, versions: &[&str]) {
    for a in versions {
        for b in versions {
            assert_eq!(order(scheme, a, b), Ordering::Equal, "{a} = {b}");
        }
    }
}

/// Tells whether a version is a pre-release.
pub(super) fn prerelease(scheme: &Scheme, text: &str) -> bool {
    assert!(scheme.read(text).is_some(), "{} reads {text}", scheme.name());
    scheme.order(&version(text)).is_prerelease()
}

/// Tells whether a constraint holds for a version.
pub(super) fn holds(scheme: &Scheme, constraint: &str, text: &str) -> bool {
    let read = Constraint::new(constraint, scheme);
    let read = read.unwrap_or_else(|e| panic!("{constraint}: {e}; {}", e.help));
    read.matches(&version(text))
}

/// Asserts for which of the versions a constraint holds.
pub(super) fn takes(scheme: &Scheme, constraint: &str, yes: &[&str], no: &[&str]) {
    for text in yes {
        assert!(holds(scheme, constraint, text), "{constraint} holds for {text}");
    }
    for text in no {
        assert!(!holds(scheme, constraint, text), "{constraint} does not hold for {text}");
    }
}

/// Asserts what a mistake says.
pub(super) fn mistake(scheme: &Scheme, constraint: &str, message: &str, help: &str) {
    let ConstraintError { message: said, help: helped } =
        Constraint::new(constraint, scheme).expect_err(constraint);
    assert!(said.contains(message), "{constraint}: {said}");
    assert!(helped.contains(help), "{constraint}: {helped}");
}
