//! An Atom feed (RFC 4287) of what was published, newest first.

use std::{borrow::Cow, cmp::Reverse, io};

use jiff::Timestamp;
use quick_xml::{
    Reader, Writer, XmlVersion,
    events::{BytesDecl, BytesText, Event},
};

use super::{
    WireError, name_of,
    side::{SideKind, tx_of},
    view::Stamp,
};
use crate::model::{ObjectKey, Record, Snapshot};

/// How many entries it has at most.
pub const MOST: usize = 100;

const WHAT: &str = "the feed";
const ATOM: &str = "http://www.w3.org/2005/Atom";
/// Where the stamp stands: Atom lets others add elements of their own.
const OURS: &str = "urn:depstate:feed";

type Out = Writer<Vec<u8>>;

/// Writes the feed of what is live.
///
/// # Errors
/// When it can't be written.
pub fn encode_feed(snapshot: &Snapshot, stamp: &Stamp) -> Result<Vec<u8>, WireError> {
    write(snapshot, stamp).map_err(|error| WireError::Inconsistent {
        what: WHAT,
        message: format!("it can't be written: {error}"),
    })
}

fn write(snapshot: &Snapshot, stamp: &Stamp) -> io::Result<Vec<u8>> {
    let mut records: Vec<&Record> = snapshot.live.values().collect();
    records.sort_by_key(|record| (Reverse(record.published), &record.address));
    records.truncate(MOST);
    let at = snapshot.generation.as_ref().map_or(Timestamp::UNIX_EPOCH, |it| it.at);
    let project = &snapshot.head.project;
    let mut out = Writer::new_with_indent(Vec::new(), b' ', 2);
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let feed = [("xmlns", ATOM), ("xmlns:depstate", OURS)];
    out.create_element("feed").with_attributes(feed).write_inner_content(|out| {
        text(out, "id", &name_of(format!("feed {}", stamp.lineage).as_bytes()))?;
        text(out, "title", &format!("{project}: published"))?;
        text(out, "updated", &at.to_string())?;
        out.create_element("author").write_inner_content(|out| text(out, "name", project))?;
        text(out, "generator", "depstate")?;
        let serial = stamp.serial.to_string();
        let mut ours =
            vec![("lineage", clean(&stamp.lineage)), ("serial", Cow::from(serial.as_str()))];
        ours.extend(stamp.public_url.iter().map(|url| ("public-url", clean(url))));
        let ours = ours.iter().map(|(name, value)| (*name, value.as_ref()));
        out.create_element("depstate:state").with_attributes(ours).write_empty()?;
        if stamp.public_url.is_some() {
            link(out, "self", &stamp.url(&ObjectKey::new("views/feed.atom")), None)?;
        }
        records.iter().try_for_each(|record| entry(out, stamp, record))
    })?;
    let mut bytes = out.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn entry(out: &mut Out, stamp: &Stamp, record: &Record) -> io::Result<()> {
    let (address, metadata) = (&record.address, &record.metadata);
    let name = metadata.name.as_deref().unwrap_or(address.dependency.as_str());
    let published = record.published.to_string();
    // The same bytes keep their name; a rebuild is another entry.
    let tx = tx_of(record).map(|tx| tx.0).unwrap_or_default();
    out.create_element("entry")
        .write_inner_content(|out| {
            text(out, "id", &name_of(format!("{address} {tx}").as_bytes()))?;
            text(out, "title", &format!("{name} {} ({})", record.version, record.target))?;
            text(out, "updated", &published)?;
            text(out, "published", &published)?;
            // Beside the feed's own address, where there is no other.
            let place = |key: &ObjectKey| match &stamp.public_url {
                Some(_) => stamp.url(key),
                None => format!("../{key}"),
            };
            link(out, "alternate", &place(&record.key), None)?;
            link(out, "enclosure", &place(&record.key), Some(record.size))?;
            for side in SideKind::ALL.into_iter().filter_map(|kind| kind.key(record)) {
                link(out, "related", &place(side), None)?;
            }
            let mut summary = format!(
                "{address}: {} bytes, SHA-256 {}, of {} ({})",
                record.size,
                record.sha256,
                record.source.url,
                record.evidence.name()
            );
            if !metadata.licenses.is_empty() {
                summary.push_str(", licensed ");
                summary.push_str(&metadata.licenses.join(" AND "));
            }
            text(out, "summary", &summary)
        })
        .map(drop)
}

fn text(out: &mut Out, name: &str, value: &str) -> io::Result<()> {
    out.create_element(name).write_text_content(BytesText::new(&clean(value))).map(drop)
}

fn link(out: &mut Out, rel: &str, href: &str, length: Option<u64>) -> io::Result<()> {
    let href = clean(href);
    let length = length.map(|length| length.to_string());
    let mut attributes = vec![("rel", rel), ("href", href.as_ref())];
    if let Some(length) = &length {
        attributes.push(("type", "application/octet-stream"));
        attributes.push(("length", length));
    }
    out.create_element("link").with_attributes(attributes).write_empty().map(drop)
}

/// Takes out what no XML 1.0 document may have, and line ends, which a reader would change.
fn clean(text: &str) -> Cow<'_, str> {
    let bad = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(bad) { Cow::Owned(text.replace(bad, "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Reads of a feed what it was made from.
///
/// # Errors
/// When it is no feed of ours.
pub fn decode_feed_stamp(bytes: &[u8]) -> Result<Stamp, WireError> {
    let wrong = |message: String| WireError::Inconsistent { what: WHAT, message };
    let mut reader = Reader::from_reader(bytes);
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Empty(element)) if element.name().as_ref() == b"depstate:state" => {
                let (mut lineage, mut serial, mut public_url) = (None, None, None);
                for attribute in element.attributes() {
                    let attribute = attribute.map_err(|error| wrong(error.to_string()))?;
                    let value = attribute
                        .decoded_and_normalized_value(XmlVersion::Implicit1_0, reader.decoder())
                        .map_err(|error| wrong(error.to_string()))?
                        .into_owned();
                    match attribute.key.as_ref() {
                        b"lineage" => lineage = Some(value),
                        b"serial" => serial = value.parse().ok(),
                        b"public-url" => public_url = Some(value),
                        _ => {}
                    }
                }
                let stamp = lineage.zip(serial);
                return stamp
                    .map(|(lineage, serial)| Stamp { lineage, serial, public_url })
                    .ok_or_else(|| wrong("it does not say what it was made from".to_owned()));
            }
            Ok(Event::Eof) => {
                return Err(wrong("it does not say what it was made from".to_owned()));
            }
            Ok(_) => buffer.clear(),
            Err(error) => return Err(wrong(error.to_string())),
        }
    }
}
