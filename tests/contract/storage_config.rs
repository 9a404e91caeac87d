//! The drivers' tables: every mistake, its code and its place.

use depstate::{
    model::{Located, Mistake},
    storage::registry::{DRIVERS, open},
};

use super::storage::setup;

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
        @""
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
    insta::assert_snapshot!(shown.join("\n"), @"");
}

#[test]
fn drivers_have_names_of_their_own() {
    let names: Vec<_> = DRIVERS.iter().map(|driver| driver.name).collect();
    assert_eq!(names, ["fs", "s3"]);
}
