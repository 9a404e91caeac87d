//! `image`: a container image, pinned by its digest.

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, line},
    keys::shorten,
    templates::{Piece, is_template, pieces},
};
use crate::{
    model::{Code, Located, is_pinned_image},
    template::Scope,
};

/// Reads the image of a target.
pub(super) fn of_target(all: &mut Collector<'_>, value: &Value<'_>) -> Option<String> {
    let text = line(all, "image", value)?;
    pinned(all, &text).then_some(text.value)
}

/// Reads the image of a step, a template.
pub(super) fn of_step(all: &mut Collector<'_>, value: &Value<'_>) -> Option<Located<String>> {
    let text = line(all, "image", value)?;
    if !is_template(&text.value) {
        return pinned(all, &text).then_some(text);
    }
    all.template(&text, Scope::Published);
    // What the template stands for is known later; an end that it does not touch is known now.
    if let Some(Piece::Text(end)) = pieces(&text.value).last() {
        let pinned = end.rsplit_once("@sha256:").map_or(*end, |(_, hex)| hex);
        let whole = end.contains("@sha256:");
        let hex = pinned.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase());
        if !hex || (whole && pinned.len() != 64) || pinned.len() > 64 {
            unpinned(all, &text);
        }
    }
    Some(text)
}

fn pinned(all: &mut Collector<'_>, text: &Located<String>) -> bool {
    let pinned = is_pinned_image(&text.value);
    if !pinned {
        unpinned(all, text);
    }
    pinned
}

fn unpinned(all: &mut Collector<'_>, text: &Located<String>) {
    let shown = shorten(&text.value);
    let name = shown.split('@').next().unwrap_or_default();
    let (message, help) = if shown.starts_with('-') {
        let message = format!("`{shown}` is no name of an image");
        (message, "it begins with a letter or digit".to_owned())
    } else {
        let message = format!("the image `{shown}` is not pinned by its digest");
        let mut help = format!("write `image = \"{name}@sha256:…\"`, with 64 small hex digits");
        if !is_template(name) {
            help += "; `podman image inspect --format '{{.Digest}}' ";
            help += name;
            help += "` prints them";
        }
        (message, help)
    };
    all.add(mistake(Code::IMAGE_NOT_PINNED, range(text), message).help(help));
}
