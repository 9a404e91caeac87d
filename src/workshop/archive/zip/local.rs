//! A member's local header: it must say what the central directory says.

use fs_err::File;

use super::{
    central::{Entry, SIZES_AFTER, method},
    extra::{self, Sizes},
    fields::Fields,
    read_at,
};
use crate::workshop::archive::stop::Stop;

const SIGNATURE: [u8; 4] = *b"PK\x03\x04";
const LENGTH: u64 = 30;
const AFTER: [u8; 4] = *b"PK\x07\x08";
/// How deflate was tuned: writers forget to say it twice.
const TUNING: u16 = 0b110;

/// Checks a member's header, and that nothing but its bytes lies before what comes next. Returns
/// where its bytes begin.
pub(super) fn check(file: &mut File, entry: &Entry, next: u64) -> Result<u64, Stop> {
    let refuse = |why: &str| Err(Stop::member(&entry.raw, why));
    let disagree = |what: &str| {
        let why = format!("has a local header that disagrees about its {what}");
        Err(Stop::member(&entry.raw, why))
    };
    let header = read_at(file, entry.offset, LENGTH)?;
    let mut fields = Fields(&header);
    if !fields.begins(SIGNATURE) {
        return refuse("has no local header where it should be");
    }
    let _needs = fields.u16();
    let (flags, packing) = (fields.u16(), fields.u16());
    let _time = fields.u32();
    let (crc, packed, size) = (fields.u32(), fields.u32(), fields.u32());
    let (Some(name), Some(extra)) = (fields.u16(), fields.u16()) else {
        return refuse("has a local header that is cut off");
    };
    let rest = read_at(file, entry.offset + LENGTH, u64::from(name) + u64::from(extra))?;
    let (name, extra) = rest.split_at(name.into());
    if name != entry.raw {
        return disagree("name");
    }
    if flags.map(|flags| flags & !TUNING) != Some(entry.flags & !TUNING) {
        return disagree("flags");
    }
    if packing.and_then(method) != Some(entry.method) {
        return disagree("method");
    }
    let (Some(crc), Some(packed), Some(size)) = (crc, packed, size) else {
        return refuse("has a local header that is cut off");
    };
    let said = Sizes { size: size.into(), packed: packed.into(), offset: None };
    let sizes = match extra::read(extra, name, said) {
        Ok((sizes, _)) => sizes,
        Err(why) => return refuse(why),
    };
    let after = entry.flags & SIZES_AFTER != 0;
    // Where they come after the bytes each may be left out here.
    let agrees = |here: u64, there: u64| here == there || (after && here == 0);
    if !agrees(sizes.size, entry.size) || !agrees(sizes.packed, entry.packed) {
        return disagree("size");
    }
    if !agrees(crc.into(), entry.crc.into()) {
        return disagree("checksum");
    }
    let data = entry.offset + LENGTH + rest.len() as u64;
    let Some(ends) = data.checked_add(entry.packed).filter(|ends| *ends <= next) else {
        return refuse("overlaps with what comes after it");
    };
    let trailer = read_at(file, ends, (next - ends).min(25))?;
    match after {
        true if !describes(&trailer, entry) => refuse("has sizes after its bytes that disagree"),
        false if !trailer.is_empty() => refuse("is followed by what belongs to no member"),
        _ => Ok(data),
    }
}

/// Tells whether what follows a member's bytes is its sizes, in one of the four forms, and nothing
/// else.
fn describes(trailer: &[u8], entry: &Entry) -> bool {
    let forms = [(true, false), (false, false), (true, true), (false, true)];
    forms.into_iter().any(|(signed, long)| {
        let mut fields = Fields(trailer);
        let length = if long { 20 } else { 12 } + if signed { 4 } else { 0 };
        if trailer.len() != length || (signed && !fields.begins(AFTER)) {
            return false;
        }
        let crc = fields.u32();
        let mut number = || if long { fields.u64() } else { fields.u32().map(u64::from) };
        crc == Some(entry.crc) && number() == Some(entry.packed) && number() == Some(entry.size)
    })
}
