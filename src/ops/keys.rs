//! The keys that deps.toml names, read once, before anything is asked.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use crate::{
    model::{Change, Code, Glob, Located, Manifest, Mistake, SignatureKind, SignatureRule, Signer},
    signature::{SignatureError, minisign, openpgp},
};

/// The keys of every rule.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<Question, Trusted>);

/// What tells the keys of one rule from those of another: kind, keys, fingerprints.
type Question = (SignatureKind, Vec<String>, Vec<String>);

/// A key file: its name and what it holds.
type File = (String, Vec<u8>);

/// The keys of one rule.
#[derive(Debug, Clone)]
pub(crate) enum Trusted {
    Openpgp(openpgp::Keyring),
    Minisign(minisign::Keyring),
}

impl Keys {
    /// Reads the key files of all rules; paths are relative to `root`.
    ///
    /// # Errors
    /// Every file that is not there or holds no key, at the line that names it.
    pub(crate) fn read(manifest: &Manifest, root: &Path) -> (Self, Vec<Mistake>) {
        let mut keys = BTreeMap::new();
        let mut mistakes = Vec::new();
        for dependency in manifest.dependencies.values() {
            let own = dependency.settings.signature.iter();
            let others = dependency.overrides.iter().filter_map(|o| match &o.patch.signature {
                Change::Set(rule) => Some(rule),
                Change::Keep | Change::Clear => None,
            });
            for rule in own.chain(others).filter(|rule| rule.kind.has_keys()) {
                let question = question(rule);
                if keys.contains_key(&question) {
                    continue;
                }
                match read(rule, root) {
                    Ok(trusted) => drop(keys.insert(question, trusted)),
                    Err(more) => mistakes.extend(more),
                }
            }
        }
        mistakes.dedup();
        (Self(keys), mistakes)
    }

    /// Returns the keys of a rule.
    pub(crate) fn of(&self, rule: &SignatureRule) -> Option<&Trusted> {
        self.0.get(&question(rule))
    }

    /// Tells whether a signer is among the keys of a rule.
    pub(crate) fn hold(&self, rule: &SignatureRule, signer: &Signer) -> bool {
        let ids = self.of(rule).map(Trusted::ids).unwrap_or_default();
        ids.iter().any(|id| signer.who == format!("{}:{id}", rule.kind.name()))
    }

    /// Says for each rule which keys its files hold, by full fingerprint or key id.
    pub(crate) fn told(&self) -> Vec<String> {
        let told = |((kind, files, _), trusted): (&Question, &Trusted)| {
            format!("{} in `{}`: {}", kind.name(), files.join("`, `"), trusted.ids().join(", "))
        };
        self.0.iter().map(told).collect()
    }
}

impl Trusted {
    /// The full fingerprints, or the key ids.
    fn ids(&self) -> Vec<String> {
        match self {
            Self::Openpgp(keys) => keys.fingerprints(),
            Self::Minisign(keys) => keys.ids(),
        }
    }
}

fn question(rule: &SignatureRule) -> Question {
    let plain = |list: &[Located<String>]| list.iter().map(|it| it.value.clone()).collect();
    (rule.kind, plain(&rule.keys), plain(&rule.fingerprints))
}

fn read(rule: &SignatureRule, root: &Path) -> Result<Trusted, Vec<Mistake>> {
    let mut files = Vec::new();
    let mut mistakes = Vec::new();
    for key in &rule.keys {
        if rule.kind == SignatureKind::Minisign && minisign::is_key(&key.value) {
            files.push((key, (key.value.clone(), key.value.clone().into_bytes())));
            continue;
        }
        match load(&key.value, root) {
            Ok(found) => files.extend(found.into_iter().map(|file| (key, file))),
            Err((message, help)) => mistakes.push(mistake(key.span, message, Some(help))),
        }
    }
    let wrong = |key: &Located<String>, error: SignatureError| {
        mistake(key.span, error.message, Some("export the public key into the file".to_owned()))
    };
    for (key, file) in &files {
        let one = std::slice::from_ref(file);
        let read = if rule.kind == SignatureKind::Minisign {
            minisign::Keyring::read(one).map(drop)
        } else {
            openpgp::Keyring::read(one).map(drop)
        };
        if let Err(error) = read {
            mistakes.push(wrong(key, error));
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let files: Vec<File> = files.into_iter().map(|(_, file)| file).collect();
    let at_rule = |error: SignatureError| vec![mistake(rule.span, error.message, None)];
    if rule.kind == SignatureKind::Minisign {
        return minisign::Keyring::read(&files).map(Trusted::Minisign).map_err(at_rule);
    }
    let keyring = openpgp::Keyring::read(&files).map_err(at_rule)?;
    if rule.fingerprints.is_empty() {
        return Ok(Trusted::Openpgp(keyring));
    }
    let wanted: Vec<String> = rule.fingerprints.iter().map(|it| it.value.clone()).collect();
    keyring.only(&wanted).map(Trusted::Openpgp).map_err(|error| {
        let span = rule.fingerprints.first().map_or(rule.span, |it| it.span);
        vec![mistake(span, error.message, None)]
    })
}

/// Reads the file of a path, or those of a glob in its last part, with the names they go by.
fn load(text: &str, root: &Path) -> Result<Vec<File>, (String, String)> {
    let path = Path::new(text);
    if !path
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir | Component::ParentDir))
    {
        let help =
            "keys are files in the repository, reviewed like deps.toml: give a relative path";
        return Err((format!("`{text}` is not relative to deps.toml"), help.to_owned()));
    }
    let help = || {
        "put the upstream's public key there (`gpg --armor --export FINGERPRINT > FILE`) and commit it"
            .to_owned()
    };
    let unread = |path: &Path, error: &std::io::Error| {
        let shown = path.strip_prefix(root).unwrap_or(path).display();
        let message = if error.kind() == std::io::ErrorKind::NotFound {
            format!("there is no key file `{shown}`")
        } else {
            format!("the key file `{shown}` can't be read ({})", error.kind())
        };
        (message, help())
    };
    let (folder, last) = text.rsplit_once('/').unwrap_or(("", text));
    if !last.contains(['*', '?', '[', '{']) {
        let path = root.join(path);
        let bytes = fs_err::read(&path).map_err(|error| unread(&path, &error))?;
        return Ok(vec![(text.to_owned(), bytes)]);
    }
    let glob = Glob::new(last).map_err(|error| (error.to_string(), help()))?;
    let folder = root.join(folder);
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs_err::read_dir(&folder).map_err(|error| unread(&folder, &error))? {
        let path = entry.map_err(|error| unread(&folder, &error))?.path();
        let fits = path.file_name().and_then(|it| it.to_str()).is_some_and(|it| glob.matches(it));
        if fits && path.is_file() {
            found.push(path);
        }
    }
    if found.is_empty() {
        return Err((format!("no key file fits `{text}`"), help()));
    }
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let bytes = fs_err::read(&path).map_err(|error| unread(&path, &error))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            Ok((shown, bytes))
        })
        .collect()
}

fn mistake(span: (usize, usize), message: String, help: Option<String>) -> Mistake {
    Mistake { code: Code::BAD_KEY, message, span, label: None, help }
}
