//! `git-tags`, over real repositories that git made and git serves.

use std::path::Path;

use depstate::model::{Code, Row};

use super::{contract::Case, driver, made, mistakes, rows, setup};
use crate::support::{
    git::{self, GitServer},
    upstream::{Answer, Upstream},
};

const PATH: &str = "/o/r.git/info/refs";
const COMMIT: &str = "1111111111111111111111111111111111111111";
const TAG: &str = "2222222222222222222222222222222222222222";

fn line(text: &str) -> String {
    format!("{:04x}{text}", text.len() + 4)
}

/// What a server says of its refs, as git 2.47 says it.
fn advertisement(refs: &[(&str, &str)]) -> Answer {
    let mut text = line("# service=git-upload-pack\n") + "0000";
    for (n, (id, name)) in refs.iter().enumerate() {
        let abilities = if n == 0 { "\0multi_ack side-band-64k agent=git/2.47.3" } else { "" };
        text += &line(&format!("{id} {name}{abilities}\n"));
    }
    answer(&(text + "0000"))
}

fn answer(text: &str) -> Answer {
    Answer::body(text.to_owned())
        .header("content-type", "application/x-git-upload-pack-advertisement")
}

/// For the tests that every driver passes.
pub(super) fn case(upstream: &Upstream, _folder: &Path) -> Case {
    upstream.route(PATH, advertisement(&[(COMMIT, "HEAD"), (COMMIT, "refs/tags/1.2.0")]));
    let table = format!("insecure = true\nurl = '{}?key=s3cret'", upstream.url("/o/r.git"));
    Case { name: "git-tags", driver: driver("git-tags", &table), index: Some(PATH) }
}

/// What an empty repository says.
pub(super) fn empty() -> Answer {
    advertisement(&[("0000000000000000000000000000000000000000", "capabilities^{}")])
}

async fn tags(url: &str) -> Result<Vec<(String, String)>, String> {
    let driver = driver("git-tags", &format!("insecure = true\nurl = '{url}'"));
    let listed = rows(&*driver).await.map_err(|error| error.to_string())?;
    Ok(sorted(&listed))
}

fn sorted(listed: &[Row]) -> Vec<(String, String)> {
    let commit = |row: &Row| row.more["commit"].as_str().unwrap().to_owned();
    let mut tags: Vec<_> = listed.iter().map(|row| (row.upstream.clone(), commit(row))).collect();
    tags.sort();
    tags
}

#[tokio::test]
async fn a_server_tells_all_tags_with_their_commits() {
    let folder = tempfile::tempdir().unwrap();
    let made = git::fill(&folder.path().join("tool.git"), 300, true);
    let server = GitServer::start(folder.path());
    let listed = tags(&server.url("/tool.git")).await.unwrap();
    assert_eq!(listed.len(), 600);
    assert_eq!(listed, made.tags);
    // Whoever writes the address with a slash means the same.
    assert_eq!(tags(&server.url("/tool.git/")).await.unwrap(), made.tags);
}

#[tokio::test]
async fn a_repository_without_tags_lists_none() {
    let folder = tempfile::tempdir().unwrap();
    git::fill(&folder.path().join("new.git"), 0, true);
    fs_err::create_dir(folder.path().join("empty.git")).unwrap();
    git::git(&folder.path().join("empty.git"), &["init", "-q", "--bare"], "");
    let server = GitServer::start(folder.path());
    assert_eq!(tags(&server.url("/new.git")).await.unwrap(), []);
    assert_eq!(tags(&server.url("/empty.git")).await.unwrap(), []);
    let error = tags(&server.url("/gone.git")).await.unwrap_err();
    assert!(error.contains("/gone.git/info/refs") && error.contains("404"), "{error}");
}

#[tokio::test]
async fn a_repository_on_disk_is_read_loose_packed_bare_or_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = git::fill(&folder.path().join("tool"), 20, false);
    let local = |path: &str| {
        super::made("git-tags", &setup(&format!("url = '{path}'"), folder.path(), &[]))
    };
    assert_eq!(sorted(&rows(&*local("tool")).await.unwrap()), made.tags, "loose or not");
    git::git(&folder.path().join("tool"), &["pack-refs", "--all"], "");
    assert!(folder.path().join("tool/.git/packed-refs").exists());
    assert_eq!(sorted(&rows(&*local("tool")).await.unwrap()), made.tags, "packed");
    // One more, loose beside the packed ones.
    git::git(&folder.path().join("tool"), &["update-ref", "refs/tags/v2", "main"], "");
    assert!(folder.path().join("tool/.git/refs/tags/v2").exists());
    assert_eq!(rows(&*local("./tool")).await.unwrap().len(), 41);
    git::git(folder.path(), &["clone", "-q", "--bare", "tool", "bare.git"], "");
    assert_eq!(rows(&*local("bare.git")).await.unwrap().len(), 41);
    let absolute = folder.path().join("tool").display().to_string();
    assert_eq!(rows(&*local(&absolute)).await.unwrap().len(), 41);
    assert_eq!(local("../up/tool").origin(), "../up/tool");
}

#[tokio::test]
async fn a_folder_that_is_no_repository_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::create_dir(folder.path().join("plain")).unwrap();
    for (path, word) in [("plain", "can't be read as a git repository"), ("gone", "no such folder")]
    {
        let driver = made("git-tags", &setup(&format!("url = '{path}'"), folder.path(), &[]));
        let error = rows(&*driver).await.unwrap_err();
        assert_eq!(error.code(), Code::SOURCE_ANSWER);
        let text = error.to_string();
        assert!(text.contains(word) && text.contains(&format!("`{path}`")), "{text}");
    }
    // A tag whose object is not there would be a version without a commit.
    let broken = folder.path().join("broken");
    git::fill(&broken, 1, false);
    fs_err::write(broken.join(".git/refs/tags/v9"), format!("{TAG}\n")).unwrap();
    let driver = made("git-tags", &setup("url = 'broken'", folder.path(), &[]));
    let error = rows(&*driver).await.unwrap_err().to_string();
    assert!(error.contains("`v9` leads to nothing"), "{error}");
}

#[tokio::test]
async fn what_a_server_says_is_read_strictly() {
    let upstream = Upstream::start();
    let url = upstream.url("/o/r.git");
    let peeled = [(COMMIT, "HEAD"), (TAG, "refs/tags/v1"), (COMMIT, "refs/tags/v1^{}")];
    upstream.route(PATH, advertisement(&peeled));
    assert_eq!(tags(&url).await.unwrap(), [("v1".to_owned(), COMMIT.to_owned())]);
    assert_eq!(upstream.requests()[0].path, format!("{PATH}?service=git-upload-pack"));
    assert_eq!(upstream.requests()[0].header("authorization"), None);

    // Version 1 of the protocol, and a clone that is not whole.
    let begin = line("# service=git-upload-pack\n") + "0000";
    let refs = line(&format!("{COMMIT} refs/tags/v1\0agent=x\n"));
    let shallow = line(&format!("shallow {COMMIT}\n"));
    upstream.route(PATH, answer(&format!("{begin}{}{refs}{shallow}0000", line("version 1\n"))));
    assert_eq!(tags(&url).await.unwrap().len(), 1);

    let html = Answer::html("<!DOCTYPE html><title>Sign in</title>");
    for (answer, word) in [
        (html, "an HTML page, where the refs"),
        (Answer::body(format!("{COMMIT}\trefs/tags/v1\n")), "git's `dumb` protocol"),
        (Answer::json("{}"), "no git repository"),
        (answer(&format!("{begin}{refs}")), "ends early"),
        (answer(&begin), "ends early"),
        (answer(&format!("{begin}{}0000", line("version 2\n"))), "another protocol version"),
        (
            answer(&format!("{begin}{}", line("ERR access denied\u{1b}[2J\n"))),
            "says: access denied",
        ),
        (answer(&format!("{begin}{}0000", line("nonsense\n"))), "`nonsense` is no ref"),
        (
            answer(&format!("{begin}{}0000", line(&format!("{TAG} refs/tags/v1^{{}}\n")))),
            "peeled before",
        ),
        (answer(&format!("{begin}zzzz")), "not what a git server says"),
    ] {
        upstream.route(PATH, answer);
        let error = tags(&url).await.unwrap_err();
        assert!(error.contains(word) && error.contains(PATH), "{error}");
        assert!(!error.contains('\u{1b}'), "{error:?}");
    }
}

#[test]
fn other_ways_to_a_repository_are_mistakes() {
    for url in [
        "git@github.com:o/r.git",
        "ssh://git@github.com/o/r.git",
        "git://github.com/o/r.git",
        "file:///srv/git/r.git",
        "http://github.com/o/r.git",
        "https://me:secret@github.com/o/r.git",
    ] {
        let all = mistakes("git-tags", &format!("url = '{url}'"), &[]);
        assert_eq!(all.len(), 1, "{all:?}");
        assert_eq!(
            (all[0].0.as_str(), all[0].1.as_str()),
            ("bad-url", format!("'{url}'").as_str())
        );
    }
    assert_eq!(mistakes("git-tags", "", &[])[0].0, "missing-key");
    assert_eq!(mistakes("git-tags", "url = ''", &[])[0].0, "bad-value");
}
