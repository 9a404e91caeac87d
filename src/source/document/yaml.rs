//! YAML as JSON: plain scalars as they are written, and no more of them than were written.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use super::DEPTH;

/// What a value weighs beside its text, about, in bytes.
const VALUE: usize = 64;
/// What all values may weigh, those that aliases repeat included.
const WEIGHT: usize = 256 << 20;

/// Reads the one document of a text.
pub(super) fn read(text: &str) -> Result<Value, String> {
    let mut reading = Reading::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            format!("{} (line {}, column {})", error.info(), at.line(), at.col() + 1)
        })?;
        reading.take(event).map_err(|why| format!("{why} (line {})", span.start.line()))?;
    }
    reading.root.map(|node| node.value).ok_or_else(|| "it holds no document".to_owned())
}

/// A value, how deep it is nested, and what it weighs.
#[derive(Clone)]
struct Node {
    value: Value,
    depth: usize,
    weight: usize,
}

/// A list or a table that is not closed yet.
struct Open {
    anchor: usize,
    depth: usize,
    weight: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    /// With the key whose value is to come.
    Table(Map<String, Value>, Option<String>),
}

#[derive(Default)]
struct Reading {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    /// What was made so far.
    weight: usize,
    root: Option<Node>,
}

impl Reading {
    fn take(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref());
                let node = Node { value, depth: 0, weight: VALUE + text.len() };
                self.pay(node.weight)?;
                self.made(node, anchor)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).cloned();
                let node = known.ok_or("an alias stands within what it repeats")?;
                self.pay(node.weight)?;
                self.made(node, 0)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, Kind::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(anchor, Kind::Table(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else { return Ok(()) };
                let value = match open.kind {
                    Kind::List(values) => Value::Array(values),
                    Kind::Table(fields, _) => Value::Object(fields),
                };
                let node = Node { value, depth: open.depth + 1, weight: open.weight };
                self.made(node, open.anchor)
            }
        }
    }

    fn begin(&mut self, anchor: usize, kind: Kind) -> Result<(), String> {
        self.pay(VALUE)?;
        self.open.push(Open { anchor, depth: 0, weight: VALUE, kind });
        self.check_depth(0)
    }

    /// Puts a value where it belongs, and keeps it for aliases.
    fn made(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.check_depth(node.depth)?;
        if anchor != 0 {
            self.pay(node.weight)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            if self.root.is_some() {
                return Err("a second document begins".to_owned());
            }
            self.root = Some(node);
            return Ok(());
        };
        open.depth = open.depth.max(node.depth);
        open.weight += node.weight;
        match &mut open.kind {
            Kind::List(values) => values.push(node.value),
            Kind::Table(fields, key) => match key.take() {
                Some(key) => {
                    fields.insert(key, node.value);
                }
                None => *key = Some(name(node.value)?),
            },
        }
        Ok(())
    }

    fn check_depth(&self, below: usize) -> Result<(), String> {
        if self.open.len() + below > DEPTH {
            return Err(format!("it is nested more than {DEPTH} levels deep"));
        }
        Ok(())
    }

    fn pay(&mut self, weight: usize) -> Result<(), String> {
        self.weight += weight;
        if self.weight > WEIGHT {
            return Err("its aliases make too much of it".to_owned());
        }
        Ok(())
    }
}

fn name(key: Value) -> Result<String, String> {
    match key {
        Value::String(text) => Ok(text),
        Value::Null => Ok("null".to_owned()),
        Value::Bool(flag) => Ok(flag.to_string()),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err("a list or a table is used as a key".to_owned())
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let as_text = tag.is_some_and(|tag| tag.is_yaml_core_schema() && tag.suffix == "str");
    if style != ScalarStyle::Plain || as_text {
        return Value::String(text.to_owned());
    }
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => Value::String(text.to_owned()),
    }
}
