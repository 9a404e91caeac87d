//! What the drivers of GitHub share: its address, and the token that is its own.

use url::Url;

use super::{Setup, forge::Kind};
use crate::net::Secret;

/// The product's own API.
const API: &str = "https://api.github.com";

/// How GitHub is asked.
pub(super) const fn kind(path: fn(&str) -> String) -> Kind {
    Kind {
        api: Some(API),
        below: "",
        groups: false,
        accept: "application/vnd.github+json",
        path,
        token,
    }
}

/// Returns the token, if the API is the token's own: deps.toml, which comes from pull requests,
/// may name another host, but not one that a secret is sent to.
fn token(setup: &Setup, api: &Url) -> Option<Secret> {
    let environment = &setup.environment;
    // GitHub's runners say here which server they belong to.
    let own = Url::parse(environment.get("GITHUB_API_URL").unwrap_or(API)).ok()?;
    let text = environment.get("GITHUB_TOKEN").or_else(|| environment.get("GH_TOKEN"))?;
    (own.origin() == api.origin()).then(|| Secret::new(text))
}
