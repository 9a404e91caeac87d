//! What may be unpacked, and what not: hostile archives made by code, honest ones, and those that lie
//! about on this machine.

mod bombs;
mod honest;
mod hostile_tar;
mod hostile_zip;
mod property;
mod real;
pub(crate) mod tarball;
mod zipfile;

use std::{fs, path::Path};

use depstate::workshop::{ArchiveLimits, WorkshopError, check, unpack_here};

/// An archive that must be refused.
pub(super) struct Case {
    pub(super) what: String,
    pub(super) bytes: Vec<u8>,
    /// What the reason must say.
    pub(super) why: &'static str,
    pub(super) limits: ArchiveLimits,
}

pub(super) fn case(what: impl Into<String>, bytes: Vec<u8>, why: &'static str) -> Case {
    Case { what: what.into(), bytes, why, limits: ArchiveLimits::default() }
}

#[test]
fn every_hostile_archive_is_refused_for_its_own_reason() {
    let cases: Vec<Case> = [hostile_tar::cases(), hostile_zip::cases(), bombs::cases()]
        .into_iter()
        .flatten()
        .collect();
    let mut wrong = Vec::new();
    for case in &cases {
        if let Err(why) = refused(case) {
            wrong.push(format!("{}: {why}", case.what));
        }
    }
    let mut names: Vec<&str> = cases.iter().map(|case| case.what.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "a case stands there twice");
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 150, "only {} hostile archives", cases.len());
    eprintln!("{} hostile archives were refused, each for its own reason", cases.len());
}

/// Both passes refuse it, for its reason, and nothing is left: neither within nor without.
fn refused(case: &Case) -> Result<(), String> {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("archive");
    let into = outside.path().join("into");
    fs::write(&file, &case.bytes).unwrap();
    fs::create_dir(&into).unwrap();
    for unpacking in [false, true] {
        let answer = if unpacking {
            unpack_here(&file, "archive", &into, &case.limits).map(|it| format!("{it:?}"))
        } else {
            check(&file, &case.limits).map(|it| format!("{it:?}"))
        };
        match answer {
            Err(WorkshopError::Archive { why, .. }) if why.contains(case.why) => {
                if why.chars().any(|c| c.is_control() || depstate::model::is_hidden(c)) {
                    return Err(format!("says what can't be seen: {why:?}"));
                }
            }
            Err(other) => return Err(format!("wanted `{}`, got {other:?}", case.why)),
            Ok(members) => return Err(format!("was let through: {members:.300}")),
        }
    }
    if fs::read_dir(&into).unwrap().next().is_some() {
        return Err("left something behind".to_owned());
    }
    if fs::read_dir(outside.path()).unwrap().count() != 2 {
        return Err("wrote outside".to_owned());
    }
    Ok(())
}

/// Unpacks bytes into a new folder.
pub(super) fn unpacked(bytes: &[u8], into: &Path) -> Result<(), WorkshopError> {
    let beside = tempfile::tempdir().unwrap();
    let file = beside.path().join("archive");
    fs::write(&file, bytes).unwrap();
    fs::create_dir_all(into).unwrap();
    unpack_here(&file, "archive", into, &ArchiveLimits::default()).map(|_| ())
}
