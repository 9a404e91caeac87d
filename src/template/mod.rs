//! Between floors 0 and 1: templates. The only place that knows the template engine; pure.
//!
//! A manifest comes from a pull request, so a template is not trusted: it can call nothing, its
//! text, its run and its output are limited, and what could make a text grow without end is
//! refused before it runs (`tags.rs`).

mod context;
mod engine;
mod error;
mod filters;
mod names;
mod plain;
mod tags;
#[cfg(test)]
mod tests;
mod token;
mod values;

pub use engine::Engine;
pub use error::TemplateError;
pub use names::Scope;
pub use values::Values;

/// Checks a template's syntax, and that it names only what is known in its place.
///
/// # Errors
/// For the first mistake; the message names the undefined name in full.
pub fn check(text: &str, scope: Scope) -> Result<(), TemplateError> {
    let tags = engine::read(text)?;
    tags.paths.iter().filter(|path| !path.own).try_for_each(|path| names::check(path, scope))
}

/// Tells whether a template uses a top-level name (`sha256`, `digest8`, `release`).
///
/// One that the template itself sets counts too, since it may be read before. False for a text
/// that is no template.
pub fn mentions(text: &str, name: &str) -> bool {
    engine::read(text).is_ok_and(|tags| tags.paths.iter().any(|path| path.root() == name))
}
