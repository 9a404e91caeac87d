//! What this program does when it is run again as a helper.

use std::ffi::OsString;

use super::{http, sandbox, unpack, warden};

/// The hidden first argument by which this program knows that it is to be a helper.
pub const HELPER: &str = "__sandbox";

/// Does what this program is run again for; `argv` is what follows [`HELPER`]. Returns its exit
/// code. No other thread may run yet.
pub fn helper(argv: &[OsString]) -> i32 {
    match argv.first().and_then(|name| name.to_str()) {
        Some(warden::NAME) => warden::main(),
        Some(http::NAME) => http::main(&argv[1..]),
        Some(unpack::NAME) => unpack::main(&argv[1..]),
        Some(sandbox::ENTER) => sandbox::enter(),
        Some(_) | None => 70,
    }
}
