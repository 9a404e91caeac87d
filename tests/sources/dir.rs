//! `dir`.

use std::path::Path;

use depstate::{model::Code, source::SourceDriver};

use super::{made, read, rows, setup, upstreams};

fn dir(root: &Path, table: &str) -> Box<dyn SourceDriver> {
    made("dir", &setup(table, root, &[]))
}

fn folder(files: &[&str]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for file in files {
        let path = root.path().join("up").join(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, file).unwrap();
    }
    root
}

#[tokio::test]
async fn usual_names_need_no_pattern() {
    let root = folder(&[
        "hello-world-1.0.0.tar.gz",
        "hello-1.1.0-linux-amd64.tar.gz",
        "hello-1.2.0-rc.1-darwin-arm64.zip",
        "hello_v1.20.tgz",
        "old/hello-0.9+build.7.tar.xz",
        "hello-1.0.0.tar.gz.sha256",
        "hello-1.0.0.tar.gz.asc",
        ".hidden-1.0.0.zip",
        ".git/hello-3.0.0.zip",
        "README.md",
        "hello.zip",
    ]);
    let listed = rows(&*dir(root.path(), "path = 'up'")).await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|r| {
            let part = |part: &Option<String>| part.clone().unwrap_or_default();
            format!("{} {} {} {}", r.upstream, part(&r.os), part(&r.arch), part(&r.url))
        })
        .collect();
    assert_eq!(
        shown,
        [
            "1.1.0 linux amd64 dir:hello-1.1.0-linux-amd64.tar.gz",
            "1.2.0-rc.1 darwin arm64 dir:hello-1.2.0-rc.1-darwin-arm64.zip",
            "1.0.0   dir:hello-world-1.0.0.tar.gz",
            "v1.20   dir:hello_v1.20.tgz",
            "0.9+build.7   dir:old/hello-0.9+build.7.tar.xz",
        ]
    );
    assert_eq!(listed[4].name.as_deref(), Some("hello-0.9+build.7.tar.xz"));
    assert_eq!(listed[4].size, Some("old/hello-0.9+build.7.tar.xz".len() as u64));
}

#[tokio::test]
async fn a_pattern_sees_names_from_the_folder_on() {
    let root = folder(&["1.0/tool.bin", "1.1/tool.bin", "1.1/tool.bin.sha256", "x/tool.bin"]);
    let table = "path = 'up'\npattern = '^(?<version>[0-9.]+)/tool\\.bin$'";
    let driver = dir(root.path(), table);
    let listed = rows(&*driver).await.unwrap();
    assert_eq!(upstreams(&listed), ["1.0", "1.1"]);
    let stream = driver.open(listed[1].url.as_deref().unwrap(), 4).await.unwrap();
    assert_eq!(read(stream).await.unwrap(), b"tool.bin");
    assert_eq!(driver.origin(), "up");
}

#[tokio::test]
async fn a_large_file_is_read_whole_and_in_parts() {
    let root = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    fs_err::write(root.path().join("t-1.zip"), &bytes).unwrap();
    let driver = dir(root.path(), "path = '.'");
    for from in [0, 300_000, 1_000_000] {
        let stream = driver.open("dir:t-1.zip", from as u64).await.unwrap();
        assert_eq!(stream.size, Some((bytes.len() - from) as u64));
        assert_eq!(read(stream).await.unwrap(), bytes[from..]);
    }
}

#[tokio::test]
async fn a_file_that_shrinks_meanwhile_is_truncated() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("t-1.zip");
    fs_err::write(&path, vec![0; 1_000_000]).unwrap();
    let mut stream = dir(root.path(), "path = '.'").open("dir:t-1.zip", 0).await.unwrap();
    stream.next().await.unwrap();
    fs_err::OpenOptions::new().write(true).open(&path).unwrap().set_len(300_000).unwrap();
    let error = read(stream).await.unwrap_err();
    assert!(error.to_string().contains("of 1000000 bytes"), "{error}");
}

#[tokio::test]
async fn nothing_outside_of_the_folder_is_served() {
    let root = folder(&["a-1.zip"]);
    fs_err::write(root.path().join("secret-2.zip"), "secret").unwrap();
    let driver = dir(root.path(), "path = 'up'");
    for url in
        ["dir:../secret-2.zip", "dir:/etc/hostname", "dir:", "dir:./a-1.zip/../../secret-2.zip"]
    {
        let error = driver.open(url, 0).await.unwrap_err();
        assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{url}: {error}");
    }
    #[cfg(unix)]
    {
        fs_err::os::unix::fs::symlink("../secret-2.zip", root.path().join("up/b-2.zip")).unwrap();
        let error = driver.open("dir:b-2.zip", 0).await.unwrap_err();
        assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{error}");
        let error = rows(&*driver).await.unwrap_err();
        assert!(error.to_string().contains("b-2.zip"), "{error}");
        fs_err::remove_file(root.path().join("up/b-2.zip")).unwrap();
        fs_err::os::unix::fs::symlink("a-1.zip", root.path().join("up/c-3.zip")).unwrap();
        fs_err::os::unix::fs::symlink(".", root.path().join("up/circle")).unwrap();
        assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["1", "3"]);
    }
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_that_names_it() {
    let root = tempfile::tempdir().unwrap();
    let error = rows(&*dir(root.path(), "path = 'nowhere'")).await.unwrap_err();
    assert_eq!(error.code(), Code::FILE_FAILED);
    assert!(error.to_string().contains("nowhere"), "{error}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_called_so() {
    let root = tempfile::tempdir().unwrap();
    let error = rows(&*dir(root.path(), "path = 'nowhere'")).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no folder `nowhere`: make it, or check `path`");
}

#[tokio::test]
async fn names_with_letters_of_addresses_come_back_as_they_are() {
    let names =
        ["a%2e%2e-1.3.0.tgz", "b#1 ?-1.4.0.zip", "c%-1.5.0.zip", "gr\u{f6}\u{df}e-1.6.0.zip"];
    let root = folder(&names);
    let driver = dir(root.path(), "path = 'up'");
    let listed = rows(&*driver).await.unwrap();
    let urls: Vec<_> = listed.iter().map(|row| row.url.clone().unwrap()).collect();
    assert_eq!(
        urls,
        [
            "dir:a%252e%252e-1.3.0.tgz",
            "dir:b%231%20%3F-1.4.0.zip",
            "dir:c%25-1.5.0.zip",
            "dir:gr\u{f6}\u{df}e-1.6.0.zip"
        ]
    );
    for (name, url) in names.iter().zip(urls) {
        assert_eq!(read(driver.open(&url, 0).await.unwrap()).await.unwrap(), name.as_bytes());
    }
    for (row, name) in listed.iter().zip(names) {
        assert_eq!(row.name.as_deref(), Some(name));
    }
    let error = driver.open("dir:%2e%2e/secret-2.zip", 0).await.unwrap_err();
    assert_eq!(error.code(), Code::UNSUPPORTED_ADDRESS, "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn one_bad_link_does_not_hide_the_others() {
    use fs_err::os::unix::fs::symlink;

    let root = folder(&["a-1.zip"]);
    fs_err::write(root.path().join("secret"), "secret").unwrap();
    symlink("gone-2.zip", root.path().join("up/b-2.zip")).unwrap();
    symlink("../secret", root.path().join("up/notes")).unwrap();
    symlink("..", root.path().join("up/c-3.zip")).unwrap();
    let driver = dir(root.path(), "path = 'up'");
    assert_eq!(upstreams(&rows(&*driver).await.unwrap()), ["1"]);
    symlink("../secret", root.path().join("up/d-4.zip")).unwrap();
    assert_eq!(
        rows(&*driver).await.unwrap_err().to_string(),
        "the file `up/d-4.zip` can't be listed: it is a link that leads out of the folder, to \
         `../secret`"
    );
}
