//! The drivers' tables: every mistake, its code and its place.

use depstate::{
    model::{Located, Mistake},
    storage::registry::{DRIVERS, open},
};

use super::stores::setup;

async fn mistakes(driver: &str, table: &str) -> Vec<String> {
    let named = Located { value: driver.to_owned(), span: (0, 0) };
    let environment = [("DEPSTATE_BUCKET", "team-deps"), ("SECRET", "s3cr3t")];
    let outcome = open(&named, setup(table, &environment)).await;
    let Err(found) = outcome else { return Vec::new() };
    found.iter().map(|mistake| show(table, mistake)).collect()
}

fn show(table: &str, mistake: &Mistake) -> String {
    let (start, length) = mistake.span;
    let marked = &table[start..start + length];
    let help = mistake.help.as_deref().unwrap_or("-");
    format!("{} at `{marked}`: {} ({help})", mistake.code, mistake.message)
}

#[tokio::test]
async fn right_tables() {
    let none: [String; 0] = [];
    assert_eq!(mistakes("fs", "path = \"mirror\"").await, none);
    assert_eq!(mistakes("fs", "path = \"m\"\npublic-url = \"https://x.test/a\"").await, none);
    assert_eq!(
        mistakes(
            "s3",
            "bucket = { env = \"DEPSTATE_BUCKET\" }\nprefix = \"/a/b/\"\nregion = \"eu-central-1\"
endpoint = \"http://127.0.0.1:9000\"\npath-style = true\nchecksum = \"when-required\"",
        )
        .await,
        none
    );
}

#[tokio::test]
async fn a_place_is_shown_as_written() {
    let store = |driver: &'static str, table: &'static str| async move {
        let named = Located { value: driver.to_owned(), span: (0, 0) };
        open(&named, setup(table, &[])).await.ok().unwrap().location()
    };
    assert_eq!(store("fs", "path = \"./mirror\"").await, "fs:./mirror");
    assert_eq!(store("s3", "bucket = \"deps\"").await, "s3://deps");
    assert_eq!(store("s3", "bucket = \"deps\"\nprefix = \"a/b/\"").await, "s3://deps/a/b");
}

#[tokio::test]
async fn all_mistakes_at_once() {
    insta::assert_snapshot!(
        mistakes(
            "s3",
            "buckt = \"deps\"\nprefix = 3\nregion = { env = \"SECRET\" }
    endpoint = \"ftp://x.test\"\npath-style = \"yes\"\nchecksum = \"never\"\npublic-url = { env = \"DEPSTATE_URL\" }",
        )
        .await
        .join("\n"),
        @r#"
    unknown-key at `buckt`: unknown key `buckt` in `[storage]` (did you mean `bucket`?)
    wrong-type at `3`: `prefix` is an integer, not a text (-)
    env-name at `"SECRET"`: `region` names the variable `SECRET` (name one that begins with `DEPSTATE_`)
    bad-url at `"ftp://x.test"`: `endpoint` is no address: it is neither `https://` nor `http://` (-)
    wrong-type at `"yes"`: `path-style` is a string, not `true` or `false` (-)
    bad-value at `"never"`: `checksum` is neither `when-supported` nor `when-required` (-)
    env-unset at `"DEPSTATE_URL"`: `public-url` is taken from `DEPSTATE_URL`, which is not set (set `DEPSTATE_URL`)
    "#
    );
}

#[tokio::test]
async fn one_mistake_each() {
    let mut shown = Vec::new();
    for (driver, table) in [
        ("fs", "path = \"\""),
        ("fs", "paht = \"m\""),
        ("fs", "path = 1"),
        ("fs", "path = { env = \"HOME\" }"),
        ("fs", "path = { env = \"DEPSTATE_PATH\" }"),
        ("fs", "path = { evn = \"DEPSTATE_PATH\" }"),
        ("s3", "prefix = \"a\""),
        ("s3", "bucket = \"a/b\""),
        ("s3", "bucket = \"deps\"\nprefix = \"a//b\""),
        ("s3", "bucket = \"deps\"\nprefix = \"../b\""),
        ("s3", "bucket = \"deps\"\nendpoint = \"https://user:pw@x.test\""),
        ("s3", "bucket = \"deps\"\nsecret-key = \"x\""),
        ("s4", "bucket = \"deps\""),
    ] {
        shown.push(format!("{driver}: {}", mistakes(driver, table).await.join(" | ")));
    }
    insta::assert_snapshot!(shown.join("\n"), @r#"
    fs: bad-value at `""`: `path` is empty (-)
    fs: unknown-key at `paht`: unknown key `paht` in `[storage]` (did you mean `path`?)
    fs: wrong-type at `1`: `path` is an integer, not a text (-)
    fs: env-name at `"HOME"`: `path` names the variable `HOME` (name one that begins with `DEPSTATE_`)
    fs: env-unset at `"DEPSTATE_PATH"`: `path` is taken from `DEPSTATE_PATH`, which is not set (set `DEPSTATE_PATH`)
    fs: wrong-type at `{ evn = "DEPSTATE_PATH" }`: `path` is neither a text nor `{ env = "DEPSTATE_…" }` (-)
    s3: missing-key at ``: `[storage]` lacks `bucket` (add `bucket = "…"`)
    s3: bad-value at `"a/b"`: `bucket` can't be `a/b` (3 to 63 of `a-z`, `0-9`, `.`, `-`; what follows a slash is `prefix`)
    s3: bad-value at `"a//b"`: `prefix` can't be `a//b` (write it as `a/b`: no empty segment, no `..`, at most 500 bytes)
    s3: bad-value at `"../b"`: `prefix` can't be `../b` (write it as `a/b`: no empty segment, no `..`, at most 500 bytes)
    s3: bad-url at `"https://user:pw@x.test"`: `endpoint` is no address: a user or password has no place in it (-)
    s3: unknown-key at `secret-key`: unknown key `secret-key` in `[storage]` (known are `bucket`, `prefix`, `region`, `endpoint`, `path-style`, `public-url`, `checksum`)
    s4: unknown-driver at ``: there is no storage driver `s4` (did you mean `s3`?)
    "#);
}

#[test]
fn drivers_have_names_of_their_own() {
    let names: Vec<_> = DRIVERS.iter().map(|driver| driver.name).collect();
    assert_eq!(names, ["fs", "s3"]);
}
