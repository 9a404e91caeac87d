//! Which keys a table may have, and what to say of any other.

use toml::de::DeTable;

use super::collect::{Collector, Extra as _, mistake};
use crate::model::{Code, is_hidden};

/// The keys of one kind of table.
#[derive(Debug)]
pub(super) struct Keys {
    /// How the table is called in a message.
    pub(super) table: &'static str,
    /// What it may have.
    pub(super) known: &'static [&'static str],
    /// What it may have in a later depstate.
    pub(super) later: &'static [&'static str],
    /// What newcomers write, and what is meant.
    pub(super) meant: &'static [(&'static str, &'static str)],
    /// What stands elsewhere, and the advice.
    pub(super) elsewhere: &'static [(&'static str, &'static str)],
}

/// The whole file.
pub(super) const TOP: Keys = Keys {
    table: "deps.toml",
    known: &["project", "storage", "retention", "targets", "defaults", "dependencies"],
    later: &["workspace"],
    meant: &[
        ("target", "targets"),
        ("default", "defaults"),
        ("dependency", "dependencies"),
        ("deps", "dependencies"),
    ],
    elsewhere: &[],
};

/// `[project]`.
pub(super) const PROJECT: Keys =
    Keys { table: "`[project]`", known: &["name"], later: &[], meant: &[], elsewhere: &[] };

/// `[retention]`.
pub(super) const RETENTION: Keys = Keys {
    table: "`[retention]`",
    known: &["grace", "history", "cache", "cache-size"],
    later: &[],
    meant: &[("cache-time", "cache"), ("cache-limit", "cache-size"), ("size", "cache-size")],
    elsewhere: &[],
};

const IN_STEP: &str = "it stands in the `build` or `test` table of the dependency";

/// `[targets.NAME]`.
pub(super) const TARGET: Keys = Keys {
    table: "a target",
    known: &["os", "arch", "distro", "stacks", "vars", "image"],
    later: &[],
    meant: &[
        ("stack", "stacks"),
        ("distribution", "distro"),
        ("architecture", "arch"),
        ("container", "image"),
    ],
    elsewhere: &[("executor", IN_STEP)],
};

/// `distro` of a target.
pub(super) const DISTRO: Keys = Keys {
    table: "`distro`",
    known: &["name", "version"],
    later: &[],
    meant: &[("id", "name"), ("release", "version")],
    elsewhere: &[],
};

const IN_SOURCE: &str = "it stands in the `source` table of the dependency";
const IN_VERIFY: &str = "it stands in the `verify` table of the dependency";
const IN_LINE: &str = "it stands in a line: `lines = [{ constraint = \"22.*\", keep = 2 }]`";

/// `[dependencies.ID]`.
pub(super) const DEPENDENCY: Keys = Keys {
    table: "a dependency",
    known: &[
        "name",
        "licenses",
        "cpe",
        "purl",
        "file",
        "targets",
        "scheme",
        "lines",
        "exclude",
        "only",
        "source",
        "verify",
        "metadata",
        "override",
        "extends",
        "max-staleness",
        "schedule",
        "min-age",
        "eol",
        "build",
        "test",
        "extra",
    ],
    later: &[],
    meant: &[
        ("overrides", "override"),
        ("extras", "extra"),
        ("line", "lines"),
        ("target", "targets"),
        ("license", "licenses"),
        ("excludes", "exclude"),
        ("extend", "extends"),
        ("sources", "source"),
        ("versions", "lines"),
        ("version", "lines"),
        ("builds", "build"),
        ("compile", "build"),
        ("tests", "test"),
        ("checks", "test"),
        ("check", "test"),
        ("smoke-test", "test"),
    ],
    elsewhere: &[
        ("script", IN_STEP),
        ("inputs", IN_STEP),
        ("env", IN_STEP),
        ("executor", IN_STEP),
        ("image", "it stands in a target, or in the `build` or `test` table of the dependency"),
        ("repack", "it stands in the `build` table of the dependency"),
        ("archive", "it stands in the `build` table of the dependency"),
        ("driver", IN_SOURCE),
        ("artifact", IN_SOURCE),
        ("asset", IN_SOURCE),
        ("extract", IN_SOURCE),
        ("replacements", IN_SOURCE),
        ("coverage", IN_SOURCE),
        ("url", IN_SOURCE),
        ("repo", IN_SOURCE),
        ("package", IN_SOURCE),
        ("select", IN_SOURCE),
        ("checksum", IN_VERIFY),
        ("signature", IN_VERIFY),
        ("constraint", IN_LINE),
        ("keep", IN_LINE),
        ("match", IN_LINE),
        ("prereleases", IN_LINE),
    ],
};

const SAYS_WHAT_IS: &str = "it says what there is, which holds for the whole dependency; an \
                            override says how some of it differs (`when`, `target`)";

/// `[[dependencies.ID.override]]`.
pub(super) const OVERRIDE: Keys = Keys {
    table: "an override",
    known: &[
        "when", "target", "name", "licenses", "cpe", "purl", "file", "source", "verify",
        "metadata", "min-age", "eol", "build", "test", "extra",
    ],
    later: &[],
    meant: &[
        ("targets", "target"),
        ("version", "when"),
        ("constraint", "when"),
        ("license", "licenses"),
        ("tests", "test"),
        ("checks", "test"),
    ],
    elsewhere: &[
        ("script", "write `build.script = …`, as in the dependency itself"),
        ("env", "write `build.env = …`, as in the dependency itself"),
        ("image", "write `build.image = …`, as in the dependency itself"),
        ("lines", SAYS_WHAT_IS),
        ("exclude", SAYS_WHAT_IS),
        ("only", SAYS_WHAT_IS),
        ("scheme", SAYS_WHAT_IS),
        ("schedule", SAYS_WHAT_IS),
        ("extends", SAYS_WHAT_IS),
        ("override", SAYS_WHAT_IS),
        ("artifact", "write `source.artifact = …`, as in the dependency itself"),
        ("asset", "write `source.asset = …`, as in the dependency itself"),
        ("replacements", "write `source.replacements = …`, as in the dependency itself"),
        ("checksum", "write `verify.checksum = …`, as in the dependency itself"),
        ("signature", "write `verify.signature = …`, as in the dependency itself"),
    ],
};

/// `source` of an override.
pub(super) const OVERRIDE_SOURCE: Keys = Keys {
    table: "the `source` of an override",
    known: &["artifact", "asset", "replacements"],
    later: &[],
    meant: &[],
    elsewhere: &[
        ("driver", SAYS_WHAT_IS),
        ("url", SAYS_WHAT_IS),
        ("repo", SAYS_WHAT_IS),
        ("package", SAYS_WHAT_IS),
        ("select", SAYS_WHAT_IS),
        ("extract", SAYS_WHAT_IS),
        ("coverage", SAYS_WHAT_IS),
        ("versions", SAYS_WHAT_IS),
    ],
};

/// The keys of `source` that are not its driver's.
pub(super) const SOURCE: &[&str] =
    &["driver", "artifact", "asset", "extract", "replacements", "coverage", "fallback"];

/// `verify`.
pub(super) const VERIFY: Keys = Keys {
    table: "`verify`",
    known: &["checksum", "signature"],
    later: &[],
    meant: &[("checksums", "checksum"), ("signatures", "signature")],
    elsewhere: &[
        ("sha256", "write `checksum = { sha256 = \"…\" }`"),
        ("sha512", "write `checksum = { sha512 = \"…\" }`"),
        ("url", "write `checksum = { url = \"…\" }`"),
        ("asset", "write `checksum = { asset = \"…\" }`"),
    ],
};

/// `verify.checksum`.
pub(super) const CHECKSUM: Keys = Keys {
    table: "`checksum`",
    known: &["url", "asset", "sha256", "sha512", "select"],
    later: &[],
    meant: &[("file", "asset")],
    elsewhere: &[
        ("md5", "MD5 proves nothing any more: give a SHA-256 or SHA-512, or leave `checksum` out"),
        (
            "sha1",
            "SHA-1 proves nothing any more: give a SHA-256 or SHA-512, or leave `checksum` out",
        ),
    ],
};

/// `verify.signature`.
pub(super) const SIGNATURE: Keys = Keys {
    table: "`signature`",
    known: &[
        "kind",
        "of",
        "url",
        "asset",
        "keys",
        "fingerprints",
        "identity",
        "issuer",
        "certificate",
    ],
    later: &[],
    meant: &[
        ("type", "kind"),
        ("over", "of"),
        ("key", "keys"),
        ("keyring", "keys"),
        ("fingerprint", "fingerprints"),
        ("subject", "identity"),
        ("bundle", "asset"),
        ("file", "asset"),
        ("cert", "certificate"),
    ],
    elsewhere: &[],
};

/// An entry of `lines`.
pub(super) const LINE: Keys = Keys {
    table: "a line",
    known: &["constraint", "line", "match", "keep", "prereleases", "eol"],
    later: &[],
    meant: &[
        ("name", "line"),
        ("version", "constraint"),
        ("prerelease", "prereleases"),
        ("regex", "match"),
    ],
    elsewhere: &[],
};

/// An entry of `exclude`.
pub(super) const EXCLUDE: Keys = Keys {
    table: "an `exclude`",
    known: &["version", "target", "reason"],
    later: &[],
    meant: &[
        ("constraint", "version"),
        ("when", "version"),
        ("targets", "target"),
        ("versions", "version"),
    ],
    elsewhere: &[],
};

/// An entry of `only`.
pub(super) const ONLY: Keys = Keys { table: "an `only`", ..EXCLUDE };

impl Keys {
    /// Adds a mistake for every key that the table may not have.
    pub(super) fn check(&self, all: &mut Collector<'_>, table: &DeTable<'_>) {
        for key in table.keys() {
            let name: &str = key.get_ref();
            if self.known.contains(&name) {
                continue;
            }
            let wrong = |message: String| mistake(Code::UNKNOWN_KEY, key.span(), message);
            let shown = shorten(name);
            if self.later.contains(&name) {
                all.add(
                    wrong(format!("`{shown}` is not supported yet"))
                        .label("a later depstate will read it")
                        .help("leave it out for now"),
                );
            } else if let Some((_, advice)) = self.elsewhere.iter().find(|(k, _)| *k == name) {
                all.add(
                    wrong(format!("{} has no key `{shown}`", self.table))
                        .label("not here")
                        .help(*advice),
                );
            } else {
                let meant = self.meant.iter().find(|(k, _)| *k == name).map(|(_, to)| *to);
                let near =
                    meant.or_else(|| nearest(name, self.known.iter().chain(self.later).copied()));
                all.add(
                    wrong(format!("{} has no key `{shown}`", self.table))
                        .label("unknown key")
                        .help(near.map_or_else(
                            || format!("it may have {}", one_of(self.known)),
                            |near| format!("did you mean `{near}`?"),
                        )),
                );
            }
        }
    }
}

/// Returns the nearest of some names, if one is near enough to be meant.
pub(super) fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // Nobody means a name by a text much longer than any name, and distances cost its square.
    if name.len() > 100 {
        return None;
    }
    let lower = name.to_lowercase().replace('_', "-");
    names
        .into_iter()
        // A file of ten thousand ids and as many wrong ones must not take minutes.
        .take(1_000)
        .map(|other| (strsim::damerau_levenshtein(&lower, &other.to_lowercase()), other))
        .filter(|(distance, other)| *distance <= (other.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Lists names for a sentence.
pub(super) fn one_of(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}

/// Cuts a text that somebody wrote to a length that fits a message.
pub(super) fn shorten(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_hidden(c) { '\u{fffd}' } else { c }).collect();
    if shown.chars().count() <= 80 {
        return shown.replace(['\n', '\r', '\t'], " ");
    }
    let cut: String = shown.chars().take(77).collect();
    format!("{}…", cut.replace(['\n', '\r', '\t'], " "))
}
