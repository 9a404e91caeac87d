//! Templates that only put names between letters, expanded without the engine: most are such, and
//! a plan expands tens of thousands.

use super::{Values, tags::MAX_TEXT};

/// The largest result in bytes; whatever is larger is the engine's to judge.
const LARGEST: usize = 8 * 1024;

/// Expands a text whose tags are all `{{ name }}`, each name of known text. None: the engine has to
/// look at it, be it to expand it or to say what is wrong with it.
pub(super) fn render(text: &str, values: &Values<'_>) -> Option<String> {
    // The engine takes a newline off the end.
    if text.len() > MAX_TEXT || text.ends_with(['\n', '\r']) {
        return None;
    }
    let mut output = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, tag) = rest.split_at(at);
        output.push_str(before);
        match tag.as_bytes().get(1) {
            Some(b'{') => {
                let (name, after) = tag.get(2..)?.split_once("}}")?;
                put(&mut output, name.trim_matches(' '), values)?;
                rest = after;
            }
            Some(b'%' | b'#') => return None,
            _ => {
                output.push('{');
                rest = tag.get(1..)?;
            }
        }
        if output.len() > LARGEST {
            return None;
        }
    }
    output.push_str(rest);
    (output.len() <= LARGEST).then_some(output)
}

/// Adds what a name stands for. None: it is not a plain name, or stands for nothing here.
fn put(output: &mut String, name: &str, values: &Values<'_>) -> Option<()> {
    use std::fmt::Write as _;
    let target = values.target;
    let text = match name {
        "id" => values.id,
        "version" => values.version,
        "upstream" => values.upstream,
        "os" => values.os?,
        "arch" => values.arch?,
        "url" => values.url?,
        "ext" => values.ext?,
        "sha256" => values.sha256?,
        "target.name" => values.target_name,
        "target.os" => target?.os.as_deref()?,
        "target.arch" => target?.arch.as_deref()?,
        "major" => return write!(output, "{}", values.numbers[0]).ok(),
        "minor" => return write!(output, "{}", values.numbers[1]).ok(),
        "patch" => return write!(output, "{}", values.numbers[2]).ok(),
        _ => return None,
    };
    output.push_str(text);
    Some(())
}
