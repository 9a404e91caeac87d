//! What can go wrong with deps.lock.

use std::{fmt, ops::Range};

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

use crate::model::Code;

/// deps.lock can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct LockError {
    message: String,
    code: Code,
    help: String,
    place: Option<Box<Place>>,
}

/// A place in the text that was read.
#[derive(Debug)]
struct Place {
    source: NamedSource<String>,
    at: Range<usize>,
    label: &'static str,
}

impl LockError {
    /// The text is no lock.
    pub(super) fn syntax(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: Code::LOCK_SYNTAX,
            help: "take deps.lock from git again, or remove it: `depstate plan` then adopts what \
                   is published"
                .to_owned(),
            place: None,
        }
    }

    /// It has the marks of an unfinished merge in it.
    pub(super) fn conflict() -> Self {
        Self {
            message: "deps.lock has a merge conflict in it".to_owned(),
            code: Code::LOCK_CONFLICT,
            help: "take either side (`git checkout --ours deps.lock`), then run `depstate lock`"
                .to_owned(),
            place: None,
        }
    }

    /// A newer depstate wrote it.
    pub(super) fn newer(version: i64) -> Self {
        Self {
            message: format!(
                "deps.lock has format {version}, and this depstate knows {}",
                super::VERSION
            ),
            code: Code::LOCK_NEWER,
            help: "it was written by a newer depstate: use that one".to_owned(),
            place: None,
        }
    }

    pub(super) fn at(self, text: &str, at: Range<usize>, label: &'static str) -> Self {
        let source = NamedSource::new("deps.lock", text.to_owned());
        Self { place: Some(Box::new(Place { source, at, label })), ..self }
    }

    /// Returns `lock-syntax`, `lock-conflict` or `lock-newer`.
    pub fn code(&self) -> Code {
        self.code
    }
}

impl Diagnostic for LockError {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.code))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let place = self.place.as_ref()?;
        let span = LabeledSpan::new(
            Some(place.label.to_owned()),
            place.at.start,
            place.at.end.saturating_sub(place.at.start),
        );
        Some(Box::new(std::iter::once(span)))
    }
}
