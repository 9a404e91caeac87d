//! What holds of every scheme, whatever the versions are.

use depstate::model::{Constraint, Scheme, Version};
use proptest::prelude::*;

use super::check::regex;

fn schemes() -> Vec<Scheme> {
    Scheme::NAMES
        .iter()
        .map(|name| match *name {
            "regex" => {
                regex(&[r"^(?<a>\d+)([.-](?<b>[0-9a-z]+))?([.-](?<pre>.+))?$", "(?<all>.+)"])
            }
            name => Scheme::named(name, &[]).unwrap(),
        })
        .collect()
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-2](\\.[0-2]){0,3}((-|\\.|)(rc|alpha|beta|sp|a|dev|post|Final)[0-9]{0,2})?(\\+[0-2])?",
        "2024[.-]?(0[1-3])[.-]?(0[1-3])?(_RC0[0-2])?",
    ]
}

proptest! {
    #[test]
    fn operators_agree_with_the_order(a in texts(), b in texts()) {
        for scheme in schemes() {
            let [Some(a), Some(b)] = [&a, &b].map(|text| scheme.read(text)) else { continue };
            let holds = |operator: &str| {
                Constraint::new(&format!("{operator}{a}"), &scheme).map(|it| it.matches(&b)).ok()
            };
            let equal = scheme.order(&a) == scheme.order(&b);
            let below = scheme.order(&b) < scheme.order(&a);
            // A bound without a build looks at none, so builds of one version are equal to it.
            let alike = holds("=") == Some(true);
            prop_assert!(!equal || alike, "{} {} {}", scheme.name(), a, b);
            prop_assert_eq!(holds("!="), Some(!alike), "{} {} {}", scheme.name(), a, b);
            prop_assert_eq!(holds("<").unwrap_or(false), below && !alike, "{} {}", a, b);
            prop_assert_eq!(holds("<="), Some(below || alike));
            prop_assert_eq!(holds(">"), Some(!below && !alike));
            prop_assert_eq!(holds(">="), Some(!below || alike));
            for operator in ["^", "~", "~>", "~="] {
                // What rises from a version is never below it.
                prop_assert!(holds(operator) != Some(true) || holds(">=") == Some(true));
            }
        }
    }

    #[test]
    fn rising_is_a_bound_and_a_line(a in texts(), b in texts()) {
        for scheme in schemes() {
            let [Some(a), Some(b)] = [&a, &b].map(|text| scheme.read(text)) else { continue };
            let key = scheme.order(&a);
            let matches = |text: &str| Constraint::new(text, &scheme).unwrap().matches(&b);
            let from = matches(&format!(">={a}"));
            if key.part(0) > 0 {
                let line = matches(&format!("{}.*", key.part(0)));
                prop_assert_eq!(matches(&format!("^{a}")), from && line, "{} {}", scheme.name(), a);
            }
            let front = format!("{}.{}.*", key.part(0), key.part(1));
            if matches(&front) {
                prop_assert_eq!(matches(&format!("~{a}")), from, "{} {} {}", scheme.name(), a, b);
            }
        }
    }

    #[test]
    fn what_is_read_is_kept(name in "[a-z v_-]{0,8}", text in texts()) {
        let upstream = format!("{name}{text}");
        for scheme in schemes() {
            prop_assert_eq!(scheme.refusal(&upstream).is_none(), scheme.read(&upstream).is_some());
            let Some(version) = scheme.read(&upstream) else { continue };
            prop_assert!(upstream.ends_with(version.as_str()));
            prop_assert_eq!(scheme.read(version.as_str()), Some(version.clone()));
            prop_assert_eq!(Version::new(version.as_str()).unwrap(), version);
        }
    }
}
