//! How findings are put together here: always with a code, mostly with a place in deps.toml.

use url::Url;

use crate::model::{Address, Code, DependencyId, Finding, SafeUrl, Severity};

/// A finding about a dependency.
pub(super) fn finding(
    severity: Severity,
    code: Code,
    dependency: &DependencyId,
    message: String,
) -> Finding {
    Finding {
        severity,
        code,
        dependency: Some(dependency.clone()),
        address: None,
        message,
        help: None,
        span: None,
    }
}

/// A finding about one artifact.
pub(super) fn about(severity: Severity, code: Code, address: &Address, message: String) -> Finding {
    let mut it = finding(severity, code, &address.dependency, message);
    it.address = Some(address.clone());
    it
}

/// Adds what to do.
pub(super) fn help(mut it: Finding, text: impl Into<String>) -> Finding {
    it.help = Some(text.into());
    it
}

/// Adds the place that asked.
pub(super) fn at(mut it: Finding, span: (usize, usize)) -> Finding {
    it.span = Some(span);
    it
}

/// An address as it may be shown: queries and users hidden.
pub(super) fn shown(url: &str) -> String {
    Url::parse(url).map_or_else(|_| url.to_owned(), |url| SafeUrl::new(url).to_string())
}

/// Joins literals for a message: `` `a`, `b` ``.
pub(super) fn listed<T: std::fmt::Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(", ")
}
