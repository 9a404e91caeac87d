//! What a build or test says: into a file, through a digest, and on as it comes.

use std::{io::Write as _, path::Path, sync::Arc};

use crate::{
    model::{Address, Event, ObjectKey, Sha256, Sink, Work},
    ops::Project,
    verify::Hasher,
    workshop::Log,
};

/// A line that is longer is told in pieces.
const LONGEST: usize = 4096;
/// File systems take names of 255 bytes.
const NAME: usize = 200;

/// The log of the last run of one artifact's build or test.
pub(crate) struct StepLog {
    file: Option<fs_err::File>,
    /// How the file is called in messages; none: there is none.
    shown: Option<String>,
    hasher: Hasher,
    line: Vec<u8>,
    address: Address,
    sink: Arc<dyn Sink>,
}

impl StepLog {
    /// Begins a log in the place of that of the last run. Where no file can be made, there is none.
    pub(crate) fn new(
        project: &Project,
        address: &Address,
        work: Work,
        sink: &Arc<dyn Sink>,
    ) -> Self {
        let name = file_name(address, work);
        let folder = project.workspace.folder().join("logs");
        let file = fs_err::create_dir_all(&folder).and_then(|()| fresh(&folder.join(&name))).ok();
        Self {
            shown: file.is_some().then(|| format!(".depstate/logs/{name}")),
            file,
            hasher: Hasher::new(None),
            line: Vec::new(),
            address: address.clone(),
            sink: sink.clone(),
        }
    }

    /// Returns the file's name, relative to deps.toml.
    pub(crate) fn shown(&self) -> Option<&str> {
        self.shown.as_deref()
    }

    /// Ends the log and returns the SHA-256 of what was said.
    pub(crate) fn end(mut self) -> Sha256 {
        if !self.line.is_empty() {
            self.tell();
        }
        self.hasher.finish().sha256
    }

    fn tell(&mut self) {
        let line = String::from_utf8_lossy(&self.line);
        let line = line.trim_end_matches('\r').to_owned();
        self.line.clear();
        self.sink.emit(&Event::Said { address: self.address.clone(), line });
    }
}

/// Nothing is written through what an earlier run may have left there.
fn fresh(path: &Path) -> std::io::Result<fs_err::File> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => fs_err::File::create_new(path),
    }
}

impl Log for StepLog {
    fn write(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        if let Some(file) = &mut self.file
            && file.write_all(bytes).is_err()
        {
            // A full disk ends the log, not the build: what is missing must not look like a log.
            self.file = None;
            self.shown = None;
        }
        for byte in bytes {
            if *byte == b'\n' || self.line.len() >= LONGEST {
                self.tell();
            }
            if *byte != b'\n' {
                self.line.push(*byte);
            }
        }
    }
}

fn file_name(address: &Address, work: Work) -> String {
    let work = match work {
        Work::Build => "build",
        Work::Test => "test",
    };
    let Address { dependency, version, target } = address;
    let name = ObjectKey::segment(&format!("{dependency}-{version}-{target}"));
    if name.len() <= NAME {
        return format!("{name}.{work}.log");
    }
    // Escaped names are ASCII.
    let digest = Sha256::of(address.to_string().as_bytes()).to_string();
    format!("{}-{}.{work}.log", &name[..NAME], &digest[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_a_name_of_its_own() {
        let name = |text: &str| file_name(&text.parse().unwrap(), Work::Build);
        assert_eq!(name("ruby@3.3.6/jammy-amd64"), "ruby-3.3.6-jammy-amd64.build.log");
        assert!(!name("a@1+b:c/x").contains(['+', ':', '/']));
        let long = format!("1{}", "+".repeat(63));
        let id = "a".repeat(60);
        let (one, other) = (name(&format!("{id}@{long}/x")), name(&format!("{id}@{long}/y")));
        assert!(one.len() < 240 && one != other, "{one}");
    }
}
