//! HEAD's values, by number: its content, and the `ETag` that a store would give it.

use super::rules::{ETag, Op};
use crate::table::Numbered;

/// Who wrote a head, beside the transactions 0 to 7: a fence of transaction `t` is `FENCE + t`.
pub(crate) const FENCE: u8 = 8;
pub(crate) const BUMP: u8 = 16;
pub(crate) const COLLECT: u8 = 17;
pub(crate) const GENESIS: u8 = 18;

/// Keys are bits: 0 to 7 for what each transaction uploads, from here for each digest's first upload
/// (or, where keys are digests, its only one).
pub(crate) const FIRST_KEYS: u8 = 8;
/// Keys of the fault-free reruns that ask about convergence.
pub(crate) const RERUN_KEYS: u8 = 11;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) serial: u8,
    pub(crate) writer: u8,
    pub(crate) live: u16,
    pub(crate) condemned: u16,
    pub(crate) doomed: u16,
    /// The transactions that it descends from.
    pub(crate) chain: u8,
    /// Set by [`Heads::number`].
    pub(crate) etag: u16,
}

impl Head {
    pub(crate) fn next(self, writer: u8) -> Self {
        Self { serial: self.serial + 1, writer, ..self }
    }

    /// Live and condemned keys after `op`, which adds `key`; `of_digest` are all keys of its digest.
    pub(crate) fn change(mut self, op: Op, key: u8, of_digest: u16) -> Self {
        if op.adds() {
            self.live |= 1 << key;
            self.condemned &= !(1 << key);
        } else {
            self.condemned |= self.live & of_digest;
            self.live &= !of_digest;
        }
        self
    }
}

/// Every head met so far.
#[derive(Debug)]
pub(crate) struct Heads {
    etag: ETag,
    numbers: Numbered<1>,
    contents: Numbered<1>,
    all: Vec<Head>,
}

impl Heads {
    pub(crate) fn new(etag: ETag) -> Self {
        Self { etag, numbers: Numbered::new(), contents: Numbered::new(), all: Vec::new() }
    }

    pub(crate) fn get(&self, number: u16) -> Head {
        self.all[usize::from(number)]
    }

    pub(crate) fn number(&mut self, mut head: Head) -> u16 {
        let content =
            u64::from(head.live) | u64::from(head.condemned) << 16 | u64::from(head.doomed) << 32;
        let rest = u64::from(head.serial) << 56
            | u64::from(head.writer) << 51
            | u64::from(head.chain) << 43;
        debug_assert!(head.doomed < 1 << 11 && head.writer < 32, "{head:?} overflows its word");
        let (number, fresh) = self.numbers.number(&[content | rest]);
        if fresh {
            head.etag = match self.etag {
                ETag::Nonce => u16::from(head.serial) << 8 | u16::from(head.writer),
                ETag::Content => u16::try_from(self.contents.number(&[content]).0).unwrap(),
            };
            self.all.push(head);
        }
        u16::try_from(number).unwrap()
    }
}
