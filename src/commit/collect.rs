//! What a collector may take away: decided from what was read, in this order: the lists, then the
//! journals, then HEAD and its chain. Whoever committed before a journal was read is then in HEAD.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use jiff::Timestamp;

use crate::model::{Generation, Journal, JournalState, ObjectKey, Snapshot, Tx};

/// No probe of a store takes so long.
const PROBE: Duration = Duration::from_hours(1);

/// What was read.
#[derive(Debug)]
pub struct Survey<'a> {
    /// What HEAD reaches.
    pub snapshot: &'a Snapshot,
    /// The generations below HEAD.
    pub chain: &'a Generations,
    /// Objects and whose they are: artifacts, side documents, index documents, generations, probes.
    pub objects: &'a BTreeMap<ObjectKey, Owned>,
    /// The journals that are listed, with their last change by the store's clock.
    pub listed: &'a BTreeMap<Tx, Option<Timestamp>>,
    /// The journals that are listed and can be read, and those of transactions that own something
    /// that HEAD does not reach. Of the lost ones: aborted, on HEAD.
    pub journals: &'a BTreeMap<Tx, Journal>,
    /// Transactions that own something, are not in the chain and have no journal: somebody removed
    /// it, and they may still be at work.
    pub lost: &'a BTreeSet<Tx>,
    /// Unfinished uploads: whose (none: of what all share), and since when.
    pub uploads: &'a [(Option<Tx>, Option<Timestamp>)],
}

/// An object of depstate's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// Whose it is.
    pub tx: Tx,
    /// Its last change, by the store's clock.
    pub modified: Option<Timestamp>,
}

/// The generations below HEAD, as far as they are there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generations {
    /// Every transaction in it.
    pub transactions: BTreeSet<Tx>,
    /// The serial of the generation below the lowest that was read: every commit above it is known.
    pub below: u64,
    /// It was read down to the first generation.
    pub complete: bool,
    /// The generations that are kept, and the index documents that they name.
    pub kept: BTreeSet<ObjectKey>,
    /// The time of the oldest that was read; none: there is none.
    pub oldest: Option<Timestamp>,
    /// The serial of each generation that was read.
    pub serials: BTreeMap<ObjectKey, u64>,
}

impl Generations {
    /// Adds the generation below those that it has. The first one is HEAD's, and kept always.
    pub fn add(&mut self, key: &ObjectKey, generation: &Generation, rules: &Rules) {
        let first = self.oldest.is_none();
        if first || !is_older(Some(generation.at), rules.history, rules.now) {
            self.kept.insert(key.clone());
            self.kept.extend(generation.index.values().map(|at| at.key.clone()));
        }
        self.transactions.extend(generation.transactions.iter().cloned());
        self.serials.insert(key.clone(), generation.serial);
        let parent = &generation.parent;
        self.below = parent.r#gen.as_ref().and_then(|at| serial(&at.key)).unwrap_or(parent.serial);
        self.oldest = Some(generation.at);
    }

    /// Adds what was read earlier, from a HEAD that this one has reached.
    pub fn join(&mut self, older: Self) {
        self.transactions.extend(older.transactions);
        self.kept.extend(older.kept);
        self.serials.extend(older.serials);
        self.complete = older.complete;
        if older.oldest.is_some() {
            self.below = older.below;
            self.oldest = older.oldest;
        }
    }

    /// Tells whether it reaches back to where nothing need be kept.
    fn is_whole(&self, rules: &Rules) -> bool {
        self.complete || self.oldest.is_some_and(|at| is_older(Some(at), rules.history, rules.now))
    }
}

/// How long what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// The time.
    pub now: Timestamp,
    /// `retention.grace`.
    pub grace: Duration,
    /// `retention.history`.
    pub history: Duration,
    /// An apply whose journal did not change for so long is dead.
    pub dead_after: Duration,
}

/// What may be taken away.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Collection {
    /// Condemned keys, and replaced side documents, whose grace is over.
    pub doom: BTreeSet<ObjectKey>,
    /// Keys that are doomed already.
    pub doomed: BTreeSet<ObjectKey>,
    /// Transactions of dead or aborted applies, with what carries their names.
    pub sweep: BTreeMap<Tx, BTreeSet<ObjectKey>>,
    /// Transactions that committed and whose journals do not say so.
    pub unclosed: BTreeSet<Tx>,
    /// What transactions that committed have left over, and metadata older than the history.
    pub leftover: BTreeSet<ObjectKey>,
    /// Uploads to throw away, by their place in the survey; those of swept transactions are not here.
    pub uploads: BTreeSet<usize>,
    /// Journals older than the history; those of swept transactions go after the sweep, because only
    /// the fence makes sure that their owner can't commit any more.
    pub journals: BTreeSet<Tx>,
    /// The chain breaks off within the history: metadata is left alone.
    pub broken: bool,
}

impl Collection {
    /// Returns how many objects would be deleted.
    pub fn deletes(&self) -> usize {
        let swept: usize = self.sweep.values().map(BTreeSet::len).sum();
        self.doom.len() + self.doomed.len() + swept + self.leftover.len() + self.journals.len()
    }

    /// Tells whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.deletes() == 0
            && self.sweep.is_empty()
            && self.unclosed.is_empty()
            && self.uploads.is_empty()
    }
}

/// Returns the condemned keys and the replaced side documents whose grace is over.
pub fn past_grace(snapshot: &Snapshot, rules: &Rules) -> BTreeSet<ObjectKey> {
    snapshot
        .condemned
        .iter()
        .map(|(key, condemned)| (key, condemned.retired))
        .chain(snapshot.replaced.iter().map(|(key, at)| (key, *at)))
        .filter(|(_, retired)| is_older(Some(*retired), rules.grace, rules.now))
        .map(|(key, _)| key.clone())
        .collect()
}

/// Decides.
pub fn collect(survey: &Survey<'_>, rules: &Rules) -> Collection {
    let Survey { snapshot, chain, .. } = survey;
    // A chain that breaks off within the history can't say what is to be kept.
    let kept = Some(&chain.kept).filter(|_| chain.is_whole(rules));
    let mut collection = Collection {
        doom: past_grace(snapshot, rules),
        doomed: snapshot.doomed.clone(),
        broken: kept.is_none(),
        ..Collection::default()
    };
    // The lowest serial that somebody undecided stands on.
    let mut lowest_base: Option<u64> = None;
    for (tx, journal) in survey.journals {
        let base = journal.base_serial;
        let fate = fate(survey, tx, rules);
        if chain.transactions.contains(tx) && journal.state != JournalState::Done {
            collection.unclosed.insert(tx.clone());
        }
        if fate == Fate::Done || !(chain.complete || base >= chain.below) {
            continue;
        }
        lowest_base = Some(lowest_base.map_or(base, |lowest| lowest.min(base)));
        if fate == Fate::Dead {
            collection.sweep.insert(tx.clone(), BTreeSet::new());
        }
    }
    let reached = reached(snapshot);
    for (key, owned) in survey.objects {
        if reached.contains(key) {
            continue;
        }
        let is_metadata = key.as_str().starts_with("gen/") || key.as_str().starts_with("index/");
        let lost = survey.lost.contains(&owned.tx);
        // A commit that it was written for could no longer land: HEAD is past it.
        let past = lost && is_metadata && serial(key).is_some_and(|at| at <= snapshot.head.serial);
        if let Some(of) = collection.sweep.get_mut(&owned.tx).filter(|_| !past) {
            if !lost || is_older(owned.modified, rules.dead_after, rules.now) {
                of.insert(key.clone());
            }
            continue;
        }
        let spared = if key.as_str().starts_with("probe/") {
            // Nothing says that a probe has ended but its age, whatever a person calls dead.
            !is_older(owned.modified, rules.dead_after.max(PROBE), rules.now)
        } else if !past && fate(survey, &owned.tx, rules) != Fate::Done {
            true
        } else {
            // Without the generations above its base nobody could ever decide a dead apply.
            let decides =
                chain.serials.get(key).zip(lowest_base).is_some_and(|(at, base)| *at > base);
            decides || is_metadata && kept.is_none_or(|kept| kept.contains(key))
        };
        if !spared {
            collection.leftover.insert(key.clone());
        }
    }
    for (n, (tx, begun)) in survey.uploads.iter().enumerate() {
        let over = match tx {
            Some(tx) => fate(survey, tx, rules) == Fate::Done,
            None => is_older(*begun, rules.dead_after.max(PROBE), rules.now),
        };
        if over {
            collection.uploads.insert(n);
        }
    }
    for (tx, modified) in survey.listed {
        let emptied = collection.sweep.get(tx).is_some_and(BTreeSet::is_empty);
        let over = emptied || fate(survey, tx, rules) == Fate::Done;
        if over && is_older(*modified, rules.history, rules.now) {
            collection.journals.insert(tx.clone());
        }
    }
    // A transaction that is aborted and left nothing needs no sweep.
    let Collection { sweep, journals, .. } = &mut collection;
    sweep.retain(|tx, keys| {
        let open = survey.journals.get(tx).is_some_and(|at| at.state == JournalState::Open);
        let uploads = survey.uploads.iter().any(|(of, _)| of.as_ref() == Some(tx));
        open || uploads || !keys.is_empty() || journals.contains(tx)
    });
    collection
}

/// Where the transaction of another stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It may still commit.
    Alive,
    /// It was aborted, or is open for so long that it must be dead, or nothing tells of it.
    Dead,
    /// It committed.
    Done,
}

fn fate(survey: &Survey<'_>, tx: &Tx, rules: &Rules) -> Fate {
    if survey.chain.transactions.contains(tx) {
        return Fate::Done;
    }
    // It was not asked for, or can't be read.
    let Some(journal) = survey.journals.get(tx) else { return Fate::Alive };
    match journal.state {
        JournalState::Done => Fate::Done,
        JournalState::Aborted => Fate::Dead,
        JournalState::Open => {
            let modified = survey.listed.get(tx).copied().flatten();
            if is_older(modified, rules.dead_after, rules.now) { Fate::Dead } else { Fate::Alive }
        }
    }
}

/// Returns every key that HEAD reaches.
pub fn reached(snapshot: &Snapshot) -> BTreeSet<&ObjectKey> {
    let records = snapshot
        .live
        .values()
        .chain(snapshot.condemned.values().map(|condemned| &condemned.record));
    let generation = snapshot.generation.as_ref();
    records
        .flat_map(|record| std::iter::once(&record.key).chain(&record.side))
        .chain(snapshot.replaced.keys())
        .chain(&snapshot.doomed)
        .chain(snapshot.head.r#gen.as_ref().map(|at| &at.key))
        .chain(generation.into_iter().flat_map(|at| at.index.values().map(|at| &at.key)))
        .collect()
}

/// The serial in the name of a generation or index document, `<ten digits>-<tx>.json`.
fn serial(key: &ObjectKey) -> Option<u64> {
    key.as_str().rsplit('/').next()?.split_once('-')?.0.parse().ok()
}

/// What has no time is not old.
fn is_older(at: Option<Timestamp>, than: Duration, now: Timestamp) -> bool {
    let age = at.and_then(|at| Duration::try_from(now.duration_since(at)).ok());
    age.is_some_and(|age| age >= than)
}
