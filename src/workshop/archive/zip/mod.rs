//! The walk over a zip archive. Its records are read here and not by the library, which hides what is
//! to be judged: names that are there twice, local headers that say something else than the central
//! directory, and bytes that belong to no member. Between the first byte and the last each must have
//! its place: members one after the other, the central directory, the end record.

mod central;
mod end;
mod extra;
mod fields;
mod local;

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::{Crc, bufread::DeflateDecoder};
use fs_err::File;

use super::{
    ArchiveLimits, Content, Member, MemberKind, Sink, meter::check_ratio, names::link_target,
    roster::Roster, stop::Stop,
};
use central::{Entry, Is, Method};

/// Bytes of a central directory.
const DIRECTORY: u64 = 64 << 20;

/// Walks.
pub(super) fn walk(
    file: &mut File,
    length: u64,
    limits: &ArchiveLimits,
    sink: &mut dyn Sink,
) -> Result<Vec<Member>, Stop> {
    let end = end::find(file, length)?;
    if end.entries > limits.members {
        return Err(Stop::because(format!(
            "it has too many members: {}, at most {}",
            end.entries, limits.members
        )));
    }
    if end.size > DIRECTORY {
        return Err(Stop::because("its central directory is too long"));
    }
    let directory = read_at(file, end.offset, end.size)?;
    let mut entries = central::read(&directory, end.entries, limits)?;
    entries.sort_by_key(|entry| entry.offset);
    let unpacked = entries.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
    check_ratio(unpacked, length, limits.ratio).map_err(Stop::because)?;

    let mut roster = Roster::new(limits);
    let mut at = 0;
    for (n, entry) in entries.iter().enumerate() {
        if entry.offset != at {
            let why = match n {
                _ if entry.offset < at => "overlaps with the member before it",
                0 => "has something before it that is no member",
                _ => "has something before it that belongs to no member",
            };
            return Err(Stop::member(&entry.raw, why));
        }
        let next = entries.get(n + 1).map_or(end.offset, |next| next.offset);
        let data = local::check(file, entry, next)?;
        take(file, entry, data, limits, &mut roster, sink)?;
        at = next;
    }
    if at != end.offset {
        return Err(Stop::because("something stands before its central directory"));
    }
    roster.close()
}

/// Hands a member on.
fn take(
    file: &mut File,
    entry: &Entry,
    data: u64,
    limits: &ArchiveLimits,
    roster: &mut Roster<'_>,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let member =
        |kind, size| Member { path: entry.path.clone(), kind, size, executable: entry.executable };
    match entry.is {
        Is::Folder => {
            Packed::open(file, entry, data)?.finish(entry)?;
            let member = member(MemberKind::Folder, 0);
            if !member.path.is_empty() && roster.join(member.clone())? {
                sink.take(&member, Content::None)?;
            }
            Ok(())
        }
        Is::Link => {
            if entry.size > limits.name as u64 {
                return Err(Stop::member(&entry.raw, "is a link to what is too long"));
            }
            let mut packed = Packed::open(file, entry, data)?;
            let mut target = Vec::new();
            packed.read_to_end(&mut target)?;
            packed.finish(entry)?;
            let target = link_target(&entry.path, &target, limits)?;
            let member = member(MemberKind::Link(target), 0);
            roster.join(member.clone())?;
            sink.take(&member, Content::None)
        }
        Is::File => {
            let member = member(MemberKind::File, entry.size);
            roster.join(member.clone())?;
            let mut packed = Packed::open(file, entry, data)?;
            sink.take(&member, Content::Bytes(&mut packed))?;
            packed.finish(entry)
        }
    }
}

/// A member's bytes, as they come out: never more than its size.
struct Packed<'a> {
    inner: Inner<'a>,
    crc: Crc,
    left: u64,
}

enum Inner<'a> {
    Stored(io::Take<BufReader<&'a mut File>>),
    Deflated(Box<DeflateDecoder<io::Take<BufReader<&'a mut File>>>>),
}

impl<'a> Packed<'a> {
    fn open(file: &'a mut File, entry: &Entry, data: u64) -> Result<Self, Stop> {
        file.seek(SeekFrom::Start(data))?;
        let packed = BufReader::with_capacity(1 << 15, file).take(entry.packed);
        let inner = match entry.method {
            Method::Stored => Inner::Stored(packed),
            Method::Deflated => Inner::Deflated(Box::new(DeflateDecoder::new(packed))),
        };
        Ok(Self { inner, crc: Crc::new(), left: entry.size })
    }

    /// Reads on to the end, and refuses a member that is not what its header says.
    fn finish(mut self, entry: &Entry) -> Result<(), Stop> {
        io::copy(&mut self, &mut io::sink())?;
        let refuse = |why: &str| Err(Stop::member(&entry.raw, why));
        let rest = match &mut self.inner {
            Inner::Stored(packed) => packed.limit(),
            Inner::Deflated(decoder) => {
                let mut more = [0; 1];
                if decoder.read(&mut more)? != 0 {
                    return refuse("unpacks to more than its size");
                }
                entry.packed - decoder.total_in().min(entry.packed)
            }
        };
        if self.left != 0 {
            return refuse("unpacks to less than its size");
        }
        if rest != 0 {
            return refuse("has more bytes than belong to it");
        }
        if self.crc.sum() != entry.crc {
            return refuse("has a wrong checksum");
        }
        Ok(())
    }
}

impl Read for Packed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        if most == 0 {
            return Ok(0);
        }
        let read = match &mut self.inner {
            Inner::Stored(packed) => packed.read(&mut buffer[..most])?,
            Inner::Deflated(decoder) => decoder.read(&mut buffer[..most])?,
        };
        self.crc.update(&buffer[..read]);
        self.left -= read as u64;
        Ok(read)
    }
}

/// Reads bytes at a place.
fn read_at(file: &mut File, at: u64, length: u64) -> Result<Vec<u8>, Stop> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    if bytes.len() as u64 != length {
        return Err(Stop::because("it is cut off"));
    }
    Ok(bytes)
}
