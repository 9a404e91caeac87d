//! The table of a dependency as text, made of an entry and of what a person chose.

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::{CatalogError, Entry, Line};
use crate::model::{Code, DependencyId};

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// What the dependency is called in deps.toml.
    pub id: DependencyId,
    /// The versions that are wanted.
    pub lines: Vec<Line>,
    /// Names or globs of declared targets.
    pub targets: Vec<String>,
}

/// Returns `[dependencies.ID]` with everything below it, to be put at the end of deps.toml. What the
/// entry's file remarks on single keys comes along.
///
/// # Errors
/// When the entry's file can't be read, which a build that passed its tests never sees.
pub fn block(entry: &Entry, wish: &Wish) -> Result<String, CatalogError> {
    let broken = |why: &str| {
        let message = format!("the catalogue's entry `{}` can't be read: {why}", entry.id);
        CatalogError::new(Code::NOT_IN_CATALOG, message, None)
    };
    let mut file: DocumentMut =
        entry.text.parse().map_err(|error: toml_edit::TomlError| broken(error.message()))?;
    let Some(Item::Table(mut dependency)) = file.remove("dependency") else {
        return Err(broken("it has no `[dependency]`"));
    };
    forget_places(&mut dependency);
    // What is said above the table is for the catalogue's readers.
    dependency.decor_mut().set_prefix("\n");
    dependency.insert("targets", value(wish.targets.iter().collect::<Array>()));
    dependency.insert("lines", Item::ArrayOfTables(wish.lines.iter().map(line).collect()));

    let mut all = Table::new();
    all.set_implicit(true);
    all.insert(wish.id.as_str(), Item::Table(dependency));
    let mut document = DocumentMut::new();
    document.insert("dependencies", Item::Table(all));
    Ok(document.to_string())
}

fn line(line: &Line) -> Table {
    let mut table = Table::new();
    let key = match line {
        Line::Named(_) => "line",
        Line::Constraint(_) => "constraint",
    };
    table.insert(key, value(line.text()));
    table
}

/// Tables are written in the order of their places in the file that they come from; in the new one
/// they stand in the order in which they are nested.
fn forget_places(table: &mut Table) {
    table.set_position(None);
    for (_, item) in table.iter_mut() {
        match item {
            Item::Table(table) => forget_places(table),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(forget_places),
            Item::None | Item::Value(_) => {}
        }
    }
}
