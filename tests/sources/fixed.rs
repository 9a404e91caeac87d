//! `static`.

use super::{driver, rows, upstreams};

#[tokio::test]
async fn versions_are_as_they_are_written_down() {
    let sha = "0".repeat(64);
    let table = format!(
        "versions = ['1.2.3', {{ version = '1.2.4', url = 'https://example.com/t.zip', sha256 = '{sha}',
         released = 2020-03-05, os = 'linux', yanked = true, note = 'x', size = 5 }}]"
    );
    let driver = driver("static", &table);
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.2.3", "1.2.4"]);
    let row = &listed[1];
    assert_eq!(row.released.unwrap().to_string(), "2020-03-05T00:00:00Z");
    assert_eq!((row.os.as_deref(), row.size), (Some("linux"), Some(5)));
    assert_eq!(row.digests[0].hex(), sha);
    assert!(row.yanked);
    assert_eq!(row.more["note"], "x");
    assert_eq!(driver.origin(), "deps.toml");
}
