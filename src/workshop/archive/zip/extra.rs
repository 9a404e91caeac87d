//! Extra fields of a member of a zip archive.

use flate2::Crc;

use super::fields::Fields;

/// What extra fields may say over again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sizes {
    pub(super) size: u64,
    pub(super) packed: u64,
    /// Only in the central directory.
    pub(super) offset: Option<u64>,
}

const FULL: u64 = u32::MAX as u64;

/// Reads extra fields: returns the sizes that hold, and whether the name is said to be UTF-8. The
/// error goes on after the member's name.
pub(super) fn read(extra: &[u8], name: &[u8], said: Sizes) -> Result<(Sizes, bool), &'static str> {
    let mut fields = Fields(extra);
    let (mut long, mut unicode) = (None, false);
    while !fields.0.is_empty() {
        // Padding of up to three bytes, by programs that align what comes after.
        if fields.0.len() < 4 && fields.0.iter().all(|b| *b == 0) {
            break;
        }
        let header = fields.u16().zip(fields.u16());
        let Some((id, body)) =
            header.and_then(|(id, length)| Some((id, fields.take(length.into())?)))
        else {
            return Err("has malformed extra fields");
        };
        match id {
            0x0001 if long.is_some() => return Err("has two zip64 fields"),
            0x0001 => long = Some(body),
            0x7075 if unicode => return Err("has two Unicode names"),
            0x7075 => {
                same_name(body, name)?;
                unicode = true;
            }
            0x9901 | 0x0017 => return Err("is encrypted"),
            // Other readers find a mode and a link's target in there.
            0x756e => return Err("has a second mode, in an extra field"),
            _ => {}
        }
    }
    Ok((sizes(long, said)?, unicode))
}

/// The Unicode name must be the name.
fn same_name(body: &[u8], name: &[u8]) -> Result<(), &'static str> {
    let mut fields = Fields(body);
    let mut crc = Crc::new();
    crc.update(name);
    let version = fields.take(1);
    if version != Some(&[1]) || fields.u32() != Some(crc.sum()) || fields.0 != name {
        return Err("has a second name, in a Unicode field");
    }
    Ok(())
}

/// Long sizes stand for those that are full, in this order; what else is there must say the same.
fn sizes(long: Option<&[u8]>, said: Sizes) -> Result<Sizes, &'static str> {
    const LIES: &str = "has a zip64 field that disagrees with its header";
    let full = said.size == FULL || said.packed == FULL || said.offset == Some(FULL);
    let Some(body) = long else {
        return if full { Err("has no zip64 field and needs one") } else { Ok(said) };
    };
    let mut fields = Fields(body);
    let mut holds = said;
    let mut places = vec![&mut holds.size, &mut holds.packed];
    places.extend(holds.offset.as_mut());
    // Some write all of them, some only those that are needed.
    let all = body.len() >= 8 * places.len() || (said.offset.is_some() && body.len() == 16);
    for place in places {
        let needed = *place == FULL;
        if !needed && (!all || fields.0.len() < 8) {
            continue;
        }
        let value = fields.u64().ok_or(LIES)?;
        if !needed && value != *place {
            return Err(LIES);
        }
        *place = value;
    }
    // The number of the disk.
    if !(fields.0.is_empty() || fields.0 == [0; 4]) {
        return Err(LIES);
    }
    Ok(holds)
}
