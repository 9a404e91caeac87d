//! `regex`: the version is the upstream name, its order that of the groups of `extract`.

use super::check::{ascending, equal, mistake, prerelease, regex, takes, version};

/// ICU before its version 78 wrote dashes.
const ICU: &str = r"^release-(?<major>\d+)-(?<minor>\d+)(-(?<patch>\d+))?$";
const OPENSSL: &str =
    r"^OpenSSL_(?<major>\d+)_(?<minor>\d+)_(?<patch>\d+)(?<letter>[a-z]+)?(-pre(?<pre>\d+))?$";

#[test]
fn the_name_is_the_version() {
    let icu = regex(&[ICU]);
    for name in ["release-77-1", "release-4-8-2"] {
        assert_eq!(icu.read(name).unwrap().as_str(), name);
        assert_eq!(icu.refusal(name), None);
    }
    for (name, why) in [
        ("release-78.1", "`extract` does not match it"),
        (" release-77-1", "`extract` does not match it"),
        ("77-1", "`extract` does not match it"),
    ] {
        assert_eq!(icu.read(name), None, "{name}");
        assert_eq!(icu.refusal(name).unwrap(), why);
    }
    let loose = regex(&[r"(?<number>\d+)"]);
    assert_eq!(loose.read("a b 1"), None);
    assert!(loose.refusal("a b 1").unwrap().contains("at most 64 of"));
}

#[test]
fn groups_order_from_left_to_right() {
    ascending(&regex(&[ICU]), &["release-4-8-2", "release-9-1", "release-77-1", "release-77-1-1"]);
    ascending(
        &regex(&[OPENSSL]),
        &[
            "OpenSSL_1_0_2",
            "OpenSSL_1_1_0-pre2",
            "OpenSSL_1_1_0-pre10",
            "OpenSSL_1_1_0",
            "OpenSSL_1_1_0l",
            "OpenSSL_1_1_1",
            "OpenSSL_1_1_1w",
            "OpenSSL_1_1_10",
        ],
    );
    // Left to right as they stand in the name, whatever they are called.
    let american = regex(&[r"^(?<month>\d\d)-(?<day>\d\d)-(?<year>\d{4})$"]);
    ascending(&american, &["01-02-2024", "02-01-2023"]);
    // One group for all of it is split where letters meet digits.
    let boost = regex(&[r"^boost_(?<version>[\d_a-z]+)$"]);
    ascending(&boost, &["boost_1_9_0", "boost_1_85_0", "boost_1_85_1", "boost_1_100_0"]);
    // Of several patterns the first that matches counts.
    let two = regex(&[r"^v(?<a>\d+)$", r"^w(?<a>\d+)$"]);
    equal(&two, &["v2", "w2"]);
    ascending(&two, &["v2", "w10"]);
    // Numbers that fit nowhere still have a place.
    let hash = regex(&[r"^x(?<n>\d+)$"]);
    ascending(&hash, &["x99999999999999999999999", "x1"]);
}

#[test]
fn the_group_pre_makes_a_pre_release() {
    let openssl = regex(&[OPENSSL]);
    assert!(prerelease(&openssl, "OpenSSL_1_1_0-pre2"));
    for name in ["OpenSSL_1_1_0", "OpenSSL_1_1_1w"] {
        assert!(!prerelease(&openssl, name), "{name}");
    }
}

#[test]
fn numbers_are_those_of_the_groups() {
    let key = regex(&[OPENSSL]).order(&version("OpenSSL_1_1_1w"));
    assert_eq!((key.part(0), key.part(1), key.part(2)), (1, 1, 1));
    let key = regex(&[r"^boost_(?<version>[\d_]+)$"]).order(&version("boost_1_85_0"));
    assert_eq!((key.part(0), key.part(1), key.part(2)), (1, 85, 0));
}

#[test]
fn constraints_hold() {
    let openssl = regex(&[OPENSSL]);
    takes(&openssl, "1.1.*", &["OpenSSL_1_1_1w", "OpenSSL_1_1_0-pre2"], &["OpenSSL_1_0_2"]);
    takes(&openssl, ">=OpenSSL_1_1_1a", &["OpenSSL_1_1_1w"], &["OpenSSL_1_1_1", "OpenSSL_1_0_2"]);
    takes(&openssl, "=OpenSSL_1_1_1w", &["OpenSSL_1_1_1w"], &["OpenSSL_1_1_1"]);
    takes(&openssl, "~OpenSSL_1_1_0", &["OpenSSL_1_1_1"], &["OpenSSL_1_2_0", "OpenSSL_1_0_9"]);
    takes(&openssl, "^OpenSSL_1_1_0", &["OpenSSL_1_2_0"], &["OpenSSL_2_0_0"]);
}

#[test]
fn mistakes_say_what_to_write() {
    let icu = regex(&[ICU]);
    mistake(
        &icu,
        "release-77-1",
        "does not say",
        "`=release-77-1` for that version alone, or `77.*`",
    );
    mistake(&icu, ">=77.1", "no version of the scheme `regex`", "the whole upstream name");
}
