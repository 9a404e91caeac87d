//! Package URLs, expanded.

use std::str::FromStr as _;

use packageurl::PackageUrl;

use super::findings;
use crate::model::{Code, DependencyId, Finding, Located, Severity};

/// Passes on expanded package URLs; one that has to wait for a digest is empty.
///
/// # Errors
/// With a finding about the first that is no package URL. `texts` are as long as `rules`.
pub(super) fn checked(
    id: &DependencyId,
    rules: &[Located<String>],
    texts: Vec<String>,
) -> Result<Vec<String>, Box<Finding>> {
    for (rule, text) in rules.iter().zip(&texts).filter(|(_, text)| !text.is_empty()) {
        let Err(error) = PackageUrl::from_str(text) else { continue };
        let message = format!("`purl` of `{id}` gives `{text}`, no package URL: {error}");
        let it = findings::finding(Severity::Error, Code::BAD_PURL, id, message);
        let help = "it is `pkg:TYPE/NAME@VERSION`; what may have `?`, `#` or `@` in it goes through \
                    `| urlencode`";
        return Err(Box::new(findings::help(findings::at(it, rule.span), help)));
    }
    Ok(texts)
}
