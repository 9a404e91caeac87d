//! What every driver promises, as far as it can be seen from outside, and whether one keeps it.
//!
//! `depstate drivers test` runs these on an external driver; the repository's tests run them on the
//! drivers that are built in too, so that nobody is held to more than those keep.

mod conditions;
mod ending;
mod listings;
mod objects;
mod source;
mod uploads;

use std::{fmt::Display, sync::Arc, time::Duration};

use super::{ExternalSource, ExternalStorage, Setup};
use crate::{model::ObjectKey, net::Client, source::SourceDriver, storage::StorageWriter};

/// Longest that one promise may take to be tried.
const LONGEST: Duration = Duration::from_mins(5);

/// A promise, and whether it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The promise, as a sentence.
    pub promise: &'static str,
    /// What was seen.
    pub seen: Seen,
}

/// What was seen of a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It was kept.
    Kept,
    /// It was not: how.
    Broken(String),
    /// There was nothing to try it on: why.
    Untried(String),
}

impl Verdict {
    /// Tells whether the promise was broken.
    pub fn is_broken(&self) -> bool {
        matches!(self.seen, Seen::Broken(_))
    }
}

/// Why a promise could not be seen to be kept.
pub(super) enum Stop {
    Broken(String),
    Untried(String),
}

impl<T: Display> From<T> for Stop {
    fn from(why: T) -> Self {
        Self::Broken(why.to_string())
    }
}

/// What came of trying one.
pub(super) type Tried = Result<(), Stop>;

/// Fails with a sentence unless something holds.
macro_rules! ensure {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err($crate::external::conformance::Stop::Broken(format!($($why)+)));
        }
    };
}
use ensure;

async fn tried(promise: &'static str, work: impl Future<Output = Tried>) -> Verdict {
    let seen = match tokio::time::timeout(LONGEST, work).await {
        Ok(Ok(())) => Seen::Kept,
        Ok(Err(Stop::Broken(why))) => Seen::Broken(why),
        Ok(Err(Stop::Untried(why))) => Seen::Untried(why),
        Err(_) => Seen::Broken(format!("it was not done within {} s", LONGEST.as_secs())),
    };
    Verdict { promise, seen }
}

/// Holds an external source to its promises. Its table must name something that lists at least one
/// release with a file. `tell` is given each verdict as it comes.
pub async fn of_source(
    setup: Setup,
    client: Client,
    tell: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let mut all = Vec::new();
    let driver = ExternalSource::new(setup.clone(), client);
    let first = tried("it starts, and says who it is and what it knows", async {
        driver.greet().await?;
        Ok(())
    })
    .await;
    tell(&first);
    let broken = first.is_broken();
    all.push(first);
    // Nothing else can be tried.
    if broken {
        return all;
    }
    all.extend(source_promises(&driver, tell).await);
    drop(driver);
    all.extend(ending::promises(&setup, tell).await);
    all
}

/// Holds a source, external or not, to the promises of every source.
pub async fn source_promises(
    driver: &dyn SourceDriver,
    tell: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let mut all = Vec::new();
    macro_rules! promises {
        ($( $promise:literal $check:path )*) => { $(
            let verdict = tried($promise, $check(driver)).await;
            tell(&verdict);
            all.push(verdict);
        )* };
    }
    promises! {
        "its place is named, for messages" source::place
        "a listing has a release" source::listing
        "a listing is the same each time" source::same
        "what has not changed is not listed again, or again the same" source::unchanged
        "what is listed can be opened from any byte" source::opened
        "bytes are those that the listing tells the size and digest of" source::as_told
        "a file that is not there is absent" source::absent
        "an address that leads out of the source is refused" source::outside
        "an address of another kind is refused" source::foreign
        "a body need not be read to its end" source::left
        "several may ask at once" source::together
    }
    all
}

/// Holds an external store to its promises, in a place that its table names and that is empty.
pub async fn of_storage(setup: Setup, tell: &mut dyn FnMut(&Verdict)) -> Vec<Verdict> {
    let mut all = Vec::new();
    let mut store = None;
    let first = tried("it starts, and says who it is and what it knows", async {
        store = Some(Arc::new(ExternalStorage::start(setup.clone()).await?));
        Ok(())
    })
    .await;
    tell(&first);
    all.push(first);
    let Some(store) = store else { return all };
    let any: Arc<dyn StorageWriter> = Arc::<ExternalStorage>::clone(&store);
    let found = storage_promises(Arc::clone(&any), tell).await;
    // A place that is not empty is somebody's: nothing more is written there.
    let ours = found.len() > 1;
    all.extend(found);
    if ours {
        let claims = store.claims_checksums();
        let work = conditions::digests(Scratch::new(&any, "digests"), claims);
        let digests = tried("a wrong digest is refused, where the driver says so", work).await;
        tell(&digests);
        all.push(digests);
    }
    drop((any, store));
    all.extend(ending::promises(&setup, tell).await);
    all
}

/// Holds a store, external or not, to the promises of every store. It must be empty, and is empty
/// again afterwards, as far as it keeps its promises.
pub async fn storage_promises(
    store: Arc<dyn StorageWriter>,
    tell: &mut dyn FnMut(&Verdict),
) -> Vec<Verdict> {
    let mut all = Vec::new();
    let empty = tried("the place is empty, as a test needs it", objects::empty(&*store)).await;
    tell(&empty);
    let broken = empty.is_broken();
    all.push(empty);
    // What is there is somebody's.
    if broken {
        return all;
    }
    macro_rules! promises {
        ($( $promise:literal $check:path )*) => { $(
            let verdict = tried($promise, $check(Scratch::new(&store, stringify!($check)))).await;
            tell(&verdict);
            all.push(verdict);
        )* };
    }
    promises! {
        "an object that is not there is absent" objects::absent
        "an object is read as it was written" objects::read_back
        "a part of an object is that part" objects::parts
        "an object of any size is read whole" objects::sizes
        "what is deleted is gone, and may be deleted again" objects::deleted
        "a key is created once" conditions::created_once
        "of many that create a key, one does" conditions::one_creates
        "a write needs the state that it saw" conditions::matches
        "no increment is lost" conditions::increments
        "an answer is of one state of an object" conditions::one_state
        "a listing is whole and in the order of keys" listings::whole
        "a listing can begin after a key" listings::after
        "a listing need not be read to its end" listings::left
        "an upload is seen when it is finished" uploads::finished
        "an upload may be empty" uploads::empty
        "an upload that comes late changes nothing" uploads::late
        "an upload can replace the state that it saw" uploads::replaces
        "an aborted upload leaves nothing" uploads::aborted
        "an unfinished upload is listed and can be thrown away" uploads::unfinished
    }
    let clean = tried("everything that was written can be deleted", objects::clean(&*store)).await;
    tell(&clean);
    all.push(clean);
    all
}

/// A place of its own within a store.
#[derive(Clone)]
pub(super) struct Scratch {
    store: Arc<dyn StorageWriter>,
    folder: String,
}

impl Scratch {
    fn new(store: &Arc<dyn StorageWriter>, name: &str) -> Self {
        let folder = name.replace("::", "-").replace([' ', '_'], "-");
        Self { store: Arc::clone(store), folder: format!("depstate-test/{folder}/") }
    }

    /// Returns a key of this place.
    fn key(&self, name: &str) -> ObjectKey {
        ObjectKey::new(format!("{}{name}", self.folder))
    }

    /// Returns the keys below a prefix of this place, without the place.
    async fn keys(&self, prefix: &str, after: &str) -> Result<Vec<String>, Stop> {
        use futures::TryStreamExt as _;
        let prefix = format!("{}{prefix}", self.folder);
        let after =
            if after.is_empty() { String::new() } else { format!("{}{after}", self.folder) };
        let listed: Vec<_> = self.store.list_after(&prefix, &after).try_collect().await?;
        Ok(listed
            .into_iter()
            .map(|(key, _)| key.as_str().strip_prefix(&self.folder).unwrap_or("?").to_owned())
            .collect())
    }
}

/// Bytes that no run of the same byte is in, the same each time.
fn noise(size: usize) -> bytes::Bytes {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(size + 8);
    while bytes.len() < size {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(size);
    bytes.into()
}
