//! Tar, in the one way that leaves no choice: ustar, and PAX records only for what ustar can't say.

use std::{
    io::{self, Read as _, Write},
    path::Path,
};

use tar::{Builder, EntryType, Header};

use super::super::members::{Entry, Kind};

/// What ustar can hold of a path: a name, and a front of it.
const NAME: usize = 100;
const FRONT: usize = 155;

/// Writes all members, and the end, and gives the writer back.
pub(super) fn write<W: Write>(
    members: &[Entry],
    folder: &Path,
    epoch: i64,
    to: W,
) -> io::Result<W> {
    let mut tar = Builder::new(to);
    for Entry { path, kind } in members {
        let mut header = Header::new_ustar();
        // Before 1970 there is no time in ustar.
        header.set_mtime(u64::try_from(epoch).unwrap_or(0));
        header.set_uid(0);
        header.set_gid(0);
        header.set_size(0);
        let mut name = path.clone();
        match kind {
            Kind::File { size, executable } => {
                header.set_entry_type(EntryType::Regular);
                header.set_mode(if *executable { 0o755 } else { 0o644 });
                header.set_size(*size);
            }
            Kind::Folder => {
                header.set_entry_type(EntryType::Directory);
                header.set_mode(0o755);
                name.push('/');
            }
            Kind::Link(_) => {
                header.set_entry_type(EntryType::Symlink);
                header.set_mode(0o777);
            }
        }
        let mut pax = Vec::new();
        if !put_path(&mut header, &name) {
            pax.push(("path", name.as_bytes()));
        }
        if let Kind::Link(target) = kind
            && !put_target(&mut header, target)
        {
            pax.push(("linkpath", target.as_bytes()));
        }
        tar.append_pax_extensions(pax)?;
        header.set_cksum();
        if let Kind::File { size, .. } = kind {
            let mut file = fs_err::File::open(folder.join(path))?.take(*size);
            tar.append(&header, &mut file)?;
            if file.limit() > 0 {
                return Err(io::Error::other(format!("`{path}` shrank while it was packed")));
            }
        } else {
            tar.append(&header, io::empty())?;
        }
    }
    tar.into_inner()
}

/// Puts a path where ustar has place for it. False: only a front of it is there, and it takes a PAX
/// record.
fn put_path(header: &mut Header, path: &str) -> bool {
    let Some(ustar) = header.as_ustar_mut() else { return false };
    if path.len() <= NAME {
        ustar.name[..path.len()].copy_from_slice(path.as_bytes());
        return path.is_ascii();
    }
    let split = path.bytes().enumerate().find(|(at, byte)| {
        let rest = path.len() - at - 1;
        *byte == b'/' && (1..=FRONT).contains(at) && (1..=NAME).contains(&rest)
    });
    if let (Some((at, _)), true) = (split, path.is_ascii()) {
        ustar.prefix[..at].copy_from_slice(&path.as_bytes()[..at]);
        ustar.name[..path.len() - at - 1].copy_from_slice(&path.as_bytes()[at + 1..]);
        return true;
    }
    let front = &path[..path.floor_char_boundary(NAME)];
    ustar.name[..front.len()].copy_from_slice(front.as_bytes());
    false
}

/// Puts a link's target where ustar has place for it.
fn put_target(header: &mut Header, target: &str) -> bool {
    let Some(ustar) = header.as_ustar_mut() else { return false };
    let front = &target[..target.floor_char_boundary(NAME)];
    ustar.linkname[..front.len()].copy_from_slice(front.as_bytes());
    front.len() == target.len() && target.is_ascii()
}
