//! The keys of `build` and `test`, and of what stands in them. See [`super::keys`].

use super::keys::Keys;

const IN_LIMITS: &str = "it stands in `limits`: `limits = { time = \"2h\", memory = \"8GiB\" }`";
const IN_REPACK: &str = "it stands in `repack`: `repack = { strip-components = 1 }`";

/// `build`.
pub(super) const BUILD: Keys = Keys {
    table: "`build`",
    known: &[
        "script",
        "inputs",
        "env",
        "executor",
        "image",
        "needs",
        "archive",
        "repack",
        "network",
        "reproducible",
        "limits",
    ],
    later: &[],
    meant: &[
        ("scripts", "script"),
        ("run", "script"),
        ("cmd", "script"),
        ("command", "script"),
        ("commands", "script"),
        ("steps", "script"),
        ("input", "inputs"),
        ("files", "inputs"),
        ("patches", "inputs"),
        ("environment", "env"),
        ("vars", "env"),
        ("archive-format", "archive"),
        ("format", "archive"),
        ("output", "archive"),
        ("container", "image"),
        ("images", "image"),
        ("need", "needs"),
        ("requires", "needs"),
        ("depends", "needs"),
        ("limit", "limits"),
        ("reproduce", "reproducible"),
    ],
    elsewhere: &[
        ("time", IN_LIMITS),
        ("timeout", IN_LIMITS),
        ("memory", IN_LIMITS),
        ("processes", IN_LIMITS),
        ("strip-components", IN_REPACK),
        ("include", IN_REPACK),
        ("exclude", IN_REPACK),
        ("rename", IN_REPACK),
        ("file", "the published file's name stands beside `build`, not in it"),
        ("stdout", "it stands in `test`: a build is not judged by what it says"),
    ],
};

/// `test`.
pub(super) const TEST: Keys = Keys {
    table: "`test`",
    known: &[
        "script", "inputs", "files", "run", "stdout", "http", "needs", "env", "executor", "image",
        "network", "limits",
    ],
    later: &[],
    meant: &[
        ("scripts", "script"),
        ("input", "inputs"),
        ("file", "files"),
        ("exists", "files"),
        ("cmd", "run"),
        ("command", "run"),
        ("commands", "run"),
        ("exec", "run"),
        ("output", "stdout"),
        ("expect", "stdout"),
        ("contains", "stdout"),
        ("url", "http"),
        ("https", "http"),
        ("environment", "env"),
        ("vars", "env"),
        ("container", "image"),
        ("images", "image"),
        ("need", "needs"),
        ("requires", "needs"),
        ("depends", "needs"),
        ("limit", "limits"),
    ],
    elsewhere: &[
        ("time", IN_LIMITS),
        ("timeout", IN_LIMITS),
        ("memory", IN_LIMITS),
        ("processes", IN_LIMITS),
        ("archive", "it stands in `build`: what is tried is the very file that is published"),
        ("repack", "it stands in `build`: what is tried is the very file that is published"),
        ("reproducible", "it stands in `build`"),
    ],
};

/// `test.http`.
pub(super) const HTTP: Keys = Keys {
    table: "`http`",
    known: &["url", "status", "contains"],
    later: &[],
    meant: &[
        ("address", "url"),
        ("code", "status"),
        ("body", "contains"),
        ("text", "contains"),
        ("stdout", "contains"),
    ],
    elsewhere: &[
        ("port", "it stands in the address: `url = \"http://127.0.0.1:8080/\"`"),
        ("path", "it stands in the address: `url = \"http://127.0.0.1:8080/health\"`"),
    ],
};

/// `build.repack`.
pub(super) const REPACK: Keys = Keys {
    table: "`repack`",
    known: &["strip-components", "include", "exclude", "rename"],
    later: &[],
    meant: &[
        ("strip", "strip-components"),
        ("strip_components", "strip-components"),
        ("includes", "include"),
        ("only", "include"),
        ("excludes", "exclude"),
        ("remove", "exclude"),
        ("renames", "rename"),
        ("move", "rename"),
    ],
    elsewhere: &[("archive", "it stands beside `repack`: `archive = \"tar.gz\"`")],
};

/// `limits`.
pub(super) const LIMITS: Keys = Keys {
    table: "`limits`",
    known: &["time", "memory", "output", "processes"],
    later: &[],
    meant: &[
        ("timeout", "time"),
        ("duration", "time"),
        ("ram", "memory"),
        ("mem", "memory"),
        ("disk", "output"),
        ("size", "output"),
        ("pids", "processes"),
        ("process", "processes"),
    ],
    elsewhere: &[],
};
