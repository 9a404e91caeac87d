//! What kind of archive a file is, by its bytes.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use bzip2::read::MultiBzDecoder;
use flate2::read::MultiGzDecoder;
use fs_err::File;
use liblzma::{
    read::XzDecoder,
    stream::{CONCATENATED, Stream},
};

use super::{ArchiveLimits, meter::Metered, stop::Stop};

/// Memory that reading an xz file may take: enough for a dictionary of 192 MiB, three times that of
/// `xz -9`.
const XZ_MEMORY: u64 = 200 << 20;
/// 128 MiB, as a power of two.
const ZSTD_WINDOW: u32 = 27;

/// A kind of archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tar(Packing),
    Zip,
}

/// How a tar archive is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Gzip,
    Xz,
    Zstd,
    Bzip2,
}

impl Kind {
    /// Looks at a file's first bytes. None: nothing that could be an archive.
    pub(super) fn of(file: &mut File) -> io::Result<Option<Self>> {
        let mut first = Vec::new();
        file.seek(SeekFrom::Start(0))?;
        file.by_ref().take(512).read_to_end(&mut first)?;
        let at_front = |magic: &[u8]| first.starts_with(magic);
        Ok(if at_front(b"PK\x03\x04") || at_front(b"PK\x05\x06") || at_front(b"PK\x07\x08") {
            Some(Self::Zip)
        } else if at_front(&[0x1f, 0x8b]) {
            Some(Self::Tar(Packing::Gzip))
        } else if at_front(b"\xfd7zXZ\0") {
            Some(Self::Tar(Packing::Xz))
        } else if at_front(&[0x28, 0xb5, 0x2f, 0xfd])
            || (first.first().is_some_and(|b| b & 0xf0 == 0x50)
                && first.get(1..4) == Some(&[0x2a, 0x4d, 0x18]))
        {
            Some(Self::Tar(Packing::Zstd))
        } else if at_front(b"BZh") && first.get(4..10) == Some(b"\x31\x41\x59\x26\x53\x59") {
            Some(Self::Tar(Packing::Bzip2))
        } else if super::tar::begins(&first) {
            Some(Self::Tar(Packing::Plain))
        } else {
            None
        })
    }
}

impl Packing {
    /// Returns what is inside, metered.
    pub(super) fn unpacked<'a>(
        self,
        file: &'a mut File,
        length: u64,
        limits: &ArchiveLimits,
    ) -> Result<Metered<Box<dyn Read + 'a>>, Stop> {
        let packed = BufReader::with_capacity(1 << 16, file);
        let inside: Box<dyn Read + 'a> = match self {
            Self::Plain => Box::new(packed),
            Self::Gzip => Box::new(MultiGzDecoder::new(packed)),
            Self::Bzip2 => Box::new(MultiBzDecoder::new(packed)),
            Self::Xz => {
                let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)
                    .map_err(|error| Stop::because(format!("xz can't be read: {error}")))?;
                Box::new(XzDecoder::new_stream(packed, stream))
            }
            Self::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
                decoder.window_log_max(ZSTD_WINDOW)?;
                Box::new(decoder)
            }
        };
        Ok(Metered::new(inside, length, limits))
    }
}
