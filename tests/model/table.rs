//! Values by number: each distinct value gets the next free one, and the same one ever after.

/// Multiplier of the hash: odd, with its bits spread evenly.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

fn stir(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word) * u128::from(SPREAD);
    (product as u64) ^ ((product >> 64) as u64)
}

/// Open addressing, linear probing. A slot is 0 when empty, else the high half of the value's hash
/// above its number plus one: most strangers are told apart without a look at the value.
#[derive(Debug)]
struct Slots {
    slots: Vec<u64>,
    filled: usize,
}

impl Slots {
    fn new() -> Self {
        Self { slots: vec![0; 1 << 10], filled: 0 }
    }

    /// The number under which an equal value is known; `None` after noting `fresh` for it.
    fn find_or_note(&mut self, hash: u64, fresh: u32, same: impl Fn(u32) -> bool) -> Option<u32> {
        if (self.filled + 1) * 8 > self.slots.len() * 5 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let tag = hash >> 32;
        let mut at = tag as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot == 0 {
                self.slots[at] = (tag << 32) | u64::from(fresh + 1);
                self.filled += 1;
                return None;
            }
            if slot >> 32 == tag {
                let number = (slot as u32) - 1;
                if same(number) {
                    return Some(number);
                }
            }
            at = (at + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let wider = vec![0; self.slots.len() * 2];
        let mask = wider.len() - 1;
        let old = std::mem::replace(&mut self.slots, wider);
        for slot in old {
            if slot != 0 {
                let mut at = (slot >> 32) as usize & mask;
                while self.slots[at] != 0 {
                    at = (at + 1) & mask;
                }
                self.slots[at] = slot;
            }
        }
    }
}

/// Numbers for values of a fixed width. Whole values are compared: two never share a number.
#[derive(Debug)]
pub(crate) struct Numbered<const WORDS: usize> {
    slots: Slots,
    values: Vec<[u64; WORDS]>,
}

impl<const WORDS: usize> Numbered<WORDS> {
    pub(crate) fn new() -> Self {
        Self { slots: Slots::new(), values: Vec::new() }
    }

    /// The value's number, and whether it was met for the first time.
    pub(crate) fn number(&mut self, value: &[u64; WORDS]) -> (u32, bool) {
        let mut hash = SPREAD;
        for word in value {
            hash = stir(hash, *word);
        }
        let fresh = self.values.len() as u32;
        let values = &self.values;
        if let Some(known) = self.slots.find_or_note(hash, fresh, |n| values[n as usize] == *value)
        {
            return (known, false);
        }
        self.values.push(*value);
        (fresh, true)
    }

    pub(crate) fn value(&self, number: usize) -> &[u64; WORDS] {
        &self.values[number]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Numbers for sets of integers. Number 0 is the empty set.
#[derive(Debug)]
pub(crate) struct Sets {
    slots: Slots,
    /// Where each set ends in `members`; it begins where the one before it ends.
    ends: Vec<u32>,
    members: Vec<u32>,
}

impl Sets {
    pub(crate) fn new() -> Self {
        let mut sets = Self { slots: Slots::new(), ends: Vec::new(), members: Vec::new() };
        sets.number(&[]);
        sets
    }

    /// The members in rising order.
    pub(crate) fn members(&self, set: u32) -> &[u32] {
        slice(&self.ends, &self.members, set)
    }

    /// `sorted` must rise strictly.
    pub(crate) fn number(&mut self, sorted: &[u32]) -> u32 {
        let mut hash = SPREAD;
        for member in sorted {
            hash = stir(hash, u64::from(*member) + 1);
        }
        let fresh = self.ends.len() as u32;
        let (ends, members) = (&self.ends, &self.members);
        let same = |n| slice(ends, members, n) == sorted;
        if let Some(known) = self.slots.find_or_note(hash, fresh, same) {
            return known;
        }
        self.members.extend_from_slice(sorted);
        self.ends.push(self.members.len() as u32);
        fresh
    }

    pub(crate) fn with(&mut self, set: u32, member: u32) -> u32 {
        let mut all = self.members(set).to_vec();
        if let Err(place) = all.binary_search(&member) {
            all.insert(place, member);
        }
        self.number(&all)
    }

    pub(crate) fn without(&mut self, set: u32, member: u32) -> u32 {
        let mut all = self.members(set).to_vec();
        if let Ok(place) = all.binary_search(&member) {
            all.remove(place);
        }
        self.number(&all)
    }

    /// What is in `set` and not in `gone`.
    pub(crate) fn minus(&mut self, set: u32, gone: u32) -> u32 {
        let mut all = self.members(set).to_vec();
        let gone = self.members(gone);
        all.retain(|member| gone.binary_search(member).is_err());
        self.number(&all)
    }
}

fn slice<'a>(ends: &[u32], members: &'a [u32], set: u32) -> &'a [u32] {
    let set = set as usize;
    let start = if set == 0 { 0 } else { ends[set - 1] };
    &members[start as usize..ends[set] as usize]
}

#[test]
fn equal_values_share_a_number_and_others_do_not() {
    let mut numbered = Numbered::<2>::new();
    for round in 0..2 {
        for n in 0..10_000_u64 {
            assert_eq!(numbered.number(&[n % 7, n]), (n as u32, round == 0));
        }
    }
    assert_eq!(numbered.len(), 10_000);
    let mut sets = Sets::new();
    let one = sets.with(0, 5);
    let two = sets.with(one, 3);
    assert_eq!(sets.members(two), [3, 5]);
    assert_eq!(sets.without(two, 3), one);
    assert_eq!(sets.minus(two, two), 0);
}
