//! Collects mistakes while deps.toml is read.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

use super::{Known, place};
use crate::{
    model::{BadPattern, Code, Constraint, Located, Mistake, Pattern, Scheme, TargetName},
    template::{self, Scope},
};

/// What merging and globs may grow to: a short file must not ask for a gigabyte of memory.
const ROOM: usize = 64 << 20;

/// Makes a mistake without label and help.
pub(super) fn mistake(code: Code, span: Range<usize>, message: impl Into<String>) -> Mistake {
    Mistake {
        code,
        message: message.into(),
        span: (span.start, span.end.saturating_sub(span.start)),
        label: None,
        help: None,
    }
}

/// Adds what a mistake may have.
pub(super) trait Extra {
    /// Sets the word at the marked place.
    fn label(self, label: impl Into<String>) -> Self;
    /// Sets what to write instead.
    fn help(self, help: impl Into<String>) -> Self;
    /// Sets what to write instead, if there is something.
    fn help_if(self, help: Option<String>) -> Self;
}

impl Extra for Mistake {
    fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn help_if(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// What every reader of a part shares.
#[derive(Debug)]
pub(super) struct Collector<'a> {
    /// The text of deps.toml.
    pub(super) text: &'a str,
    /// The drivers that there are.
    pub(super) known: &'a Known<'a>,
    /// The targets that a name or glob stands for, each text once.
    pub(super) globs: BTreeMap<String, Vec<TargetName>>,
    /// The ids of all dependencies.
    pub(super) ids: BTreeSet<String>,
    /// How many mistakes were told, the same one again each time.
    pub(super) told: usize,
    // The same value is read once for every dependency that `[defaults]` gives it to.
    mistakes: BTreeMap<(usize, usize, Code, String), Mistake>,
    patterns: BTreeMap<String, Result<Pattern, BadPattern>>,
    room: usize,
}

impl<'a> Collector<'a> {
    /// Begins with nothing.
    pub(super) fn new(text: &'a str, known: &'a Known<'a>) -> Self {
        Self {
            text,
            known,
            globs: BTreeMap::new(),
            ids: BTreeSet::new(),
            told: 0,
            mistakes: BTreeMap::new(),
            patterns: BTreeMap::new(),
            room: ROOM,
        }
    }

    /// Takes a mistake; the same one twice is one.
    pub(super) fn add(&mut self, mistake: Mistake) {
        self.told = self.told.saturating_add(1);
        let key = (mistake.span.0, mistake.span.1, mistake.code, mistake.message.clone());
        self.mistakes.entry(key).or_insert(mistake);
    }

    /// Tells whether there is no mistake yet.
    pub(super) fn is_clean(&self) -> bool {
        self.mistakes.is_empty()
    }

    /// Returns the mistakes, by place.
    pub(super) fn into_mistakes(self) -> Vec<Mistake> {
        self.mistakes.into_values().collect()
    }

    /// Takes from the room that expansion may fill; false when it is used up, which is then a
    /// mistake at `span`.
    pub(super) fn take_room(&mut self, amount: usize, span: &Range<usize>) -> bool {
        if self.room == 0 {
            return false;
        }
        self.room = self.room.saturating_sub(amount);
        if self.room == 0 {
            self.add(
                mistake(Code::TOO_LARGE, span.clone(), "deps.toml grows too large from here on")
                    .label("here 64 MiB are passed")
                    .help("give `[defaults]`, `extends` and globs of targets less to repeat"),
            );
        }
        self.room > 0
    }

    /// Checks a template and points into it.
    pub(super) fn template(&mut self, text: &Located<String>, scope: Scope) {
        let Err(error) = template::check(&text.value, scope) else { return };
        let whole = text.span.0..text.span.0 + text.span.1;
        let at = error.at.and_then(|at| place::inside(self.text, whole.clone(), at));
        self.add(mistake(Code::TEMPLATE, at.unwrap_or(whole), error.message).help_if(error.help));
    }

    /// Reads a constraint.
    pub(super) fn constraint(
        &mut self,
        text: &Located<String>,
        scheme: &Scheme,
    ) -> Option<Constraint> {
        match Constraint::new(&text.value, scheme) {
            Ok(constraint) => Some(constraint),
            Err(error) => {
                self.add(
                    mistake(Code::BAD_CONSTRAINT, range(text), error.message).help(error.help),
                );
                None
            }
        }
    }

    /// Reads a regular expression, each text once.
    pub(super) fn pattern(&mut self, text: &Located<String>) -> Option<Pattern> {
        let read = self
            .patterns
            .entry(text.value.clone())
            .or_insert_with(|| Pattern::new(&text.value))
            .clone();
        match read {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                // The compiler draws a picture of several lines; its last one says what is wrong.
                let why = error.why.lines().last().unwrap_or_default();
                let why = why.trim().trim_start_matches("error: ").trim_end_matches('.');
                self.add(
                    mistake(Code::BAD_PATTERN, range(text), format!("not a regex: {why}")).help(
                        "regexes have the syntax of Rust's `regex` crate, without look-around and \
                         back-references; write them in single quotes",
                    ),
                );
                None
            }
        }
    }
}

/// Returns the byte range of a located value.
pub(super) fn range<T>(located: &Located<T>) -> Range<usize> {
    located.span.0..located.span.0 + located.span.1
}
