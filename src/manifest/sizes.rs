//! Sizes: `8GiB`, or a number of bytes.

use toml::de::DeValue;

use super::{
    collect::{Collector, Extra as _, mistake},
    fields::{Value, kind, whole},
    keys::shorten,
};
use crate::model::Code;

/// No disk is larger, and no sum of sizes overflows.
const LARGEST: u64 = 1 << 50;

/// Reads a size in bytes: a number, or a number and a unit; never zero.
pub(super) fn bytes(all: &mut Collector<'_>, key: &str, value: &Value<'_>) -> Option<u64> {
    let read = match value.get_ref() {
        DeValue::Integer(_) => whole(value.get_ref()).and_then(|n| u64::try_from(n).ok()),
        DeValue::String(text) => parse(text),
        DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => None,
    };
    let read = read.filter(|size| (1..=LARGEST).contains(size));
    if read.is_none() {
        let found = match value.get_ref() {
            DeValue::String(text) => format!("`{}`", shorten(text)),
            DeValue::Integer(number) => format!("{number}"),
            other @ (DeValue::Float(_)
            | DeValue::Boolean(_)
            | DeValue::Datetime(_)
            | DeValue::Array(_)
            | DeValue::Table(_)) => kind(other).to_owned(),
        };
        all.add(
            mistake(Code::BAD_VALUE, value.span(), format!("`{key}` must be a size, not {found}"))
                .help(format!(
                    "write a number and one of B, kB, MB, GB, TB (1,000) or KiB, MiB, GiB, TiB (1,024): \
                     `{key} = \"8GiB\"`; 1 PiB at most"
                )),
        );
    }
    read
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit: u64 = match unit.strip_prefix(' ').unwrap_or(unit) {
        "B" => 1,
        "kB" | "KB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "TB" => 1_000_000_000_000,
        "kiB" | "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "TiB" => 1 << 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn sizes() {
        assert_eq!(parse("8GiB"), Some(8 << 30));
        assert_eq!(parse("512 MiB"), Some(512 << 20));
        assert_eq!(parse("2GB"), Some(2_000_000_000));
        assert_eq!(parse("7B"), Some(7));
        for bad in ["", "8", "GiB", "-8GiB", "1.5GiB", "8gib", "8G", "8  GiB", "99999999999TiB"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
