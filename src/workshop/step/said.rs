//! What a step says: handed on as it comes, with its first part of stdout and its last lines kept.

use std::collections::VecDeque;

use super::super::run::Log;
use crate::model::is_hidden;

/// So much of stdout is kept, in bytes.
const KEPT: usize = 1 << 20;
/// So many lines are kept for a message.
const LINES: usize = 20;
/// So many of them are of either stream, if it said so many: which of two pipes is read first is
/// chance, and no chatter may push out what went wrong.
const OF_EACH: usize = LINES / 2;
/// So much of a line, in bytes.
const LINE: usize = 1024;

/// Takes what a step says.
pub(super) struct Said<'a> {
    log: &'a mut dyn Log,
    /// What may still be handed on, in bytes.
    left: u64,
    most: u64,
    dropped: bool,
    stdout: Vec<u8>,
    /// The last lines of both, in the order of their arrival: of which stream, and the line.
    lines: VecDeque<(usize, String)>,
    /// The line that has no end yet, of stdout and of stderr.
    begun: [Vec<u8>; 2],
}

impl<'a> Said<'a> {
    pub(super) fn new(log: &'a mut dyn Log, most: u64) -> Self {
        Self {
            log,
            left: most,
            most,
            dropped: false,
            stdout: Vec::new(),
            lines: VecDeque::new(),
            begun: [Vec::new(), Vec::new()],
        }
    }

    pub(super) fn stdout(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.stdout.len()).min(bytes.len());
        self.stdout.extend_from_slice(bytes.get(..room).unwrap_or_default());
        self.take(0, bytes);
    }

    pub(super) fn stderr(&mut self, bytes: &[u8]) {
        self.take(1, bytes);
    }

    /// Says something of depstate's own, whatever was said before.
    pub(super) fn remark(&mut self, text: &str) {
        let line = format!("[depstate: {text}]");
        self.log.write(format!("{line}\n").as_bytes());
        self.keep(0, line);
    }

    /// Returns what is kept of stdout, and the last lines.
    pub(super) fn done(mut self) -> (Vec<u8>, Vec<String>) {
        for which in 0..2 {
            self.end_line(which);
        }
        (self.stdout, self.lines.into_iter().map(|(_, line)| line).collect())
    }

    fn take(&mut self, which: usize, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (text, ends) = match piece.strip_suffix(b"\n") {
                Some(text) => (text, true),
                None => (piece, false),
            };
            if let Some(line) = self.begun.get_mut(which) {
                let room = LINE.saturating_sub(line.len()).min(text.len());
                line.extend_from_slice(text.get(..room).unwrap_or_default());
            }
            if ends {
                self.end_line(which);
            }
        }
        let may = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        if may > 0 {
            self.log.write(bytes.get(..may).unwrap_or_default());
            self.left -= may as u64;
        }
        if may < bytes.len() && !self.dropped {
            self.dropped = true;
            self.log.write(
                format!(
                    "\n[depstate: it said more than {} bytes: the rest is dropped]\n",
                    self.most
                )
                .as_bytes(),
            );
        }
    }

    fn end_line(&mut self, which: usize) {
        let line = self.begun.get_mut(which).map(std::mem::take).unwrap_or_default();
        if !line.is_empty() {
            self.keep(which, visible(&line));
        }
    }

    fn keep(&mut self, which: usize, line: String) {
        self.lines.push_back((which, line));
        if self.lines.len() > LINES {
            // One of both has more than its half: the oldest line of such a stream goes.
            let of = |stream| self.lines.iter().filter(|(which, _)| *which == stream).count();
            let many = [of(0) > OF_EACH, of(1) > OF_EACH];
            let oldest = self.lines.iter().position(|(which, _)| many.get(*which) == Some(&true));
            self.lines.remove(oldest.unwrap_or(0));
        }
    }
}

/// Returns a line as it may be shown: without what a terminal would obey, or a reader not see.
pub(super) fn visible(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let mut shown = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut letters),
            '\r' => {}
            letter if is_hidden(letter) => {}
            letter => shown.push(letter),
        }
    }
    shown
}

/// Skips the rest of a terminal's escape sequence: of a colour, or a title up to its end.
fn skip_escape(letters: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    match letters.peek() {
        Some('[') => {
            letters.next();
            while letters.next().is_some_and(|letter| !('@'..='~').contains(&letter)) {}
        }
        Some(']' | 'P' | '_' | '^' | 'X') => {
            while let Some(letter) = letters.next() {
                match letter {
                    '\u{7}' => break,
                    '\u{1b}' => {
                        letters.next_if_eq(&'\\');
                        break;
                    }
                    _ => {}
                }
            }
        }
        Some(_) | None => {}
    }
}
