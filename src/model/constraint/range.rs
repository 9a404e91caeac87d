//! A stretch of the order of versions.

use std::cmp::Ordering;

use crate::model::{
    OrderKey,
    scheme::{Build, Stage, compare_numbers},
};

/// A place between versions: everything is below or above it, nothing is on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cut {
    numbers: [u64; 5],
    tail: Tail,
}

/// Where in the versions of the same numbers a cut is. The order of the variants is the order of
/// the places.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Tail {
    Bottom,
    Stage(Stage, Builds),
    Top,
}

/// Where in the builds of one version a cut is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Builds {
    Start,
    Before(Build),
    After(Build),
    End,
}

impl Cut {
    /// Just before a version; before all of its builds where it names none.
    pub(super) fn before(key: &OrderKey) -> Self {
        let builds = match key.build() {
            Build::None => Builds::Start,
            build @ (Build::Metadata(_) | Build::Local(_)) => Builds::Before(build),
        };
        Self { numbers: key.numbers, tail: Tail::Stage(key.stage().public(), builds) }
    }

    /// Just after a version; after all of its builds where it names none.
    pub(super) fn after(key: &OrderKey) -> Self {
        let builds = match key.build() {
            Build::None => Builds::End,
            build @ (Build::Metadata(_) | Build::Local(_)) => Builds::After(build),
        };
        Self { numbers: key.numbers, tail: Tail::Stage(key.stage().public(), builds) }
    }

    fn is_below(&self, key: &OrderKey) -> bool {
        compare_numbers(&self.numbers, &key.numbers).then_with(|| match &self.tail {
            Tail::Bottom => Ordering::Less,
            Tail::Top => Ordering::Greater,
            Tail::Stage(stage, builds) => stage.compare_public(key.stage()).then_with(|| {
                let build = |of| key.compare_build(of).reverse();
                match builds {
                    Builds::Start => Ordering::Less,
                    Builds::End => Ordering::Greater,
                    Builds::Before(of) => build(of).then(Ordering::Less),
                    Builds::After(of) => build(of).then(Ordering::Greater),
                }
            }),
        }) == Ordering::Less
    }
}

/// From one cut to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Range {
    from: Cut,
    to: Cut,
}

impl Range {
    pub(super) fn all() -> Self {
        Self {
            from: Cut { numbers: [0; 5], tail: Tail::Bottom },
            to: Cut { numbers: [u64::MAX; 5], tail: Tail::Top },
        }
    }

    /// Every version whose first `count` numbers are these.
    pub(super) fn front(numbers: [u64; 5], count: usize) -> Self {
        let (mut low, mut high) = (numbers, numbers);
        low.iter_mut().skip(count).for_each(|n| *n = 0);
        high.iter_mut().skip(count).for_each(|n| *n = u64::MAX);
        Self {
            from: Cut { numbers: low, tail: Tail::Bottom },
            to: Cut { numbers: high, tail: Tail::Top },
        }
    }

    /// One version, with all its builds where it names none.
    pub(super) fn only(key: &OrderKey) -> Self {
        Self { from: Cut::before(key), to: Cut::after(key) }
    }

    pub(super) fn from(cut: Cut) -> Self {
        Self { from: cut, ..Self::all() }
    }

    pub(super) fn to(cut: Cut) -> Self {
        Self { to: cut, ..Self::all() }
    }

    /// What lies between this and a later one.
    pub(super) fn gap(&self, later: &Self) -> Self {
        Self { from: self.to.clone(), to: later.from.clone() }
    }

    /// From where this begins to where a later one ends.
    pub(super) fn up_to(&self, later: &Self) -> Self {
        Self { from: self.from.clone(), to: later.to.clone() }
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), to: self.to.min(other.to) }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.from >= self.to
    }

    /// Tells whether it ends before it begins.
    pub(super) fn is_backwards(&self) -> bool {
        self.from > self.to
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        self.from <= other.from && other.to <= self.to
    }

    /// Tells whether a version lies in it. One that the scheme can't read has no place in the
    /// order, so it lies only in the whole.
    pub(super) fn holds(&self, key: &OrderKey) -> bool {
        if *key.stage() == Stage::Unread {
            return *self == Self::all();
        }
        self.from.is_below(key) && !self.to.is_below(key)
    }
}
