//! What a driver gets of the environment.

use std::{collections::BTreeMap, ffi::OsString};

use super::find;
use crate::model::Environment;

/// What any program needs to find its way, and nothing that is a secret.
const PASSED: &[&str] = &[
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_MESSAGES",
    "TZ",
    "TMPDIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NO_PROXY",
    "no_proxy",
];
/// Passed unless there is a user in them, whose password would be in them too.
const PROXIES: &[&str] =
    &["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Returns the variables of a driver's process; `more` are names that the user's configuration
/// adds for this driver.
pub(super) fn variables(environment: &Environment, more: &[String]) -> BTreeMap<String, OsString> {
    let mut all = BTreeMap::new();
    let named = PASSED.iter().copied().chain(more.iter().map(String::as_str));
    for name in named {
        if let Some(value) = environment.get(name) {
            all.insert(name.to_owned(), OsString::from(value));
        }
    }
    for name in PROXIES {
        if let Some(value) = environment.get(name).filter(|value| !value.contains('@')) {
            all.insert((*name).to_owned(), OsString::from(value));
        }
    }
    // What lies in a folder named from here on depends on where one stands.
    if let Ok(path) = std::env::join_paths(find::folders(environment)) {
        all.insert("PATH".to_owned(), path);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_secret_goes_along() {
        let all = Environment::new(
            [
                ("PATH", "/usr/bin:.::bin:/bin"),
                ("HOME", "/home/me"),
                ("AWS_SECRET_ACCESS_KEY", "s3cret"),
                ("GITHUB_TOKEN", "s3cret"),
                ("HTTPS_PROXY", "http://me:s3cret@proxy:3128"),
                ("HTTP_PROXY", "http://proxy:3128"),
                ("MY_INDEX_TOKEN", "wanted"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        );
        let passed = variables(&all, &["MY_INDEX_TOKEN".to_owned()]);
        let names: Vec<&str> = passed.keys().map(String::as_str).collect();
        assert_eq!(names, ["HOME", "HTTP_PROXY", "MY_INDEX_TOKEN", "PATH"]);
        assert_eq!(passed["PATH"], "/usr/bin:/bin");
    }
}
