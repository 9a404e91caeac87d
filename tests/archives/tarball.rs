//! Tar archives, byte by byte: well-formed unless a case says otherwise.

use std::io::Write as _;

/// A header; POSIX, unless turned into another.
#[derive(Clone)]
pub(crate) struct Header([u8; 512]);

impl Header {
    pub(crate) fn new(kind: u8, name: impl AsRef<[u8]>, size: usize) -> Self {
        let mut header = Self([0; 512]);
        let name = name.as_ref();
        header.put(0, &name[..name.len().min(100)]);
        header.put(100, if kind == b'5' { b"0000755\0" } else { b"0000644\0" });
        header.put(108, b"0000000\0");
        header.put(116, b"0000000\0");
        header.put(124, format!("{size:011o}\0").as_bytes());
        header.put(136, b"00000000000\0");
        header.0[156] = kind;
        header.put(257, b"ustar\x0000");
        header
    }

    pub(crate) fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Puts bytes anywhere; the checksum comes later.
    pub(crate) fn with(mut self, at: usize, bytes: &[u8]) -> Self {
        self.put(at, bytes);
        self
    }

    pub(crate) fn mode(self, mode: u32) -> Self {
        self.with(100, format!("{mode:07o}\0").as_bytes())
    }

    pub(crate) fn link(self, target: impl AsRef<[u8]>) -> Self {
        let target = target.as_ref();
        self.with(157, &target[..target.len().min(100)])
    }

    pub(crate) fn prefix(self, prefix: &str) -> Self {
        self.with(345, prefix.as_bytes())
    }

    pub(crate) fn gnu(self) -> Self {
        self.with(257, b"ustar  \0")
    }

    pub(crate) fn v7(self) -> Self {
        self.with(257, &[0; 8])
    }

    fn summed(mut self) -> [u8; 512] {
        self.put(148, b"        ");
        let sum: u32 = self.0.iter().map(|b| u32::from(*b)).sum();
        self.put(148, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

/// An archive under construction.
#[derive(Clone, Default)]
pub(crate) struct Tar(Vec<u8>);

impl Tar {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A header without bytes.
    pub(crate) fn head(mut self, header: Header) -> Self {
        self.0.extend(header.summed());
        self
    }

    /// A header whose checksum is wrong.
    pub(crate) fn unsummed(mut self, header: Header) -> Self {
        let mut block = header.summed();
        block[148..156].copy_from_slice(b"000001\0 ");
        self.0.extend(block);
        self
    }

    /// Bytes, padded to a block.
    pub(crate) fn data(mut self, data: impl AsRef<[u8]>) -> Self {
        self.0.extend(data.as_ref());
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub(crate) fn raw(mut self, data: impl AsRef<[u8]>) -> Self {
        self.0.extend(data.as_ref());
        self
    }

    pub(crate) fn file(self, name: impl AsRef<[u8]>, data: impl AsRef<[u8]>) -> Self {
        self.head(Header::new(b'0', name, data.as_ref().len())).data(data)
    }

    pub(crate) fn folder(self, name: impl AsRef<[u8]>) -> Self {
        self.head(Header::new(b'5', name, 0))
    }

    pub(crate) fn link(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.head(Header::new(b'2', name, 0).link(target))
    }

    pub(crate) fn hard(self, name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Self {
        self.head(Header::new(b'1', name, 0).link(target))
    }

    pub(crate) fn of_kind(self, kind: u8, name: &str) -> Self {
        self.head(Header::new(kind, name, 0))
    }

    /// A long name of GNU's: `L` for the name, `K` for the link target.
    pub(crate) fn long(self, kind: u8, name: impl AsRef<[u8]>) -> Self {
        let mut name = name.as_ref().to_vec();
        name.push(0);
        self.head(Header::new(kind, "././@LongLink", name.len()).gnu()).data(name)
    }

    /// An extended header of these raw bytes.
    pub(crate) fn extended(self, kind: u8, data: impl AsRef<[u8]>) -> Self {
        let size = data.as_ref().len();
        self.head(Header::new(kind, "PaxHeaders/x", size)).data(data)
    }

    pub(crate) fn pax(self, records: &[(&str, &str)]) -> Self {
        self.extended(b'x', pax(records))
    }

    pub(crate) fn global(self, records: &[(&str, &str)]) -> Self {
        self.extended(b'g', pax(records))
    }

    /// With its two blocks of zeros.
    pub(crate) fn end(self) -> Vec<u8> {
        self.raw([0; 1024]).0
    }

    pub(crate) fn cut(self) -> Vec<u8> {
        self.0
    }
}

/// Records of an extended header.
pub(crate) fn pax(records: &[(&str, &str)]) -> Vec<u8> {
    records.iter().flat_map(|(key, value)| record(key.as_bytes(), value.as_bytes())).collect()
}

pub(crate) fn record(key: &[u8], value: &[u8]) -> Vec<u8> {
    let body = key.len() + value.len() + 3;
    let mut length = body + 1;
    while body + length.to_string().len() != length {
        length = body + length.to_string().len();
    }
    let mut record = format!("{length} ").into_bytes();
    record.extend(key);
    record.push(b'=');
    record.extend(value);
    record.push(b'\n');
    record
}

pub(crate) fn gz(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

pub(crate) fn xz(data: &[u8]) -> Vec<u8> {
    let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
    out.write_all(data).unwrap();
    out.finish().unwrap()
}

pub(crate) fn zst(data: &[u8]) -> Vec<u8> {
    zstd::encode_all(data, 1).unwrap()
}

pub(crate) fn bz2(data: &[u8]) -> Vec<u8> {
    let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    out.write_all(data).unwrap();
    out.finish().unwrap()
}
