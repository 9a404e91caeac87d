//! Names of container images.

/// Tells whether an image is named by its digest, `NAME@sha256:` and 64 small hex digits, so that it
/// can't be another one tomorrow. A name that a program could take for a flag is none.
pub fn is_pinned_image(image: &str) -> bool {
    let Some((name, hex)) = image.split_once("@sha256:") else { return false };
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"._:/-".contains(&b);
    let digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    name.bytes().all(letter)
        && name.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && hex.len() == 64
        && hex.bytes().all(digit)
}

#[cfg(test)]
mod tests {
    use super::is_pinned_image;

    #[test]
    fn only_a_digest_pins() {
        let hex = "0123456789abcdef".repeat(4);
        for good in ["a", "host.example:5000/a/b", "a:1.2"] {
            assert!(is_pinned_image(&format!("{good}@sha256:{hex}")), "{good}");
        }
        for bad in [
            "a".to_owned(),
            "a:latest".to_owned(),
            format!("@sha256:{hex}"),
            format!("-v@sha256:{hex}"),
            format!("a b@sha256:{hex}"),
            format!("a@sha512:{hex}"),
            format!("a@sha256:{}", &hex[1..]),
            format!("a@sha256:{}", hex.to_uppercase()),
            format!("a@sha256:{hex}@sha256:{hex}"),
        ] {
            assert!(!is_pinned_image(&bad), "{bad}");
        }
    }
}
