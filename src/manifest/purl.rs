//! `purl`: package URLs, templates.

use std::str::FromStr as _;

use packageurl::PackageUrl;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    keys::shorten,
    templates::{Piece, is_template, pieces},
};
use crate::model::{Code, Located};

/// Adds a mistake for each that can't become a package URL, whatever its template stands for.
pub(super) fn check(all: &mut Collector<'_>, texts: &[Located<String>]) {
    for text in texts {
        let why = if is_template(&text.value) {
            match pieces(&text.value).first() {
                Some(Piece::Text(front)) if !begins(front) => {
                    Some("it begins otherwise".to_owned())
                }
                Some(_) | None => None,
            }
        } else {
            PackageUrl::from_str(&text.value).err().map(|error| error.to_string())
        };
        let Some(why) = why else { continue };
        let message = format!("`{}` is no package URL: {why}", shorten(&text.value));
        let help = "it begins with `pkg:` and a type: `pkg:generic/node@{{ version }}`";
        all.add(mistake(Code::BAD_PURL, range(text), message).help(help));
    }
}

fn begins(front: &str) -> bool {
    front.starts_with("pkg:") || "pkg:".starts_with(front)
}
