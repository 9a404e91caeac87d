//! What a person writes for a line (`22`, `lts`, `>=1.7`), as deps.toml has it.

use toml_edit::{Array, InlineTable};

use super::{CatalogError, Entry};
use crate::{
    manifest::{self, Known},
    model::Code,
};

/// A line of deps.toml.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// `line = "lts"`: a name that the schedule gives.
    Named(String),
    /// `constraint = "22.*"`.
    Constraint(String),
}

impl Line {
    /// Returns the name or the constraint.
    pub fn text(&self) -> &str {
        match self {
            Self::Named(text) | Self::Constraint(text) => text,
        }
    }
}

/// Reads a line for a product. The front of a version means all versions that begin so, a whole
/// version means that one alone.
///
/// # Errors
/// When it is neither a name of the product's lines, nor a version, nor a constraint.
pub fn read_line(entry: &Entry, text: &str) -> Result<Line, CatalogError> {
    let text = text.trim();
    if entry.lines.named.iter().any(|name| name == text) {
        return Ok(Line::Named(text.to_owned()));
    }
    let numbers = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let parts = numbers.split('.').count();
    let plain =
        numbers.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let constraint = if plain && parts < entry.lines.parts {
        format!("{numbers}.*")
    } else if plain {
        format!("={numbers}")
    } else {
        text.to_owned()
    };
    if is_constraint(entry, &constraint) {
        return Ok(Line::Constraint(constraint));
    }
    let example = entry.lines.examples.first().map_or("1", String::as_str);
    let mut help = format!("write the front of a version, `--line {example}`");
    for name in &entry.lines.named {
        help.push_str(", or the name `");
        help.push_str(name);
        help.push('`');
    }
    help.push_str(", or a constraint, `--line '>=1.2, <2'`");
    let shown: String = text.chars().take(40).collect();
    let message = format!("`{shown}` is no line of {}", entry.name);
    Err(CatalogError::new(Code::BAD_CONSTRAINT, message, Some(help)))
}

/// Asks whoever reads deps.toml.
fn is_constraint(entry: &Entry, constraint: &str) -> bool {
    let mut line = InlineTable::new();
    line.insert("constraint", constraint.into());
    let mut source = InlineTable::new();
    source.insert("driver", "any".into());
    let mut dependency = InlineTable::new();
    dependency.insert("scheme", entry.scheme().into());
    dependency.insert("source", source.into());
    dependency.insert("lines", [line].into_iter().collect::<Array>().into());
    let text = format!(
        "[project]\nname = \"any\"\n[storage]\ndriver = \"any\"\n[dependencies]\nany = {dependency}\n"
    );
    let known = Known { sources: &["any"], storages: &["any"] };
    manifest::read(text.as_bytes(), &known).mistakes.is_empty()
}
