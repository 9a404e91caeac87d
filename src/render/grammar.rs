//! Counts, sizes, and text that upstream chose.

use std::time::Duration;

use crate::model::{Address, Work, Worked};

/// Returns "1 artifact", "2 artifacts".
pub fn count(n: u64, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}

/// Returns a size for people: `812 B`, `45.2 MiB`.
#[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if n < 1024 {
        return format!("{n} B");
    }
    let mut size = n as f64 / 1024.0;
    let mut unit = 0;
    while size >= 1023.95 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// Returns a time for people: `0.4 s`, `38 s`, `12 min 5 s`, `2 h 3 min`.
pub(super) fn lasted(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// Returns what is being done with an artifact, in one word.
pub(super) fn doing(work: Work) -> &'static str {
    match work {
        Work::Build => "building",
        Work::Test => "testing",
    }
}

/// Says that a build or test begins.
pub(super) fn works(address: &Address, work: Work) -> String {
    format!("{} {address}", doing(work))
}

/// Says how a build or test ended well.
pub(super) fn worked(address: &Address, work: Work, worked: &Worked) -> String {
    let did = match work {
        Work::Build => "built",
        Work::Test => "tested",
    };
    match worked {
        Worked::Ran { executor, duration } => {
            format!("{did} {address} in {}, {executor}", lasted(*duration))
        }
        Worked::Kept => format!("{address} was {did} before: from the cache"),
        Worked::Shared => format!("{address} was {did} elsewhere: from the storage's cache"),
    }
}

/// Returns a line that a build or test said, behind its address.
pub(super) fn said(address: &str, line: &str) -> String {
    format!("{address} {}", plain(&line.replace('\t', "    ")))
}

/// Removes what would move a terminal's cursor or turn its text around: upstream chooses names.
///
/// A line that would begin with `::` is a command to some CI systems, so it no longer does.
pub fn plain(text: &str) -> String {
    let text: String = text
        .chars()
        .filter(|c| {
            *c == '\n'
                || !(c.is_control()
                    || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'))
        })
        .collect();
    if !text.contains("::") {
        return text;
    }
    let lines = text.split('\n').map(|line| match line.trim_start().strip_prefix("::") {
        Some(rest) => format!(": :{rest}"),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_one_decimal() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.0 KiB");
        assert_eq!(bytes(47_395_635), "45.2 MiB");
        assert_eq!(bytes(1024 * 1024 - 1), "1.0 MiB");
        assert_eq!(bytes(1 << 30), "1.0 GiB");
    }

    #[test]
    fn times_are_for_people() {
        let all = [0.44, 9.94, 10.0, 59.9, 60.0, 725.0, 7384.0].map(Duration::from_secs_f64);
        let all = all.map(lasted).join(", ");
        assert_eq!(all, "0.4 s, 9.9 s, 10 s, 59 s, 1 min 0 s, 12 min 5 s, 2 h 3 min");
    }

    #[test]
    fn control_letters_go() {
        assert_eq!(plain("a\n  ::error::b"), "a\n: :error::b");
        assert_eq!(plain("a\u{1b}[31mb\u{202e}c\nd"), "a[31mbc\nd");
    }
}
