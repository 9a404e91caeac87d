use proptest::prelude::*;

use super::{Constraint, ConstraintError};
use crate::model::{Pattern, Scheme, Version};

fn matches(constraint: &str, version: &str) -> bool {
    let version = Version::new(version).unwrap();
    Constraint::new(constraint, &Scheme::Semver).unwrap().matches(&version)
}

fn mistake(constraint: &str) -> ConstraintError {
    Constraint::new(constraint, &Scheme::Semver).unwrap_err()
}

#[test]
fn every_form_holds_for_what_it_says() {
    for (constraint, yes, no) in [
        ("*", &["0", "1.2.3-rc1", "99", "unreadable"][..], &[][..]),
        ("22.*", &["22", "22.0.0-rc.1", "22.99.1", "22.1.1w"], &["21.9", "23", "23.0.0-rc.1", "2"]),
        ("3.4.*", &["3.4", "3.4.0-preview1", "3.4.9+1"], &["3.3.9", "3.5.0-rc1", "3.40"]),
        ("0.*", &["0.1", "0"], &["1", "unreadable"]),
        ("=1.2", &["1.2", "1.2.0", "1.2.0+5"], &["1.2.0-rc1", "1.2.0.1", "1.2a", "1.3"]),
        ("=25.0.2", &["25.0.2+12", "25.0.2"], &["25.0.2-ea+12"]),
        ("=25.0.2+12", &["25.0.2+12", "25.0.2+012"], &["25.0.2", "25.0.2+10", "25.0.2+13"]),
        ("!=1.2", &["1.2.1", "1.2-rc1", "unreadable"], &["1.2.0", "1.2+5"]),
        (">=25", &["25", "26.0.0-rc.1", "25.0.0+1"], &["25.0.0-rc.1", "24.9"]),
        (">25", &["25.0.1"], &["25", "25.0.0+9", "24"]),
        (">25.0.2+10", &["25.0.2+12", "25.0.3"], &["25.0.2+10", "25.0.2"]),
        ("<25", &["25.0.0-rc.1", "24.99"], &["25", "25.0.0+1", "unreadable"]),
        ("<=25.0.2", &["25.0.2+99", "25.0.2-rc1", "1"], &["25.0.2.1", "25.0.2-p1"]),
        ("<=25.0.2+12", &["25.0.2", "25.0.2+12"], &["25.0.2+13"]),
        (">=1.2,<3", &["1.2", "2.9.9"], &["1.1", "3"]),
        ("  >= 1.2 ,  < 3 , != 2.0  ", &["1.2", "2.0.1"], &["2.0", "3"]),
        ("22.*, !=22.5.0", &["22.4", "22.5.1"], &["22.5"]),
        ("^1.2", &["1.2.0", "1.99", "1.3-rc1"], &["2.0.0-rc.1", "2", "1.1", "1.2.0-rc1"]),
        ("^0.2.3", &["0.2.3", "0.2.99"], &["0.3", "0.2.2", "1"]),
        ("^0.0.3", &["0.0.3", "0.0.3.1"], &["0.0.4"]),
        ("^0.0", &["0.0.9"], &["0.1"]),
        ("^0", &["0.9"], &["1"]),
        ("^1.2-rc1", &["1.2-rc2", "1.2"], &["1.2-beta1"]),
        ("~1.2.3", &["1.2.3", "1.2.99"], &["1.3", "1.2.2", "1.3-rc1"]),
        ("~1.2", &["1.2", "1.2.99"], &["1.3"]),
        ("~1", &["1.0", "1.99"], &["2", "0.9"]),
        ("~8u400", &["8u492", "8.0.400"], &["8u392"]),
    ] {
        for version in yes {
            assert!(matches(constraint, version), "{constraint} holds for {version}");
        }
        for version in no {
            assert!(!matches(constraint, version), "{constraint} does not hold for {version}");
        }
    }
}

#[test]
fn mistakes_say_what_to_write() {
    for (text, message, help) in [
        ("", "empty", "`*`"),
        ("  ", "empty", "`*`"),
        ("1.2.3", "`1.2.3` does not say", "`=1.2.3` for that version alone, or `1.2.*`"),
        ("22", "`22` does not say", "`=22` for that version alone, or `22.*`"),
        ("1.20", "`1.20` does not say", "`=1.20` for that version alone, or `1.20.*`"),
        ("v1.2.3", "`1.2.3` does not say", "`=1.2.3`"),
        ("1.21rc2", "does not say", "`=1.21rc2` for that version alone, or `1.21.*`"),
        ("~> 1.2.3", "`~>` is no operator", "`>=1.2.3, 1.2.*`"),
        ("~>", "`~>` is no operator", "write `22.*`"),
        ("~=1.4", "`~=` is no operator", "`>=1.4, 1.*`"),
        ("==1.2", "`==` is no operator", "`=1.2`"),
        ("=>1.2", "`=>` is no operator", "`>=1.2`"),
        ("=<1.2", "`=<` is no operator", "`<=1.2`"),
        ("<>1.2", "`<>` is no operator", "`!=1.2`"),
        ("1.* || 2.*", "can't say \"or\"", "a line"),
        ("[1,2)", "in brackets", "`>=1, <2`"),
        ("1.2 - 2.3", "with a dash", "`>=1.2, <=2.3`"),
        ("22.x", "`22.x` is no constraint", "`22.*`"),
        ("1.x.x", "is no constraint", "`1.*`"),
        ("22*", "is no constraint", "`22.*`"),
        ("22.*.*", "is no constraint", "`22.*`"),
        ("*.2", "is no constraint", "write `22.*`"),
        ("newest", "`newest` is no constraint", "write `22.*`"),
        (">=1 <2", "without a comma", "`>=1, <2`"),
        (">=1,", "one side of a comma", "comma"),
        (",", "one side of a comma", "comma"),
        (">=", "no version stands after `>=`", "`>=1.2`"),
        (">=v1.2", "`v1.2` is an upstream name", "`>=1.2`"),
        (">=new", "`new` is no version of the scheme `semver`", "numbers with dots"),
        ("=22.*", "`*` can't stand after `=`", "`22.*`"),
        (">99999999999999999999999999", "is no version", "numbers"),
        (">5,<3", "no version can satisfy `>5,<3`", "two lines"),
        (">1,<1", "no version can satisfy", "two lines"),
        ("=1,=2", "no version can satisfy", "two lines"),
        ("=1,!=1", "no version can satisfy", "two lines"),
        ("22.*,23.*", "no version can satisfy", "two lines"),
        ("22.*,>=23", "no version can satisfy", "two lines"),
        ("*, !=22.0, =22", "no version can satisfy", "two lines"),
        (">1.2,<=1.2+5", "no version can satisfy", "two lines"),
    ] {
        let mistake = mistake(text);
        assert!(mistake.message.contains(message), "{text}: {}", mistake.message);
        assert!(mistake.help.contains(help), "{text}: {}", mistake.help);
    }
    let dotted = Constraint::new(">=1.2-rc1", &Scheme::Dotted).unwrap_err();
    assert!(dotted.message.contains("the scheme `dotted`"), "{}", dotted.message);
}

#[test]
fn a_long_mistake_is_shown_short() {
    let mistake = mistake(&format!(">{}", "9".repeat(100_000)));
    assert!(mistake.message.len() + mistake.help.len() < 400);
}

#[test]
fn narrow_constraints_are_no_contradiction() {
    for text in [">=1.2,<=1.2", "22.*,22.5.*", ">1.2-rc1,<1.2", ">1.2+5,<=1.2", "*,*", "^1.2,~1.4"]
    {
        assert!(Constraint::new(text, &Scheme::Semver).is_ok(), "{text}");
    }
}

proptest! {
    #[test]
    fn junk_never_panics(text in any::<String>(), near in "[=<>!^~ ,.*0-9rcv+()\\[\\]-]{0,20}") {
        for text in [text, near] {
            for name in Scheme::NAMES {
                let scheme = Scheme::named(name, &[Pattern::new("(?<all>.+)").unwrap()]).unwrap();
                if let Err(mistake) = Constraint::new(&text, &scheme) {
                    prop_assert!(!mistake.message.is_empty() && !mistake.help.is_empty());
                }
            }
        }
    }

    #[test]
    fn operators_agree_with_the_order(
        a in "[0-2](\\.[0-2]){0,2}(-rc[0-9]{1,2}|a)?",
        b in "[0-2](\\.[0-2]){0,2}(-rc[0-9]{1,2}|a)?",
    ) {
        let versions = [&a, &b].map(|text| Version::new(text.as_str()).unwrap());
        let keys = versions.each_ref().map(|version| Scheme::Semver.order(version));
        // A lone number with a letter is no version of the scheme.
        prop_assume!(versions.iter().all(|v| Scheme::Semver.read(v.as_str()).is_some()));
        let holds = |operator: &str| matches(&format!("{operator}{a}"), &b);
        prop_assert_eq!(holds("="), keys[1] == keys[0]);
        prop_assert_eq!(holds("!="), keys[1] != keys[0]);
        prop_assert_eq!(holds("<"), keys[1] < keys[0]);
        prop_assert_eq!(holds("<="), keys[1] <= keys[0]);
        prop_assert_eq!(holds(">"), keys[1] > keys[0]);
        prop_assert_eq!(holds(">="), keys[1] >= keys[0]);
    }
}
