use std::cmp::Ordering;

use proptest::prelude::*;

use super::Scheme;
use crate::model::{Pattern, Version};

fn read(scheme: &Scheme, upstream: &str) -> Option<String> {
    scheme.read(upstream).map(|version| version.as_str().to_owned())
}

fn order(scheme: &Scheme, a: &str, b: &str) -> Ordering {
    scheme.order(&Version::new(a).unwrap()).cmp(&scheme.order(&Version::new(b).unwrap()))
}

/// Asserts that each version orders below the next.
fn ascending(scheme: &Scheme, versions: &[&str]) {
    for (n, low) in versions.iter().enumerate() {
        for high in &versions[n + 1..] {
            assert_eq!(order(scheme, low, high), Ordering::Less, "{low} < {high}");
            assert_eq!(order(scheme, high, low), Ordering::Greater, "{high} > {low}");
        }
    }
}

#[test]
fn a_prefix_is_dropped_and_nothing_else_changes() {
    for (upstream, version) in [
        ("v1.2.3", "1.2.3"),
        ("go1.21rc2", "1.21rc2"),
        ("go1.20", "1.20"),
        ("release-1.28.0", "1.28.0"),
        ("jdk-25.0.2+12", "25.0.2+12"),
        ("jdk8u492-b09", "8u492-b09"),
        ("8u492+9", "8u492+9"),
        ("OpenSSL 3.0.1", "3.0.1"),
        ("openssl-1.1.1w", "1.1.1w"),
        ("ICU 78.3", "78.3"),
        ("@scope/package@1.0.0", "1.0.0"),
        ("tool/v1.2", "1.2"),
        ("php-8.4.0RC1", "8.4.0RC1"),
        ("1.29.2.3", "1.29.2.3"),
        ("21.0.4.7.1", "21.0.4.7.1"),
        ("01.002", "01.002"),
        ("22", "22"),
        (" v1.2 ", "1.2"),
        ("29.0.0.Final", "29.0.0.Final"),
        ("release-2.1.12-stable", "2.1.12-stable"),
        ("20241028_RC00", "20241028_RC00"),
    ] {
        assert_eq!(read(&Scheme::Semver, upstream).as_deref(), Some(version), "{upstream}");
    }
}

#[test]
fn what_is_no_release_is_none() {
    let huge = "1.99999999999999999999999999";
    let long = format!("1.2.3-{}", "a".repeat(70));
    for upstream in [
        "",
        "v",
        "nightly",
        "latest",
        "untagged-abc",
        "untagged-1a2b3c4d5e6f",
        "nightly-2024.1.2",
        "v1.",
        "1..2",
        "1.2.",
        "1.2.3-",
        "1.2.3+",
        "1.2.3-rc..1",
        "1.2.3 beta",
        "1.2.3.4.5.6",
        "release-77-1",
        "release-1-28",
        "2024-01-05",
        "boost_1_85_0",
        "z3-4.13.0",
        "log4j-2.24.0",
        "abc123def",
        "rc-1.2.3",
        "beta1",
        "1.2.3+a+b",
        "1.2.3-ü",
        "版1.2",
        "1.2/3",
        huge,
        &long,
        "8u99999999999999999999999",
        "v1.2.3\u{202e}",
    ] {
        assert_eq!(read(&Scheme::Semver, upstream), None, "{upstream}");
    }
}

#[test]
fn dotted_takes_numbers_alone() {
    for (upstream, version) in
        [("v1.2", "1.2"), ("21.0.4.7.1", "21.0.4.7.1"), ("7", "7"), ("release-1.28.0", "1.28.0")]
    {
        assert_eq!(read(&Scheme::Dotted, upstream).as_deref(), Some(version), "{upstream}");
    }
    for upstream in ["1.2rc1", "1.2-1", "1.2+3", "1.2.3.4.5.6", "1.2.", "nightly-1", "a", "1.2a"] {
        assert_eq!(read(&Scheme::Dotted, upstream), None, "{upstream}");
    }
    ascending(&Scheme::Dotted, &["1", "1.2", "1.10", "2.0.0.0.1", "2.0.0.1", "21.0.4.7.1"]);
    assert_eq!(order(&Scheme::Dotted, "1.2", "1.2.0.0"), Ordering::Equal);
}

#[test]
fn semver_orders() {
    let ascending = |versions: &[&str]| ascending(&Scheme::Semver, versions);
    ascending(&["1.20", "1.21beta1", "1.21rc2", "1.21rc10", "1.21", "1.21.1", "1.22rc1"]);
    ascending(&["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta"]);
    ascending(&["1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.1-0"]);
    ascending(&["2.0.0-alpha3", "2.0.0-RC1", "2.0.0-rc2", "2.0.0"]);
    ascending(&["9.0.0-M1", "9.0.0-M10", "9.0.0"]);
    ascending(&["3.4.9", "3.5.0-preview1", "3.5.0"]);
    ascending(&["25.0.2", "25.0.2+2", "25.0.2+10", "25.0.2+12", "25.0.2+12.1", "25.0.3"]);
    ascending(&["7u80", "8u92-b14", "8u492-b09", "8u492+10", "8.0.493", "9"]);
    ascending(&["1.29.2.2", "1.29.2.3", "1.29.2.10", "1.29.3"]);
    ascending(&["1.1.1-pre9", "1.1.1", "1.1.1a", "1.1.1w", "1.1.1z", "1.1.1za", "1.1.2"]);
    ascending(&["1.9.3-preview1", "1.9.3", "1.9.3-p0", "1.9.3-p125", "1.9.3-p1000", "2"]);
    ascending(&["16.4", "17beta1", "17rc1", "17", "17.1"]);
    ascending(&["1.2~rc1", "1.2"]);
    ascending(&["18446744073709551615.0-1.a", "18446744073709551615.1"]);
}

#[test]
fn equal_order_is_told_apart_by_text() {
    for (a, b) in [
        ("1.2", "1.2.0"),
        ("1.2.3", "1.2.3.Final"),
        ("8u492+9", "8.0.492+9"),
        ("1.0.0-rc1", "1.0.0-RC.01"),
    ] {
        assert_eq!(order(&Scheme::Semver, a, b), Ordering::Equal, "{a} {b}");
        let (a, b) = (Version::new(a).unwrap(), Version::new(b).unwrap());
        assert_ne!(Scheme::Semver.compare(&a, &b), Ordering::Equal);
    }
}

#[test]
fn a_key_has_parts_and_knows_pre_releases() {
    let key = |text: &str| Scheme::Semver.order(&Version::new(text).unwrap());
    let java = key("8u492+9");
    assert_eq!((java.part(0), java.part(1), java.part(2), java.part(9)), (8, 0, 492, 0));
    for text in ["1.21rc2", "1.0.0-1", "2.6.0.dev", "3.5.0-preview1", "25-ea+36"] {
        assert!(key(text).is_prerelease(), "{text}");
    }
    for text in ["1.21", "1.1.1w", "9.9p1", "1.2.3.Final", "25.0.2+12-LTS", "unreadable"] {
        assert!(!key(text).is_prerelease(), "{text}");
    }
    assert!(key("unreadable") < key("0-a"));
}

fn all() -> [Scheme; 8] {
    let groups = |texts: &[&str]| {
        let patterns: Vec<Pattern> = texts.iter().map(|text| Pattern::new(text).unwrap()).collect();
        Scheme::named("regex", &patterns).unwrap()
    };
    [
        Scheme::Semver,
        Scheme::Pep440,
        Scheme::Gem,
        Scheme::Maven,
        Scheme::Dotted,
        Scheme::Date,
        groups(&["^(?<major>[0-9]+)(\\.(?<minor>[0-9a-z]+))?(-(?<pre>.+))?$", "(?<all>.+)"]),
        groups(&["^(?<version>.+)$"]),
    ]
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9A-Za-z][0-9A-Za-z.+_~:-]{0,12}",
        "[0-2](\\.[0a1.]){0,7}(-[0a1.-]{0,5})?",
        "[0-2](0|alpha|[abmx]|rc|sp|final|snapshot|dev|post|[-._0-2]){1,6}",
        "20(24|25)[-.]?(0[12]|1)[-.]?(0[12])?([-._][a-z0-2]{0,3})?",
        "[0-2](\\.[0-2]){0,4}((-|\\.|)(rc|p|beta|z|a|Final|u)?[0-9]{0,2}){0,2}(\\+[0-9a-b.]{1,3})?",
    ]
}

proptest! {
    #[test]
    fn comparing_is_a_total_order(a in texts(), b in texts(), c in texts()) {
        for scheme in all() {
            let [a, b, c] = [&a, &b, &c].map(|text| Version::new(text.as_str()).unwrap());
            prop_assert_eq!(scheme.compare(&a, &b), scheme.compare(&b, &a).reverse());
            prop_assert_eq!(scheme.compare(&a, &b) == Ordering::Equal, a == b);
            if scheme.compare(&a, &b).is_le() && scheme.compare(&b, &c).is_le() {
                prop_assert!(scheme.compare(&a, &c).is_le());
            }
        }
    }

    #[test]
    fn what_is_read_reads_as_itself(name in any::<String>(), prefix in "[a-z_-]{0,6}", text in texts()) {
        for upstream in [name, format!("{prefix}{text}")] {
            for scheme in all() {
                if let Some(version) = scheme.read(&upstream) {
                    prop_assert!(upstream.trim().ends_with(version.as_str()));
                    prop_assert_eq!(scheme.read(version.as_str()), Some(version));
                }
            }
        }
    }
}
