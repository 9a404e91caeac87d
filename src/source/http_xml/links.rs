//! The addresses that an XML document holds, and those of its further pages.

use scraper::{ElementRef, Html, Node};
use url::Url;

/// Elements whose address is a page about the version, not its file.
const PAGES: &[&str] = &["link", "guid", "id", "comments", "loc"];

/// An address.
pub(super) struct Link {
    pub(super) url: Url,
    pub(super) is_file: bool,
}

/// Returns the address of an element, if it is a link: its `href` or `url`, or its text where that is
/// a whole address (RSS's `<link>`).
pub(super) fn of(element: &ElementRef<'_>, base: &Url) -> Option<Link> {
    let (value, name) = (element.value(), element.value().name());
    let about = PAGES.contains(&name) && value.attr("rel") != Some("enclosure");
    let given = value.attr("href").or_else(|| value.attr("url"));
    if let Some(given) = given.map(str::trim).filter(|given| !given.is_empty()) {
        return base.join(given).ok().map(|url| Link { url, is_file: !about });
    }
    let text: String = element.text().collect();
    let text = text.trim();
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(_) if name == "link" && !text.is_empty() => base.join(text).ok()?,
        Err(_) => return None,
    };
    let leaf = !element.has_children() || element.children().all(|c| c.value().is_text());
    let web = matches!(url.scheme(), "https" | "http") && url.has_host();
    (leaf && web).then_some(Link { url, is_file: !about })
}

/// Returns every address of a document.
pub(super) fn all<'d>(document: &'d Html, base: &'d Url) -> impl Iterator<Item = Url> + 'd {
    elements(document).filter_map(|element| of(&element, base)).map(|link| link.url)
}

/// Finds the further pages of what says by itself that it has them: a feed's `<link rel="next">`
/// (RFC 5005), and a bucket's listing that is truncated.
pub(super) fn further(document: &Html, base: &Url) -> Vec<Url> {
    let mut next: Vec<Url> = elements(document)
        .filter(|element| {
            let value = element.value();
            value.name() == "link" && value.attr("rel") == Some("next")
        })
        .filter_map(|element| of(&element, base))
        .map(|link| link.url)
        .collect();
    next.extend(truncated(document, base));
    next
}

/// Makes the address of the next page of a bucket's listing, either version of it.
fn truncated(document: &Html, base: &Url) -> Option<Url> {
    let root = elements(document).next().filter(|e| e.value().name() == "ListBucketResult")?;
    let text = |name: &str| {
        let child = root.child_elements().find(|child| child.value().name() == name)?;
        let text: String = child.text().collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    };
    if text("IsTruncated")? != "true" {
        return None;
    }
    let last = || {
        let contents = root.child_elements().filter(|child| child.value().name() == "Contents");
        let key = contents.last()?.child_elements().find(|child| child.value().name() == "Key")?;
        Some(key.text().collect::<String>())
    };
    let (name, value) = match text("NextContinuationToken") {
        Some(token) => ("continuation-token", token),
        None => ("marker", text("NextMarker").or_else(last)?),
    };
    let mut url = base.clone();
    let others: Vec<(String, String)> =
        base.query_pairs().into_owned().filter(|(key, _)| key != name).collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair(name, &value);
    Some(url)
}

fn elements(document: &Html) -> impl Iterator<Item = ElementRef<'_>> {
    document
        .tree
        .nodes()
        .filter(|node| matches!(node.value(), Node::Element(_)))
        .filter_map(ElementRef::wrap)
}
