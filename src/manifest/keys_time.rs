//! The keys of what deps.toml says of time. See [`super::keys`].

use super::keys::Keys;

/// `schedule`.
pub(super) const SCHEDULE: Keys = Keys {
    table: "`schedule`",
    known: &["url", "select", "insecure"],
    later: &[],
    meant: &[("urls", "url"), ("document", "url"), ("source", "url"), ("jq", "select")],
    elsewhere: &[("driver", "a schedule is always a document at `url`, read with `select`")],
};

/// `eol` of a dependency.
pub(super) const EOL: Keys = Keys {
    table: "`eol` of a dependency",
    known: &["warn", "drop-after"],
    later: &[],
    meant: &[("drop", "drop-after"), ("warning", "warn")],
    elsewhere: &[
        ("date", "the day belongs to a line: `eol = 2027-04-30` in an entry of `lines`"),
        ("link", "it belongs to a line: `eol = { date = 2027-04-30, link = \"https://…\" }`"),
    ],
};

/// `eol` of a line.
pub(super) const LINE_EOL: Keys = Keys {
    table: "`eol` of a line",
    known: &["date", "link", "warn", "drop-after"],
    later: &[],
    meant: &[("drop", "drop-after"), ("day", "date"), ("url", "link")],
    elsewhere: &[],
};
