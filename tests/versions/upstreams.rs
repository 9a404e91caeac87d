//! What well-known products call their releases.

use depstate::model::{Constraint, Scheme, Version};

/// Upstream names, and the version that is read of each.
type Names = &'static [(&'static str, Option<&'static str>)];

/// What well-known products call their releases, and what is read of it. In the order of the
/// releases, so that the same table says how they order.
const UPSTREAMS: &[(&str, Scheme, Names)] = &[
    (
        "node",
        Scheme::Semver,
        &[
            ("v0.10.48", Some("0.10.48")),
            ("v20.18.1", Some("20.18.1")),
            ("v22.9.0", Some("22.9.0")),
        ],
    ),
    (
        "go",
        Scheme::Semver,
        &[
            ("go1.20", Some("1.20")),
            ("go1.21rc2", Some("1.21rc2")),
            ("go1.21rc10", Some("1.21rc10")),
            ("go1.21.0", Some("1.21.0")),
            ("weekly.2012-03-27", None),
        ],
    ),
    (
        "php",
        Scheme::Semver,
        &[
            ("php-8.4.0alpha1", Some("8.4.0alpha1")),
            ("php-8.4.0beta5", Some("8.4.0beta5")),
            ("php-8.4.0RC1", Some("8.4.0RC1")),
            ("8.4.1", Some("8.4.1")),
            ("8.5.3", Some("8.5.3")),
        ],
    ),
    (
        "ruby",
        Scheme::Semver,
        &[
            ("ruby-1.9.3-p551", Some("1.9.3-p551")),
            ("3.4.10", Some("3.4.10")),
            ("3.5.0-preview1", Some("3.5.0-preview1")),
            ("4.0.0", Some("4.0.0")),
        ],
    ),
    (
        "icu",
        Scheme::Semver,
        &[("release-77-1", None), ("release-78.3", Some("78.3")), ("ICU 78.10", Some("78.10"))],
    ),
    (
        "liberica",
        Scheme::Semver,
        &[
            ("8u482+10", Some("8u482+10")),
            ("8u492+9", Some("8u492+9")),
            ("8u492+10", Some("8u492+10")),
            ("21.0.12+10", Some("21.0.12+10")),
            ("25.0.2+10", Some("25.0.2+10")),
            ("25.0.2+12", Some("25.0.2+12")),
        ],
    ),
    (
        "corretto",
        Scheme::Dotted,
        &[
            ("21.0.4.7.1", Some("21.0.4.7.1")),
            ("21.0.10.7.1", Some("21.0.10.7.1")),
            ("21.0.4-7.1", None),
        ],
    ),
    (
        "nginx",
        Scheme::Semver,
        &[("release-1.9.15", Some("1.9.15")), ("release-1.28.0", Some("1.28.0"))],
    ),
    (
        "openresty",
        Scheme::Semver,
        &[("1.27.1.2", Some("1.27.1.2")), ("v1.29.2.3", Some("1.29.2.3"))],
    ),
    (
        "openssl",
        Scheme::Semver,
        &[
            ("OpenSSL_1_1_1w", None),
            ("openssl-1.1.1", Some("1.1.1")),
            ("openssl-1.1.1w", Some("1.1.1w")),
            ("openssl-3.0.0-alpha1", Some("3.0.0-alpha1")),
            ("openssl-3.0.0", Some("3.0.0")),
        ],
    ),
    (
        "tomcat",
        Scheme::Semver,
        &[
            ("v10.1.52/", None),
            ("v11.0.0-M9", Some("11.0.0-M9")),
            ("v11.0.0-M26", Some("11.0.0-M26")),
        ],
    ),
    (
        "wildfly",
        Scheme::Semver,
        &[("28.0.1.Final", Some("28.0.1.Final")), ("29.0.0.Final", Some("29.0.0.Final"))],
    ),
    (
        "dotnet",
        Scheme::Semver,
        &[
            ("10.0.100-preview.7.25380.108", Some("10.0.100-preview.7.25380.108")),
            ("10.0.100-rc.2.25502.107", Some("10.0.100-rc.2.25502.107")),
            ("10.0.100", Some("10.0.100")),
        ],
    ),
    (
        "bundler",
        Scheme::Semver,
        &[("2.6.0.dev", Some("2.6.0.dev")), ("2.6.0", Some("2.6.0")), ("2.6.10", Some("2.6.10"))],
    ),
    ("composer", Scheme::Semver, &[("2.0.0-RC1", Some("2.0.0-RC1")), ("2.0.0", Some("2.0.0"))]),
    ("profiler", Scheme::Semver, &[("20241028_RC00", Some("20241028_RC00")), ("latest", None)]),
    (
        "gradle",
        Scheme::Dotted,
        &[("8.9", Some("8.9")), ("8.10", Some("8.10")), ("8.10.1", Some("8.10.1"))],
    ),
];

#[test]
fn upstream_names_are_read_and_ordered() {
    for (product, scheme, names) in UPSTREAMS {
        let mut last: Option<Version> = None;
        for (upstream, expected) in *names {
            let version = scheme.read(upstream);
            assert_eq!(version.as_ref().map(Version::as_str), *expected, "{product} {upstream}");
            let Some(version) = version else { continue };
            if let Some(last) = &last {
                assert!(scheme.compare(last, &version).is_lt(), "{product}: {last} < {version}");
                assert!(scheme.order(last) < scheme.order(&version), "{product}: {last}");
            }
            last = Some(version);
        }
    }
}

#[test]
fn pre_releases_of_upstreams_are_known() {
    for (product, scheme, names) in UPSTREAMS {
        for version in names.iter().filter_map(|(_, version)| *version) {
            let marks = ["rc", "RC", "alpha", "beta", "preview", "M9", "M26", "dev"];
            let expected = marks.iter().any(|mark| version.contains(mark));
            let key = scheme.order(&Version::new(version).unwrap());
            assert_eq!(key.is_prerelease(), expected, "{product} {version}");
        }
    }
}

#[test]
fn lines_pick_from_upstreams() {
    for (product, constraint, picked) in [
        ("node", "22.*", &["22.9.0"][..]),
        ("go", "1.21.*", &["1.21rc2", "1.21rc10", "1.21.0"]),
        ("liberica", "8.*", &["8u482+10", "8u492+9", "8u492+10"]),
        ("liberica", "=25.0.2", &["25.0.2+10", "25.0.2+12"]),
        ("liberica", ">25.0.2+10", &["25.0.2+12"]),
        ("corretto", "21.0.4.*", &["21.0.4.7.1"]),
        ("openresty", ">=1.29.2.3", &["1.29.2.3"]),
        ("openssl", "1.1.*", &["1.1.1", "1.1.1w"]),
        ("ruby", ">=4", &["4.0.0"]),
        ("php", "~8.4.1", &["8.4.1"]),
        ("wildfly", "=29.0.0", &["29.0.0.Final"]),
        ("icu", "^78.4", &["78.10"]),
    ] {
        let (_, scheme, names) = UPSTREAMS.iter().find(|(name, ..)| *name == product).unwrap();
        let constraint = Constraint::new(constraint, scheme).unwrap();
        let versions = names.iter().filter_map(|(upstream, _)| scheme.read(upstream));
        let found: Vec<String> =
            versions.filter(|v| constraint.matches(v)).map(|v| v.to_string()).collect();
        assert_eq!(found, picked, "{product} {constraint}");
    }
}
