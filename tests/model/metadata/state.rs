//! One state of the metadata model, and its eight words.

pub(crate) const NONE: u16 = u16::MAX;

/// What an applier does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    Begin,
    WriteObjects,
    WriteHead,
    /// The last write of HEAD was not answered with 200.
    Ask,
}

const NEXTS: [Next; 4] = [Next::Begin, Next::WriteObjects, Next::WriteHead, Next::Ask];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Applier {
    pub(crate) next: Next,
    /// Which transaction of its plan, and which attempt at it.
    pub(crate) op: u8,
    pub(crate) attempt: u8,
    /// Head that it builds on, and generation that HEAD shall name.
    pub(crate) base: u16,
    pub(crate) generation: u16,
}

impl Applier {
    pub(crate) fn at(op: u8, attempt: u8) -> Self {
        Self { next: Next::Begin, op, attempt, base: NONE, generation: NONE }
    }

    fn pack(self) -> u64 {
        self.next as u64
            | u64::from(self.op) << 4
            | u64::from(self.attempt) << 8
            | u64::from(self.base) << 16
            | u64::from(self.generation) << 32
    }

    fn unpack(word: u64) -> Self {
        Self {
            next: NEXTS[word as usize & 15],
            op: (word >> 4) as u8 & 15,
            attempt: (word >> 8) as u8 & 15,
            base: (word >> 16) as u16,
            generation: (word >> 32) as u16,
        }
    }
}

/// What a collector does next; `on` and `also` mean what is said here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chore {
    Idle,
    /// `on`: the head that was read.
    WriteDooming,
    /// `on`: the head that was read.
    DeleteDoomed,
    /// `on`: the head that was read.
    WriteClearing,
    /// `on`: the head that was read; `also`: the generation that HEAD shall name.
    WriteHead,
    /// `on`: a set of metadata; `also`: a set of artifacts.
    Prune,
    /// `on`: a transaction; `also`: the serial of its base.
    Fence,
    /// `on`: a transaction.
    ListOrphans,
}

const CHORES: [Chore; 8] = [
    Chore::Idle,
    Chore::WriteDooming,
    Chore::DeleteDoomed,
    Chore::WriteClearing,
    Chore::WriteHead,
    Chore::Prune,
    Chore::Fence,
    Chore::ListOrphans,
];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Collector {
    pub(crate) chore: Chore,
    pub(crate) round: u8,
    pub(crate) on: u32,
    pub(crate) also: u16,
}

impl Collector {
    pub(crate) fn idle(round: u8) -> Self {
        Self { chore: Chore::Idle, round, on: 0, also: 0 }
    }

    fn pack(self) -> u64 {
        self.chore as u64
            | u64::from(self.round) << 8
            | u64::from(self.also) << 16
            | u64::from(self.on) << 32
    }

    fn unpack(word: u64) -> Self {
        Self {
            chore: CHORES[word as usize & 255],
            round: (word >> 8) as u8,
            also: (word >> 16) as u16,
            on: (word >> 32) as u32,
        }
    }
}

/// What a journal says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Absent,
    Open,
    Aborted,
    Done,
}

const MARKS: [Mark; 4] = [Mark::Absent, Mark::Open, Mark::Aborted, Mark::Done];

#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    pub(crate) head: u16,
    /// The set of generations and index documents that exist, and the bits of the artifacts.
    pub(crate) metadata: u32,
    pub(crate) artifacts: u16,
    /// A byte for each transaction: its mark, and above it the serial of its base.
    pub(crate) journals: [u64; 2],
    /// The one write of HEAD that is under way: the nonce that it asks for, and the head that it brings.
    pub(crate) flying: Option<(u16, u16)>,
    pub(crate) appliers: [Applier; 2],
    pub(crate) collectors: [Collector; 2],
    /// Transactions reported as committed, and as not committed.
    pub(crate) acked: u8,
    pub(crate) failed: u8,
    pub(crate) kills: u8,
}

impl State {
    pub(crate) fn journal(&self, tx: u8) -> (Mark, u8) {
        let byte = (self.journals[usize::from(tx / 8)] >> (tx % 8 * 8)) as u8;
        (MARKS[usize::from(byte & 3)], byte >> 2)
    }

    pub(crate) fn mark(&mut self, tx: u8, mark: Mark, base_serial: u8) {
        debug_assert!(base_serial < 1 << 6, "a serial has six bits");
        let word = &mut self.journals[usize::from(tx / 8)];
        let shift = tx % 8 * 8;
        *word = *word & !(0xff << shift) | u64::from(base_serial << 2 | mark as u8) << shift;
    }

    pub(crate) fn pack(&self) -> [u64; 8] {
        let (asks, brings) = self.flying.unwrap_or((NONE, NONE));
        [
            u64::from(self.head)
                | u64::from(self.artifacts) << 16
                | u64::from(asks) << 32
                | u64::from(brings) << 48,
            u64::from(self.metadata)
                | u64::from(self.acked) << 32
                | u64::from(self.failed) << 40
                | u64::from(self.kills) << 48,
            self.journals[0],
            self.journals[1],
            self.appliers[0].pack(),
            self.appliers[1].pack(),
            self.collectors[0].pack(),
            self.collectors[1].pack(),
        ]
    }

    pub(crate) fn unpack(words: &[u64; 8]) -> Self {
        let [first, second, low, high, a0, a1, c0, c1] = *words;
        let flying = ((first >> 32) as u16, (first >> 48) as u16);
        Self {
            head: first as u16,
            artifacts: (first >> 16) as u16,
            flying: (flying.1 != NONE).then_some(flying),
            metadata: second as u32,
            acked: (second >> 32) as u8,
            failed: (second >> 40) as u8,
            kills: (second >> 48) as u8,
            journals: [low, high],
            appliers: [Applier::unpack(a0), Applier::unpack(a1)],
            collectors: [Collector::unpack(c0), Collector::unpack(c1)],
        }
    }
}
