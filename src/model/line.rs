//! Version lines: which versions of a dependency are wanted.

use super::{Constraint, EolRule, Located, Pattern, Standing};

/// A constraint and how many of the newest versions to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionLine {
    /// Which versions belong to the line; where absent, `name` and
    /// `pattern` alone decide.
    pub constraint: Option<Located<Constraint>>,
    /// The name of a line of the dependency's schedule (`line = "lts"`): beside the constraint.
    pub name: Option<Located<String>>,
    /// A regex that the raw upstream name must match (`match`).
    pub pattern: Option<Pattern>,
    /// How many of the newest to keep.
    pub keep: Keep,
    /// Whether pre-releases count.
    pub prereleases: bool,
    /// The day that support ends; it beats the schedule's.
    pub eol: Option<jiff::civil::Date>,
    /// Where upstream says so.
    pub eol_link: Option<String>,
    /// What is done about that end; it beats the dependency's.
    pub eol_rule: EolRule,
    /// What rules of time made of the line; see [`Standing`].
    pub standing: Standing,
    /// Where the line stands in deps.toml: byte offset and length.
    pub span: (usize, usize),
}

impl VersionLine {
    /// Returns how the line is called in messages: its name, its constraint or its regex, as
    /// written.
    pub fn label(&self) -> &str {
        match (&self.name, &self.constraint, &self.pattern) {
            (Some(name), _, _) => &name.value,
            (None, Some(constraint), _) => constraint.value.as_str(),
            (None, None, Some(pattern)) => pattern.as_str(),
            (None, None, None) => "*",
        }
    }

    /// Returns what tells the line from the others of its dependency, in one spelling.
    pub fn mark(&self) -> String {
        let constraint = self.constraint.as_ref().map(|it| it.value.as_str().replace(' ', ""));
        let name = self.name.as_ref().map(|it| it.value.clone());
        let pattern = self.pattern.as_ref().map(|it| it.as_str().to_owned());
        let parts: Vec<String> = [name, constraint, pattern].into_iter().flatten().collect();
        parts.join(" ")
    }
}

/// How many of a line's newest versions to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// This many, at least 1.
    Newest(u32),
    /// Every version of the line.
    All,
}
