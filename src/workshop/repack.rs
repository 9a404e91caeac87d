//! Steps without a script: an upstream archive's members under other names.

use std::{collections::BTreeMap, path::Path};

use super::{
    error::WorkshopError,
    links::leads_out,
    members::{Kind, members},
};
use crate::{
    disk,
    model::{Glob, Repack},
};

/// Moves the members of an unpacked archive into a new folder as `repack` says: leading folders off,
/// then `include` and `exclude`, then new names. A glob that fits a folder fits all that is in it.
///
/// # Errors
/// [`WorkshopError::Output`] when two members would have one name, a name leaves the folder, a link
/// leads out of it, or nothing is left.
pub(super) fn repack(from: &Path, rule: &Repack, to: &Path) -> Result<(), WorkshopError> {
    let (include, exclude) = (globs(&rule.include)?, globs(&rule.exclude)?);
    let mut taken: BTreeMap<String, (String, bool)> = BTreeMap::new();
    let mut links = BTreeMap::new();
    create(to)?;
    for entry in members(from)? {
        let Some(path) = strip(&entry.path, rule.strip_components) else { continue };
        if !(include.is_empty() || fits(&include, path)) || fits(&exclude, path) {
            continue;
        }
        let is_folder = entry.kind == Kind::Folder;
        let Some(path) = renamed(path, is_folder, &rule.rename)? else { continue };
        match taken.get(&path) {
            // Two folders of one name are one folder.
            Some((_, true)) if is_folder => continue,
            Some((first, _)) => {
                return Err(WorkshopError::output(format!(
                    "`{first}` and `{}` would both be called `{path}`",
                    entry.path
                )));
            }
            None => taken.insert(path.clone(), (entry.path.clone(), is_folder)),
        };
        parents(&path, &entry.path, &mut taken)?;
        let target = to.join(&path);
        match &entry.kind {
            Kind::Folder => create(&target)?,
            Kind::File { .. } | Kind::Link(_) => {
                if let Some(above) = target.parent() {
                    create(above)?;
                }
                let source = from.join(&entry.path);
                fs_err::rename(&source, &target).map_err(|e| writing(&target, &e))?;
            }
        }
        if let Kind::Link(points) = entry.kind {
            links.insert(path, points);
        }
    }
    for (path, target) in &links {
        if let Some(why) = leads_out(path, target, &links) {
            return Err(WorkshopError::output(why));
        }
    }
    if taken.is_empty() {
        let why = "no member is left: see `strip-components`, `include` and `exclude`";
        return Err(WorkshopError::output(why.to_owned()));
    }
    Ok(())
}

/// Notes the folders that a member lies in; none of them may be something else.
fn parents(
    path: &str,
    of: &str,
    taken: &mut BTreeMap<String, (String, bool)>,
) -> Result<(), WorkshopError> {
    for (at, _) in path.match_indices('/') {
        let folder = &path[..at];
        match taken.get(folder) {
            Some((_, true)) => {}
            Some((file, false)) => {
                return Err(WorkshopError::output(format!(
                    "`{of}` would lie in `{folder}`, which is no folder but `{file}`"
                )));
            }
            None => {
                taken.insert(folder.to_owned(), (of.to_owned(), true));
            }
        }
    }
    Ok(())
}

fn globs(texts: &[String]) -> Result<Vec<Glob>, WorkshopError> {
    // deps.toml's globs were read before; a template may have made something else of one.
    let read = |text: &String| Glob::new(text).map_err(|e| WorkshopError::output(e.to_string()));
    texts.iter().map(read).collect()
}

/// Tells whether a glob fits the path or a folder that it lies in.
fn fits(globs: &[Glob], path: &str) -> bool {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    let mut fronts = ends.map(|end| &path[..end]);
    fronts.any(|front| globs.iter().any(|glob| glob.matches(front.trim_end_matches('/'))))
        || globs.iter().any(|glob| glob.as_str().ends_with('/') && under(glob, path))
}

/// Tells whether a glob with a `/` at its end fits a folder that the path lies in.
fn under(glob: &Glob, path: &str) -> bool {
    path.match_indices('/').any(|(at, _)| glob.matches(&path[..=at]))
}

/// Takes leading folders off; none: nothing is left.
fn strip(path: &str, components: u32) -> Option<&str> {
    let mut rest = path;
    for _ in 0..components {
        rest = rest.split_once('/')?.1;
    }
    Some(rest)
}

/// Gives a path its new name: the longest key that fits counts. None: a folder that is the output
/// itself now.
fn renamed(
    path: &str,
    is_folder: bool,
    names: &BTreeMap<String, String>,
) -> Result<Option<String>, WorkshopError> {
    // A folder is renamed with what is in it.
    let whole = if is_folder { format!("{path}/") } else { path.to_owned() };
    let fitting = |key: &str| path == key || (key.ends_with('/') && whole.starts_with(key));
    let longest = names.iter().filter(|(key, _)| fitting(key)).max_by_key(|(key, _)| key.len());
    let Some((key, name)) = longest else { return Ok(Some(path.to_owned())) };
    let new = if path == key {
        name.clone()
    } else {
        let between = if name.is_empty() || name.ends_with('/') { "" } else { "/" };
        format!("{name}{between}{}", whole.strip_prefix(key.as_str()).unwrap_or_default())
    };
    let new = if is_folder { new.trim_end_matches('/') } else { &new };
    if new.is_empty() && is_folder {
        return Ok(None);
    }
    if new.split('/').any(|part| ["", ".", ".."].contains(&part)) {
        return Err(WorkshopError::output(format!(
            "`{path}` would be called `{new}`, which is no path within the folder"
        )));
    }
    Ok(Some(new.to_owned()))
}

fn create(folder: &Path) -> Result<(), WorkshopError> {
    fs_err::create_dir_all(folder).map_err(|e| writing(folder, &e))
}

fn writing(path: &Path, error: &std::io::Error) -> WorkshopError {
    WorkshopError::File { doing: "writing", path: path.to_owned(), source: disk::bare(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_come_off_as_tar_takes_them() {
        assert_eq!(strip("node-v1/bin/node", 1), Some("bin/node"));
        assert_eq!(strip("node-v1", 1), None);
        assert_eq!(strip("a/b", 0), Some("a/b"));
    }

    #[test]
    fn a_glob_that_fits_a_folder_fits_what_is_in_it() {
        let globs = globs(&["bin".to_owned(), "lib/*.so".to_owned(), "doc/".to_owned()]).unwrap();
        for path in ["bin", "bin/node", "bin/a/b", "lib/x.so", "doc/a/b"] {
            assert!(fits(&globs, path), "{path}");
        }
        for path in ["binary", "lib/x.a", "share/bin", "document/a"] {
            assert!(!fits(&globs, path), "{path}");
        }
    }

    fn names(all: &[(&str, &str)]) -> BTreeMap<String, String> {
        all.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()
    }

    #[test]
    fn the_longest_name_counts() {
        let names = names(&[("a/", "x/"), ("a/b", "c"), ("top/", ""), ("old/", "new")]);
        let file = |path: &str| renamed(path, false, &names).unwrap().unwrap();
        assert_eq!(file("a/b"), "c");
        assert_eq!(file("a/d/e"), "x/d/e");
        assert_eq!(file("top/file"), "file");
        assert_eq!(file("old/file"), "new/file");
        assert_eq!(file("z"), "z");
        assert_eq!(renamed("a", true, &names).unwrap().unwrap(), "x");
        assert_eq!(renamed("old/deep", true, &names).unwrap().unwrap(), "new/deep");
        assert_eq!(renamed("top", true, &names).unwrap(), None);
        assert_eq!(file("a"), "a", "a file is no folder");
    }

    #[test]
    fn a_new_name_stays_within_the_folder() {
        for name in ["../x", "/etc/x", "a//b", "", "a/./b", "a/"] {
            let why = renamed("file", false, &names(&[("file", name)])).unwrap_err();
            assert!(why.to_string().contains("`file`"), "{name}");
        }
    }
}
