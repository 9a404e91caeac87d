//! Finding out the licences of an unpacked tree.

use std::path::Path;

/// Returns the SPDX ids of the licence texts in a tree, sorted; empty: none was recognised.
pub fn detect(tree: &Path) -> Vec<String> {
    let _todo = tree;
    Vec::new()
}
