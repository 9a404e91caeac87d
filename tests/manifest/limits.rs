//! Input that is no manifest at all, or one that asks for too much: a clear word, and soon.

use std::fmt::Write as _;

use depstate::manifest::{read, report};
use proptest::prelude::*;

use super::{HEAD, KNOWN, codes, good, show};

fn first(text: &[u8]) -> (String, &'static str) {
    let found = read(text, &KNOWN);
    assert!(found.manifest.is_none());
    let mistake = found.mistakes.first().unwrap();
    (mistake.message.clone(), mistake.code.as_str())
}

#[test]
fn a_manifest_of_ten_megabytes_is_refused_by_its_size() {
    for fill in [b'a', b'[', b'\n', b'\0', b'"'] {
        let text = vec![fill; 10_000_000];
        let found = read(&text, &KNOWN);
        assert_eq!(found.mistakes.len(), 1);
        let shown = show("deps.toml", &text, found);
        assert!(shown.contains("deps.toml has 9765 KiB; at most 1024 are read"), "{shown}");
        assert!(shown.len() < 1_000, "{shown}");
    }
}

#[test]
fn a_mebibyte_is_read_and_a_byte_more_is_not() {
    let mut text = HEAD.to_owned();
    text.push('#');
    text.push_str(&"x".repeat((1 << 20) - text.len()));
    good(&text);
    text.push('x');
    assert_eq!(first(text.as_bytes()).1, "too-large");
}

#[test]
fn an_empty_file_lacks_two_tables() {
    let found = read(b"", &KNOWN);
    let shown = show("deps.toml", b"", found);
    assert!(shown.contains("deps.toml has 2 mistakes"), "{shown}");
    assert!(shown.contains("needs the table `[project]`"), "{shown}");
}

#[test]
fn a_byte_order_mark_is_no_mistake() {
    good(&format!("\u{feff}{HEAD}"));
}

#[test]
fn depth_is_found_before_anything_recurses() {
    for (open, close) in [("[", "]"), ("{a=", "}")] {
        for depth in [70, 10_000, 200_000] {
            let text = format!("a = {}1{}\n", open.repeat(depth), close.repeat(depth));
            assert_eq!(first(text.as_bytes()).1, "too-large", "{depth} x {open}");
        }
    }
    let long_key = vec!["a"; 100_000].join(".");
    for text in [format!("{long_key} = 1"), format!("[{long_key}]"), format!("[[{long_key}]]")] {
        assert_eq!(first(text.as_bytes()).1, "too-large");
    }
    // Each alone is within the bounds; together they are not.
    let half = vec!["a"; 40].join(".");
    assert_eq!(first(format!("[{half}]\n{half} = 1\n").as_bytes()).1, "too-large");
    assert_eq!(first(format!("{half} = {{ {half} = 1 }}\n").as_bytes()).1, "too-large");
    assert_eq!(first(format!("[[{half}]]\nb = [[{{ {half} = 1 }}]]\n").as_bytes()).1, "too-large");
}

#[test]
fn dots_and_brackets_in_strings_and_comments_are_not_deep() {
    let many = "[{.".repeat(100);
    good(&format!(
        "{HEAD}# {many}\n[dependencies.a]\nname = \"{many}\\\" {many}\"\nmetadata.list = ['{many}']\n\
         source = {{ driver = \"dir\", path = '''\n{many} '' {many}''', \
         note = \"\"\"{many}\\\"\"\"{many}\"\"\" }}\n\
         lines = [{{ constraint = \"*\" }}] # {many}\nmetadata.\"{many}\" = 1\n"
    ));
}

#[test]
fn ten_thousand_dependencies_are_read_and_one_more_is_not() {
    let mut text = HEAD.to_owned();
    text.push_str(
        "[defaults]\nlines = [{ constraint = \"*\" }]\nname = \"Tool\"\n[dependencies]\n",
    );
    for n in 0..10_000 {
        writeln!(text, "d{n} = {{ source = {{ driver = \"dir\", path = \"a\" }} }}").unwrap();
    }
    let manifest = good(&text);
    assert_eq!(manifest.dependencies.len(), 10_000);
    text.push_str("one_more = { source = { driver = \"dir\", path = \"a\" } }\n");
    let (message, code) = first(text.as_bytes());
    assert_eq!(
        (message.as_str(), code),
        ("10001 dependencies; at most 10000 are read", "too-large")
    );
}

#[test]
fn a_short_file_can_not_ask_for_a_gigabyte() {
    // One large table, begun as ten thousand times.
    let mut text = HEAD.to_owned();
    text.push_str("[defaults.metadata]\n");
    for n in 0..100 {
        writeln!(text, "k{n} = '{}'", "x".repeat(5_000)).unwrap();
    }
    text.push_str("[dependencies]\n");
    for n in 0..9_000 {
        writeln!(text, "d{n} = {{ extends = \"d0\", metadata.a = 1 }}").unwrap();
    }
    let found = read(text.as_bytes(), &KNOWN);
    assert!(found.mistakes.iter().any(|m| m.code.as_str() == "too-large"));
    // Ten thousand times five thousand targets.
    let mut text = HEAD.to_owned();
    for n in 0..5_000 {
        writeln!(text, "t{n} = {{ os = \"linux\", arch = \"amd64\" }}").unwrap();
    }
    text.push_str(
        "[defaults]\ntargets = [\"t*\"]\nlines = [{ constraint = \"*\" }]\n[dependencies]\n",
    );
    for n in 0..9_000 {
        writeln!(text, "d{n} = {{ source = {{ driver = \"dir\" }} }}").unwrap();
    }
    let found = read(text.as_bytes(), &KNOWN);
    assert!(found.mistakes.iter().any(|m| m.code.as_str() == "too-large"));
}

#[test]
fn a_report_of_thousands_shows_fifty() {
    let mut text = String::new();
    for n in 0..5_000 {
        writeln!(text, "k{n}wrong = 1").unwrap();
    }
    let found = read(text.as_bytes(), &KNOWN);
    assert!(found.mistakes.len() > 5_000);
    let shown = show("deps.toml", text.as_bytes(), found);
    assert_eq!(shown.matches("Error: ").count(), 50);
    assert!(shown.contains("deps.toml has 5002 mistakes"), "{shown}");
    assert!(shown.contains("4952 more are not shown"), "{shown}");
}

#[test]
fn a_line_of_a_megabyte_shows_a_window() {
    let text = format!("{HEAD}x = \"{}\"\n", "é".repeat(500_000));
    let found = read(text.as_bytes(), &KNOWN);
    let shown = show("deps.toml", text.as_bytes(), found);
    assert!(shown.len() < 2_000, "{} bytes", shown.len());
    assert!(shown.contains("must be a table"), "{shown}");
}

#[test]
fn a_report_takes_mistakes_from_anywhere() {
    // A driver may hand in places that are not there.
    for span in [(0, 0), (3, 1_000), (1_000, 5), (usize::MAX, usize::MAX)] {
        let mistake = depstate::model::Mistake {
            code: depstate::model::Code::BAD_VALUE,
            message: "x".to_owned(),
            span,
            label: None,
            help: None,
        };
        let report = report("deps.toml", "aé\nb".as_bytes(), vec![mistake]);
        let mut shown = String::new();
        miette::GraphicalReportHandler::new().render_report(&mut shown, &report).unwrap();
        assert!(shown.contains("bad-value"));
    }
}

#[test]
fn a_circle_of_thousands_is_one_mistake() {
    let mut text = String::from("[dependencies]\n");
    for n in 0..10 {
        writeln!(text, "d{n} = {{ extends = \"d{}\" }}", (n + 1) % 10).unwrap();
    }
    assert_eq!(codes(&text), ["extends"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the bytes are: no panic, and either a manifest or something to show.
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let found = read(&bytes, &KNOWN);
        prop_assert_eq!(found.manifest.is_none(), !found.mistakes.is_empty());
        show("deps.toml", &bytes, found);
    }

    /// The same for a manifest with a piece cut out and another put in.
    #[test]
    fn any_cut_is_survived(
        from in 0_usize..3_000,
        len in 0_usize..80,
        with in "[\\[\\]{}='\"#.,a\n {}é\u{202e}]{0,6}",
    ) {
        let whole = include_str!("good/every_key.toml");
        let cut = |at: usize| whole.floor_char_boundary(at.min(whole.len()));
        let text = format!("{}{with}{}", &whole[..cut(from)], &whole[cut(from + len)..]);
        let found = read(text.as_bytes(), &KNOWN);
        prop_assert_eq!(found.manifest.is_none(), !found.mistakes.is_empty());
        for mistake in &found.mistakes {
            prop_assert!(text.get(mistake.span.0..mistake.span.0 + mistake.span.1).is_some()
                || mistake.span.0 + mistake.span.1 == text.len() + 1, "{mistake:?}");
        }
        show("deps.toml", text.as_bytes(), found);
    }
}
