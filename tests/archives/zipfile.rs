//! Zip archives, byte by byte: well-formed unless a case says otherwise.

use std::io::Write as _;

pub(super) const UTF_8: u16 = 1 << 11;
pub(super) const AFTER: u16 = 1 << 3;
pub(super) const UNIX: u16 = 0x0314;

/// A member. The fields of its local header are those of the central directory unless given.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    pub(super) made_by: u16,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    pub(super) size: u32,
    /// The bytes as they lie there.
    pub(super) packed: Vec<u8>,
    pub(super) packed_size: u32,
    pub(super) extra: Vec<u8>,
    pub(super) disk: u16,
    pub(super) attributes: u32,
    pub(super) offset: Option<u32>,
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) local_flags: Option<u16>,
    pub(super) local_method: Option<u16>,
    pub(super) local_crc: Option<u32>,
    pub(super) local_sizes: Option<(u32, u32)>,
    pub(super) local_extra: Vec<u8>,
    /// What follows the bytes.
    pub(super) trailer: Vec<u8>,
    /// Whether it stands in the central directory, and whether it is there at all.
    pub(super) listed: bool,
    pub(super) there: bool,
}

impl Entry {
    pub(super) fn stored(name: impl AsRef<[u8]>, data: &[u8]) -> Self {
        let length = u32::try_from(data.len()).unwrap();
        Self {
            name: name.as_ref().to_vec(),
            made_by: UNIX,
            flags: 0,
            method: 0,
            crc: crc(data),
            size: length,
            packed: data.to_vec(),
            packed_size: length,
            extra: Vec::new(),
            disk: 0,
            attributes: 0o100_644 << 16,
            offset: None,
            local_name: None,
            local_flags: None,
            local_method: None,
            local_crc: None,
            local_sizes: None,
            local_extra: Vec::new(),
            trailer: Vec::new(),
            listed: true,
            there: true,
        }
    }

    pub(super) fn deflated(name: impl AsRef<[u8]>, data: &[u8]) -> Self {
        let mut out =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(data).unwrap();
        let packed = out.finish().unwrap();
        let packed_size = u32::try_from(packed.len()).unwrap();
        Self { method: 8, packed, packed_size, ..Self::stored(name, data) }
    }

    pub(super) fn folder(name: impl AsRef<[u8]>) -> Self {
        Self { attributes: 0o040_755 << 16 | 0x10, ..Self::stored(name, b"") }
    }

    pub(super) fn link(name: impl AsRef<[u8]>, target: &str) -> Self {
        Self { attributes: 0o120_777 << 16, ..Self::stored(name, target.as_bytes()) }
    }

    pub(super) fn mode(self, mode: u32) -> Self {
        Self { attributes: mode << 16, ..self }
    }

    fn local(&self) -> Vec<u8> {
        let mut out = b"PK\x03\x04\x14\0".to_vec();
        let name = self.local_name.as_ref().unwrap_or(&self.name);
        out.extend(self.local_flags.unwrap_or(self.flags).to_le_bytes());
        out.extend(self.local_method.unwrap_or(self.method).to_le_bytes());
        out.extend([0, 0, 0x21, 0]);
        out.extend(self.local_crc.unwrap_or(self.crc).to_le_bytes());
        let (packed, size) = self.local_sizes.unwrap_or((self.packed_size, self.size));
        out.extend(packed.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(u16::try_from(name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.local_extra.len()).unwrap().to_le_bytes());
        out.extend(name);
        out.extend(&self.local_extra);
        out.extend(&self.packed);
        out.extend(&self.trailer);
        out
    }

    fn central(&self, offset: u32) -> Vec<u8> {
        let mut out = b"PK\x01\x02".to_vec();
        out.extend(self.made_by.to_le_bytes());
        out.extend([20, 0]);
        out.extend(self.flags.to_le_bytes());
        out.extend(self.method.to_le_bytes());
        out.extend([0, 0, 0x21, 0]);
        out.extend(self.crc.to_le_bytes());
        out.extend(self.packed_size.to_le_bytes());
        out.extend(self.size.to_le_bytes());
        out.extend(u16::try_from(self.name.len()).unwrap().to_le_bytes());
        out.extend(u16::try_from(self.extra.len()).unwrap().to_le_bytes());
        out.extend([0, 0]);
        out.extend(self.disk.to_le_bytes());
        out.extend([0, 0]);
        out.extend(self.attributes.to_le_bytes());
        out.extend(self.offset.unwrap_or(offset).to_le_bytes());
        out.extend(&self.name);
        out.extend(&self.extra);
        out
    }
}

/// Changes entries, size and offset.
pub(super) type Long = fn(u64, u64, u64) -> (u64, u64, u64);

/// What stands around members.
#[derive(Clone, Default)]
pub(super) struct Frame {
    pub(super) before_directory: Vec<u8>,
    pub(super) after_directory: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) after: Vec<u8>,
    pub(super) entries: Option<u16>,
    pub(super) size: Option<u32>,
    pub(super) offset: Option<u32>,
    pub(super) disk: u16,
    /// Makes the end records of zip64: entries, size and offset come in, are maybe changed, and go
    /// there.
    pub(super) long: Option<Long>,
    pub(super) locator_off_by: u64,
}

pub(super) fn zip(entries: &[Entry]) -> Vec<u8> {
    framed(entries, &Frame::default())
}

pub(super) fn framed(entries: &[Entry], frame: &Frame) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    let mut listed = 0_u16;
    for entry in entries {
        let at = u32::try_from(out.len()).unwrap();
        if entry.there {
            out.extend(entry.local());
        }
        if entry.listed {
            directory.extend(entry.central(at));
            listed += 1;
        }
    }
    out.extend(&frame.before_directory);
    let offset = out.len() as u64;
    let size = directory.len() as u64;
    out.extend(directory);
    out.extend(&frame.after_directory);
    if let Some(change) = frame.long {
        let at = out.len() as u64;
        let (entries, size, offset) = change(listed.into(), size, offset);
        out.extend(b"PK\x06\x06");
        out.extend(44_u64.to_le_bytes());
        out.extend([45, 0, 45, 0]);
        out.extend([0; 8]);
        out.extend(entries.to_le_bytes());
        out.extend(entries.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(offset.to_le_bytes());
        out.extend(b"PK\x06\x07");
        out.extend([0; 4]);
        out.extend((at + frame.locator_off_by).to_le_bytes());
        out.extend([1, 0, 0, 0]);
    }
    out.extend(b"PK\x05\x06");
    out.extend(frame.disk.to_le_bytes());
    out.extend(frame.disk.to_le_bytes());
    let entries = frame.entries.unwrap_or(listed);
    out.extend(entries.to_le_bytes());
    out.extend(entries.to_le_bytes());
    out.extend(frame.size.unwrap_or(u32::try_from(size).unwrap()).to_le_bytes());
    out.extend(frame.offset.unwrap_or(u32::try_from(offset).unwrap()).to_le_bytes());
    out.extend(u16::try_from(frame.comment.len()).unwrap().to_le_bytes());
    out.extend(&frame.comment);
    out.extend(&frame.after);
    out
}

/// An extra field.
pub(super) fn extra(id: u16, body: &[u8]) -> Vec<u8> {
    let mut out = id.to_le_bytes().to_vec();
    out.extend(u16::try_from(body.len()).unwrap().to_le_bytes());
    out.extend(body);
    out
}

/// The extra field with a name in UTF-8, for a name.
pub(super) fn unicode_name(name: &[u8], unicode: &[u8]) -> Vec<u8> {
    let mut body = vec![1];
    body.extend(crc(name).to_le_bytes());
    body.extend(unicode);
    extra(0x7075, &body)
}

/// What follows a member whose sizes come after it.
pub(super) fn descriptor(signed: bool, crc: u32, packed: u32, size: u32) -> Vec<u8> {
    let mut out = if signed { b"PK\x07\x08".to_vec() } else { Vec::new() };
    out.extend(crc.to_le_bytes());
    out.extend(packed.to_le_bytes());
    out.extend(size.to_le_bytes());
    out
}

pub(super) fn crc(data: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(data);
    crc.sum()
}
