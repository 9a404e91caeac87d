//! Every state in which a crash may leave a file that is being replaced.
//!
//! The calls of `disk::write_with` are recorded, not made. A crash after the first k of them may
//! leave: of bytes that were not forced to the disk, any 512-byte block or zeros in its place, at
//! any length; of a name that was not forced to the disk, the old one or the new one.

use std::{cell::RefCell, fs::Permissions, io, path::Path};

use depstate::disk::{Files, write_with};

use super::{folder, torn::torn, written};

#[derive(Debug, Clone, PartialEq, Eq)]
enum Call {
    Create,
    Write(Vec<u8>),
    Mode,
    Sync,
    Rename,
    SyncFolder,
}

/// Records, and does nothing.
#[derive(Default)]
struct Recorder {
    calls: RefCell<Vec<Call>>,
}

impl Recorder {
    fn note(&self, call: Call) {
        self.calls.borrow_mut().push(call);
    }
}

impl Files for Recorder {
    type Temporary = ();
    fn create(&self, _: &Path) -> io::Result<()> {
        self.note(Call::Create);
        Ok(())
    }
    fn write(&self, (): &mut (), bytes: &[u8]) -> io::Result<()> {
        self.note(Call::Write(bytes.to_vec()));
        Ok(())
    }
    fn set_mode(&self, (): &(), _: Permissions) -> io::Result<()> {
        self.note(Call::Mode);
        Ok(())
    }
    fn sync(&self, (): &()) -> io::Result<()> {
        self.note(Call::Sync);
        Ok(())
    }
    fn rename(&self, (): (), _: &Path) -> io::Result<()> {
        self.note(Call::Rename);
        Ok(())
    }
    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        self.note(Call::SyncFolder);
        Ok(())
    }
}

/// What a reader may find at the name after a crash; none: no file.
fn states(calls: &[Call], old: Option<&[u8]>) -> Vec<Option<Vec<u8>>> {
    let (mut safe, mut all) = (0, Vec::new());
    let (mut renamed, mut name_is_safe) = (false, false);
    for call in calls {
        match call {
            Call::Create | Call::Mode => {}
            Call::Write(bytes) => all.extend_from_slice(bytes),
            Call::Sync => safe = all.len(),
            Call::Rename => (renamed, name_is_safe) = (true, false),
            Call::SyncFolder => name_is_safe = renamed,
        }
    }
    let mut found = Vec::new();
    if !name_is_safe {
        found.push(old.map(<[u8]>::to_vec));
    }
    if renamed {
        found.extend(torn(&all, safe).into_iter().map(Some));
    }
    found
}

/// Looks at every state after each call. Returns how many there are.
fn judge(calls: &[Call], old: Option<&[u8]>, new: &[u8]) -> Result<u64, String> {
    let mut count = 0;
    for made in 0..=calls.len() {
        for state in states(&calls[..made], old) {
            count += 1;
            let is_new = state.as_deref() == Some(new);
            let is_old = state.as_deref() == old;
            if !is_new && !is_old {
                let size = state.map_or(0, |state| state.len());
                return Err(format!("after {made} calls a mixture of {size} bytes"));
            }
            if made == calls.len() && !is_new {
                return Err("it was said to be written, and is not".to_owned());
            }
        }
    }
    Ok(count)
}

fn recorded(old: Option<&[u8]>, new: &[u8]) -> Vec<Call> {
    let folder = folder();
    let path = folder.path().join("file");
    if let Some(old) = old {
        std::fs::write(&path, old).unwrap();
    }
    let recorder = Recorder::default();
    write_with(&recorder, &path, new).unwrap();
    recorder.calls.into_inner()
}

pub(super) fn every_state_is_old_or_new() -> u64 {
    let mut count = 0;
    for (name, old, new) in written() {
        for old in [None, Some(old.as_slice())] {
            let calls = recorded(old, &new);
            count += judge(&calls, old, &new).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
    count
}

#[test]
fn a_step_that_is_left_out_is_noticed() {
    let (old, new) = (vec![1; 1500], vec![2; 1400]);
    let right = recorded(Some(&old), &new);
    judge(&right, Some(&old), &new).unwrap();
    let without = |call: &Call| -> Vec<Call> {
        right.iter().filter(|other| *other != call).cloned().collect()
    };
    for call in [Call::Sync, Call::SyncFolder, Call::Rename] {
        judge(&without(&call), Some(&old), &new).unwrap_err();
    }
    // The name first, and then what it names.
    let mut early = without(&Call::Rename);
    early.insert(1, Call::Rename);
    judge(&early, Some(&old), &new).unwrap_err();
    // Forced to the disk, and then written to.
    let mut late = without(&Call::Sync);
    late.insert(1, Call::Sync);
    judge(&late, Some(&old), &new).unwrap_err();
}
