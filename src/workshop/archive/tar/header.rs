//! One header of a tar archive, read strictly.

use tar::Header;

use crate::workshop::archive::stop::Stop;

/// Bytes of a name that a header has room for.
pub(super) const NAME: usize = 100;
const SETUID: u32 = 0o4000;
const SETGID: u32 = 0o2000;
const KIND_OF_FILE: u32 = 0o170_000;

/// What a header says.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) name: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) size: u64,
    pub(super) mode: u32,
    pub(super) kind: u8,
}

/// Tells whether a block is a tar header, well-formed or not.
pub(super) fn plausible(block: &[u8; 512]) -> bool {
    let old = Header::from_byte_slice(block).as_old();
    let new = block[257..262] == *b"ustar";
    let sums = octal(&old.cksum).is_some_and(|sum| sum == sum_of(block));
    new || (sums && block[0] != 0)
}

/// Reads a header.
pub(super) fn read(block: &[u8; 512]) -> Result<Fields, Stop> {
    let header = Header::from_byte_slice(block);
    let old = header.as_old();
    let name = text(&old.name, &old.name, "name")?;
    let refuse = |why: &str| Err(Stop::member(&name, why));
    if octal(&old.cksum) != Some(sum_of(block)) {
        return refuse("has a header with a wrong checksum");
    }
    let mut fields = Fields {
        link: text(&name, &old.linkname, "link target")?,
        size: 0,
        mode: 0,
        kind: block[156],
        name: name.clone(),
    };
    if let Some(ustar) = header.as_ustar() {
        if block[500..].iter().any(|b| *b != 0) {
            return refuse("has a header of an unknown format: something stands after its prefix");
        }
        let prefix = text(&name, without_times(&ustar.prefix), "prefix")?;
        if !prefix.is_empty() {
            fields.name = [prefix.as_slice(), &name].join(&b'/');
        }
    } else if header.as_gnu().is_some() {
        // Readers that don't know this format take these for the front of the name.
        if fields.kind != b'S' && block[345..].iter().any(|b| *b != 0) {
            return refuse("has times, or pieces of a file, where others have a prefix");
        }
    } else if block[257..].iter().any(|b| *b != 0) {
        return refuse("has a header of an unknown format");
    }
    fields.size = number(&fields, &old.size, "size")?;
    fields.mode = u32::try_from(number(&fields, &old.mode, "mode")?).unwrap_or(u32::MAX);
    Ok(fields)
}

impl Fields {
    /// The member that this header is of is refused.
    pub(super) fn refused(&self, why: &str) -> Stop {
        Stop::member(&self.name, why)
    }

    /// Refuses modes that give rights away, and those that say another kind.
    pub(super) fn check_mode(&self, name: &[u8], folder: bool) -> Result<(), Stop> {
        if self.mode & SETUID != 0 || (self.mode & SETGID != 0 && !folder) {
            return Err(Stop::member(name, "has a setuid or setgid bit"));
        }
        let said = match self.mode & KIND_OF_FILE {
            0 => return Ok(()),
            0o100_000 => self.kind == 0 || self.kind == b'0' || self.kind == b'1',
            0o040_000 => folder,
            0o120_000 => self.kind == b'2',
            _ => false,
        };
        if said && self.mode <= 0o177_777 {
            return Ok(());
        }
        Err(Stop::member(name, "has a mode that says it is something else"))
    }
}

/// A prefix without the two times that some programs write at the end of its field, behind a NUL:
/// nobody takes them for a part of it.
fn without_times(prefix: &[u8; 155]) -> &[u8] {
    let (front, times) = prefix.split_at(131);
    let octal = times.iter().all(|b| matches!(b, b'0'..=b'7' | b' ' | 0));
    if front[130] == 0 && octal { front } else { prefix }
}

/// A field of text: up to its first NUL, after which nothing may come.
fn text(member: &[u8], field: &[u8], what: &str) -> Result<Vec<u8>, Stop> {
    let end = field.iter().position(|b| *b == 0).unwrap_or(field.len());
    if field[end..].iter().any(|b| *b != 0) {
        let member = member.split(|b| *b == 0).next().unwrap_or_default();
        return Err(Stop::member(member, format_args!("has a {what} with a NUL in it")));
    }
    Ok(field[..end].to_vec())
}

fn number(fields: &Fields, field: &[u8], what: &str) -> Result<u64, Stop> {
    if let Some(number) = octal(field) {
        return Ok(number);
    }
    let why = match field.first() {
        Some(0xff) => format!("has a negative {what}"),
        Some(first) if *first >= 0x80 => format!("has a binary {what}, which not all can read"),
        _ => format!("has a {what} that is no octal number"),
    };
    Err(fields.refused(&why))
}

/// Octal digits, maybe after spaces, and then nothing but spaces and NULs.
fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|b| *b != b' ').unwrap_or(field.len());
    let digits = field[start..].iter().take_while(|b| (b'0'..=b'7').contains(b)).count();
    let (digits, rest) = field[start..].split_at(digits);
    if rest.iter().any(|b| *b != b' ' && *b != 0) {
        return None;
    }
    digits
        .iter()
        .try_fold(0_u64, |sum, digit| sum.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

/// The sum of a header's bytes, that of its own field taken as spaces.
fn sum_of(block: &[u8; 512]) -> u64 {
    let bytes = block[..148].iter().chain(&[b' '; 8]).chain(&block[156..]);
    bytes.map(|b| u64::from(*b)).sum()
}
