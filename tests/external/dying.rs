//! Drivers that die, and what they leave behind.

use std::time::{Duration, Instant};

use depstate::{
    external::{ExternalSource, ExternalStorage},
    model::ObjectKey,
    source::SourceDriver,
    storage::{Precondition, StorageReader, StorageWriter},
};
use futures::TryStreamExt as _;
use serde_json::json;

use super::{Bin, client};

const GREETING: &str = r#"read -r line
echo '{"jsonrpc": "2.0", "id": 1, "result": {"name": "n", "version": "1", "protocol": 1, "place": "p", "fields": [], "capabilities": {"opens": ["driver"]}}}'
"#;

fn shell(script: &str) -> (Bin, ExternalSource, super::Said) {
    let bin = Bin::new();
    bin.write("depstate-source-sh", &format!("#!/bin/sh\n{script}"));
    let root = std::env::temp_dir();
    let (setup, said) = bin.setup("depstate-source-sh", &json!({}), &root);
    (bin, ExternalSource::new(setup, client()), said)
}

/// Whether a process runs (and is not merely waiting to be buried).
fn runs(pid: &str) -> bool {
    fs_err::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit(')').next().unwrap_or_default().trim().starts_with('Z'))
}

fn gone_soon(pid: &str) -> bool {
    let until = Instant::now() + Duration::from_secs(20);
    while Instant::now() < until {
        if !runs(pid) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

#[tokio::test(flavor = "multi_thread")]
async fn its_end_and_its_last_words_are_told() {
    let (_bin, driver, said) = shell(&format!(
        "{GREETING}read -r line; echo first >&2; printf 'the disk is \\033[31mfull' >&2; exit 3"
    ));
    let error = driver.releases(None).await.unwrap_err().to_string();
    assert!(
        error.contains("`depstate-source-sh` gave no usable answer to `source/releases`"),
        "{error}"
    );
    assert!(error.contains("exit status: 3"), "{error}");
    assert!(error.contains("its last words: `the disk is [31mfull`"), "{error}");
    assert_eq!(
        said.all(),
        ["depstate-source-sh: first", "depstate-source-sh: the disk is [31mfull"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_died_is_started_again_a_few_times() {
    let (bin, driver, _) = shell(&format!("{GREETING}echo x >>\"$0.count\"; read -r line; exit 1"));
    for _ in 0..4 {
        let error = driver.releases(None).await.unwrap_err().to_string();
        assert!(error.contains("exit status: 1"), "{error}");
    }
    let error = driver.releases(None).await.unwrap_err().to_string();
    assert!(error.contains("not started again, after 4 times"), "{error}");
    drop(bin);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_has_started_ends_with_it() {
    // A child that holds the pipes open: the driver is gone, its stdout is not.
    let folder = tempfile::tempdir().unwrap();
    let pid = folder.path().join("pid");
    let (_bin, driver, _) =
        shell(&format!("{GREETING}sleep 1000 &\necho $! >{}\nread -r line; exit 5", pid.display()));
    let began = Instant::now();
    let error = driver.releases(None).await.unwrap_err().to_string();
    assert!(error.contains("exit status: 5"), "{error}");
    assert!(began.elapsed() < Duration::from_secs(20), "it waited for the child");
    let pid = fs_err::read_to_string(pid).unwrap();
    assert!(gone_soon(pid.trim()), "the child stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_with_the_value() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let (_bin, driver, _) = shell(&format!(
        "sleep 1000 &\necho $$ $! >{}\n{GREETING}trap '' TERM; while :; do sleep 1; done",
        pids.display()
    ));
    driver.greet().await.unwrap();
    let pids = fs_err::read_to_string(pids).unwrap();
    assert!(pids.split_whitespace().all(runs));
    drop(driver);
    assert!(pids.split_whitespace().all(gone_soon), "{pids}");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_of_an_upload_it_leaves_nothing_visible() {
    let folder = crate::contract::stores::folder();
    let bin = Bin::example("depstate-storage-folder");
    let text = fs_err::read_to_string(bin.path("depstate-storage-folder")).unwrap();
    // At the fourth piece it is killed, as by the system.
    bin.write(
        "depstate-storage-folder",
        &text.replace(
            "    def write(self, upload, offset, data):\n",
            "    def write(self, upload, offset, data):\n        if offset >= 3 * (256 << 10): os.kill(os.getpid(), 9)\n",
        ),
    );
    let (setup, _) =
        bin.setup("depstate-storage-folder", &json!({"path": "mirror"}), folder.path());
    let store = ExternalStorage::start(setup).await.unwrap();
    let key = ObjectKey::new("artifacts/tool/1/any/T/tool.tar.gz");
    let mut upload = store.upload(&key).await.unwrap();
    let error =
        upload.write(crate::contract::stores::noise(2 << 20)).await.unwrap_err().to_string();
    assert!(error.contains("signal: 9"), "{error}");
    assert!(upload.finish(Precondition::Absent).await.is_err());
    // Another process of it answers: nothing is there, and the collector finds what was begun.
    assert!(store.head(&key).await.unwrap().is_none());
    assert!(store.list("").try_collect::<Vec<_>>().await.unwrap().is_empty());
    let open: Vec<_> = store.unfinished("").try_collect().await.unwrap();
    assert_eq!(open.len(), 1);
    store.discard(&open[0]).await.unwrap();
    assert!(store.unfinished("").try_collect::<Vec<_>>().await.unwrap().is_empty());
}
