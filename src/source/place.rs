//! The place of a package registry: where deps.toml or the environment says that it is, and the
//! addresses below it, which deps.lock writes as `registry:…` so that the registry may move.

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use url::Url;

use super::{
    Setup, SourceError,
    fields::Fields,
    web::{self, Web},
};
use crate::{
    model::{Code, Located},
    net::ByteStream,
};

/// What addresses below the registry begin with.
const BELOW: &str = "registry:";

/// What a segment of a path can't have as it is; `%` is not among the letters that names may have.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// A registry, and the way to it.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Ends with `/`; no query, no fragment.
    base: Url,
    pub(super) web: Web,
}

/// Reads `registry`; without one the variable `DEPSTATE_<NAME>_REGISTRY` of the driver holds.
/// Cargo's word before an address, `sparse+`, is taken off.
pub(super) fn read(fields: &mut Fields<'_>, setup: &Setup, driver: &str) -> Option<Url> {
    let mut place = if fields.get("registry").is_some() {
        fields.place("registry")?
    } else {
        let variable = format!("DEPSTATE_{}_REGISTRY", driver.to_ascii_uppercase());
        let Some(text) = setup.environment.get(&variable) else {
            let message = "no registry is known".to_owned();
            let help = format!(
                "give `registry = \"https://…\"` or `registry = {{ env = \"DEPSTATE_…\" }}`, or set `{variable}`"
            );
            fields.add(Code::NO_REGISTRY, message, setup.table.span(), Some(help));
            return None;
        };
        Located::new(text.to_owned(), setup.table.span())
    };
    if let Some(rest) = place.value.strip_prefix("sparse+") {
        place.value = rest.to_owned();
    }
    let mut url = fields.url("registry", &place)?;
    if url.query().is_some() || url.fragment().is_some() {
        let message = "`registry` has a query or a fragment".to_owned();
        fields.add_at(Code::BAD_URL, message, &place, Some("it ends before `?` and `#`"));
        return None;
    }
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    Some(url)
}

/// Reads `package`: names that `is_name` takes.
pub(super) fn packages(
    fields: &mut Fields<'_>,
    example: &str,
    is_name: fn(&str) -> bool,
    shape: &str,
) -> Vec<Located<String>> {
    let packages = fields.texts("package", &format!("name it: `package = \"{example}\"`"));
    for package in &packages {
        if !is_name(&package.value) {
            let message = format!("`{}` is no package name", package.value.escape_default());
            fields.add_at(Code::BAD_VALUE, message, package, Some(shape));
        }
    }
    packages
}

impl Place {
    pub(super) fn new(base: Url, web: Web) -> Self {
        Self { base, web }
    }

    /// Names packages and their registry for messages.
    pub(super) fn origin(&self, packages: &[String]) -> String {
        format!("{} in {}", packages.join(", "), web::origin(std::slice::from_ref(&self.base)))
    }

    /// Returns the address of a path below the registry. Its parts are segments, not yet escaped.
    pub(super) fn url(&self, segments: &[&str]) -> Result<Url, SourceError> {
        let path = path(segments);
        self.join(&path).ok_or_else(|| SourceError::Address {
            url: format!("{BELOW}{path}"),
            why: "it leads out of the registry",
        })
    }

    /// Tells whether an address is one of this registry.
    pub(super) fn holds(&self, url: &Url) -> bool {
        url.as_str().starts_with(self.base.as_str())
    }

    /// Returns how deps.lock writes an address: below the registry without its place.
    pub(super) fn written(&self, url: &Url) -> String {
        match url.as_str().strip_prefix(self.base.as_str()) {
            Some(rest) => format!("{BELOW}{rest}"),
            None => url.as_str().to_owned(),
        }
    }

    /// Opens an address below the registry, or an absolute one.
    pub(super) async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let Some(rest) = url.strip_prefix(BELOW) else {
            return self.web.open(url, from).await;
        };
        let Some(full) = self.join(rest) else {
            let why = "it leads out of the registry";
            return Err(SourceError::Address { url: url.to_owned(), why });
        };
        self.web.open(full.as_str(), from).await
    }

    /// Returns the address of a path below the registry, escaped as it is to be sent; none: it
    /// leads out of it.
    pub(super) fn join(&self, path: &str) -> Option<Url> {
        let url = Url::parse(&format!("{}{path}", self.base)).ok()?;
        // Parsing resolves `..`, also where it is escaped.
        self.holds(&url).then_some(url)
    }
}

/// Writes segments as the path of an address.
pub(super) fn path(segments: &[&str]) -> String {
    let escaped: Vec<String> =
        segments.iter().map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    escaped.join("/")
}

/// Writes segments as an address below the registry; none: it would lead out of it.
pub(super) fn below(segments: &[&str]) -> Option<String> {
    let climbs = |segment: &&str| matches!(*segment, "" | "." | "..");
    (!segments.iter().any(climbs)).then(|| format!("{BELOW}{}", path(segments)))
}

/// Returns the last segment of an address, decoded: what the file is called.
pub(super) fn file_name(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    Some(percent_decode_str(last).decode_utf8_lossy().into_owned()).filter(|name| !name.is_empty())
}
