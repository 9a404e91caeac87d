//! Packed indexes, unpacked up to a limit.

use std::io::Read;

use flate2::read::MultiGzDecoder;
use liblzma::{
    read::XzDecoder,
    stream::{CONCATENATED, Stream},
};

use super::release::Packing;

/// The most memory that unpacking may ask for: `xz -9` wants 65 MiB.
const MEMORY: u64 = 256 << 20;

/// Unpacks an index of at most `most` bytes.
pub(super) fn unpack(packing: Packing, body: &[u8], most: u64) -> Result<String, String> {
    match packing {
        Packing::Xz => {
            let stream = Stream::new_stream_decoder(MEMORY, CONCATENATED);
            let stream = stream.map_err(|error| error.to_string())?;
            read(XzDecoder::new_stream(body, stream), most)
        }
        Packing::Gzip => read(MultiGzDecoder::new(body), most),
        Packing::None => read(body, most),
    }
}

fn read(from: impl Read, most: u64) -> Result<String, String> {
    let mut bytes = Vec::new();
    from.take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| format!("it can't be unpacked: {error}"))?;
    if bytes.len() as u64 > most {
        return Err(format!("it unpacks to more than {most} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "it is no UTF-8".to_owned())
}
