//! Adding to the text of deps.toml without touching a letter of what is there.

use toml_edit::{Document, Item};

use crate::model::{Code, DependencyId};

/// Why nothing could be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct EditError {
    /// For `depstate explain`.
    pub code: Code,
    /// What is in the way, as a fragment.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// Puts a dependency at the end of deps.toml. `block` is the whole table, header and all; its line
/// endings become those of the file.
///
/// # Errors
/// When deps.toml is no TOML, has that dependency, or writes `dependencies` as one value.
pub fn add_dependency(text: &str, id: &DependencyId, block: &str) -> Result<String, EditError> {
    let file = Document::parse(text).map_err(|error| EditError {
        code: Code::SYNTAX,
        message: format!("deps.toml is no TOML: {}", error.message()),
        help: "`depstate plan` shows the place".to_owned(),
    })?;
    match file.get("dependencies") {
        None => {}
        Some(Item::Table(all)) if !all.is_dotted() && !all.contains_key(id.as_str()) => {}
        Some(Item::Table(all)) if all.contains_key(id.as_str()) => {
            return Err(EditError {
                code: Code::EXISTS,
                message: format!("deps.toml has a dependency `{id}` already"),
                help:
                    "give the new one another name with `--as NAME`, or edit the one that is there"
                        .to_owned(),
            });
        }
        Some(_) => {
            return Err(EditError {
                code: Code::BAD_VALUE,
                message: "deps.toml writes `dependencies` as one value, which ends where it is \
                          written"
                    .to_owned(),
                help: "write its entries as tables: `[dependencies.ID]`".to_owned(),
            });
        }
    }
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut new = text.to_owned();
    if !new.is_empty() && !new.ends_with('\n') {
        new.push_str(ending);
    }
    // One empty line between what is there and the new table.
    if !new.trim().is_empty() && !new.ends_with(&format!("{ending}{ending}")) {
        new.push_str(ending);
    }
    for line in block.trim_matches('\n').lines() {
        new.push_str(line);
        new.push_str(ending);
    }
    Ok(new)
}
