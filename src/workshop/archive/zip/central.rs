//! The central directory of a zip archive.

use super::{
    extra::{self, Sizes},
    fields::Fields,
};
use crate::workshop::archive::{ArchiveLimits, names::member_path, stop::Stop};

const SIGNATURE: [u8; 4] = *b"PK\x01\x02";
/// Two that tune deflate, one for sizes after the data, one for UTF-8.
const KNOWN_FLAGS: u16 = 0b1000_0000_1110;
pub(super) const SIZES_AFTER: u16 = 1 << 3;
const UTF_8: u16 = 1 << 11;
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const KIND_OF_FILE: u32 = 0o170_000;
const DOS_FOLDER: u32 = 0x10;

/// What a member is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Is {
    File,
    Folder,
    Link,
}

/// How a member is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Stored,
    Deflated,
}

/// A member, as the central directory says.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) raw: Vec<u8>,
    pub(super) path: String,
    pub(super) is: Is,
    pub(super) executable: bool,
    pub(super) flags: u16,
    pub(super) method: Method,
    pub(super) crc: u32,
    pub(super) packed: u64,
    pub(super) size: u64,
    pub(super) offset: u64,
}

/// Reads the whole of it: so many members and not a byte more.
pub(super) fn read(
    directory: &[u8],
    entries: u64,
    limits: &ArchiveLimits,
) -> Result<Vec<Entry>, Stop> {
    let mut fields = Fields(directory);
    let mut read = Vec::new();
    for _ in 0..entries {
        let Some(record) = Record::read(&mut fields) else {
            return Err(Stop::because("its central directory is malformed, or has fewer members"));
        };
        read.push(record.entry(limits)?);
    }
    if !fields.0.is_empty() {
        return Err(Stop::because("its central directory has more members than it says"));
    }
    Ok(read)
}

/// How a header's method is called.
pub(super) fn method(number: u16) -> Option<Method> {
    match number {
        0 => Some(Method::Stored),
        8 => Some(Method::Deflated),
        _ => None,
    }
}

struct Record<'a> {
    made_by: u16,
    flags: u16,
    method: u16,
    crc: u32,
    packed: u32,
    size: u32,
    name: &'a [u8],
    extra: &'a [u8],
    disk: u16,
    attributes: u32,
    offset: u32,
}

impl<'a> Record<'a> {
    fn read(fields: &mut Fields<'a>) -> Option<Self> {
        if !fields.begins(SIGNATURE) {
            return None;
        }
        let made_by = fields.u16()?;
        let _needs = fields.u16()?;
        let (flags, method) = (fields.u16()?, fields.u16()?);
        let _time = fields.u32()?;
        let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
        let lengths = (fields.u16()?, fields.u16()?, fields.u16()?);
        let disk = fields.u16()?;
        let _internal = fields.u16()?;
        let (attributes, offset) = (fields.u32()?, fields.u32()?);
        let name = fields.take(lengths.0.into())?;
        let extra = fields.take(lengths.1.into())?;
        let _comment = fields.take(lengths.2.into())?;
        Some(Self {
            made_by,
            flags,
            method,
            crc,
            packed,
            size,
            name,
            extra,
            disk,
            attributes,
            offset,
        })
    }

    fn entry(&self, limits: &ArchiveLimits) -> Result<Entry, Stop> {
        let refuse = |why: &str| Err(Stop::member(self.name, why));
        if self.flags & ENCRYPTED != 0 {
            return refuse("is encrypted");
        }
        if self.flags & !KNOWN_FLAGS != 0 {
            return refuse("has unknown flags");
        }
        let Some(method) = method(self.method) else {
            let why = format!("is packed by method {}, which is not read", self.method);
            return refuse(&why);
        };
        if self.disk != 0 {
            return refuse("lies in another part of several");
        }
        let said = Sizes {
            size: self.size.into(),
            packed: self.packed.into(),
            offset: Some(self.offset.into()),
        };
        let (sizes, unicode) = match extra::read(self.extra, self.name, said) {
            Ok(read) => read,
            Err(why) => return refuse(why),
        };
        // Programs on Unix write the bytes that they have, which are UTF-8 or refused below; others
        // write what their machine's code page makes of them.
        if !self.name.is_ascii() && self.flags & UTF_8 == 0 && !unicode && !self.unix() {
            return refuse("has a name of which nobody says how it is to be read");
        }
        let named = member_path(self.name, limits)?;
        let (is, executable) = self.kind(named.folder)?;
        if named.path.is_empty() && is != Is::Folder {
            return refuse("is the archive's root and no folder");
        }
        if is == Is::Folder && sizes.size != 0 {
            return refuse("has a size and may have none");
        }
        if method == Method::Stored && sizes.size != sizes.packed {
            return refuse("has two sizes and is not packed");
        }
        Ok(Entry {
            raw: self.name.to_vec(),
            path: named.path,
            is,
            executable,
            flags: self.flags,
            method,
            crc: self.crc,
            packed: sizes.packed,
            size: sizes.size,
            offset: sizes.offset.unwrap_or(0),
        })
    }

    fn unix(&self) -> bool {
        matches!(self.made_by >> 8, 3 | 19)
    }

    /// What it is, by its name, the attributes of DOS, and those of Unix where such wrote it.
    fn kind(&self, slash: bool) -> Result<(Is, bool), Stop> {
        let refuse = |why: &str| Err(Stop::member(self.name, why));
        let mode = self.attributes >> 16;
        let unix = self.unix();
        if mode & 0o6000 != 0 {
            return refuse("has a setuid or setgid bit");
        }
        let dos = self.attributes & DOS_FOLDER != 0;
        let is = match mode & KIND_OF_FILE {
            0 | 0o100_000 if slash && mode & KIND_OF_FILE == 0 => Is::Folder,
            0 | 0o100_000 => Is::File,
            0o040_000 => Is::Folder,
            0o120_000 if unix => Is::Link,
            0o120_000 => return refuse("is a link to some readers and a file to others"),
            0o020_000 | 0o060_000 => return refuse("is a device"),
            0o010_000 => return refuse("is a named pipe"),
            0o140_000 => return refuse("is a socket"),
            _ => return refuse("has a mode that says it is something unknown"),
        };
        match is {
            Is::Folder if !slash => refuse("is a folder by its mode and a file by its name"),
            Is::File | Is::Link if slash => {
                refuse("is a folder by its name and a file by its mode")
            }
            Is::File | Is::Link if dos => {
                refuse("is a folder by its attributes and a file by its name")
            }
            Is::File => Ok((is, unix && mode & 0o111 != 0)),
            Is::Folder | Is::Link => Ok((is, false)),
        }
    }
}
