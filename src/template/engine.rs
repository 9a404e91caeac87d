//! The engine: compiles a template once, expands it many times.

use std::{
    collections::BTreeMap,
    fmt, io,
    sync::{Arc, PoisonError, RwLock},
};

use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value, value::ValueKind,
};

use super::{
    TemplateError, Values,
    context::{MAX_VALUE, context, missing, undefined},
    filters, plain,
    tags::{self, MAX_TEXT, Tags},
};

/// Steps that one expansion may take.
const FUEL: u64 = 10_000;

/// Expands templates. Each text is compiled once; cheap to share between threads.
pub struct Engine {
    environment: Environment<'static>,
    read: RwLock<BTreeMap<String, Arc<Tags>>>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").finish_non_exhaustive()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// Makes an engine that has compiled nothing yet.
    pub fn new() -> Self {
        let mut environment = environment();
        // A template is named by its own text, so that the engine's cache is keyed by it.
        environment.set_loader(|name| Ok(Some(name.to_owned())));
        Self { environment, read: RwLock::default() }
    }

    /// Expands a template.
    ///
    /// # Errors
    /// When it is no template, names what is not defined, runs for more than 10,000 steps or
    /// gives more than 64 KiB.
    pub fn render(&self, text: &str, values: &Values<'_>) -> Result<String, TemplateError> {
        if let Some(expanded) = plain::render(text, values) {
            return Ok(expanded);
        }
        let tags = self.tags(text)?;
        let context = context(&tags, values)?;
        let template = self.environment.get_template(text).map_err(|e| explain(&e, text))?;
        let mut output = Limited { bytes: Vec::new(), full: false };
        match template.render_captured_to(context.clone(), &mut output) {
            Ok(_) => String::from_utf8(output.bytes)
                .map_err(|_| TemplateError::new("the template gives no text")),
            Err(_) if output.full => Err(TemplateError::new("the template gives more than 64 KiB")),
            Err(error) => Err(failed(&error, text, &tags, &context, values)),
        }
    }

    fn tags(&self, text: &str) -> Result<Arc<Tags>, TemplateError> {
        let known = self.read.read().unwrap_or_else(PoisonError::into_inner).get(text).cloned();
        if let Some(tags) = known {
            return Ok(tags);
        }
        let tags = Arc::new(read(text)?);
        let mut read = self.read.write().unwrap_or_else(PoisonError::into_inner);
        read.insert(text.to_owned(), Arc::clone(&tags));
        Ok(tags)
    }
}

/// Checks a template's syntax and what it says.
pub(super) fn read(text: &str) -> Result<Tags, TemplateError> {
    if text.len() > MAX_TEXT {
        return Err(TemplateError::new("the template is longer than 4 KiB"));
    }
    environment().template_from_str(text).map_err(|e| explain(&e, text))?;
    tags::read(text)
}

fn environment<'s>() -> Environment<'s> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_fuel(Some(FUEL));
    environment.set_formatter(|output, _, value| {
        let error = |message: String| Err(Error::new(ErrorKind::InvalidOperation, message));
        match value.as_str() {
            Some(text) if text.len() > MAX_VALUE => error("a value grew beyond 64 KiB".to_owned()),
            Some(text) => Ok(output.write_str(text)?),
            None if value.is_undefined() || value.is_none() => Ok(()),
            None if value.kind() == ValueKind::Bool => {
                Ok(output.write_str(if value.is_true() { "true" } else { "false" })?)
            }
            None if value.is_number() => Ok(write!(output, "{value}")?),
            None => error(format!("a {} is not text", value.kind())),
        }
    });
    environment.add_filter("replace", filters::replace);
    environment.add_filter("split", filters::split);
    environment.add_filter("urlencode", filters::urlencode);
    environment.add_filter("format", filters::format);
    environment.add_test("defined", minijinja::tests::is_defined);
    environment.add_test("undefined", minijinja::tests::is_undefined);
    environment.add_test("none", minijinja::tests::is_none);
    environment.add_test("odd", minijinja::tests::is_odd);
    environment.add_test("even", minijinja::tests::is_even);
    environment.add_test("startingwith", minijinja::tests::is_startingwith);
    environment.add_test("endingwith", minijinja::tests::is_endingwith);
    environment
}

/// Takes up to 64 KiB.
struct Limited {
    bytes: Vec<u8>,
    full: bool,
}

impl io::Write for &mut Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > MAX_VALUE {
            self.full = true;
            return Err(io::Error::other("full"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Says why an expansion failed.
fn failed(
    error: &Error,
    text: &str,
    tags: &Tags,
    context: &Value,
    values: &Values<'_>,
) -> TemplateError {
    if error.kind() == ErrorKind::UndefinedError {
        let at = error.range().unwrap_or(0..usize::MAX);
        let missing = tags.paths.iter().filter(|path| !path.own).filter_map(|path| {
            let parts = missing(path, context)?;
            Some(tags::Path { segments: path.segments[..parts].to_vec(), ..path.clone() })
        });
        // The engine marks the name, or the filter behind it.
        let near = |path: &tags::Path| path.at.start < at.end && at.start < path.at.end;
        let found = missing.clone().find(near).or_else(|| missing.clone().find(|p| p.printed));
        if let Some(path) = found {
            return undefined(&path, values);
        }
    }
    explain(error, text)
}

/// The engine's own errors, in our words.
fn explain(error: &Error, text: &str) -> TemplateError {
    let kind = error.kind();
    let detail = error.detail();
    let told = TemplateError::new(if kind == ErrorKind::SyntaxError {
        format!("syntax error: {}", detail.unwrap_or("it can't be read"))
    } else if kind == ErrorKind::OutOfFuel {
        "the template does not end".to_owned()
    } else if kind == ErrorKind::UndefinedError {
        "a value is not defined".to_owned()
    } else {
        detail.map_or_else(|| kind.to_string(), ToOwned::to_owned)
    });
    // What is missing at the end is marked behind it, or in the middle of a letter.
    match error.range() {
        Some(at) if text.get(at.clone()).is_some() => told.at(at),
        Some(_) => told.at(0..text.len()),
        None => told,
    }
}
