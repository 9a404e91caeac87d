//! The protocol's choices, and the small worlds in which they are tried.

/// Which stored object a new index may name instead of uploading it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reuse {
    /// One that the base names, live or condemned.
    Named,
    /// The same, or one that is doomed.
    NamedOrDoomed,
    /// One that exists, under a key that says nothing but its digest.
    Existing,
}

/// What a store makes an `ETag` of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ETag {
    /// Something that is different after every write.
    Nonce,
    /// What HEAD says, where HEAD has neither serial nor nonce.
    Content,
}

/// What can happen to the write that fences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FenceWrite {
    /// It is applied and answered, or refused.
    Clean,
    /// Like any other write it may be late, or lose its answer.
    Faulty,
    /// The same, and a 403 after an unknown answer is taken for "not committed".
    FaultyAndForbiddenIsFinal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    pub(crate) reuse: Reuse,
    /// Whether an unknown answer is fenced before "not committed" is said.
    pub(crate) fences: bool,
    /// Whether HEAD is written with `If-Match`.
    pub(crate) compares: bool,
    pub(crate) etag: ETag,
    /// Whether a collector moves HEAD on before it sweeps after a journal that it aborted.
    pub(crate) collector_bumps: bool,
    /// Whether who lost a race looks if its journal was aborted.
    pub(crate) asks_journal: bool,
    pub(crate) fence_write: FenceWrite,
}

/// The protocol as it stands.
pub(crate) const SOUND: Rules = Rules {
    reuse: Reuse::Named,
    fences: true,
    compares: true,
    etag: ETag::Nonce,
    collector_bumps: true,
    asks_journal: true,
    fence_write: FenceWrite::Clean,
};

/// Contents of an artifact. Y is published from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Digest {
    X,
    Y,
    Z,
}

pub(crate) const DIGESTS: [Digest; 3] = [Digest::X, Digest::Y, Digest::Z];

/// What one transaction wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add(Digest),
    Remove(Digest),
}

impl Op {
    pub(crate) fn digest(self) -> Digest {
        match self {
            Self::Add(digest) | Self::Remove(digest) => digest,
        }
    }

    pub(crate) fn adds(self) -> bool {
        matches!(self, Self::Add(_))
    }
}

/// Two appliers with their transactions, how often each transaction may be begun (1 or 2), and how
/// many kills there are for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) plans: [&'static [Op]; 2],
    pub(crate) attempts: u8,
    pub(crate) kills: u8,
}

const fn world(
    name: &'static str,
    first: &'static [Op],
    second: &'static [Op],
    kills: u8,
) -> World {
    World { name, plans: [first, second], attempts: 2, kills }
}

const ADD_X: &[Op] = &[Op::Add(Digest::X)];
const ADD_Y: &[Op] = &[Op::Add(Digest::Y)];
const ADD_Z: &[Op] = &[Op::Add(Digest::Z)];
const REMOVE_Y: &[Op] = &[Op::Remove(Digest::Y)];
const ADD_X_THEN_Y: &[Op] = &[Op::Add(Digest::X), Op::Add(Digest::Y)];
const REMOVE_Y_AND_BACK: &[Op] = &[Op::Remove(Digest::Y), Op::Add(Digest::Y)];

pub(crate) const FULL: World = world("full", ADD_X_THEN_Y, REMOVE_Y, 1);
pub(crate) const SAME: World = world("same", ADD_X, ADD_X, 2);
pub(crate) const READD: World = world("readd", ADD_Y, REMOVE_Y, 2);
pub(crate) const SEQ: World = world("seq", REMOVE_Y_AND_BACK, &[], 2);
pub(crate) const PAIR: World = world("pair", ADD_X, REMOVE_Y, 2);
pub(crate) const TWO: World = world("two", ADD_X, ADD_Z, 1);
pub(crate) const PAIR1: World = world("pair1", ADD_X, REMOVE_Y, 1);
pub(crate) const READD1: World = world("readd1", ADD_Y, REMOVE_Y, 1);
pub(crate) const SAME1: World = world("same1", ADD_X, ADD_X, 1);
pub(crate) const READD0: World = world("readd0", ADD_Y, REMOVE_Y, 0);
