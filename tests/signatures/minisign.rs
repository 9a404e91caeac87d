//! minisign: the key and signature of the library's documentation.

use depstate::{
    model::Code,
    signature::minisign::{Keyring, check, is_key},
};

pub(crate) const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";
pub(crate) const SIGNATURE: &str = "untrusted comment: signature from minisign secret key\n\
    RUQf6LRCGA9i559r3g7V1qNyJDApGip8MfqcadIgT9CuhV3EMhHoN1mGTkUidF/z7SrlQgXdy8ofjb7bNJJylDOocrCo8KLzZwo=\n\
    trusted comment: timestamp:1633700835\tfile:test\tprehashed\n\
    wLMDjy9FLAuxZ3q4NlEvkgtyhrr0gtTu6KC4KBJdITbbOeAi1zBIYo0v4iTgt8jJpIidRJnp94ABQkJAgAooBQ==\n";
/// As minisign prints it: the lowest byte last.
pub(crate) const ID: &str = "E7620F1842B4E81F";
/// Another key, of another project.
const OTHER: &str = "RWSGOq2NVecA2UPNdBUZykf1CCb147pkmdtYxgb3Ti+JO/wCYvhbAb/U";

fn ring(keys: &[&str]) -> Keyring {
    let files: Vec<_> =
        keys.iter().map(|key| ((*key).to_owned(), key.as_bytes().to_vec())).collect();
    Keyring::read(&files).unwrap()
}

#[test]
fn a_signature_by_a_pinned_key_counts_and_its_comment_is_shown() {
    let signed = check(&ring(&[OTHER, KEY]), SIGNATURE.as_bytes(), &mut &b"test"[..]).unwrap();
    assert_eq!(signed.key, ID);
    // Tabs could move a terminal.
    assert_eq!(signed.comment, "timestamp:1633700835file:testprehashed");
    let file = format!("untrusted comment: minisign public key\n{KEY}\n");
    assert_eq!(ring(&[&file]).ids(), [ID]);
    assert!(is_key(KEY) && !is_key("keys/minisign.pub") && !is_key(&KEY[1..]));
}

#[test]
fn what_does_not_count_is_said() {
    let refused = |keys: &Keyring, signature: &str, bytes: &[u8]| {
        let error = check(keys, signature.as_bytes(), &mut &*bytes).unwrap_err();
        assert_eq!(error.code, Code::SIGNATURE_INVALID);
        error.message
    };
    let keys = ring(&[KEY]);
    assert!(refused(&keys, SIGNATURE, b"tesT").contains("is not over these bytes"));
    let by_another = refused(&ring(&[OTHER]), SIGNATURE, b"test");
    assert!(by_another.contains(ID) && by_another.contains("none of the keys"), "{by_another}");
    let comment = SIGNATURE.replace("file:test", "file:evil");
    assert!(refused(&keys, &comment, b"test").contains("its comment was changed"));
    // The form that is not prehashed: `Ed` in place of `ED`.
    let legacy = SIGNATURE.replace("RUQf6", "RWQf6");
    assert!(refused(&keys, &legacy, b"test").contains("older form"));
    for cut in [0, 10, SIGNATURE.len() / 2, SIGNATURE.len() - 20] {
        let _why = refused(&keys, &SIGNATURE[..cut], b"test");
    }
    for junk in ["", "hello", "RWQ", KEY.trim_start_matches('R')] {
        let error = Keyring::read(&[("keys/m.pub".to_owned(), junk.as_bytes().to_vec())]);
        assert_eq!(error.unwrap_err().code, Code::BAD_KEY);
    }
}
