//! Golden files: what was printed once, reviewed, and must be printed again.

use std::{fs, path::Path};

/// Compares with `tests/golden/NAME.txt`; `UPDATE=1` rewrites it.
#[track_caller]
pub(crate) fn golden(name: &str, text: &str) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        return;
    }
    let wanted = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        wanted == text,
        "`{}` differs (UPDATE=1 rewrites it)\n--- wanted\n{wanted}\n--- got\n{text}",
        path.display()
    );
}
