//! Data on stdout, talk on stderr. The only place that prints.

use std::{
    cell::Cell,
    io::{self, Write as _},
};

/// Where text goes.
#[derive(Debug)]
pub(super) struct Output {
    /// A closed stdout (`plan | head`) ends the printing, not the program.
    closed: Cell<bool>,
    /// Errors only (`-qq`).
    pub(super) errors_only: bool,
}

impl Output {
    pub(super) fn new(errors_only: bool) -> Self {
        Self { closed: Cell::new(false), errors_only }
    }

    /// Prints data.
    ///
    /// # Errors
    /// When stdout can't be written for another reason than that nobody reads it any more.
    pub(super) fn data(&self, text: &str) -> io::Result<()> {
        if self.closed.get() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            other => other,
        }
    }

    /// Says something that is no data.
    pub(super) fn talk(&self, text: &str) {
        if !self.errors_only {
            self.complain(text);
        }
    }

    /// Says what went wrong.
    #[expect(clippy::unused_self, reason = "all that is printed goes through one value")]
    pub(super) fn complain(&self, text: &str) {
        let mut err = io::stderr().lock();
        // With a closed stderr there is nobody left to tell.
        let _closed = writeln!(err, "{}", text.trim_end_matches('\n'));
    }
}
