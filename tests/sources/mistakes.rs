//! Mistakes in a driver's table: all at once, each at its place.

use depstate::source::DRIVERS;

use super::mistakes;

/// Code and marked text of each mistake.
fn found(driver: &str, table: &str) -> Vec<(String, String)> {
    mistakes(driver, table, &[("DEPSTATE_X", "https://x.example")])
        .into_iter()
        .map(|(code, marked, _)| (code, marked))
        .collect()
}

fn expect(driver: &str, table: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(code, at)| ((*code).to_owned(), (*at).to_owned())).collect();
    assert_eq!(found(driver, table), expected, "{driver}\n{table}");
}

#[test]
fn all_mistakes_come_at_once() {
    expect(
        "http-json",
        "url = 'http://x.example'\nselec = '.'\nselect = '.[] |'\nnext = 1",
        &[
            ("bad-url", "'http://x.example'"),
            ("unknown-key", "selec"),
            ("bad-jq", "'.[] |'"),
            ("wrong-type", "1"),
        ],
    );
}

#[test]
fn the_nearest_key_is_offered() {
    for driver in DRIVERS {
        for field in driver.fields {
            let misspelt = format!("{field}x");
            let setup = super::setup(&format!("{misspelt} = 1"), ".".as_ref(), &[]);
            let Err(mistakes) = (driver.make)(&setup) else { panic!("no mistake") };
            let unknown = mistakes.iter().find(|m| m.code.as_str() == "unknown-key").unwrap();
            assert_eq!(unknown.help, Some(format!("did you mean `{field}`?")), "{}", driver.name);
        }
    }
}

#[test]
fn what_must_be_there_is_missed() {
    for (driver, key) in [
        ("static", "versions"),
        ("dir", "path"),
        ("http-json", "url"),
        ("http-html", "url"),
        ("http-text", "url"),
        ("http-csv", "columns"),
        ("http-xml", "css"),
        ("github-releases", "repo"),
        ("github-tags", "repo"),
        ("gitlab-releases", "repo"),
        ("gitea-releases", "api"),
        ("git-tags", "url"),
        ("oci-tags", "package"),
        ("npm", "package"),
    ] {
        let all = mistakes(driver, "", &[]);
        assert!(
            all.iter().any(|(code, _, text)| code == "missing-key" && text.contains(key)),
            "{driver}: {all:?}"
        );
    }
}

#[test]
fn addresses_are_checked() {
    let at = |url: &str, code: &str| {
        expect("http-json", &format!("url = '{url}'"), &[(code, &format!("'{url}'"))]);
    };
    at("nonsense", "bad-url");
    at("ftp://x.example/i", "bad-url");
    at("https://me:secret@x.example/i", "bad-url");
    at("https://x.example/{{ version }}/i", "url-with-version");
    at("https://x.example/{{ os }}/i", "template");
    expect("http-json", "url = []", &[("bad-value", "[]")]);
    expect("http-json", "url = ['https://x.example', 1]", &[("wrong-type", "1")]);
    expect("http-json", "insecure = 'yes'\nurl = 'https://x.example'", &[("wrong-type", "'yes'")]);
}

#[test]
fn places_come_from_variables_of_our_own_alone() {
    let env = |value: &str, code: &str| {
        expect("npm", &format!("package = 'p'\nregistry = {value}"), &[(code, value)]);
    };
    env("{ env = 'HOME' }", "env-name");
    env("{ env = 'DEPSTATE_UNSET' }", "env-unset");
    env("{ env = 'DEPSTATE_X', more = 1 }", "wrong-type");
    env("{ }", "wrong-type");
    env("1", "wrong-type");
    expect("dir", "path = { env = 'GITHUB_TOKEN' }", &[("env-name", "{ env = 'GITHUB_TOKEN' }")]);
    expect(
        "github-releases",
        "repo = 'o/r'\napi = { env = 'PATH' }",
        &[("env-name", "{ env = 'PATH' }")],
    );
    // An address of an index is no place: it stands in deps.toml, to be reviewed.
    expect(
        "http-json",
        "url = { env = 'DEPSTATE_X' }",
        &[("wrong-type", "{ env = 'DEPSTATE_X' }")],
    );
}

#[test]
fn a_registry_has_to_be_named() {
    let all = mistakes("npm", "package = 'p'", &[]);
    assert_eq!(all[0].0, "no-registry");
}

#[test]
fn names_patterns_and_selectors_are_checked() {
    expect(
        "npm",
        "package = '../p'\nregistry = { env = 'DEPSTATE_X' }",
        &[("bad-value", "'../p'")],
    );
    expect("github-releases", "repo = 'https://o/r'", &[("bad-value", "'https://o/r'")]);
    let html = |rest: &str, expected: &[(&str, &str)]| {
        expect("http-html", &format!("url = 'https://x.example'\n{rest}"), expected);
    };
    html("pattern = '('", &[("bad-pattern", "'('")]);
    html("pattern = 'tool-(.*)'", &[("bad-pattern", "'tool-(.*)'")]);
    html("css = 'a['\npattern = '(?<version>.)'", &[("bad-selector", "'a['")]);
    expect("dir", "path = '.'\npattern = '(?<v>.)'", &[("bad-pattern", "'(?<v>.)'")]);
}

#[test]
fn a_wrong_program_says_where() {
    let table = "url = 'https://x.example'\nselect = '''\n.[]\n| nosuch'''";
    let all = mistakes("http-json", table, &[]);
    assert_eq!(all[0].0, "bad-jq");
    assert!(all[0].2.contains("`nosuch`") && all[0].2.contains("line 2, column 3"), "{}", all[0].2);
}

#[test]
fn rows_that_are_written_down_are_checked() {
    let row = |row: &str, code: &str, at: &str| {
        expect("static", &format!("versions = [{row}]"), &[(code, at)]);
    };
    row("1", "bad-value", "1");
    row("''", "bad-value", "''");
    row("{ url = 'https://x.example' }", "missing-key", "{ url = 'https://x.example' }");
    row("{ version = '' }", "bad-value", "''");
    row("{ version = '1', sha256 = 'abc' }", "bad-digest", "'abc'");
    row("{ version = '1', released = 'soon' }", "bad-date", "'soon'");
    row("{ version = '1', url = 'http://x.example/a' }", "bad-url", "'http://x.example/a'");
    row("{ version = '1', url = 'a.zip' }", "bad-url", "'a.zip'");
    row("{ version = '1', url = 'dir:a.zip' }", "bad-url", "'dir:a.zip'");
    row("{ version = '1', url = 'javascript:a()' }", "bad-url", "'javascript:a()'");
    row("{ version = '1', yanked = 'no' }", "wrong-type", "'no'");
    expect("static", "versions = '1'", &[("wrong-type", "'1'")]);
}

#[test]
fn what_other_parsers_say_becomes_one_plain_line() {
    let told = |rest: &str| {
        let table = format!("url = 'https://x.example'\npattern = '(?<version>.)'\n{rest}");
        mistakes("http-html", &table, &[]).remove(0).2
    };
    assert_eq!(told("css = ''"), "`css` is empty");
    for css in ["a[", "a:nosuch(", "> >", "@x", "::", "a,", "..a"] {
        let told = told(&format!("css = '{css}'"));
        assert!(!told.contains("developer") && !told.contains('\n'), "{told}");
    }
    assert_eq!(told("next = '('"), "`next` is no regular expression: unclosed group");
}
