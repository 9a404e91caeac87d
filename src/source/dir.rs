//! `dir`: a local folder of archives.

use std::{
    fmt::Write as _,
    io,
    path::{Component, Path, PathBuf},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use futures::stream;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Setup, SourceDriver, SourceError, fields::Fields, rows};
use crate::{
    model::{Code, Listing, Mistake, Pattern, Revision, Row},
    net::{ByteStream, StreamError},
};

pub(super) const FIELDS: &[&str] = &["path", "pattern"];

/// `NAME-VERSION[-OS-ARCH].ENDING`: what files are called if nothing else is said. A name may have
/// dashes, the version begins with a digit (or `v` and one), and `linux-amd64` or the like may
/// follow. Files beside an archive that speak of it (`.sha256`, `.asc` …) are none.
const USUAL: &str = concat!(
    r"^(?:.*/)?[^/]*?[-_](?P<version>v?\d[0-9A-Za-z.+~]*?(?:-(?:alpha|beta|rc|pre|preview|dev|M)",
    r"[0-9A-Za-z.]*)?)",
    r"(?:[-_](?P<os>linux|darwin|macos|windows|win|freebsd)[-_](?P<arch>[0-9A-Za-z_]+))?",
    r"\.(?:tar|tar\.[a-z0-9]+|tgz|txz|tbz2?|tzst|zip|7z|gz|xz|bz2|zst|jar|war|gem|whl|phar|deb|rpm|exe|msi|pkg|dmg|bin)$",
);
/// Bytes of a file that are read at a time.
const CHUNK: usize = 256 * 1024;

/// Returns [`USUAL`], compiled once: a manifest may have hundreds of folders.
pub(super) fn usual() -> Option<Pattern> {
    static USUALLY: OnceLock<Option<Pattern>> = OnceLock::new();
    USUALLY.get_or_init(|| Pattern::new(USUAL).ok()).clone()
}

struct Dir {
    /// As deps.toml names it.
    shown: String,
    folder: PathBuf,
    pattern: Arc<Pattern>,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let place = fields.place("path");
    if fields.get("path").is_none() {
        fields.missing("path", "name the folder, relative to deps.toml: `path = \"upstream\"`");
    }
    if let Some(empty) = place.as_ref().filter(|place| place.value.is_empty()) {
        fields.add_at(Code::BAD_VALUE, "`path` is empty".to_owned(), empty, None);
    }
    let pattern = match fields.get("pattern") {
        Some(_) => fields.row_pattern("pattern"),
        None => usual(),
    };
    fields.finish()?;
    let (Some(place), Some(pattern)) = (place, pattern) else { return Err(Vec::new()) };
    let folder = setup.root.join(&place.value);
    Ok(Box::new(Dir { shown: place.value, folder, pattern: Arc::new(pattern) }))
}

#[async_trait]
impl SourceDriver for Dir {
    fn origin(&self) -> String {
        self.shown.clone()
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let (folder, pattern) = (self.folder.clone(), Arc::clone(&self.pattern));
        let shown = self.shown.clone();
        let listing = tokio::task::spawn_blocking(move || list(&folder, &pattern, &shown));
        let rows = match listing.await {
            Ok(rows) => rows?,
            Err(error) => return Err(failed(&self.folder, io::Error::other(error))),
        };
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let address = |why| SourceError::Address { url: url.to_owned(), why };
        let name = url
            .strip_prefix("dir:")
            .ok_or_else(|| address("a `dir` source has only addresses that begin with `dir:`"))?;
        let name = percent_decode_str(name).decode_utf8().map_err(|_| address("it is no text"))?;
        let relative = Path::new(&*name);
        let inside = relative.components().all(|part| matches!(part, Component::Normal(_)));
        if name.is_empty() || !inside {
            return Err(address("it leads out of the folder"));
        }
        let path = self.folder.join(relative);
        let absent = |error: io::Error| {
            if error.kind() == io::ErrorKind::NotFound {
                return SourceError::Absent { url: url.to_owned() };
            }
            failed(&path, error)
        };
        let (folder, real) = (
            fs_err::tokio::canonicalize(&self.folder).await.map_err(absent)?,
            fs_err::tokio::canonicalize(&path).await.map_err(absent)?,
        );
        if !real.starts_with(&folder) {
            return Err(address("it is a link that leads out of the folder"));
        }
        let mut file = fs_err::tokio::File::open(&real).await.map_err(absent)?;
        let meta = file.metadata().await.map_err(absent)?;
        if !meta.is_file() {
            return Err(address("it is no file"));
        }
        file.seek(io::SeekFrom::Start(from)).await.map_err(absent)?;
        Ok(body(file, meta.len().saturating_sub(from)))
    }
}

/// Streams a file; as many bytes as it had when it was opened, or an error.
fn body(file: fs_err::tokio::File, size: u64) -> ByteStream {
    let chunks = stream::unfold(Some((file, 0_u64)), move |state| async move {
        let (mut file, got) = state?;
        let left = usize::try_from(size - got).unwrap_or(usize::MAX).min(CHUNK);
        if left == 0 {
            return None;
        }
        let mut chunk = bytes::BytesMut::with_capacity(left);
        let read = (&mut file).take(left as u64).read_buf(&mut chunk).await;
        match read {
            Ok(0) => Some((Err(StreamError::Truncated { got, announced: size }), None)),
            Ok(read) => Some((Ok(chunk.freeze()), Some((file, got + read as u64)))),
            Err(error) => Some((Err(StreamError::Broken(error.into())), None)),
        }
    });
    let mut stream = ByteStream::new(chunks);
    stream.size = Some(size);
    stream
}

fn failed(path: &Path, source: io::Error) -> SourceError {
    SourceError::File { path: path.to_owned(), source }
}

/// Lists the files that the pattern takes, in the order of their names. What is gone since it was
/// seen, and a link to nowhere, is no file.
fn list(folder: &Path, pattern: &Pattern, shown: &str) -> Result<Vec<Row>, SourceError> {
    let root = fs_err::canonicalize(folder).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return SourceError::NoFolder { shown: shown.to_owned() };
        }
        failed(folder, error)
    })?;
    let mut found = Vec::new();
    walk(&root, "", &mut found)?;
    found.sort();
    let mut listed = Vec::new();
    for (name, path) in found {
        let Some(groups) = pattern.groups(&name) else { continue };
        let unlisted = |why| SourceError::Unlisted { file: format!("{shown}/{name}"), why };
        let real = match fs_err::canonicalize(&path) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(&path, error)),
        };
        let meta = fs_err::metadata(&real).map_err(|error| failed(&path, error))?;
        if !meta.is_file() {
            continue;
        }
        if !real.starts_with(&root) {
            let target = fs_err::read_link(&path).unwrap_or(real);
            let why =
                format!("it is a link that leads out of the folder, to `{}`", target.display());
            return Err(unlisted(why));
        }
        let mut row = rows::from_groups(groups, None, false).map_err(|e| unlisted(e.sentence()))?;
        row.size = Some(meta.len());
        row.name = name.rsplit('/').next().map(str::to_owned);
        row.url = Some(format!("dir:{}", escape(&name)));
        listed.push(row);
    }
    Ok(listed)
}

/// Writes a name as the path of an address: whoever takes the name out of it decodes it.
pub(super) fn escape(name: &str) -> String {
    let mut escaped = String::with_capacity(name.len());
    for letter in name.chars() {
        match letter {
            '%' | '?' | '#' | ' ' | '\0'..='\x1f' | '\x7f' => {
                // All of these are one byte.
                let _ = write!(escaped, "%{:02X}", u32::from(letter));
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

/// Finds the files below a folder, by their names from the root on. Hidden ones are not looked at,
/// and linked folders are not entered: they could lead round in a circle.
fn walk(
    folder: &Path,
    prefix: &str,
    found: &mut Vec<(String, PathBuf)>,
) -> Result<(), SourceError> {
    let entries = fs_err::read_dir(folder).map_err(|error| failed(folder, error))?;
    for entry in entries {
        let entry = entry.map_err(|error| failed(folder, error))?;
        let kind = entry.file_type().map_err(|error| failed(&entry.path(), error))?;
        let file = entry.file_name();
        // A name that is no text can't be written into deps.lock.
        let Some(file) = file.to_str().filter(|name| !name.starts_with('.')) else { continue };
        let name = format!("{prefix}{file}");
        if kind.is_dir() {
            walk(&entry.path(), &format!("{name}/"), found)?;
        } else {
            found.push((name, entry.path()));
        }
    }
    Ok(())
}
