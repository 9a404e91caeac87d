//! Which file of a release an address gets.

use crate::{
    model::{
        Address, Code, Dependency, Digest, Finding, Glob, Located, Manifest, Over, Settings,
        Severity, Signer, Target, TargetName,
    },
    template::Engine,
};

use super::{
    Candidate, checksum,
    expand::{self, About, Scene},
    findings, names, needs,
    releases::{File, Release},
    signature,
};

/// Why there is no file.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Upstream does not have it (yet); the text says what was looked for.
    Absent(String),
    /// deps.toml or the index must be mended.
    Wrong(Box<Finding>),
}

impl From<Box<Finding>> for Trouble {
    fn from(finding: Box<Finding>) -> Self {
        Self::Wrong(finding)
    }
}

/// What is needed to look for files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Finder<'a> {
    pub(super) engine: &'a Engine,
    pub(super) manifest: &'a Manifest,
    pub(super) dependency: &'a Dependency,
}

/// What is asked for in one place.
struct Wish<'a> {
    finder: &'a Finder<'a>,
    settings: &'a Settings,
    release: &'a Release<'a>,
    scene: Scene<'a>,
}

impl Finder<'_> {
    /// Finds the file of a target, and where its digest is found.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub(super) fn find(
        &self,
        release: &Release<'_>,
        target_name: &TargetName,
    ) -> Result<Candidate, Trouble> {
        let any = Target::default();
        let settings = self.dependency.settings_for(&release.version, target_name);
        let target = expand::target(self.manifest, target_name, &any);
        let wish = Wish {
            finder: self,
            settings: &settings,
            release,
            scene: Scene {
                dependency: self.dependency,
                version: &release.version,
                upstream: release.upstream,
                numbers: expand::numbers(self.dependency, &release.version),
                matches: release.matches.as_ref(),
                target_name,
                target,
                os: expand::word(&settings.replacements, target.os.as_ref()),
                arch: expand::word(&settings.replacements, target.arch.as_ref()),
                release: None,
            },
        };
        wish.find()
    }
}

impl Wish<'_> {
    fn find(&self) -> Result<Candidate, Trouble> {
        let file = self.choose()?;
        let scene = Scene { release: Some(&file.row.more), ..self.scene };
        let engine = self.finder.engine;
        let urls = if self.settings.artifact.is_empty() {
            vec![file.row.url.clone().ok_or_else(|| self.no_address())?]
        } else {
            let render = |text| scene.render(engine, text, About::default());
            self.settings.artifact.iter().map(render).collect::<Result<Vec<_>, _>>()?
        };
        // A row's digests are of the row's own address; a template may lead elsewhere.
        let holds = self.settings.artifact.is_empty() || file.row.url.is_none();
        let url = urls.first().map(String::as_str);
        let about = About { url, sha256: None };
        let checksum = match &self.settings.checksum {
            Some(rule) => Some(checksum::query(rule, &scene, about, self.release, engine)?),
            None => None,
        };
        let signature = match &self.settings.signature {
            Some(rule) => {
                let by_file = matches!(checksum, Some(super::ChecksumQuery::File { .. }));
                let query = signature::query(rule, by_file, &scene, about, self.release, engine)?;
                Some(Box::new(query))
            }
            None => None,
        };
        let name = url.map(names::file_name).unwrap_or_default();
        Ok(Candidate {
            extra: std::collections::BTreeMap::new(),
            name,
            size: if holds { file.row.size } else { None },
            digests: if holds { file.digests.clone() } else { Vec::new() },
            signer: file
                .row
                .signer
                .clone()
                .filter(|_| holds)
                .map(|who| Signer { who, over: Over::Index }),
            checksum,
            signature,
            expect: None,
            needs_digest: self.settings.build.is_some()
                || needs::is_given(self.finder.manifest, &self.finder.dependency.id)
                || self
                    .settings
                    .file
                    .as_ref()
                    .is_some_and(|file| expand::needs_digest(&file.value)),
            urls,
        })
    }

    /// Chooses the row: those for another place are left out, then `asset` chooses.
    fn choose(&self) -> Result<&File<'_>, Trouble> {
        let templated = !self.settings.artifact.is_empty();
        let mut rest: Vec<&File<'_>> =
            self.release.files.iter().filter(|file| self.is_for(file)).collect();
        if let Some(asset) = &self.settings.asset {
            let glob = glob(&self.scene, asset, About::default(), self.finder.engine)?;
            rest.retain(|file| file.name().map_or(templated, |name| glob.matches(&name)));
            if rest.is_empty() {
                return Err(Trouble::Absent(format!("no file `{glob}`")));
            }
        }
        if templated && rest.iter().any(|file| file.row.url.is_none()) {
            rest.retain(|file| file.row.url.is_none());
        }
        match rest.as_slice() {
            [] => Err(Trouble::Absent("no file".to_owned())),
            [only] => Ok(only),
            // The template says where the file is, and none of the rows speaks of that place.
            [first, ..] if templated && first.row.url.is_some() => Ok(first),
            [first, second, ..] => Err(self.two(first, second).into()),
        }
    }

    fn is_for(&self, file: &File<'_>) -> bool {
        let fits = |row: Option<&String>, ours: Option<&str>| match (row, ours) {
            (Some(row), Some(ours)) => row == ours,
            _ => true,
        };
        fits(file.row.os.as_ref(), self.scene.os)
            && fits(file.row.arch.as_ref(), self.scene.arch)
            && fits(file.row.target.as_ref(), Some(self.scene.target_name.as_str()))
    }

    fn address(&self) -> Address {
        Address {
            dependency: self.scene.dependency.id.clone(),
            version: self.release.version.clone(),
            target: self.scene.target_name.clone(),
        }
    }

    fn two(&self, first: &File<'_>, second: &File<'_>) -> Box<Finding> {
        let show = |file: &File<'_>| match (&file.row.url, file.name()) {
            (Some(url), _) => findings::shown(url),
            (None, Some(name)) => name,
            (None, None) => file.row.upstream.clone(),
        };
        let address = self.address();
        let both = findings::listed([show(first), show(second)]);
        let message = format!("both {both} fit `{address}`");
        let it = findings::about(Severity::Error, Code::AMBIGUOUS_FILE, &address, message);
        let span = self.settings.asset.as_ref().map_or(self.scene.dependency.span, |it| it.span);
        let it = findings::at(it, span);
        Box::new(findings::help(it, "choose with `asset`, a glob on file names"))
    }

    fn no_address(&self) -> Trouble {
        let id = &self.scene.dependency.id;
        let message = format!("the index of `{id}` gives no address for its files");
        let it = findings::finding(Severity::Error, Code::MISSING_KEY, id, message);
        let it = findings::at(it, self.scene.dependency.source.driver.span);
        let text = "give `artifact`, the address of a version's file as a template";
        Trouble::Wrong(Box::new(findings::help(it, text)))
    }
}

/// Expands a glob on file names.
///
/// # Errors
/// A finding at its place.
pub(super) fn glob(
    scene: &Scene<'_>,
    text: &Located<String>,
    about: About<'_>,
    engine: &Engine,
) -> Result<Glob, Box<Finding>> {
    // `{` means both a template and a choice; only `{{` and `{%` are the template's.
    let plain = if text.value.contains("{{") || text.value.contains("{%") {
        scene.render(engine, text, about)?
    } else {
        text.value.clone()
    };
    Glob::new(&plain).map_err(|error| {
        let id = &scene.dependency.id;
        let it = findings::finding(Severity::Error, Code::BAD_PATTERN, id, error.to_string());
        Box::new(findings::at(it, text.span))
    })
}

/// Tells whether a digest speaks against another of the same algorithm.
pub(super) fn contradicts(digest: &Digest, known: &[Digest]) -> bool {
    known.iter().any(|it| it.algorithm() == digest.algorithm() && it != digest)
}
