//! XML as a tree that selectors can be asked of.
//!
//! The reader is an XML one: names keep their case, `<link>` may hold text, and nothing is mended.
//! Entities of a document's own are never looked up, so that none of them grows.

use html5ever::{Attribute, LocalName, Namespace, QualName};
use quick_xml::{
    Reader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesRef, BytesStart, Event},
};
use scraper::{
    Html, Node,
    node::{Element, Text},
};

/// How deep elements may be nested.
const DEPTH: usize = 256;
/// How many elements, attributes and texts a document may have.
const NODES: usize = 1_000_000;

/// Reads a document.
pub(super) fn read(body: &[u8]) -> Result<Html, String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    let mut reader = Reader::from_str(&text);
    let mut html = Html::new_document();
    let mut open = vec![html.tree.root().id()];
    let (mut nodes, mut elements) = (0_usize, 0_usize);
    loop {
        let event = reader.read_event().map_err(|error| {
            let at = usize::try_from(reader.error_position()).unwrap_or(usize::MAX);
            let line = text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
            format!("it is not XML: {error} (line {line})")
        })?;
        let unreadable = |why: &dyn std::fmt::Display| format!("it is not XML: {why}");
        let node = match &event {
            Event::Start(tag) | Event::Empty(tag) => {
                elements += 1;
                let element = element(tag, &mut nodes)?;
                if elements == 1 && element.name().eq_ignore_ascii_case("html") {
                    return Err("it is an HTML page, where XML was expected".to_owned());
                }
                Some(Node::Element(element))
            }
            Event::Text(text) => Some(words(&text.xml10_content().map_err(|e| unreadable(&e))?)),
            Event::CData(text) => Some(words(&text.xml10_content().map_err(|e| unreadable(&e))?)),
            Event::GeneralRef(name) => Some(words(&reference(name))),
            Event::End(_) => {
                open.pop();
                None
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => None,
        };
        let Some(node) = node else { continue };
        nodes += 1;
        if nodes > NODES {
            return Err(format!("it has more than {NODES} elements, attributes and texts"));
        }
        let parent = open.last().and_then(|id| html.tree.get_mut(*id));
        let Some(mut parent) = parent else {
            return Err("it is not XML: more elements end than begin".to_owned());
        };
        let id = parent.append(node).id();
        if matches!(event, Event::Start(_)) {
            open.push(id);
            if open.len() > DEPTH + 1 {
                return Err(format!("it is nested more than {DEPTH} levels deep"));
            }
        }
    }
    if open.len() > 1 {
        return Err("it is not XML: it ends before its elements do".to_owned());
    }
    if elements == 0 {
        return Err("it is not XML: it has no element".to_owned());
    }
    Ok(html)
}

/// Makes an element; names are taken without their namespace's prefix.
fn element(tag: &BytesStart<'_>, nodes: &mut usize) -> Result<Element, String> {
    let local = |bytes: &[u8]| LocalName::from(String::from_utf8_lossy(bytes).as_ref());
    let name = |local| QualName::new(None, Namespace::default(), local);
    let mut attributes = Vec::new();
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| format!("it is not XML: {error}"))?;
        let written = || String::from_utf8_lossy(&attribute.value).into_owned();
        let value = attribute
            .normalized_value(XmlVersion::Implicit1_0)
            .map_or_else(|_| written(), std::borrow::Cow::into_owned);
        // What begins with `xmlns:` says what prefixes mean, and those are not asked for.
        if attribute.key.as_namespace_binding().is_none() {
            let key = name(local(attribute.key.local_name().as_ref()));
            attributes.push(Attribute { name: key, value: value.into() });
        }
        *nodes += 1;
    }
    Ok(Element::new(name(local(tag.local_name().as_ref())), attributes))
}

fn words(text: &str) -> Node {
    Node::Text(Text { text: text.into() })
}

/// Resolves a character or one of XML's own five entities; every other stays as it is written.
fn reference(name: &BytesRef<'_>) -> String {
    if let Ok(Some(letter)) = name.resolve_char_ref() {
        return letter.to_string();
    }
    let name = name.decode().unwrap_or_default();
    resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}
