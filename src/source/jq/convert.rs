//! JSON into jq's values and back.

use jaq_json::{Num, Val};
use serde_json::{Map, Number, Value};

use super::{DEPTH, JqError};

/// Reads a document. jq's own reader takes more than JSON (comments, `NaN`) and recurses, so the
/// document is looked over first; but it keeps numbers as they are written, which serde does not.
pub(super) fn read(document: &[u8]) -> Result<Val, JqError> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    if let Err(error) = std::str::from_utf8(document) {
        let why = format!("byte {} is not UTF-8", error.valid_up_to());
        return Err(JqError::Document(why));
    }
    let strict: Result<serde::de::IgnoredAny, _> = serde_json::from_slice(document);
    if let Err(error) = strict {
        return Err(JqError::Document(error.to_string()));
    }
    if depth(document) > DEPTH {
        return Err(JqError::Document(format!("it is nested more than {DEPTH} levels deep")));
    }
    jaq_json::read::parse_single(document).map_err(|error| JqError::Document(error.to_string()))
}

/// Counts how deep valid JSON is nested.
fn depth(document: &[u8]) -> usize {
    let (mut open, mut deepest, mut text, mut escaped) = (0_usize, 0, false, false);
    for b in document {
        match b {
            _ if escaped => escaped = false,
            b'\\' if text => escaped = true,
            b'"' => text = !text,
            b'[' | b'{' if !text => {
                open += 1;
                deepest = deepest.max(open);
            }
            b']' | b'}' if !text => open = open.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// Turns an output into JSON, as long as there is budget for its bytes.
pub(super) fn to_json(value: &Val, budget: &mut u64) -> Result<Value, JqError> {
    to_json_at(value, budget, DEPTH)
}

fn to_json_at(value: &Val, budget: &mut u64, depth: usize) -> Result<Value, JqError> {
    let Some(below) = depth.checked_sub(1) else {
        return Err(JqError::Stopped("an output is nested too deep"));
    };
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(flag) => Value::Bool(*flag),
        Val::Num(number) => number_to_json(number),
        Val::TStr(bytes) | Val::BStr(bytes) => {
            pay(budget, bytes.len())?;
            Value::String(String::from_utf8_lossy(bytes).into_owned())
        }
        Val::Arr(values) => {
            pay(budget, values.len().saturating_mul(16))?;
            let values = values.iter().map(|value| to_json_at(value, budget, below));
            Value::Array(values.collect::<Result<_, _>>()?)
        }
        Val::Obj(fields) => {
            let mut object = Map::new();
            for (key, value) in fields.iter() {
                let key = to_json_at(key, budget, below)?;
                let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
                pay(budget, 16)?;
                object.insert(key, to_json_at(value, budget, below)?);
            }
            Value::Object(object)
        }
    })
}

fn number_to_json(number: &Num) -> Value {
    let float = |float: f64| Number::from_f64(float).map_or(Value::Null, Value::Number);
    match number {
        Num::Int(int) => Value::Number((*int as i64).into()),
        Num::Float(value) => float(*value),
        Num::BigInt(_) | Num::Dec(_) => {
            let text = number.to_string();
            let decimal = || text.parse().map_or(Value::Null, float);
            text.parse().map_or_else(|_| decimal(), Value::Number)
        }
    }
}

fn pay(budget: &mut u64, bytes: usize) -> Result<(), JqError> {
    *budget = budget
        .checked_sub(bytes as u64)
        .ok_or(JqError::Stopped("its outputs have more than 64 MiB"))?;
    Ok(())
}

/// Cuts a jq error, which may show the whole document, to a length that can be shown.
pub(super) fn message(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).collect();
    if plain.chars().count() > 200 {
        return plain.chars().take(200).chain(['…']).collect();
    }
    plain
}
