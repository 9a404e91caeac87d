//! Everything that can be wrong, each at its place.

use depstate::config::read;

/// The mistakes of a text: code, marked text, help.
fn mistakes(text: &str) -> Vec<(String, String, String)> {
    let found = read(text.as_bytes()).mistakes;
    let marked = |(start, length): (usize, usize)| text[start..start + length].to_owned();
    found
        .into_iter()
        .map(|it| (it.code.to_string(), marked(it.span), it.help.unwrap_or_default()))
        .collect()
}

#[test]
fn each_mistake_is_told_at_its_place_with_what_to_write() {
    for (text, code, marked, help) in [
        ("[host.x]", "unknown-key", "host", "did you mean `hosts`?"),
        ("[hosts.\"a.example\"]\nnetrcc = true", "unknown-key", "netrcc", "did you mean `netrc`?"),
        (
            "[hosts.\"a.example\"]\nca_file = 'x'",
            "unknown-key",
            "ca_file",
            "did you mean `ca-file`?",
        ),
        ("[hosts.\"a.example\"]\nnetrc = 'yes'", "wrong-type", "'yes'", "write `netrc = true`"),
        (
            "[hosts.\"https://a.example\"]\nnetrc = true",
            "bad-name",
            "\"https://a.example\"",
            "leave out `https://`: a host is `github.com`",
        ),
        (
            "[hosts.\"a.example/x\"]\nnetrc = true",
            "bad-name",
            "\"a.example/x\"",
            "a setting is for all of a host: `github.com`",
        ),
        (
            "[hosts.\"*\"]\nprivate = true",
            "bad-name",
            "\"*\"",
            "`*.corp.example` is every name below `corp.example`",
        ),
        (
            "[hosts.github.com]\nnetrc = true",
            "bad-name",
            "github",
            "a host's name stands in quotes: `[hosts.\"github.com\"]`",
        ),
        (
            "[hosts.\"a.example\"]\nheaders = { X = \"s3cret\" }",
            "wrong-type",
            "\"s3cret\"",
            "a secret never stands in a file: write `{ env = \"NAME\" }`",
        ),
        (
            "[hosts.\"a.example\"]\nheaders = { X = { env = \"t0k-en\" } }",
            "env-name",
            "\"t0k-en\"",
            "it names the variable that holds the value: `CORP_TOKEN`",
        ),
        (
            "[hosts.\"a.example\"]\nheaders = { X = { prefix = \"a\" } }",
            "missing-key",
            "{ prefix = \"a\" }",
            "write `Authorization = { env = \"CORP_TOKEN\", prefix = \"Bearer \" }`",
        ),
        (
            "[hosts.\"a.example\"]\nheaders = { Host = { env = \"A\" } }",
            "bad-name",
            "Host",
            "leave it out",
        ),
        (
            "[hosts.\"a.example\"]\nrate = 0",
            "bad-value",
            "0",
            "it is the number of requests a second: `rate = 5`",
        ),
        (
            "[hosts.\"a.example\"]\nrate = -1.5",
            "bad-value",
            "-1.5",
            "it is the number of requests a second: `rate = 5`",
        ),
        (
            "[hosts.\"a.example\"]\nrate = nan",
            "bad-value",
            "nan",
            "it is the number of requests a second: `rate = 5`",
        ),
        (
            "[hosts.\"a.example\"]\nproxy = true",
            "wrong-type",
            "true",
            "write `proxy = \"http://proxy.corp.example:3128\"`",
        ),
        (
            "[hosts.\"a.example\"]\nproxy = 'http://me:pw@p.example/'",
            "bad-url",
            "'http://me:pw@p.example/'",
            "write `proxy = \"http://proxy.corp.example:3128\"`",
        ),
        (
            "[[rewrite]]\nfrom = 'https://a.example/'",
            "missing-key",
            "[[rewrite]]",
            "write `to = \"https://proxy.corp.example/github/\"`",
        ),
        (
            "[[rewrite]]\nfrom = 'https://a.example/x'\nto = 'https://b.example/'",
            "bad-url",
            "'https://a.example/x'",
            "write `from = \"https://a.example/x/\"`",
        ),
        ("[rewrite]\nfrom = 'a'", "wrong-type", "[rewrite]", "write `[[rewrite]]`"),
        (
            "[drivers]\nmine = 'sha256:00'",
            "bad-name",
            "mine",
            "it is called `depstate-source-NAME` or `depstate-storage-NAME`",
        ),
        (
            "[drivers]\n\"depstate-source-../x\" = 'sha256:00'",
            "bad-name",
            "\"depstate-source-../x\"",
            "it is called `depstate-source-NAME` or `depstate-storage-NAME`",
        ),
        (
            "[drivers]\ndepstate-source-x = 'sha256:00'",
            "bad-digest",
            "'sha256:00'",
            "write `sha256:` and the 64 hex digits of `sha256sum FILE`",
        ),
    ] {
        let expected = (code.to_owned(), marked.to_owned(), help.to_owned());
        assert_eq!(mistakes(text), [expected], "{text}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_and_no_secret_with_them() {
    let text = "x = 1\n[hosts.\"a.example\"]\nnetrc = true\nrate = 'fast'\n\
                headers = { Authorization = { env = \"A\" }, Cookie = \"s3cret\" }\n\
                [[rewrite]]\nfrom = 'http://me:pa55@a.example/'\n";
    let codes: Vec<String> = mistakes(text).into_iter().map(|(code, ..)| code).collect();
    assert_eq!(codes.len(), 6, "{codes:?}");
    let shown: String =
        read(text.as_bytes()).mistakes.iter().map(|it| it.message.clone()).collect();
    assert!(!shown.contains("s3cret") && !shown.contains("pa55"), "{shown}");
}

#[test]
fn bytes_that_are_no_configuration_are_an_error_and_no_panic() {
    for bytes in [
        vec![0xff, 0xfe],
        b"[hosts".to_vec(),
        b"a = 1\na = 2".to_vec(),
        vec![b'#'; 70_000],
        [b"a = ".to_vec(), vec![b'['; 50_000]].concat(),
        [b"[a".to_vec(), b".a".repeat(30_000)].concat(),
        [b"x".to_vec(), b".a".repeat(30_000), b"=1".to_vec()].concat(),
        "[hosts.\"\u{202e}\"]\nrate=1".as_bytes().to_vec(),
    ] {
        assert!(!read(&bytes).mistakes.is_empty());
    }
}
