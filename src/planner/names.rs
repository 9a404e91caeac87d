//! What an address calls its file.

use percent_encoding::percent_decode_str;

/// Archives of two endings: the compression follows the container.
const CONTAINERS: [&str; 2] = ["tar", "cpio"];

/// Returns the last path segment of an address, percent-decoded once; empty where the path ends
/// with a slash. `registry:`, `dir:` and `driver:` addresses have their path after the colon.
pub(super) fn file_name(url: &str) -> String {
    let local = ["registry:", "dir:", "driver:"].iter().any(|scheme| url.starts_with(scheme));
    let end = if local { None } else { url.find(['?', '#']) };
    let path = &url[..end.unwrap_or(url.len())];
    let path = match path.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => path.split_once(':').map_or(path, |(_, path)| path),
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    percent_decode_str(last).decode_utf8_lossy().into_owned()
}

/// Returns the ending of a file name without its dot: `tar.gz`, `zip`; empty where there is none.
pub(super) fn ending(name: &str) -> &str {
    let Some((stem, last)) = name.rsplit_once('.') else { return "" };
    match stem.rsplit_once('.') {
        Some((front, inner)) if CONTAINERS.contains(&inner) && !front.is_empty() => {
            &name[front.len() + 1..]
        }
        _ if stem.is_empty() => "",
        _ => last,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_segment_is_the_name() {
        for (url, name) in [
            ("https://example.test/a/b-1.2.tar.gz", "b-1.2.tar.gz"),
            ("https://example.test/a/b%2Bc.zip?token=x/y#z", "b+c.zip"),
            ("https://example.test/a/", ""),
            ("https://example.test", ""),
            ("registry:left-pad/-/left-pad-1.3.0.tgz", "left-pad-1.3.0.tgz"),
            ("dir:tool-1.0.0.tgz", "tool-1.0.0.tgz"),
            ("dir:odd#1?.tgz", "odd#1?.tgz"),
        ] {
            assert_eq!(file_name(url), name, "{url}");
        }
    }

    #[test]
    fn an_ending_has_its_container() {
        for (name, end) in [
            ("a-1.2.tar.gz", "tar.gz"),
            ("a-1.2.zip", "zip"),
            ("a.tgz", "tgz"),
            ("plain", ""),
            (".hidden", ""),
            ("tar.gz", "gz"),
        ] {
            assert_eq!(ending(name), end, "{name}");
        }
    }
}
