//! This program run again, by itself, as a helper: see [`crate::workshop`]. No command of a user's.

use std::ffi::OsString;

use super::exit::Exit;
use crate::workshop;

/// Does what a helper is for, if that is what this is; none: it is a user's command line.
pub(super) fn run(argv: &[OsString]) -> Option<Exit> {
    let rest = argv.get(2..).unwrap_or_default();
    (argv.get(1)? == workshop::HELPER)
        .then(|| Exit::Helper(u8::try_from(workshop::helper(rest)).unwrap_or(u8::MAX)))
}
