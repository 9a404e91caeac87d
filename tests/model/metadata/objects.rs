//! Generations, index documents and heads, by number; and the numbers of transactions.

use crate::table::Numbered;

/// Transactions of appliers are 0 to 7, of collectors 8 to 15.
pub(crate) const COLLECTORS: u8 = 8;
/// Nobody: what was there from the start, or is nobody's in particular.
pub(crate) const NOBODY: u8 = 16;
/// Writer of a head that is a fence of transaction `t`: `FENCE + t`.
pub(crate) const FENCE: u8 = 32;

/// Artifacts are bits: 0 to 7 for what each transaction uploads, and this for the first Y.
pub(crate) const FIRST_Y: u16 = 1 << 8;

/// Number of an applier's transaction: which of all planned ones, which attempt.
pub(crate) fn transaction(planned: u8, attempt: u8) -> u8 {
    planned * 4 + attempt
}

pub(crate) fn collection(collector: u8, round: u8) -> u8 {
    COLLECTORS + collector * 4 + round
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) document: u16,
    pub(crate) condemned: u16,
    pub(crate) doomed: u16,
    /// Committed transactions.
    pub(crate) chain: u8,
}

/// A generation or an index document, under a key that says who wrote it on which base.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object {
    pub(crate) owner: u8,
    pub(crate) base_serial: u8,
    pub(crate) is: Is,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Is {
    /// Its live artifacts.
    Document(u16),
    Generation(Generation),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) serial: u8,
    pub(crate) writer: u8,
    pub(crate) generation: u16,
}

impl Head {
    pub(crate) fn nonce(self) -> u16 {
        nonce(self.serial, self.writer)
    }
}

/// What a head is recognised by, made of the serial that it has and of who wrote it.
pub(crate) fn nonce(serial: u8, writer: u8) -> u16 {
    u16::from(serial) << 8 | u16::from(writer)
}

/// Every object and head met so far.
#[derive(Debug)]
pub(crate) struct Objects {
    numbers: Numbered<2>,
    all: Vec<Object>,
    head_numbers: Numbered<1>,
    heads: Vec<Head>,
}

impl Objects {
    pub(crate) fn new() -> Self {
        Self {
            numbers: Numbered::new(),
            all: Vec::new(),
            head_numbers: Numbered::new(),
            heads: Vec::new(),
        }
    }

    pub(crate) fn get(&self, number: u16) -> Object {
        self.all[usize::from(number)]
    }

    pub(crate) fn number(&mut self, object: Object) -> u16 {
        let key = u64::from(object.owner) << 8 | u64::from(object.base_serial);
        let words = match object.is {
            Is::Document(live) => [key, u64::from(live)],
            Is::Generation(g) => [
                key | 1 << 63 | u64::from(g.chain) << 16,
                u64::from(g.document) | u64::from(g.condemned) << 16 | u64::from(g.doomed) << 32,
            ],
        };
        let (number, fresh) = self.numbers.number(&words);
        if fresh {
            self.all.push(object);
        }
        u16::try_from(number).unwrap()
    }

    pub(crate) fn generation(&self, number: u16) -> Generation {
        match self.get(number).is {
            Is::Generation(generation) => generation,
            Is::Document(_) => panic!("object {number} is no generation"),
        }
    }

    pub(crate) fn live(&self, generation: Generation) -> u16 {
        match self.get(generation.document).is {
            Is::Document(live) => live,
            Is::Generation(_) => panic!("object {} is no document", generation.document),
        }
    }

    pub(crate) fn head(&self, number: u16) -> Head {
        self.heads[usize::from(number)]
    }

    pub(crate) fn number_head(&mut self, head: Head) -> u16 {
        let word = u64::from(head.nonce()) << 16 | u64::from(head.generation);
        let (number, fresh) = self.head_numbers.number(&[word]);
        if fresh {
            self.heads.push(head);
        }
        u16::try_from(number).unwrap()
    }

    /// The generation that HEAD names.
    pub(crate) fn of_head(&self, number: u16) -> Generation {
        self.generation(self.head(number).generation)
    }
}
