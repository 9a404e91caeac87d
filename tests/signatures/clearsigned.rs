//! Clear-signed documents, and the tricks that are played with them.

use depstate::signature::openpgp::{clear, is_clear_signed};

use super::{
    gpg::{Gpg, now},
    openpgp::{check, ring},
};

const TEXT: &str = "Origin: Example\n- a list\n-----BEGIN PGP NOTHING-----\n\nlast line  \n";

fn document() -> Option<(Gpg, String, String)> {
    let gpg = Gpg::new()?;
    let print = gpg.key("20240101T000000", "a", "ed25519", "sign", "never");
    let document = gpg.clear("20240201T000000", "a", TEXT, &[]);
    Some((gpg, print, document))
}

#[test]
fn the_text_that_was_signed_comes_back_and_nothing_else() {
    let Some((gpg, print, document)) = document() else { return };
    let keys = ring(&[gpg.public("a")]);
    assert!(is_clear_signed(document.as_bytes()));
    assert!(document.contains("- - a list"), "dashes are escaped in it");
    let signed = "Origin: Example\n- a list\n-----BEGIN PGP NOTHING-----\n\nlast line";
    for form in [document.clone(), document.replace('\n', "\r\n"), format!("\n\n{document}\n\n")] {
        let (by, text) = clear(&keys, form.as_bytes(), now()).unwrap();
        assert_eq!(by, print);
        assert_eq!(String::from_utf8(text).unwrap(), signed);
    }
}

#[test]
fn text_that_nobody_signed_is_refused() {
    let Some((gpg, _, document)) = document() else { return };
    let keys = ring(&[gpg.public("a")]);
    let other = gpg.clear("20240201T000000", "a", "other\n", &[]);
    let first_line = document.lines().next().unwrap();
    for (bent, words) in [
        (format!("evil: 1\n{document}"), "text before"),
        (format!("{document}evil: 1\n"), "text behind"),
        (format!("{document}{other}"), "exactly one"),
        (format!("{other}{document}"), "exactly one"),
        (document.replace("Origin: Example", "Origin: Evil"), "is not over these bytes"),
        (document.replace("Hash: SHA256", "Hash: SHA256\nevil: 1"), "can't be read"),
        (document.replacen("\n\n", "\nevil: 1\n\n", 1), "can't be read"),
        (document.replacen("\n\n", "\n\n\n", 1), "is not over these bytes"),
        (document.replace(first_line, "-----BEGIN PGP SIGNED MESSAGE----- "), ""),
        (document[..document.len() / 2].to_owned(), "cut off"),
        (TEXT.to_owned(), "not clear-signed"),
        (
            document
                .replace("-----BEGIN PGP SIGNATURE-----", "evil\n-----BEGIN PGP SIGNATURE-----"),
            "is not over these bytes",
        ),
        (document.replace("-----BEGIN PGP SIGNATURE-----", "- -----BEGIN PGP SIGNATURE-----"), ""),
    ] {
        match clear(&keys, bent.as_bytes(), now()) {
            Ok((_, text)) => {
                // Blanks at the end of the first line change nothing that was signed.
                assert!(
                    words.is_empty() && !String::from_utf8(text).unwrap().contains("evil"),
                    "{bent}"
                );
            }
            Err(e) => assert!(e.message.contains(words), "wanted `{words}`: {}", e.message),
        }
    }
}

#[test]
fn a_text_signature_and_a_file_signature_are_not_taken_for_each_other() {
    let Some((gpg, _, document)) = document() else { return };
    let keys = ring(&[gpg.public("a")]);
    let block = document.split_once("-----BEGIN PGP SIGNATURE-----").unwrap().1;
    let detached = format!("-----BEGIN PGP SIGNATURE-----{block}");
    let signed = "Origin: Example\r\n- a list\r\n-----BEGIN PGP NOTHING-----\r\n\r\nlast line";
    let why = check(&keys, detached.as_bytes(), signed.as_bytes()).unwrap_err();
    assert!(why.contains("over text"), "{why}");
    // And a signature over a file, put under the same text.
    let file = gpg.sign("20240201T000000", "a", signed.as_bytes(), &["--armor"]);
    let head = document.split_once("-----BEGIN PGP SIGNATURE-----").unwrap().0;
    let bent = format!("{head}{}", String::from_utf8(file).unwrap());
    let why = clear(&keys, bent.as_bytes(), now()).unwrap_err();
    assert!(why.message.contains("not over text"), "{why}");
}
