//! Archives that lie about on this machine, made by everybody's tools.

use std::{fs, path::PathBuf};

use depstate::workshop::{ArchiveLimits, check};

/// At most so many: they take a while without optimisation.
const MOST: usize = 60;

/// The packages that cargo has fetched, wherever its home is.
fn packages() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cargo")));
    let Some(cache) = home.map(|home| home.join("registry/cache")) else {
        return Vec::new();
    };
    let mut found: Vec<PathBuf> = fs::read_dir(cache)
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten())
        .map(|entry| entry.path())
        .filter(|path| fs::metadata(path).is_ok_and(|meta| meta.len() < 300_000))
        .collect();
    found.sort();
    let step = found.len().div_ceil(MOST).max(1);
    found.into_iter().step_by(step).collect()
}

#[test]
fn packages_of_cargo_pass() {
    let packages = packages();
    if packages.is_empty() {
        eprintln!("cargo has fetched nothing on this machine: no real archive was looked at");
    }
    for package in &packages {
        let members = check(package, &ArchiveLimits::default())
            .unwrap_or_else(|error| panic!("{}: {error}", package.display()))
            .unwrap_or_else(|| panic!("{} is taken for no archive", package.display()));
        assert!(members.iter().any(|member| member.path.ends_with("/Cargo.toml")));
    }
    eprintln!("{} packages of cargo passed", packages.len());
}
