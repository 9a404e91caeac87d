use std::time::{Duration, Instant};

use serde_json::json;

use super::*;

async fn outputs(program: &str, document: &'static str) -> Result<Vec<Value>, JqError> {
    run(program, Bytes::from_static(document.as_bytes())).await
}

#[tokio::test]
async fn programs_select_from_documents() {
    let document = r#"[{"v": "1.2", "ok": true}, {"v": "1.3", "ok": false}]"#;
    let found = outputs(".[] | select(.ok) | {version: .v}", document).await.unwrap();
    assert_eq!(found, [json!({"version": "1.2"})]);
    let found = outputs("[range(3)], (to_entries | length)", document).await.unwrap();
    assert_eq!(found, [json!([0, 1, 2]), json!(2)]);
    let found = outputs("[range(5; 0; -2)], [range(0; 1; 0.5)]", document).await.unwrap();
    assert_eq!(found, [json!([5, 3, 1]), json!([0, 0.5])]);
}

#[tokio::test]
async fn numbers_stay_as_they_are_written() {
    let found = outputs(".[] | tostring", "[3.10, 12345678901234567890]").await.unwrap();
    assert_eq!(found, [json!("3.10"), json!("12345678901234567890")]);
}

#[test]
fn a_program_that_cannot_be_read_says_where() {
    let wrong = |text: &str| match Program::new(text) {
        Err(JqError::Program { why, offset }) => (why, offset),
        other => panic!("{other:?}"),
    };
    let (why, offset) = wrong(".[] | {version: .v");
    assert!(why.contains("expected"), "{why}");
    assert!(offset >= 6, "{offset}");
    assert_eq!(wrong(".[] | nosuch"), ("there is no `nosuch`".to_owned(), 6));
    assert!(wrong(". | if").0.contains("expected at its end"), "{:?}", wrong(". | if"));
    assert!(wrong("").0.contains("expected"), "{:?}", wrong(""));
}

#[test]
fn programs_do_not_reach_out() {
    for text in [
        "env",
        "$ENV",
        "input",
        "inputs",
        "input_filename",
        "debug",
        "debug(1)",
        "stderr",
        "halt",
        "halt(1)",
        "halt_error",
        "localtime",
        "import \"a\" as a; .",
        "include \"a\"; .",
        "import \"a\" as $a; $a",
    ] {
        let error = Program::new(text).unwrap_err();
        let words = error.to_string();
        assert!(
            words.contains("not to be had")
                || words.contains("imported")
                || words.contains("there is no"),
            "{text}: {words}"
        );
    }
}

#[tokio::test]
async fn now_is_what_the_caller_says() {
    let programs = [Program::new("now").unwrap()];
    let now = Some(Timestamp::from_second(1_600_000_000).unwrap());
    let found = run_all(&programs, Bytes::from_static(b"0"), now).await.unwrap();
    assert_eq!(found, [[json!(1_600_000_000)]]);
    assert!(matches!(outputs("now", "0").await, Err(JqError::Failed(_))));
}

#[tokio::test]
async fn what_is_not_json_is_told() {
    for document in ["{\"a\": 1", "# comment\n1", "NaN", "1 2", "{1: 2}", ""] {
        let error = outputs(".", document).await.unwrap_err();
        assert!(matches!(error, JqError::Document(_)), "{document}: {error}");
    }
    let deep: &'static str = Box::leak(format!("{}{}", "[".repeat(300), "]".repeat(300)).into());
    assert!(matches!(outputs(".", deep).await, Err(JqError::Document(_))));
    let error = run(".", Bytes::from_static(b"\"\xff\"")).await.unwrap_err();
    assert!(error.to_string().contains("UTF-8"), "{error}");
}

#[tokio::test]
async fn an_error_of_the_program_is_told() {
    let error = outputs(".[] | .a", "[[1]]").await.unwrap_err();
    assert!(matches!(&error, JqError::Failed(_)), "{error}");
    let error = outputs("error(\"no \\u001b[31mversions\")", "1").await.unwrap_err();
    assert_eq!(error.to_string(), "jq failed: \"no \\u001b[31mversions\"");
}

#[tokio::test]
async fn a_program_that_does_not_end_is_stopped() {
    let begun = Instant::now();
    for (program, why) in [
        ("def f: 1 + f; f", "recurses too deep"),
        ("def f: [f]; f", "recurses too deep"),
        ("repeat(1)", "200,000 outputs"),
        ("[\"x\" * 1000000 | ., .] | .[0] as $x | [range(100) | $x]", "64 MiB"),
        ("reduce range(1000) as $i (0; [.])", "nested too deep"),
    ] {
        let error = outputs(program, "0").await.unwrap_err();
        assert!(error.to_string().contains(why), "{program}: {error}");
    }
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[test]
fn an_endless_loop_is_stopped_by_the_clock() {
    let time = Duration::from_millis(200);
    for program in ["def f: f; f", "[range(0; 1; 0)]", "[repeat(1)]", "last(range(1e18))"] {
        let programs = [Program::new(program).unwrap()];
        let begun = Instant::now();
        let error = evaluate(&programs, b"0", None, time).unwrap_err();
        assert_eq!(error, JqError::Stopped(Stop::Time.words()), "{program}");
        assert!(begun.elapsed() < time * 20, "{program}: {:?}", begun.elapsed());
    }
}

#[test]
fn a_long_chain_of_words_is_no_crash() {
    for part in ["try ", "- ", "if ", ".[] | ", "1 + ", "not as $x | ", "def f: "] {
        let text = part.repeat(16_000 / part.len());
        let _read_or_refused = Program::new(&text).is_ok();
    }
    assert!(Program::new(&"(".repeat(300)).is_err());
    assert!(Program::new(&"1 ".repeat(10_000)).is_err());
}
