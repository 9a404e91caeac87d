//! What a step of a test says, kept to be looked at.

use crate::workshop::run::Log;

/// Bytes that are kept.
const KEPT: usize = 1 << 20;

/// Hands on what is said, and keeps its first MiB, of stdout and stderr alike.
pub(super) struct Heard<'a> {
    log: &'a mut dyn Log,
    said: Vec<u8>,
}

impl<'a> Heard<'a> {
    pub(super) fn new(log: &'a mut dyn Log) -> Self {
        Self { log, said: Vec::new() }
    }

    /// Forgets what was said: another step begins.
    pub(super) fn forget(&mut self) {
        self.said.clear();
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.said).into_owned()
    }

    /// The rest of the last line with such a beginning.
    pub(super) fn marked(&self, mark: &str) -> Option<String> {
        self.text()
            .lines()
            .filter_map(|line| line.strip_prefix(mark))
            .next_back()
            .map(str::to_owned)
    }
}

impl Log for Heard<'_> {
    fn write(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.said.len()).min(bytes.len());
        self.said.extend_from_slice(&bytes[..room]);
        self.log.write(bytes);
    }
}
