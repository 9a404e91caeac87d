//! `cargo`: a crate of a sparse cargo index.

use std::path::Path;

use super::contract::Case;
use crate::support::upstream::Upstream;

/// For the tests that every driver passes.
pub(super) fn case(_upstream: &Upstream, _folder: &Path) -> Option<Case> {
    None
}
