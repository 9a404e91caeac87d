//! `[[rewrite]]`: addresses that are asked elsewhere.

use toml::de::DeTable;
use url::Url;

use super::{
    Rewrite,
    fields::{Mistakes, Value},
};
use crate::model::Code;

const FROM: &str = "from = \"https://github.com/\"";
const TO: &str = "to = \"https://proxy.corp.example/github/\"";

pub(super) fn read(file: &DeTable<'_>, mistakes: &mut Mistakes) -> Vec<Rewrite> {
    let Some(value) = file.get("rewrite") else { return Vec::new() };
    let Some(list) = value.get_ref().as_array() else {
        mistakes.wrong("rewrite", value, "a list of tables", "[[rewrite]]");
        return Vec::new();
    };
    let mut rewrites: Vec<Rewrite> = Vec::new();
    for value in list {
        let Some(rewrite) = one(value, mistakes) else { continue };
        if rewrites.iter().any(|other| other.from == rewrite.from) {
            let message = format!("`{}` is rewritten twice", rewrite.from);
            let help = Some("leave one of them out".to_owned());
            mistakes.add(Code::BAD_VALUE, value.span(), message, help);
            continue;
        }
        rewrites.push(rewrite);
    }
    rewrites
}

fn one(value: &Value<'_>, mistakes: &mut Mistakes) -> Option<Rewrite> {
    let table = mistakes.table("rewrite", value, "[[rewrite]]")?;
    mistakes.keys("a `[[rewrite]]`", table, &["from", "to"]);
    let mut read = |key: &str, example: &str| {
        let Some(value) = table.get(key) else {
            let message = format!("a `[[rewrite]]` needs the key `{key}`");
            let help = Some(format!("write `{example}`"));
            mistakes.add(Code::MISSING_KEY, value.span(), message, help);
            return None;
        };
        let url = mistakes.url(key, value, example)?;
        whole_parts(key, &url, value, mistakes).then_some(url)
    };
    let (from, to) = (read("from", FROM), read("to", TO));
    Some(Rewrite { from: from?, to: to? })
}

/// Where the beginning did not end with a slash, `https://a.example/x` would hold for
/// `https://a.example/xy` too.
fn whole_parts(key: &str, url: &Url, value: &Value<'_>, mistakes: &mut Mistakes) -> bool {
    let ends = url.path().ends_with('/');
    if !ends {
        let help = Some(format!("write `{key} = \"{url}/\"`"));
        let message = format!("`{key}` does not end with `/`");
        mistakes.add(Code::BAD_URL, value.span(), message, help);
    }
    ends
}
