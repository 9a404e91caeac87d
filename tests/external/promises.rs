//! The promises themselves: the drivers that are built in keep them, and one that does not is found
//! out.

use std::{collections::BTreeSet, sync::Arc};

use depstate::{
    external::conformance::{Verdict, of_source, of_storage, source_promises, storage_promises},
    storage::MemoryStorage,
};
use serde_json::json;

use super::{Bin, client};
use crate::contract::stores::{in_bucket, in_folder};

fn broken(verdicts: &[Verdict]) -> BTreeSet<&'static str> {
    verdicts.iter().filter(|verdict| verdict.is_broken()).map(|verdict| verdict.promise).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stores_that_are_built_in_keep_them() {
    let stores =
        [(Arc::new(MemoryStorage::new()) as _, Box::new(()) as _), in_folder(), in_bucket()];
    for (store, _guard) in stores {
        let verdicts = storage_promises(store, &mut |_| {}).await;
        assert!(broken(&verdicts).is_empty(), "{verdicts:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_built_in_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    fs_err::write(folder.path().join("tool-1.2.0.zip"), "bytes").unwrap();
    let table = depstate::manifest::free_table("path = '.'").unwrap();
    let setup = depstate::source::Setup {
        id: depstate::model::DependencyId::new("tool").unwrap(),
        table,
        root: folder.path().to_owned(),
        client: client(),
        environment: depstate::model::Environment::default(),
        now: None,
        limits: depstate::source::Limits::default(),
    };
    let make = depstate::source::find("dir").unwrap().make;
    let driver = make(&setup).map_err(|mistakes| format!("{mistakes:?}")).unwrap();
    let verdicts = source_promises(&*driver, &mut |_| {}).await;
    assert!(broken(&verdicts).is_empty(), "{verdicts:#?}");
}

/// Changes an example, and tells which promises the changed one breaks.
async fn changed(program: &str, from: &str, to: &str) -> BTreeSet<&'static str> {
    let bin = Bin::example(program);
    let text = fs_err::read_to_string(bin.path(program)).unwrap();
    assert_eq!(text.matches(from).count(), 1, "`{from}` is not in {program} once");
    bin.write(program, &text.replace(from, to));
    let folder = crate::contract::stores::folder();
    if program.starts_with("depstate-storage-") {
        let (setup, _) = bin.setup(program, &json!({"path": "scratch"}), folder.path());
        return broken(&of_storage(setup, &mut |_| {}).await);
    }
    fs_err::write(folder.path().join("CHANGELOG.md"), "## 1.2.0\n").unwrap();
    fs_err::write(folder.path().join("t-1.2.0.zip"), "some bytes").unwrap();
    let config = json!({"changelog": "CHANGELOG.md", "files": ".", "name": "t-{version}.zip"});
    let (setup, _) = bin.setup(program, &config, folder.path());
    broken(&of_source(setup, client(), &mut |_| {}).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_breaks_a_promise_is_found_out() {
    let program = "depstate-storage-folder";
    // It compares outside the lock.
    let raced = changed(
        program,
        "        with self.alone():\n            self.check(key, precondition)\n            try:",
        "        self.check(key, precondition)\n        import time; time.sleep(0.003)\n        with self.alone():\n            try:",
    )
    .await;
    assert!(raced.contains("no increment is lost"), "{raced:?}");
    assert!(raced.contains("of many that create a key, one does"), "{raced:?}");
    // It lists in another order: told at once, whoever lists.
    let order = changed(program, "keys = sorted(key for", "keys = list(key for").await;
    assert!(order.contains("a listing is whole and in the order of keys"), "{order:?}");
    // It forgets the pages behind the first.
    let page = changed(
        program,
        "\"next\": keys[PAGE - 1] if len(keys) > PAGE else None",
        "\"next\": None",
    )
    .await;
    assert!(page.contains("a listing is whole and in the order of keys"), "{page:?}");
    // It says that it compares digests, and does not.
    let digest = changed(
        program,
        "        if hashlib.sha256(bytes_).hexdigest() != sha256:\n            raise Failed(15, \"the bytes have another digest\")\n        self",
        "        self",
    )
    .await;
    assert_eq!(digest, BTreeSet::from(["a wrong digest is refused, where the driver says so"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_breaks_a_promise_is_found_out() {
    let program = "depstate-source-changelog";
    let offset = changed(program, "file.seek(start)", "file.seek(0)").await;
    assert_eq!(offset, BTreeSet::from(["what is listed can be opened from any byte"]));
    let absent =
        changed(program, "raise Failed(2, f\"there is no", "raise Failed(1, f\"there is no").await;
    assert!(absent.contains("a file that is not there is absent"), "{absent:?}");
    let outside =
        changed(program, "or not name or \"/\" in name or name.startswith(\".\")", "").await;
    assert!(outside.contains("an address that leads out of the source is refused"), "{outside:?}");
    let stays = changed(program, "    for line in sys.stdin.buffer:", "    import itertools, time\n    for line in itertools.chain(sys.stdin.buffer, iter(lambda: time.sleep(1), 1)):\n        if line is None: continue").await;
    assert!(stays.contains("it ends when its stdin is closed"), "{stays:?}");
}
