//! The schema of every message, made from the types.

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::{LONGEST_LINE, PROTOCOL, code, envelope::RpcError, methods};

/// Returns the JSON schema (draft-07) of the protocol. The whole takes any message; below
/// `definitions`, `request:NAME` and `answer:NAME` take those of one method.
pub fn schema() -> Value {
    let mut all = SchemaSettings::draft07().into_generator();
    let mut named = Map::new();
    let mut any = Vec::new();
    for entry in methods::ALL {
        let params = (entry.params)(&mut all);
        let mut request = json!({
            "type": "object",
            "required": ["jsonrpc", "method", "params"],
            "properties": {
                "jsonrpc": { "const": "2.0" },
                "method": { "const": entry.name },
                "params": params,
            },
            "additionalProperties": false,
        });
        if let Some(answer) = entry.answer {
            request["required"] = json!(["jsonrpc", "id", "method", "params"]);
            request["properties"]["id"] = json!({ "type": "integer", "minimum": 0 });
            let answer = answer(&mut all);
            named.insert(format!("answer:{}", entry.name), reply("result", &json!(answer)));
            any.push(json!({ "$ref": format!("#/definitions/answer:{}", pointer(entry.name)) }));
        }
        named.insert(format!("request:{}", entry.name), request);
        any.push(json!({ "$ref": format!("#/definitions/request:{}", pointer(entry.name)) }));
    }
    named.insert("error".to_owned(), error(&mut all));
    any.push(json!({ "$ref": "#/definitions/error" }));
    named.extend(all.take_definitions(true));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "depstate's driver protocol",
        "description": format!(
            "Version {PROTOCOL}: JSON-RPC 2.0, one message a line of UTF-8, at most {LONGEST_LINE} bytes. \
             depstate writes requests and notifications to the driver's stdin, the driver answers on stdout."
        ),
        "anyOf": any,
        "definitions": named,
    })
}

/// A slash in a name, as a reference writes it.
fn pointer(name: &str) -> String {
    name.replace('/', "~1")
}

fn reply(key: &str, of: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["jsonrpc", "id", key],
        "properties": {
            "jsonrpc": { "const": "2.0" },
            "id": { "type": "integer", "minimum": 0 },
            key: of,
        },
        "additionalProperties": false,
    })
}

fn error(all: &mut SchemaGenerator) -> Value {
    let codes: Vec<Value> = code::ALL
        .iter()
        .map(|(code, says)| json!({ "const": code, "description": says }))
        .collect();
    let error = json!({
        "allOf": [
            all.subschema_for::<RpcError>(),
            { "properties": { "code": { "anyOf": codes } } },
        ],
    });
    reply("error", &error)
}
