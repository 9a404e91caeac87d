//! Reads the whole file.

use toml::de::DeTable;

use super::{Config, drivers, fields::Mistakes, host, rewrite};
use crate::model::{Code, Mistake};

/// The file's largest size in bytes.
const LARGEST: usize = 64 << 10;
/// How many dots and open brackets one line may have; each may open a level.
const DEEPEST: usize = 100;
const TOP: &[&str] = &["hosts", "rewrite", "drivers"];

/// What came of reading the file.
#[derive(Debug)]
pub struct Read {
    /// What it says; where there are mistakes, only what could be read.
    pub config: Config,
    /// Every mistake, by place.
    pub mistakes: Vec<Mistake>,
}

/// Reads the file and finds all its mistakes. Never panics, whatever the bytes are.
pub fn read(bytes: &[u8]) -> Read {
    let mut mistakes = Mistakes::default();
    let config = whole(bytes, &mut mistakes).unwrap_or_default();
    let mut mistakes = mistakes.0;
    mistakes.sort_by_key(|mistake| mistake.span);
    Read { config, mistakes }
}

fn whole(bytes: &[u8], mistakes: &mut Mistakes) -> Option<Config> {
    if bytes.len() > LARGEST {
        let message = format!("the configuration has more than {} KiB", LARGEST >> 10);
        mistakes.add(Code::TOO_LARGE, 0..0, message, None);
        return None;
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let help = Some("save it as UTF-8".to_owned());
        mistakes.add(Code::NOT_UTF8, at..at + 1, "the configuration is not UTF-8 text", help);
    });
    let text = text.ok()?;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        // Beyond, dropping the tree alone could overflow the stack.
        if line.bytes().filter(|b| matches!(b, b'.' | b'[' | b'{')).count() > DEEPEST {
            let message = "the line has more dots and brackets than are read";
            mistakes.add(Code::TOO_LARGE, start..start + 1, message, None);
            return None;
        }
        start += line.len();
    }
    let (file, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first() {
        let span = error.span().unwrap_or(0..0);
        let message = error.message().replace('\'', "`");
        mistakes.add(Code::SYNTAX, span, message, None);
        return None;
    }
    let file = file.get_ref();
    mistakes.keys("the configuration", file, TOP);
    let (drivers, driver_variables) = drivers::read(file, mistakes);
    Some(Config {
        hosts: host::read(file, mistakes),
        rewrites: rewrite::read(file, mistakes),
        drivers,
        driver_variables,
    })
}
