//! Entries by their name, or by what is said of them.

use super::{CatalogError, Entry, files::FILES};
use crate::model::Code;

/// Returns every entry, by id.
///
/// # Errors
/// When an entry's file can't be read, which a build of depstate that passed its tests never sees.
pub fn all() -> Result<Vec<Entry>, CatalogError> {
    FILES.iter().map(|(name, text)| Entry::read(name, text)).collect()
}

/// Finds an entry.
///
/// # Errors
/// When there is none: the nearest are named.
pub fn find(id: &str) -> Result<Entry, CatalogError> {
    if let Some((name, text)) = FILES.iter().find(|(name, _)| *name == id) {
        return Entry::read(name, text);
    }
    let near = near(id)?;
    let help = match near.as_slice() {
        [] => "`depstate catalog` lists what there is; what is not in it is written by hand, as \
               `depstate drivers` shows"
            .to_owned(),
        [one] => format!("did you mean `{one}`? `depstate catalog` lists all"),
        [most @ .., last] => {
            let most = most.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
            format!("did you mean {most} or `{last}`? `depstate catalog` lists all")
        }
    };
    let shown: String = id.chars().take(40).collect();
    let message = format!("the catalogue has no `{shown}`");
    Err(CatalogError::new(Code::NOT_IN_CATALOG, message, Some(help)))
}

/// The ids that may be meant, the nearest first: three at most.
fn near(id: &str) -> Result<Vec<String>, CatalogError> {
    let wanted = id.to_lowercase();
    let mut scored: Vec<(usize, String)> = Vec::new();
    for entry in all()? {
        let names = entry.also.iter().chain([&entry.id]);
        let distances = names.map(|name| strsim::damerau_levenshtein(&wanted, name));
        let distance = distances.min().unwrap_or(usize::MAX);
        // People write more than the id, or a part of it.
        let part = wanted.len() > 2
            && (entry.id.contains(&wanted)
                || wanted.contains(&entry.id) && entry.id.len() > 2
                || entry.name.to_lowercase().contains(&wanted));
        if distance <= 1 + wanted.len() / 4 {
            scored.push((distance, entry.id));
        } else if part {
            scored.push((10 + distance, entry.id));
        }
    }
    scored.sort();
    Ok(scored.into_iter().take(3).map(|(_, id)| id).collect())
}

/// Returns the entries whose id, name or description has all of some words in it, in any case.
///
/// # Errors
/// As [`all`].
pub fn search(words: &[String]) -> Result<Vec<Entry>, CatalogError> {
    let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let mut found = all()?;
    found.retain(|entry| {
        let also = entry.also.join(" ");
        let said = format!("{} {} {also} {} {}", entry.id, entry.name, entry.about, entry.driver());
        let said = said.to_lowercase();
        words.iter().all(|word| said.contains(word.as_str()))
    });
    Ok(found)
}
