//! Whether the symbolic links of a folder stay within it.

use std::collections::BTreeMap;

/// As many as Linux follows in one path.
const HOPS: usize = 40;

/// Says why a link does not stay within its folder; none: it does. `links` are all of the folder,
/// targets by path. One that leads to nothing does no harm.
pub(super) fn leads_out(
    path: &str,
    target: &str,
    links: &BTreeMap<String, String>,
) -> Option<String> {
    let out = || Some(format!("the link `{path}` leads out of it, to `{target}`"));
    if target.is_empty() {
        return Some(format!("the link `{path}` leads to nothing"));
    }
    if target.starts_with('/') {
        return Some(format!(
            "the link `{path}` points to `{target}`, an absolute path: make it relative to the link"
        ));
    }
    let parents = || path.split('/').rev().skip(1).collect::<Vec<_>>().into_iter().rev();
    // As it is written: what is a folder today may be a link where it is unpacked.
    let mut depth = parents().count();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return out(),
            ".." => depth -= 1,
            _ => depth += 1,
        }
    }
    // As the system follows it.
    let mut done: Vec<&str> = parents().collect();
    let mut ahead: Vec<&str> = target.split('/').rev().collect();
    let mut hops = 0;
    while let Some(part) = ahead.pop() {
        match part {
            "" | "." => {}
            ".." => {
                if done.pop().is_none() {
                    return out();
                }
            }
            name => {
                done.push(name);
                let Some(next) = links.get(&done.join("/")) else { continue };
                hops += 1;
                if hops > HOPS {
                    return Some(format!("the link `{path}` leads in a circle"));
                }
                if next.starts_with('/') {
                    return out();
                }
                done.pop();
                ahead.extend(next.split('/').rev());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(path, to)| ((*path).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn links_that_stay_may_stay() {
        let all = links(&[("lib/libx.so", "libx.so.1"), ("current", "versions/3")]);
        assert_eq!(leads_out("lib/libx.so", "libx.so.1", &all), None);
        assert_eq!(leads_out("bin/tool", "../lib/./tool", &all), None);
        assert_eq!(leads_out("bin/tool", "../current/bin//tool", &all), None);
        assert_eq!(leads_out("a", "missing/../b", &all), None);
        assert_eq!(leads_out("self", ".", &all), None);
    }

    #[test]
    fn links_that_leave_are_named() {
        let none = links(&[]);
        for (path, target) in [
            ("a", "/etc/passwd"),
            ("a", ".."),
            ("a/b", "../../x"),
            ("a/b/c", "x/../../../.."),
            ("a", ""),
        ] {
            let why = leads_out(path, target, &none).unwrap();
            assert!(why.contains(&format!("`{path}`")), "{why}");
        }
    }

    #[test]
    fn links_are_followed_through_links() {
        // Written, `deep/up/../..` stays within; followed, `up` is the root itself.
        let all = links(&[("a/b/up", "../.."), ("x", "a/b/up/..")]);
        assert_eq!(leads_out("a/b/up", "../..", &all), None);
        assert!(leads_out("x", "a/b/up/..", &all).unwrap().contains("leads out"));
        let circle = links(&[("a", "b"), ("b", "a")]);
        assert!(leads_out("a", "b", &circle).unwrap().contains("circle"));
    }
}
