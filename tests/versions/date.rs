//! `date`: products that number their releases by the day.

use depstate::model::Scheme::Date;

use super::check::{ascending, equal, mistake, prerelease, takes};

#[test]
fn days_are_read_and_ordered() {
    for (upstream, version) in [
        ("20241028_RC00", "20241028_RC00"),
        ("cloud-profiler_20241028_RC00", "20241028_RC00"),
        ("v2024.10.28", "2024.10.28"),
        ("release-2024-10-28", "2024-10-28"),
        ("2024.10", "2024.10"),
        ("2024_10_28", "2024_10_28"),
        ("ca-bundle 2024-12-31", "2024-12-31"),
    ] {
        assert_eq!(Date.read(upstream).unwrap().as_str(), version, "{upstream}");
    }
    ascending(&Date, &["19991231", "20240229", "2024-03-01", "2024.10", "2024.10.28", "20241029"]);
    ascending(&Date, &["20241028_RC00", "20241028_RC01", "20241028_RC10", "20241028", "20241028a"]);
    ascending(&Date, &["20241028", "20241028-1", "2024-10-28-2", "2024.10.28.10", "20241029"]);
    ascending(&Date, &["2024.9", "2024.9-1", "2024.9.1", "2024.10"]);
    equal(&Date, &["20241028", "2024-10-28", "2024.10.28", "2024_10_28"]);
    equal(&Date, &["2024.1.5", "2024.01.05"]);
}

#[test]
fn what_is_no_day_is_no_release() {
    for upstream in [
        "latest",
        "2024",
        "202410",
        "20241301",
        "20240230",
        "2024-02-30",
        "2024.13",
        "2024-10.28",
        "2024.010.1",
        "12345678901",
        "1.2.3",
        "00010101",
        "nightly-20241028",
        "2024-10-28-",
    ] {
        assert_eq!(Date.read(upstream), None, "{upstream}");
    }
}

#[test]
fn candidates_are_pre_releases() {
    for version in ["20241028_RC00", "2024.10.28-beta2", "2024.10rc1"] {
        assert!(prerelease(&Date, version), "{version}");
    }
    for version in ["20241028", "2024.10", "2024.10.28a", "20241028-2", "2024.10.28-final"] {
        assert!(!prerelease(&Date, version), "{version}");
    }
}

#[test]
fn constraints_hold() {
    takes(&Date, "2024.*", &["20241028", "2024.1", "20241028_RC00"], &["20250101", "20231231"]);
    takes(&Date, "2024.10.*", &["20241028", "2024-10-01"], &["20241101"]);
    takes(&Date, ">=2024-07-01", &["20240701", "2025.1"], &["20240630", "2024.7"]);
    takes(&Date, ">=2024.07, <2025.1", &["2024.7", "20241231"], &["20250101", "2024.6"]);
    takes(&Date, "=2024-10-28", &["20241028"], &["20241028-1", "20241028_RC00"]);
    takes(&Date, "^2024.10", &["2024.11.1"], &["2025.1", "2024.9"]);
    takes(&Date, "~2024.10", &["2024.10.5"], &["2024.11"]);
}

#[test]
fn mistakes_say_what_to_write() {
    mistake(
        &Date,
        "20241028",
        "does not say",
        "`=20241028` for that version alone, or `2024.10.*`",
    );
    mistake(&Date, "2024.10", "does not say", "`=2024.10` for that version alone, or `2024.*`");
    mistake(&Date, ">=2024", "no version of the scheme `date`", "`2024-10-28`, `2024.10`");
}
