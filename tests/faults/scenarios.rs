//! What is done while something fails: each scenario makes a site ready and leaves one apply to do.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use depstate::{
    model::Head,
    state::{self, Author, Chance, Changes, CommitOutcome, Transaction},
    storage::{Precondition, StorageWriter as _},
};

use bytes::Bytes;

use super::{
    site::{Deed, Site},
    store::FaultyStore,
};
use crate::state::fixture::MemoryCache;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    FirstApply,
    NothingToDo,
    OneCreate,
    ManyCreates,
    Retire,
    SourceChanged,
    RepairMissing,
    RepairAltered,
    UpdateMetadata,
    AdoptLostLock,
    WantedAgain,
    Multipart,
    CommitAsItGoes,
    LostRace,
    AllAtOnce,
    CollectCondemned,
    CollectDeadApply,
    Rollback,
}

const BOTH: [&str; 2] = ["linux-amd64", "linux-arm64"];
const ONE: [&str; 1] = ["linux-amd64"];
/// Cheap to compile: it is, thousands of times.
const PATTERN: &str = "-(?P<version>[0-9.]+)-(?P<os>linux)-(?P<arch>[a-z0-9]+)[.]tar[.]gz$";
const LINES: &str = r#"lines = [{ constraint = "1.*", keep = 2 }]"#;

fn manifest(dependencies: &[(&str, &str)]) -> String {
    let mut text = String::from(
        r#"
[project]
name = "faults"
[storage]
driver = "fs"
path = "mirror"
[targets.linux-amd64]
os = "linux"
arch = "amd64"
[targets.linux-arm64]
os = "linux"
arch = "arm64"
"#,
    );
    for (id, more) in dependencies {
        write!(text,
            "[dependencies.{id}]\nlicenses = [\"MIT\"]\nsource = {{ driver = \"dir\", path = \"upstream/{id}\", pattern = '{PATTERN}' }}\n{more}\n"
        ).unwrap();
    }
    text
}

impl Scenario {
    pub(crate) const ALL: [Self; 18] = [
        Self::FirstApply,
        Self::NothingToDo,
        Self::OneCreate,
        Self::ManyCreates,
        Self::Retire,
        Self::SourceChanged,
        Self::RepairMissing,
        Self::RepairAltered,
        Self::UpdateMetadata,
        Self::AdoptLostLock,
        Self::WantedAgain,
        Self::Multipart,
        Self::CommitAsItGoes,
        Self::LostRace,
        Self::AllAtOnce,
        Self::CollectCondemned,
        Self::CollectDeadApply,
        Self::Rollback,
    ];

    /// A site where one apply is left to do.
    pub(crate) async fn prepare(self) -> Site {
        let mut site = Site::new();
        let both = format!("targets = [\"linux-amd64\", \"linux-arm64\"]\n{LINES}");
        let one = format!("targets = [\"linux-amd64\"]\n{LINES}");
        site.write("deps.toml", manifest(&[("hello", &both)]));
        site.release("hello", "1.0.0", &BOTH);
        match self {
            Self::FirstApply => {}
            Self::NothingToDo => {
                let _done = site.applied().await;
            }
            Self::OneCreate | Self::LostRace => {
                site.write("deps.toml", manifest(&[("hello", &one)]));
                let _done = site.applied().await;
                site.release("hello", "1.1.0", &ONE);
                site.update = true;
            }
            // Where HEAD is there already the store is not probed again: that is FirstApply's.
            Self::ManyCreates => {
                let _done = site.applied().await;
                site.write(
                    "deps.toml",
                    manifest(&[("hello", &both), ("a", &both), ("b", &both), ("c", &one)]),
                );
                for id in ["a", "b", "c"] {
                    site.release(id, "1.0.0", &BOTH);
                    site.release(id, "1.1.0", &BOTH);
                }
            }
            Self::Retire | Self::CollectCondemned | Self::Rollback => {
                site.release("hello", "1.1.0", &BOTH);
                let _done = site.applied().await;
                site.write(
                    "deps.toml",
                    manifest(&[("hello", &both.replace("keep = 2", "keep = 1"))]),
                );
                if self != Self::Retire {
                    let _done = site.applied().await;
                }
                if self == Self::CollectCondemned {
                    site.much_later();
                } else if self == Self::Rollback {
                    site.deed = Deed::Rollback(1);
                }
            }
            Self::CollectDeadApply => {
                let _done = site.applied().await;
                leave_behind(&site.store).await;
                site.much_later();
            }
            Self::SourceChanged => {
                let _done = site.applied().await;
                site.write("upstream/hello/hello-1.0.0-linux-arm64.tar.gz", "other bytes");
                site.accept(&["hello@1.0.0/linux-arm64"]).await;
            }
            Self::RepairMissing | Self::RepairAltered => {
                let _done = site.applied().await;
                let mut inner = site.store.inner();
                let key = inner.chain.state.live["hello@1.0.0/linux-arm64"].clone();
                inner.damage(&key, (self == Self::RepairAltered).then_some("rotten"));
            }
            Self::UpdateMetadata => {
                let _done = site.applied().await;
                let text = manifest(&[("hello", &both)]).replace("MIT", "Apache-2.0");
                site.write("deps.toml", text);
            }
            Self::AdoptLostLock => {
                let _done = site.applied().await;
                site.remove("deps.lock");
            }
            Self::WantedAgain => {
                site.release("hello", "1.1.0", &BOTH);
                let _done = site.applied().await;
                let text = manifest(&[("hello", &both)]);
                let exclude = "exclude = [{ version = \"=1.0.0\", reason = \"bad\" }]\n";
                site.write("deps.toml", format!("{text}{exclude}"));
                let _done = site.applied().await;
                site.write("deps.toml", text);
                site.update = true;
            }
            Self::Multipart => {
                site.write("deps.toml", manifest(&[("hello", &one)]));
                let _done = site.applied().await;
                site.update = true;
                let large: Vec<u8> = (0..9_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
                site.write("upstream/hello/hello-1.1.0-linux-amd64.tar.gz", large);
            }
            Self::CommitAsItGoes => {
                let _done = site.applied().await;
                site.write(
                    "deps.toml",
                    manifest(&[("hello", &both), ("new", &one), ("more", &one)]),
                );
                for id in ["new", "more"] {
                    site.release(id, "1.0.0", &ONE);
                    site.release(id, "1.1.0", &ONE);
                }
                site.commit_every = Duration::ZERO;
            }
            Self::AllAtOnce => {
                site.write("deps.toml", manifest(&[("hello", &both), ("gone", &one)]));
                site.release("hello", "1.1.0", &BOTH);
                site.release("gone", "1.0.0", &ONE);
                let _done = site.applied().await;
                let text = manifest(&[("hello", &both), ("new", &one)]).replace("MIT", "ISC");
                site.write("deps.toml", text);
                site.release("new", "1.0.0", &ONE);
                site.release("hello", "1.2.0", &BOTH);
                site.update = true;
                let mut inner = site.store.inner();
                let key = inner.chain.state.live["hello@1.1.0/linux-arm64"].clone();
                inner.damage(&key, None);
            }
        }
        site
    }

    /// Makes the store ready for a run: somebody else may commit just before.
    pub(crate) async fn arm(self, site: &Site) {
        if self != Self::LostRace {
            return;
        }
        let other = site.store.copy();
        somebody_else(other.clone()).await;
        let before = site.store.inner().objects.clone();
        let mut new: Vec<(String, Bytes)> = other
            .inner()
            .objects
            .iter()
            .map(|(key, stored)| (key.clone(), stored.bytes.clone()))
            .filter(|(key, bytes)| before.get(key).is_none_or(|old| old.bytes != *bytes))
            .collect();
        // HEAD is written last.
        new.sort_by_key(|(key, _)| key == "head.json");
        site.store.meddle(new);
    }
}

/// An apply dies: its journal is open, one artifact is there and another on its way.
async fn leave_behind(store: &FaultyStore) {
    let cache = Arc::new(MemoryCache::default());
    let base = state::read(store, &*cache).await.unwrap();
    let tx = Transaction::begin(Arc::new(store.clone()), cache, author(), base).await.unwrap();
    for (name, whole) in [("hello@2.0.0/linux-amd64", true), ("hello@2.0.0/linux-arm64", false)] {
        let key = tx.artifact_key(&name.parse().unwrap(), "file.tgz").unwrap();
        if whole {
            let body = Bytes::from_static(b"some bytes");
            let _meta = store.put(&key, body, Precondition::Absent).await.unwrap();
        } else {
            drop(store.upload(&key).await.unwrap());
        }
    }
}

fn author() -> Author {
    Author {
        project: "faults".to_owned(),
        by: None,
        tool: "depstate test".to_owned(),
        now: "2025-03-02T12:00:00Z".parse().unwrap(),
        single_writer: false,
        chance: Chance::system(),
    }
}

/// Another apply commits something.
async fn somebody_else(store: FaultyStore) {
    let cache = Arc::new(MemoryCache::default());
    let base = state::read(&store, &*cache).await.unwrap().unwrap();
    let mut record = base.live.values().next().unwrap().clone();
    record.metadata.licenses = vec!["ISC".to_owned()];
    let mut tx = Transaction::begin(Arc::new(store), cache, author(), Some(base)).await.unwrap();
    let mut changes = Changes::default();
    changes.set.insert(record.address.clone(), record);
    let outcome = tx.commit(&changes).await.unwrap();
    assert!(matches!(outcome, CommitOutcome::Committed(Head { .. })), "{outcome:?}");
}
