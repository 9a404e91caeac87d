//! deps.lock: text to meaning and back.

use depstate::{lock, model::Code};

const LOCK: &str = r#"# Written by depstate; commit it.
version = 1

[[dependency]]
id = "java"

[[dependency.release]]
version = "8u492+9"
upstream = "8u492+9"

[[dependency.release.artifact]]
target = "any"
url = "https://example.com/jdk8u492%2B9.tar.gz"
sha256 = "2222222222222222222222222222222222222222222222222222222222222222"
upstream-digest = "sha512:33333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333333"
evidence = "index"
"#;

#[test]
fn a_lock_survives_other_line_ends_and_order() {
    let lock = lock::read(LOCK.as_bytes()).unwrap();
    assert_eq!(lock::write(&lock), LOCK);
    assert_eq!(lock::read(LOCK.replace('\n', "\r\n").as_bytes()).unwrap(), lock);
    let earlier = format!("{LOCK}\n[[dependency]]\nid = \"a\"\n");
    let written = lock::write(&lock::read(earlier.as_bytes()).unwrap());
    assert!(written.find("id = \"a\"") < written.find("id = \"java\""), "{written}");
}

#[test]
fn a_broken_lock_says_how() {
    for (text, code) in [
        (LOCK.replace("version = 1\n", "version = 7\n"), Code::LOCK_NEWER),
        (format!("{LOCK}>>>>>>> theirs\n"), Code::LOCK_CONFLICT),
        (LOCK[..LOCK.len() - 9].to_owned(), Code::LOCK_SYNTAX),
        ("\0\u{1}\u{2}".to_owned(), Code::LOCK_SYNTAX),
    ] {
        assert_eq!(lock::read(text.as_bytes()).unwrap_err().code(), code, "{text}");
    }
}
