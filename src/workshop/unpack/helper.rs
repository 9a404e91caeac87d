//! What the helper process does: restricts itself, unpacks what its stdin is, and says what came of
//! it.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    os::fd::AsFd as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Unpacked, here, limited};
use crate::workshop::archive::{ArchiveLimits, Member, Stop};

/// Its first argument.
pub(in crate::workshop) const NAME: &str = "unpack";
/// What it ends with when it can't even say what is wrong: `EX_SOFTWARE`.
const BROKEN: i32 = 70;

/// What came of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Answer {
    Members(Vec<Member>),
    Single,
    Refused(String),
    File { path: PathBuf, said: String },
    Unprotected(String),
}

/// Returns its arguments, [`NAME`] first.
pub(super) fn arguments(name: &str, into: &Path, limits: &ArchiveLimits) -> Vec<OsString> {
    let numbers = [
        limits.total,
        limits.members,
        limits.member,
        limits.depth as u64,
        limits.name as u64,
        limits.ratio,
    ];
    let mut arguments = vec![OsString::from(NAME), OsString::from(name), into.into()];
    arguments.extend(numbers.iter().map(|number| number.to_string().into()));
    arguments
}

/// Does it; `argv` is what follows [`NAME`]. Returns the exit code.
pub(in crate::workshop) fn main(argv: &[OsString]) -> i32 {
    let Some((name, into, limits)) = read(argv) else {
        return BROKEN;
    };
    let Ok(answer) = serde_json::to_vec(&answer(name, into, &limits)) else {
        return BROKEN;
    };
    let mut stdout = io::stdout().lock();
    match stdout.write_all(&answer).and_then(|()| stdout.flush()) {
        Ok(()) => 0,
        Err(_) => BROKEN,
    }
}

fn answer(name: &str, into: &Path, limits: &ArchiveLimits) -> Answer {
    if let Err(why) = limited::restrict(into, limits) {
        return Answer::Unprotected(why);
    }
    let stdin = match io::stdin().as_fd().try_clone_to_owned() {
        Ok(stdin) => stdin,
        Err(error) => return Answer::File { path: name.into(), said: error.to_string() },
    };
    let mut file = fs_err::File::from_parts(stdin.into(), name);
    match here::unpack_open(&mut file, name, into, limits) {
        Ok(Unpacked::Members(members)) => Answer::Members(members),
        Ok(Unpacked::Single) => Answer::Single,
        Err(Stop::Refused(why)) => Answer::Refused(why),
        Err(Stop::File { path, source, .. }) => Answer::File { path, said: source.to_string() },
    }
}

fn read(argv: &[OsString]) -> Option<(&str, &Path, ArchiveLimits)> {
    let (name, into) = (argv.first()?.to_str()?, Path::new(argv.get(1)?));
    let number = |n: usize| argv.get(n)?.to_str()?.parse::<u64>().ok();
    let limits = ArchiveLimits {
        total: number(2)?,
        members: number(3)?,
        member: number(4)?,
        depth: usize::try_from(number(5)?).ok()?,
        name: usize::try_from(number(6)?).ok()?,
        ratio: number(7)?,
    };
    (argv.len() == 8).then_some((name, into, limits))
}
