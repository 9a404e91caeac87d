//! The filters, with limits on what they may make.

use std::borrow::Cow;

use minijinja::{
    Error, ErrorKind, Value,
    formatting::{FormatStyle, format as printf},
    value::Rest,
};

use super::context::MAX_VALUE;

fn too_large() -> Error {
    Error::new(ErrorKind::InvalidOperation, "a value grew beyond 64 KiB")
}

fn limited(text: String) -> Result<String, Error> {
    if text.len() <= MAX_VALUE { Ok(text) } else { Err(too_large()) }
}

/// The text of a value: of a string or a number.
fn text(value: &Value) -> Result<Cow<'_, str>, Error> {
    if value.is_undefined() {
        return Err(Error::from(ErrorKind::UndefinedError));
    }
    match value.as_str() {
        Some(text) if text.len() > MAX_VALUE => Err(too_large()),
        Some(text) => Ok(Cow::Borrowed(text)),
        None if value.is_number() => Ok(Cow::Owned(value.to_string())),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            format!("a filter wants text, not a {}", value.kind()),
        )),
    }
}

pub(super) fn replace(value: &Value, from: &Value, to: &Value) -> Result<String, Error> {
    let (value, from, to) = (text(value)?, text(from)?, text(to)?);
    let grown = value.matches(&*from).count().saturating_mul(to.len());
    if grown.saturating_add(value.len()) > 2 * MAX_VALUE {
        return Err(too_large());
    }
    limited(value.replace(&*from, &to))
}

pub(super) fn split(
    value: &Value,
    separator: Option<&str>,
    limit: Option<i64>,
) -> Result<Value, Error> {
    let value = Value::from(text(value)?.as_ref());
    minijinja::filters::split(&value, separator.map(Into::into), limit)
}

pub(super) fn urlencode(value: &Value) -> Result<String, Error> {
    limited(minijinja::filters::urlencode(&Value::from(text(value)?.as_ref()))?)
}

pub(super) fn format(value: &Value, Rest(args): Rest<Value>) -> Result<String, Error> {
    let pattern = text(value)?;
    let mut size = pattern.len();
    for arg in &args {
        size = size.saturating_add(text(arg)?.len());
    }
    // A width is what a short pattern makes a long text of.
    let widths = pattern.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > 3);
    if widths || pattern.contains('*') || size > MAX_VALUE {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "a width has at most three digits, and everything together 64 KiB",
        ));
    }
    limited(printf(FormatStyle::Printf, &pattern, &args)?)
}
