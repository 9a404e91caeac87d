//! The way back to an older serial, on a store in memory.

use std::sync::Arc;

use depstate::{
    model::{Code, Environment, ObjectKey, Snapshot},
    ops::{
        self, OpsError, Project, Setting,
        rollback::{Ended, Prepared, carry_out, prepare},
    },
    render::lines::Silent,
    storage::{Op, StorageError, StorageWriter},
};

use super::fixture::{Bucket, Meddler, Moving, names};
use crate::support::sandbox::Sandbox;

pub(super) const MANIFEST: &str = r#"
[project]
name = "buildpack"
[storage]
driver = "fs"
path = "mirror"
[dependencies.ruby]
source = { driver = "dir", path = "upstream" }
lines = [{ constraint = "*", keep = "all" }]
"#;

pub(super) async fn project(sandbox: &Sandbox) -> Project {
    let setting = Setting {
        manifest: sandbox.path("deps.toml"),
        shown: "deps.toml".to_owned(),
        config: None,
        environment: Environment::new(std::collections::BTreeMap::new()),
        offline: true,
        stale_ok: false,
        now: "2025-03-02T12:00:00Z".parse().unwrap(),
        jobs: 2,
        processors: 1,
        program: env!("CARGO_BIN_EXE_depstate").into(),
        by: None,
        exclusive: true,
    };
    ops::open(setting).await.unwrap().0
}

/// Serial 1: ruby 1 and 2. Serial 2: ruby 2 and 3, ruby 1 retired. Serial 3: node too.
async fn three() -> Bucket {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any", "ruby@2/any"]).await;
    let mut tx = bucket.begin().await;
    let mut changes = super::fixture::setting([bucket.upload(&tx, "ruby@3/any").await]);
    changes.retire.insert(super::fixture::address("ruby@1/any"), Code::LINE_KEEPS);
    let _head = super::fixture::committed(tx.commit(&changes).await.unwrap());
    bucket.publish(&["node@1/any"]).await;
    bucket
}

async fn go(
    project: &Project,
    storage: Arc<dyn StorageWriter>,
    prepared: Prepared,
    asked: bool,
) -> Result<Ended, OpsError> {
    let sink: Arc<dyn depstate::model::Sink> = Arc::new(Silent);
    Box::pin(carry_out(project, storage, prepared, 20, asked, &sink)).await
}

fn keys(snapshot: &Snapshot) -> Vec<(String, ObjectKey)> {
    snapshot.live.iter().map(|(a, record)| (a.to_string(), record.key.clone())).collect()
}

#[tokio::test(start_paused = true)]
async fn it_is_a_new_commit_with_the_old_records_under_the_old_keys() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    let before = bucket.storage.objects();
    let prepared = prepare(&project, &bucket.storage, 1, 20).await.unwrap();
    assert_eq!(prepared.back.take_back.len(), 1);
    assert_eq!(prepared.back.unchanged, 1);
    let then = keys(&prepared.then);
    let Ended::Committed(head) =
        go(&project, Arc::new(bucket.storage.clone()), prepared, true).await.unwrap()
    else {
        panic!("unknown");
    };
    assert_eq!(head.serial, 4);
    let now = bucket.read().await.unwrap();
    assert_eq!((&now.head, keys(&now)), (&*head, then));
    let retired = names(now.condemned.values().map(|it| &it.record.address));
    assert_eq!(retired, ["node@1/any".to_owned(), "ruby@3/any".to_owned()].into());
    assert!(now.condemned.values().all(|it| it.reason == "rolled-back"));
    // No artifact was written or lost, and every older document is as it was.
    for (key, bytes) in before.iter().filter(|(key, _)| *key != "head.json") {
        assert_eq!(bucket.storage.objects().get(key), Some(bytes), "{key}");
    }
    let artifacts = |all: &std::collections::BTreeMap<String, bytes::Bytes>| {
        all.keys().filter(|key| key.starts_with("artifacts/")).count()
    };
    assert_eq!(artifacts(&before), artifacts(&bucket.storage.objects()));
    // Forward again.
    let forward = prepare(&project, &bucket.storage, 3, 20).await.unwrap();
    assert_eq!(forward.back.take_back.len(), 2);
    let ended = go(&project, Arc::new(bucket.storage.clone()), forward, true).await.unwrap();
    assert!(matches!(ended, Ended::Committed(head) if head.serial == 5));
    let there = prepare(&project, &bucket.storage, 3, 20).await.unwrap();
    assert!(there.back.steps.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_can_not_come_back_is_named_all_of_it() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    bucket.retire(&["ruby@2/any"]).await;
    let now = bucket.read().await.unwrap();
    for condemned in now.condemned.values() {
        bucket.storage.remove(condemned.record.key.as_str());
    }
    let error = prepare(&project, &bucket.storage, 1, 20).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::CANT_ROLL_BACK));
    assert!(error.to_string().contains("ruby@1/any: its object"), "{error}");
    assert!(error.to_string().contains("ruby@2/any: its object"), "{error}");
    // Being deleted: the generation says so.
    let bucket = three().await;
    let mut now = bucket.read().await.unwrap();
    let (key, _) = now.condemned.pop_first().unwrap();
    now.doomed.insert(key);
    let then = read_one(&bucket).await;
    let objects = depstate::state::objects(&bucket.storage).await.unwrap();
    let none = std::collections::BTreeMap::new();
    let back = depstate::planner::rollback(&project.manifest, &now, &then, &objects, &none);
    assert_eq!(back.impossible.len(), 1);
    assert!(back.impossible[0].1.contains("being deleted"), "{:?}", back.impossible);
    now.doomed.clear();
    let back = depstate::planner::rollback(&project.manifest, &now, &then, &objects, &none);
    assert!(back.impossible[0].1.contains("past its grace"), "{:?}", back.impossible);
}

#[tokio::test(start_paused = true)]
async fn what_was_copied_is_read_before_it_is_named_again() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    let now = bucket.read().await.unwrap();
    let (key, condemned) = now.condemned.first_key_value().unwrap();
    let right = bucket.storage.objects()[key.as_str()].clone();
    bucket.storage.put_raw(key.as_str(), right.to_ascii_uppercase());
    let error = prepare(&project, &bucket.storage, 1, 20).await.unwrap_err();
    assert!(error.to_string().contains("has other bytes"), "{error}");
    bucket.storage.put_raw(key.as_str(), right);
    let prepared = prepare(&project, &bucket.storage, 1, 20).await.unwrap();
    let back = &prepared.back.set[&condemned.record.address];
    assert_ne!(back.revision, condemned.record.revision, "it is told as it is now");
    assert_eq!(back.key, *key);
}

/// What serial 1 reached.
async fn read_one(bucket: &Bucket) -> Snapshot {
    let head = bucket.read().await.unwrap().head;
    let mut history = depstate::state::History::new(&bucket.storage, &head);
    loop {
        let Some(depstate::state::Step::Past(past)) = history.next().await.unwrap() else {
            panic!("no serial 1");
        };
        if past.generation.serial == 1 {
            return depstate::state::read_at(&bucket.storage, &*bucket.cache, &past.head)
                .await
                .unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn serials_that_are_not_there_and_too_many_retires() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    let code = |result: Result<Prepared, OpsError>| result.unwrap_err().code();
    assert_eq!(code(prepare(&project, &bucket.storage, 4, 20).await), Some(Code::NO_SUCH_SERIAL));
    assert_eq!(code(prepare(&project, &bucket.storage, 1, 1).await), Some(Code::MAX_RETIRE));
    assert_eq!(prepare(&project, &bucket.storage, 0, 20).await.unwrap().back.steps.len(), 3);
    let one = bucket.storage.objects().into_keys().find(|key| key.starts_with("gen/0000000001-"));
    bucket.storage.remove(&one.unwrap());
    assert_eq!(code(prepare(&project, &bucket.storage, 1, 20).await), Some(Code::NO_SUCH_SERIAL));
    let empty = Bucket::new();
    assert_eq!(code(prepare(&project, &empty.storage, 0, 20).await), Some(Code::NO_SUCH_SERIAL));
}

/// HEAD is that of serial 3 when it is read first; then another commits, and its past is collected.
#[tokio::test(start_paused = true)]
async fn a_past_that_is_collected_while_it_is_looked_for_is_no_damage() {
    let (bucket, mut sandbox) = (three().await, Sandbox::with(MANIFEST));
    let old = bucket.storage.objects()["head.json"].clone();
    bucket.publish(&["php@1/any"]).await;
    for serial in 2..=3 {
        let begins = format!("gen/{serial:010}-");
        let key = bucket.storage.objects().into_keys().find(|key| key.starts_with(&begins));
        bucket.storage.remove(&key.unwrap());
    }
    let history = "\n[retention]\nhistory = \"0s\"\n";
    for (text, why) in [(history, "not kept any more"), ("", "is missing, and it is younger")] {
        let manifest = format!("{MANIFEST}{text}");
        sandbox = Sandbox::with(&manifest);
        let project = project(&sandbox).await;
        let mut shown = [old.clone()].into_iter();
        let moving = Moving::new(&bucket.storage, move || shown.next());
        let error = prepare(&project, &moving, 1, 20).await.unwrap_err();
        assert_eq!(error.code(), Some(Code::NO_SUCH_SERIAL), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    // A document of a generation that is still there.
    let bucket = three().await;
    let index =
        bucket.storage.objects().into_keys().find(|key| key.starts_with("index/ruby/0000000001"));
    bucket.storage.remove(&index.unwrap());
    let cold = project(&sandbox).await;
    let error = prepare(&cold, &bucket.storage, 1, 20).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::STORAGE_DAMAGED), "{error}");
    sandbox = Sandbox::with(&format!("{MANIFEST}{history}"));
    let cold = project(&sandbox).await;
    let error = prepare(&cold, &bucket.storage, 1, 20).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::NO_SUCH_SERIAL), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_lost_race_is_computed_again_or_given_up_where_a_person_agreed_to_less() {
    for asked in [false, true] {
        let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
        let project = project(&sandbox).await;
        let prepared = prepare(&project, &bucket.storage, 1, 20).await.unwrap();
        bucket.publish(&["php@1/any"]).await;
        let ended = go(&project, Arc::new(bucket.storage.clone()), prepared, asked).await;
        let now = bucket.read().await.unwrap();
        if asked {
            assert_eq!(ended.unwrap_err().code(), Some(Code::LOST_RACE));
            assert_eq!((now.head.serial, now.live.len()), (4, 4));
        } else {
            assert!(matches!(ended.unwrap(), Ended::Committed(head) if head.serial == 5));
            assert_eq!(names(now.live.keys()), names(read_one(&bucket).await.live.keys()));
        }
        // Its journal is closed either way.
        let open = bucket.storage.objects().into_iter().filter(|(key, bytes)| {
            key.starts_with("tx/") && String::from_utf8_lossy(bytes).contains("\"open\"")
        });
        assert_eq!(open.count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_can_not_be_asked_for_is_unknown() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    let prepared = prepare(&project, &bucket.storage, 1, 20).await.unwrap();
    bucket.lose("head.json", true);
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::Get, "head.json", down, false);
    let ended = go(&project, Arc::new(bucket.storage.clone()), prepared, true).await.unwrap();
    let Ended::Unknown(tx) = ended else { panic!("{ended:?}") };
    let became = ops::transaction::became(&project, &bucket.storage, &tx).await.unwrap();
    assert_eq!(became.outcome, depstate::commit::Outcome::Committed { serial: Some(4) });
}

#[tokio::test(start_paused = true)]
async fn a_head_that_another_process_moved_on_is_no_head_that_went_back() {
    let (bucket, sandbox) = (three().await, Sandbox::with(MANIFEST));
    let project = project(&sandbox).await;
    let old = bucket.storage.objects()["head.json"].clone();
    bucket.publish(&["php@1/any"]).await;
    // The newer one was seen.
    assert!(ops::read(&project, &bucket.storage).await.unwrap().is_some());
    // One that was read before, and noted after: looked at once more.
    let mut first = true;
    let lagging =
        Meddler::new(&bucket.storage, move |_| std::mem::take(&mut first).then(|| old.clone()));
    assert_eq!(ops::read(&project, &lagging).await.unwrap().unwrap().head.serial, 3);
    // It really went back.
    let old = bucket.read().await.unwrap().head;
    let head = depstate::model::Head { serial: 2, ..old };
    bucket.storage.put_raw("head.json", depstate::wire::objects::encode_head(&head).unwrap());
    let error = ops::transaction::became(&project, &bucket.storage, head.tx.as_ref().unwrap())
        .await
        .unwrap_err();
    assert_eq!(error.code(), Some(Code::HEAD_WENT_BACK));
    assert!(error.to_string().contains("serial 2, and serial 4 was"), "{error}");
}
