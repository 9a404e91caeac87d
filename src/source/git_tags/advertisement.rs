//! What a git server says of its refs before anything is asked (protocol versions 0 and 1).

use std::collections::BTreeMap;

use gix_packetline::{
    PacketLineRef,
    decode::{self, Stream},
};

use super::Tag;

const TAGS: &str = "refs/tags/";

/// Reads the tags, in the order of the server. A tag object gives way to what it leads to.
pub(super) fn read(body: &[u8]) -> Result<Vec<Tag>, String> {
    let mut lines = Lines { rest: body };
    if !body.starts_with(b"00") {
        return Err(what(body));
    }
    match lines.next()? {
        PacketLineRef::Data(b"# service=git-upload-pack\n" | b"# service=git-upload-pack") => {}
        PacketLineRef::Data(_)
        | PacketLineRef::Flush
        | PacketLineRef::Delimiter
        | PacketLineRef::ResponseEnd => return Err(what(body)),
    }
    if lines.next()? != PacketLineRef::Flush {
        return Err("its first part does not end".to_owned());
    }
    let mut tags: Vec<Tag> = Vec::new();
    let mut places = BTreeMap::new();
    loop {
        let data = match lines.next()? {
            PacketLineRef::Data(data) => data,
            PacketLineRef::Flush => return Ok(tags),
            PacketLineRef::Delimiter | PacketLineRef::ResponseEnd => {
                return Err("it speaks another protocol version than was asked for".to_owned());
            }
        };
        let data = data.strip_suffix(b"\n").unwrap_or(data);
        if let Some(error) = data.strip_prefix(b"ERR ") {
            return Err(format!("the server says: {}", shown(error)));
        }
        // What the server is able to do stands behind the first ref.
        let line = data.split(|b| *b == 0).next().unwrap_or_default();
        match line {
            b"version 1" => continue,
            b"version 2" => {
                return Err("it speaks another protocol version than was asked for".to_owned());
            }
            _ if line.starts_with(b"shallow ") => continue,
            _ => {}
        }
        let (id, name) = reference(line).ok_or_else(|| format!("`{}` is no ref", shown(line)))?;
        // A name that is no text can't be written into deps.lock.
        let Ok(name) = std::str::from_utf8(name) else { continue };
        let Some(name) = name.strip_prefix(TAGS) else { continue };
        if let Some(name) = name.strip_suffix("^{}") {
            // Says what the tag object before it leads to.
            let place = places.get(name).copied();
            let tag = place.and_then(|place: usize| tags.get_mut(place));
            let tag = tag.ok_or_else(|| format!("`{name}` is peeled before it is named"))?;
            tag.commit = id;
        } else {
            places.insert(name.to_owned(), tags.len());
            tags.push(Tag { name: name.to_owned(), commit: id });
        }
    }
}

fn reference(line: &[u8]) -> Option<(String, &[u8])> {
    let space = line.iter().position(|b| *b == b' ')?;
    let (id, name) = (line.get(..space)?, line.get(space + 1..)?);
    let hex = matches!(id.len(), 40 | 64) && id.iter().all(u8::is_ascii_hexdigit);
    let id = std::str::from_utf8(id).ok().filter(|_| hex && !name.is_empty())?;
    Some((id.to_owned(), name))
}

struct Lines<'b> {
    rest: &'b [u8],
}

impl<'b> Lines<'b> {
    fn next(&mut self) -> Result<PacketLineRef<'b>, String> {
        let rest = self.rest;
        match decode::streaming(rest) {
            Ok(Stream::Complete { line, bytes_consumed }) => {
                self.rest = rest.get(bytes_consumed..).unwrap_or_default();
                Ok(line)
            }
            Ok(Stream::Incomplete { .. }) => Err("it ends early".to_owned()),
            Err(_) => Err("it is not what a git server says".to_owned()),
        }
    }
}

/// Names what is no advertisement.
fn what(body: &[u8]) -> String {
    let line = body.split(|b| *b == b'\n').next().unwrap_or_default();
    let words: Vec<&[u8]> = line.split(|b| *b == b'\t').collect();
    if let [id, name] = words.as_slice()
        && matches!(id.len(), 40 | 64)
        && name.starts_with(b"refs/")
    {
        return "it is a folder of files (git's `dumb` protocol), not a git server; read it from a clone on disk".to_owned();
    }
    "it is no git repository: it does not say what a git server says".to_owned()
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).take(120).collect()
}
