//! Lines of a stream, each no longer than a limit, whatever is sent.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// Reads lines. What is read of a line stays if a wait for the rest of it is given up.
pub(super) struct Lines<R> {
    from: BufReader<R>,
    line: Vec<u8>,
    limit: usize,
    /// The rest of a line that was cut is passed over.
    passing: bool,
}

/// A line, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A line without its line feed.
    Whole(Vec<u8>),
    /// The beginning of a line that is longer than the limit. The next is the line after it.
    Cut(Vec<u8>),
    /// The end.
    End,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(from: R, limit: usize) -> Self {
        Self {
            from: BufReader::with_capacity(64 << 10, from),
            line: Vec::new(),
            limit,
            passing: false,
        }
    }

    /// Returns the next line. What is behind the last line feed is a line too, if there is anything.
    pub(super) async fn next(&mut self) -> io::Result<Line> {
        loop {
            let here = self.from.fill_buf().await?;
            if here.is_empty() {
                let last = std::mem::take(&mut self.line);
                return Ok(if last.is_empty() || self.passing {
                    Line::End
                } else {
                    Line::Whole(last)
                });
            }
            let feed = here.iter().position(|b| *b == b'\n');
            let part = &here[..feed.unwrap_or(here.len())];
            let taken = part.len() + usize::from(feed.is_some());
            if self.passing {
                self.passing = feed.is_none();
                self.from.consume(taken);
                continue;
            }
            let room = self.limit - self.line.len();
            let fits = part.len() <= room;
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            self.from.consume(taken);
            if !fits {
                self.passing = feed.is_none();
                return Ok(Line::Cut(std::mem::take(&mut self.line)));
            }
            if feed.is_some() {
                return Ok(Line::Whole(std::mem::take(&mut self.line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn all(text: &[u8], limit: usize) -> Vec<Line> {
        let mut lines = Lines::new(text, limit);
        let mut all = Vec::new();
        loop {
            match lines.next().await.unwrap() {
                Line::End => return all,
                line @ (Line::Whole(_) | Line::Cut(_)) => all.push(line),
            }
        }
    }

    #[tokio::test]
    async fn lines_have_a_limit() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        assert_eq!(all(b"a\n\nbc", 3).await, [whole("a"), whole(""), whole("bc")]);
        assert_eq!(all(b"abc\nd\n", 3).await, [whole("abc"), whole("d")]);
        assert_eq!(all(b"abcd\ne\n", 3).await, [Line::Cut(b"abc".to_vec()), whole("e")]);
        assert_eq!(all(b"abcdefg", 3).await, [Line::Cut(b"abc".to_vec())]);
        assert_eq!(all(b"", 3).await, []);
    }
}
