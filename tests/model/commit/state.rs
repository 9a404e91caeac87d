//! One state of the commit model, and its four words.

/// "No head" and "no key", where there may be one.
pub(crate) const NO_HEAD: u16 = u16::MAX;
pub(crate) const NO_KEY: u8 = 15;

/// What an applier does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Begin,
    Journal,
    Upload,
    Write,
    /// The last write of HEAD was not answered with 200.
    Ask,
    Fence,
    Reread,
    Rebase,
}

const NEXTS: [Next; 8] = [
    Next::Begin,
    Next::Journal,
    Next::Upload,
    Next::Write,
    Next::Ask,
    Next::Fence,
    Next::Reread,
    Next::Rebase,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Applier {
    pub(crate) next: Next,
    /// Which transaction of its plan, and which attempt at it.
    pub(crate) op: u8,
    pub(crate) attempt: u8,
    /// The head that it builds on.
    pub(crate) base: u16,
    /// The object that it will name.
    pub(crate) key: u8,
    /// It wrote that object itself.
    pub(crate) uploaded: bool,
}

impl Applier {
    pub(crate) fn at(op: u8, attempt: u8) -> Self {
        Self { next: Next::Begin, op, attempt, base: NO_HEAD, key: NO_KEY, uploaded: false }
    }

    pub(crate) fn then(self, next: Next) -> Self {
        Self { next, ..self }
    }

    fn pack(self) -> u64 {
        let small = self.next as u16
            | u16::from(self.op) << 4
            | u16::from(self.attempt) << 6
            | u16::from(self.key) << 8
            | u16::from(self.uploaded) << 12;
        u64::from(self.base) << 16 | u64::from(small)
    }

    fn unpack(word: u64) -> Self {
        Self {
            next: NEXTS[word as usize & 15],
            op: (word >> 4) as u8 & 3,
            attempt: (word >> 6) as u8 & 3,
            key: (word >> 8) as u8 & 15,
            uploaded: word >> 12 & 1 == 1,
            base: (word >> 16) as u16,
        }
    }
}

/// What the collector does next. The number beside it in the state is a head, a key, a set of keys
/// or a transaction, as said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Idle,
    /// Head that was read.
    Doom,
    /// Head that was read.
    Delete,
    /// Head that was read.
    Clear,
    /// Transaction, and above it the serial of its base.
    Bump,
    /// Transaction.
    List,
    /// Set of keys.
    Sweep,
    /// Key. Only where reuse goes by existence.
    DeleteUnnamed,
}

const CHORES: [Chore; 8] = [
    Chore::Idle,
    Chore::Doom,
    Chore::Delete,
    Chore::Clear,
    Chore::Bump,
    Chore::List,
    Chore::Sweep,
    Chore::DeleteUnnamed,
];

/// What a journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Absent,
    Open,
    Aborted,
    Done,
}

pub(crate) const MARKS: [Mark; 4] = [Mark::Absent, Mark::Open, Mark::Aborted, Mark::Done];

#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    pub(crate) head: u16,
    /// Keys that exist, as a set of bits.
    pub(crate) objects: u16,
    /// A byte for each transaction: its mark, and above it the serial of its base.
    pub(crate) journals: u64,
    /// The set of HEAD writes under way.
    pub(crate) flying: u32,
    pub(crate) appliers: [Applier; 2],
    pub(crate) chore: Chore,
    pub(crate) chore_on: u16,
    /// Transactions reported as committed, and as not committed.
    pub(crate) acked: u8,
    pub(crate) failed: u8,
    pub(crate) kills: u8,
}

impl State {
    pub(crate) fn journal(&self, tx: u8) -> (Mark, u8) {
        let byte = (self.journals >> (tx * 8)) as u8;
        (MARKS[usize::from(byte & 3)], byte >> 2)
    }

    pub(crate) fn mark(&mut self, tx: u8, mark: Mark, base_serial: u8) {
        let byte = u64::from(base_serial << 2 | mark as u8);
        self.journals = self.journals & !(0xff << (tx * 8)) | byte << (tx * 8);
    }

    pub(crate) fn pack(&self) -> [u64; 4] {
        [
            u64::from(self.head)
                | u64::from(self.objects) << 16
                | u64::from(self.acked) << 32
                | u64::from(self.failed) << 40
                | u64::from(self.kills) << 48
                | (self.chore as u64) << 56,
            self.journals,
            self.appliers[0].pack() | self.appliers[1].pack() << 32,
            u64::from(self.flying) | u64::from(self.chore_on) << 32,
        ]
    }

    pub(crate) fn unpack(words: &[u64; 4]) -> Self {
        let [small, journals, appliers, rest] = *words;
        Self {
            head: small as u16,
            objects: (small >> 16) as u16,
            acked: (small >> 32) as u8,
            failed: (small >> 40) as u8,
            kills: (small >> 48) as u8,
            chore: CHORES[(small >> 56) as usize],
            journals,
            appliers: [Applier::unpack(appliers & 0xffff_ffff), Applier::unpack(appliers >> 32)],
            flying: rest as u32,
            chore_on: (rest >> 32) as u16,
        }
    }
}
