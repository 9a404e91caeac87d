//! The choices about metadata, and the small worlds in which they are tried.

/// What a repair does with the record whose object is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repaired {
    ToCondemned,
    ToDoomed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Whether an index document's key is its content, so that one that exists is named again.
    pub(crate) document_by_content: bool,
    /// Whether a rollback makes HEAD name the old generation, and not a new one.
    pub(crate) rollback_names_old: bool,
    /// Whether a collector opens a journal for its generation.
    pub(crate) collector_journals: bool,
    /// Whether pruning leaves alone what open transactions wrote.
    pub(crate) spares_open: bool,
    /// Whether HEAD is moved on before a dead transaction is swept.
    pub(crate) fences: bool,
    /// Whether a collector looks for a transaction in HEAD's chain before it takes it for dead.
    pub(crate) collector_asks_chain: bool,
    pub(crate) repaired: Repaired,
}

/// The protocol as it stands. (Without the question to the chain: in most worlds no history is kept,
/// and what was committed may be swept like all old metadata.)
pub(crate) const SOUND: Rules = Rules {
    document_by_content: false,
    rollback_names_old: false,
    collector_journals: true,
    spares_open: true,
    fences: true,
    collector_asks_chain: false,
    repaired: Repaired::ToDoomed,
};

/// What a record is called. Y is published from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    X,
    Y,
}

/// What one transaction wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Add(Name),
    Remove(Name),
    /// Back to the first generation's records.
    Rollback,
    /// A new object for Y.
    Repair,
}

/// Two appliers with their transactions, some collectors, and how many kills there are for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) name: &'static str,
    pub(crate) plans: [&'static [Op]; 2],
    pub(crate) collectors: u8,
    pub(crate) kills: u8,
    /// Old generations must stay (and so nothing is pruned for its age).
    pub(crate) keeps_history: bool,
    /// Somebody may delete Y's first object.
    pub(crate) meddled: bool,
}

impl World {
    pub(crate) fn keeping_history(self) -> Self {
        Self { keeps_history: true, ..self }
    }
}

const fn world(
    name: &'static str,
    first: &'static [Op],
    second: &'static [Op],
    collectors: u8,
) -> World {
    let plans = [first, second];
    World { name, plans, collectors, kills: 1, keeps_history: false, meddled: false }
}

const ADD_X: &[Op] = &[Op::Add(Name::X)];
const ADD_X_AND_REMOVE: &[Op] = &[Op::Add(Name::X), Op::Remove(Name::X)];
const REMOVE_Y: &[Op] = &[Op::Remove(Name::Y)];
const ROLLBACK: &[Op] = &[Op::Rollback];

pub(crate) const CONTENT: World = world("content", ADD_X_AND_REMOVE, &[], 1);
pub(crate) const ROLLBACK_OF_REMOVAL: World = world("rollback", REMOVE_Y, ROLLBACK, 1);
pub(crate) const ROLLBACK_OF_ADDITION: World = world("rolladd", ADD_X, ROLLBACK, 1);
pub(crate) const RACE: World = world("race", ADD_X, REMOVE_Y, 1);
pub(crate) const TWO_COLLECTORS: World = world("two-gc", REMOVE_Y, &[], 2);
/// An object goes by hand, a repair replaces it, and a rollback wants it back.
pub(crate) const MEDDLED: World =
    World { kills: 0, meddled: true, ..world("repair", &[Op::Repair], ROLLBACK, 1) };
