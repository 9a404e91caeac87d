use super::*;

fn as_json(text: &str, name: &str) -> Result<serde_json::Value, String> {
    let json =
        read(&Bytes::from(text.to_owned()), None, name).map_err(|error| error.to_string())?;
    Ok(serde_json::from_slice(&json).unwrap())
}

fn yaml(text: &str) -> Result<String, String> {
    as_json(text, "https://x.example/i.yml").map(|value| value.to_string())
}

#[test]
fn the_format_is_told_by_the_type_then_by_the_ending() {
    use Format::{JSON, TOML, YAML};
    for (kind, url, format) in [
        (None, "https://x.example/i", JSON),
        (None, "https://x.example/i.yml?a=b.json", YAML),
        (None, "https://x.example/i.YAML#x", YAML),
        (None, "https://x.example/i.toml", TOML),
        (None, "https://x.yml/", JSON),
        (None, "dir:i.yaml", YAML),
        (Some("text/plain"), "https://x.example/i.yml", YAML),
        (Some("application/octet-stream"), "https://x.example/i.toml", TOML),
        (Some("application/json"), "https://x.example/i.yml", JSON),
        (Some("application/vnd.github+json"), "https://x.example/i.yml", JSON),
        (Some("application/yaml"), "https://x.example/i", YAML),
        (Some("text/x-yaml"), "https://x.example/i.json", YAML),
        (Some("text/vnd.yaml"), "https://x.example/i", YAML),
        (Some("application/openapi+yaml"), "https://x.example/i", YAML),
        (Some("application/toml"), "https://x.example/i", TOML),
    ] {
        assert_eq!(Format::of(kind, url), format, "{kind:?} {url}");
    }
}

#[test]
fn plain_scalars_stay_as_they_are_written() {
    let text = "- 3.10\n- 0x1F\n- 1e3\n- 2024-10-29\n- yes\n- true\n- null\n- ~\n-\n- 'true'\n- \"~\"\n- !!str null\n- |\n  two\n  lines\n";
    let expected = r#"["3.10","0x1F","1e3","2024-10-29","yes",true,null,null,null,"true","~","null","two\nlines\n"]"#;
    assert_eq!(yaml(text).unwrap(), expected);
    assert_eq!(
        yaml("3.10: {1: a, true: b, ~: c}").unwrap(),
        r#"{"3.10":{"1":"a","null":"c","true":"b"}}"#
    );
}

#[test]
fn aliases_repeat_what_they_name() {
    let text = "base: &b {os: linux, v: [&v 1.10, *v]}\nother: *b\n";
    let expected =
        r#"{"base":{"os":"linux","v":["1.10","1.10"]},"other":{"os":"linux","v":["1.10","1.10"]}}"#;
    assert_eq!(yaml(text).unwrap(), expected);
}

#[test]
fn bombs_end() {
    // A billion laughs, of texts and of empty lists.
    for leaf in ["lol", "[]"] {
        let mut text = format!("a0: &a0 {leaf}\n");
        for level in 1..30 {
            let below = format!("*a{}, ", level - 1).repeat(9);
            text = format!("{text}a{level}: &a{level} [{below}]\n");
        }
        let error = yaml(&text).unwrap_err();
        assert!(error.contains("aliases make too much") && error.contains("(line "), "{error}");
    }
    let mut deeper = "a0: &a0 []\n".to_owned();
    for level in 1..100_000 {
        deeper = format!("{deeper}a{level}: &a{level} [*a{}]\n", level - 1);
    }
    assert!(yaml(&deeper).unwrap_err().contains("256 levels"));
    let error = yaml(&"[".repeat(100_000)).unwrap_err();
    assert!(error.contains("256 levels") || error.contains("recursion"), "{error}");
    let error = yaml(&"- ".repeat(100_000)).unwrap_err();
    assert!(error.contains("256 levels"), "{error}");
    assert!(yaml("a: &a [*a]").unwrap_err().contains("alias"));
    for toml in [
        format!("a = {}{}", "[".repeat(100_000), "]".repeat(100_000)),
        format!("{}a = 1", "a.".repeat(100_000)),
        format!("[{}a]\n", "a.".repeat(100_000)),
        "[a]\n".repeat(2),
    ] {
        assert!(as_json(&toml, "i.toml").unwrap_err().contains("it is not TOML"));
    }
}

#[test]
fn what_is_no_document_is_named() {
    for (text, name, word) in [
        ("a: [1", "i.yml", "it is not YAML: "),
        ("a: b: c", "i.yml", "(line 1, column "),
        ("a: 1\n---\nb: 2", "i.yml", "a second document begins (line "),
        ("# nothing", "i.yml", "it holds no document"),
        ("[a]: 1", "i.yml", "is used as a key"),
        ("a: *b", "i.yml", "it is not YAML"),
        ("<!DOCTYPE html><html>", "i.yml", "it is an HTML page, where YAML was expected"),
        ("<html>", "i.toml", "it is an HTML page, where TOML was expected"),
        ("<?xml version='1.0'?><a/>", "i.json", "it is XML, where JSON was expected"),
        (" \n", "i.yml", "the answer is empty"),
        ("a = 1\nb = ", "i.toml", "(line 2)"),
    ] {
        let error = as_json(text, name).unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
    let latin = read(&Bytes::from_static(b"a: \xe9"), None, "i.yml").unwrap_err();
    assert!(latin.to_string().contains("byte 3 is not UTF-8"), "{latin}");
}

#[test]
fn toml_has_dates_as_texts() {
    let text =
        "day = 2024-10-29\nat = 2024-10-29T10:00:00Z\nn = 0x10\n[[channel]]\nversion = '1.80'\n";
    let expected =
        r#"{"at":"2024-10-29T10:00:00Z","channel":[{"version":"1.80"}],"day":"2024-10-29","n":16}"#;
    assert_eq!(as_json(text, "i.toml").unwrap().to_string(), expected);
}

#[test]
fn json_comes_back_as_it_is() {
    let text = Bytes::from_static(b"[3.10]");
    assert_eq!(read(&text, None, "i.json").unwrap(), text);
}
