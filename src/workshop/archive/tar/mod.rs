//! The walk over a tar archive. The blocks are read here and not by the library, which hides what is
//! to be judged: which of two headers that disagree it believes, what it skips, where it ends. What a
//! field is, and where it lies, the library says.

mod header;
mod pax;

use std::io::{self, Read};

use super::{
    ArchiveLimits, Content, Member, MemberKind, Sink,
    names::{link_target, member_path, stand_in},
    roster::Roster,
    stop::Stop,
};
use header::Fields;
use pax::Pax;

const BLOCK: usize = 512;
/// Bytes that the extended header of one member may have.
const EXTENDED: u64 = 1 << 20;
/// Headers that carry no member, for each that may.
const EXTRA_HEADERS: u64 = 4;

/// Tells whether a file that begins with these bytes is taken for a tar archive.
pub(super) fn begins(first: &[u8]) -> bool {
    <&[u8; BLOCK]>::try_from(first).is_ok_and(header::plausible)
}

/// What headers before a member say of it.
#[derive(Default)]
struct Before {
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    pax: Option<Pax>,
}

impl Before {
    fn any(&self) -> bool {
        self.name.is_some() || self.link.is_some() || self.pax.is_some()
    }
}

/// Walks. None: what was packed is no tar archive.
pub(super) fn walk(
    stream: &mut dyn Read,
    limits: &ArchiveLimits,
    sink: &mut dyn Sink,
) -> Result<Option<Vec<Member>>, Stop> {
    let mut roster = Roster::new(limits);
    let mut before = Before::default();
    let mut headers: u64 = 0;
    let most = limits.members.saturating_mul(EXTRA_HEADERS).saturating_add(16);
    loop {
        let Some(block) = block(stream, headers == 0)? else {
            return if headers == 0 {
                Ok(None)
            } else {
                Err(Stop::because("it is cut off: it has no end-of-archive block"))
            };
        };
        if headers == 0 && !header::plausible(&block) {
            return Ok(None);
        }
        if block.iter().all(|b| *b == 0) {
            if before.any() {
                return Err(Stop::because("a long name, or an extended header, has no member"));
            }
            end(stream)?;
            return roster.close().map(Some);
        }
        headers += 1;
        if headers > most {
            return Err(Stop::because(format!("it has more than {most} headers")));
        }
        let fields = header::read(&block)?;
        match fields.kind {
            b'L' | b'K' => long(stream, &fields, &mut before, limits)?,
            b'x' => {
                if before.any() {
                    return Err(fields.refused("is a second extended header for one member"));
                }
                let data = payload(stream, &fields, EXTENDED)?;
                before.pax = Some(pax::read(&data, &fields)?);
            }
            b'g' => {
                if before.any() {
                    return Err(
                        fields.refused("is a global header between a header and its member")
                    );
                }
                let data = payload(stream, &fields, EXTENDED)?;
                pax::read(&data, &fields)?.check_global(&fields)?;
            }
            _ => {
                let before = std::mem::take(&mut before);
                member(stream, &fields, &before, limits, &mut roster, sink)?;
            }
        }
    }
}

/// A member's header, and its bytes.
fn member(
    stream: &mut dyn Read,
    fields: &Fields,
    before: &Before,
    limits: &ArchiveLimits,
    roster: &mut Roster<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let kind = match fields.kind {
        b'0' | 0 => b'0',
        kind @ (b'1' | b'2' | b'5') => kind,
        b'3' | b'4' => return Err(fields.refused("is a device")),
        b'6' => return Err(fields.refused("is a named pipe")),
        b'S' => return Err(fields.refused("is a sparse file")),
        other => {
            let why = format!("has the unknown type `{}`", other.escape_ascii());
            return Err(fields.refused(&why));
        }
    };
    let (raw, raw_link) = spoken(fields, before)?;
    let named = member_path(raw, limits)?;
    let refuse = |why: &str| Err(Stop::member(raw, why));
    let folder = kind == b'5' || (fields.kind == 0 && named.folder && fields.size == 0);
    if named.folder && !folder {
        return refuse("has a `/` at its end and is no folder");
    }
    fields.check_mode(raw, folder)?;
    if kind != b'0' && fields.size != 0 {
        return refuse("has a size and may have none");
    }
    if kind != b'1' && kind != b'2' && !raw_link.is_empty() {
        return refuse("has a link target and is no link");
    }
    let member =
        |kind, size, executable| Member { path: named.path.clone(), kind, size, executable };
    if folder {
        let member = member(MemberKind::Folder, 0, false);
        if !member.path.is_empty() && roster.join(member.clone())? {
            sink.take(&member, Content::None)?;
        }
        return Ok(());
    }
    if named.path.is_empty() {
        return refuse("is the archive's root and no folder");
    }
    match kind {
        b'2' => {
            let target = link_target(&named.path, raw_link, limits)?;
            let member = member(MemberKind::Link(target), 0, false);
            roster.join(member.clone())?;
            sink.take(&member, Content::None)
        }
        b'1' => {
            let to = member_path(raw_link, limits)?.path;
            let Some((size, executable)) = roster.file(&to) else {
                return refuse("is a hard link to what is no earlier file of the archive");
            };
            let member = member(MemberKind::File, size, executable);
            roster.join(member.clone())?;
            sink.take(&member, Content::CopyOf(&to))
        }
        _ => {
            let member = member(MemberKind::File, fields.size, fields.mode & 0o111 != 0);
            roster.join(member.clone())?;
            let mut bytes = stream.take(fields.size);
            sink.take(&member, Content::Bytes(&mut bytes))?;
            io::copy(&mut bytes, &mut io::sink())?;
            if bytes.limit() != 0 {
                return refuse("is cut off");
            }
            skip_padding(stream, fields)
        }
    }
}

/// The name and link target that hold, of those that the headers give.
fn spoken<'a>(fields: &'a Fields, before: &'a Before) -> Result<(&'a [u8], &'a [u8]), Stop> {
    let (mut name, mut link) = (fields.name.as_slice(), fields.link.as_slice());
    if let Some(pax) = &before.pax {
        if before.name.is_some() || before.link.is_some() {
            return Err(fields.refused("mixes long names of GNU with an extended header"));
        }
        if let Some(size) = pax.size
            && size != fields.size
        {
            let why = format!("has two sizes, {size} and {}", fields.size);
            return Err(fields.refused(&why));
        }
        if let Some(path) = &pax.path {
            name = instead(name, path, "name")?;
        }
        if let Some(path) = &pax.linkpath {
            link = instead(link, path, "link target")?;
        }
    }
    if let Some(long) = &before.name {
        stand_in(name)?;
        name = long;
    }
    if let Some(long) = &before.link {
        stand_in(link)?;
        link = long;
    }
    Ok((name, link))
}

/// A name of an extended header, instead of that of the header: which is a stand-in, and says the
/// same if it can.
fn instead<'a>(short: &[u8], long: &'a [u8], what: &str) -> Result<&'a [u8], Stop> {
    let bare = |name: &[u8]| {
        let name = name.strip_prefix(b"./").unwrap_or(name);
        name.strip_suffix(b"/").unwrap_or(name).to_vec()
    };
    stand_in(short)?;
    let fits = long.len() <= header::NAME && long.is_ascii();
    if fits && bare(short) != bare(long) {
        let short = super::stop::shown(short);
        return Err(Stop::member(long, format_args!("has a second {what}, `{short}`")));
    }
    Ok(long)
}

/// A long name of GNU's, for the member that follows.
fn long(
    stream: &mut dyn Read,
    fields: &Fields,
    before: &mut Before,
    limits: &ArchiveLimits,
) -> Result<(), Stop> {
    if before.pax.is_some() {
        return Err(fields.refused("mixes long names of GNU with an extended header"));
    }
    let mut name = payload(stream, fields, limits.name as u64 + 1)?;
    if name.last() == Some(&0) {
        name.pop();
    }
    if name.is_empty() {
        return Err(fields.refused("is an empty long name"));
    }
    let place = if fields.kind == b'L' { &mut before.name } else { &mut before.link };
    if place.replace(name).is_some() {
        return Err(fields.refused("is a second long name for one member"));
    }
    Ok(())
}

/// What an extended header holds.
fn payload(stream: &mut dyn Read, fields: &Fields, most: u64) -> Result<Vec<u8>, Stop> {
    if fields.size > most {
        let why = format!("is a header that is too long: {} bytes, at most {most}", fields.size);
        return Err(fields.refused(&why));
    }
    let mut data = Vec::new();
    stream.take(fields.size).read_to_end(&mut data)?;
    if data.len() as u64 != fields.size {
        return Err(fields.refused("is cut off"));
    }
    skip_padding(stream, fields)?;
    Ok(data)
}

fn skip_padding(stream: &mut dyn Read, fields: &Fields) -> Result<(), Stop> {
    let padding = fields.size.next_multiple_of(BLOCK as u64) - fields.size;
    if io::copy(&mut stream.take(padding), &mut io::sink())? != padding {
        return Err(fields.refused("is cut off"));
    }
    Ok(())
}

/// A block; none: the stream ends here.
fn block(stream: &mut dyn Read, first: bool) -> Result<Option<[u8; BLOCK]>, Stop> {
    let mut block = [0; BLOCK];
    let mut filled = 0;
    while filled < BLOCK {
        match stream.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    match filled {
        BLOCK => Ok(Some(block)),
        0 => Ok(None),
        // Too short to be a tar archive at all.
        _ if first => Ok(None),
        _ => Err(Stop::because("it is cut off within a header")),
    }
}

/// The end: a second block of zeros, and nothing but zeros after it.
fn end(stream: &mut dyn Read) -> Result<(), Stop> {
    let mut buffer = vec![0; 1 << 16];
    let mut first = true;
    loop {
        let read = match stream.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        if buffer[..read].iter().any(|b| *b != 0) {
            let why = if first {
                "something follows after its end-of-archive block"
            } else {
                "something follows after its end"
            };
            return Err(Stop::because(why));
        }
        first = false;
    }
}
