//! The one report of everything that is wrong with deps.toml.

use std::fmt;

use miette::{
    Diagnostic, LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents,
};

use super::{collect::Extra as _, syntax::line_around};
use crate::model::{Code, Mistake, is_hidden};

/// How many mistakes are shown; a screen of a hundred is read by nobody.
const MOST: usize = 50;
/// How much of a mistake's place is marked, in bytes.
const WIDEST_MARK: usize = 120;
/// How much text is shown around a place, in bytes.
const WIDEST_SNIPPET: usize = 2_000;

/// Every mistake of a deps.toml, to be shown by miette.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{name} has {}", count(*.all))]
pub struct ManifestReport {
    name: String,
    all: usize,
    #[source_code]
    text: Text,
    #[related]
    mistakes: Vec<Shown>,
    #[help]
    more: Option<String>,
}

impl ManifestReport {
    /// Returns the mistakes that are shown, by place.
    pub fn mistakes(&self) -> impl Iterator<Item = &Mistake> {
        self.mistakes.iter().map(|shown| &shown.0)
    }
}

/// Puts mistakes and the text that they are in together. `file` is how the file is called.
pub fn report(file: &str, text: &[u8], mut mistakes: Vec<Mistake>) -> ManifestReport {
    mistakes.sort_by_key(|m| (m.span, m.code, m.message.clone()));
    mistakes.dedup();
    let all = mistakes.len();
    mistakes.truncate(MOST);
    let more = (all > MOST).then(|| format!("{} more are not shown", all - MOST));
    // Nothing is read of a larger file, so nothing of it is to be shown.
    let text = text.get(..super::text::LARGEST).unwrap_or(text);
    let text = Text { name: file.to_owned(), text: without_logins(&showable(text)) };
    let mistakes = mistakes.into_iter().map(|m| text.fit(m)).map(Shown).collect();
    ManifestReport { name: file.to_owned(), all, text, mistakes, more }
}

fn count(mistakes: usize) -> String {
    if mistakes == 1 { "1 mistake".to_owned() } else { format!("{mistakes} mistakes") }
}

/// Makes bytes fit for a terminal and keeps every offset: what can't be shown becomes as many `?`.
fn showable(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if is_hidden(c) || c == '\r' {
                // A carriage return that is part of a line's end is white space there.
                let stand_in = if c == '\r' { ' ' } else { '?' };
                shown.extend(std::iter::repeat_n(stand_in, c.len_utf8()));
            } else {
                shown.push(c);
            }
        }
        shown.extend(std::iter::repeat_n('?', chunk.invalid().len()));
    }
    shown
}

/// Stars out users and passwords of addresses and keeps every offset: a mistake's line may have some.
fn without_logins(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '"' | '\'');
        let host = after.split(ends).next().unwrap_or_default();
        let login = host.rfind('@').unwrap_or_default();
        shown.extend([before, "://"]);
        shown.extend(std::iter::repeat_n('*', login));
        rest = &after[login..];
    }
    shown.push_str(rest);
    shown
}

/// A mistake as miette shows it.
#[derive(Debug)]
struct Shown(Mistake);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.0.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.0.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        // A file that is too large is named by its size, not by its first line.
        if self.0.code == Code::TOO_LARGE && self.0.span == (0, 0) {
            return None;
        }
        let label = self.0.label.clone();
        Some(Box::new(std::iter::once(LabeledSpan::new(label, self.0.span.0, self.0.span.1))))
    }
}

/// The text with its name; shows no more than a window of a very long line.
#[derive(Debug)]
struct Text {
    name: String,
    text: String,
}

impl Text {
    /// Puts a mistake's span on whole letters of one line, at least one and not too many.
    fn fit(&self, mistake: Mistake) -> Mistake {
        let start = self.text.floor_char_boundary(mistake.span.0);
        let line = line_around(&self.text, start);
        let end = start.saturating_add(mistake.span.1.min(WIDEST_MARK)).min(line.end);
        let end = self.text.floor_char_boundary(end).max(start);
        let cut = mistake.span.1 > end - start;
        let label = if cut && mistake.label.is_none() { Some("from here on") } else { None };
        let fitted = Mistake { span: (start, end - start), ..mistake };
        match label {
            Some(label) => fitted.label(label),
            None => fitted,
        }
    }
}

impl SourceCode for Text {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let found = self.text.as_bytes().read_span(span, before, after)?;
        let named = |data, span, line, column, lines| {
            let name = self.name.clone();
            Ok(Box::new(MietteSpanContents::new_named(name, data, span, line, column, lines))
                as Box<dyn SpanContents<'a>>)
        };
        if found.data().len() <= WIDEST_SNIPPET {
            let data: &'a [u8] = found.data();
            return named(data, *found.span(), found.line(), found.column(), found.line_count());
        }
        let line = line_around(&self.text, span.offset());
        let end = span.offset().saturating_add(span.len());
        let from = self.text.floor_char_boundary(span.offset().saturating_sub(80)).max(line.start);
        let to = self.text.ceil_char_boundary(end.saturating_add(80)).min(line.end);
        let lines_before = self.text[..from].matches('\n').count();
        let data = &self.text.as_bytes()[from..to.max(from)];
        named(data, (from, data.len()).into(), lines_before, from - line.start, 1)
    }
}
