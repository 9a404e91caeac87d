//! Breadth-first search of a model: every state that any order of steps leads to, each looked at once.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::table::Numbered;

/// Something that must never be true of a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Broken {
    /// HEAD names an object that does not exist.
    Dangling,
    /// A transaction reported as committed is not in HEAD's chain.
    CommitLost,
    /// A transaction reported as not committed is in HEAD's chain.
    FailureCommitted,
    /// Runs without any fault do not end in the desired state.
    NotConverging,
    /// A generation that once was HEAD's is gone before its time.
    HistoryLost,
    /// The index of the views says that a view is newer than it is.
    StaleView,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dangling => "I1 HEAD names what does not exist",
            Self::CommitLost => "I2 a reported commit is lost",
            Self::FailureCommitted => "I3 a reported failure is committed",
            Self::NotConverging => "I4 reruns do not converge",
            Self::HistoryLost => "R3 a generation of the history is gone",
            Self::StaleView => "V1 a view is older than its index says",
        })
    }
}

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Applier(u8),
    Collector(u8),
    /// A request that was under way.
    Network,
    /// Somebody who changes the bucket without depstate.
    Hand,
}

impl Who {
    pub(crate) fn does<S>(self, what: &'static str, to: S) -> Way<S> {
        Way { step: Step { who: self, what }, to }
    }
}

/// One step, for reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    who: Who,
    what: &'static str,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.who {
            Who::Applier(n) => write!(f, "applier {n}: {}", self.what),
            Who::Collector(n) => write!(f, "collector {n}: {}", self.what),
            Who::Network => write!(f, "network: {}", self.what),
            Who::Hand => write!(f, "by hand: {}", self.what),
        }
    }
}

/// A step, and the state that it leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<S> {
    pub(crate) step: Step,
    pub(crate) to: S,
}

/// States that fit in so many words, and the steps between them. `&mut self` is for what a model
/// numbers as it goes (heads, sets): a number, once given, never changes its meaning.
pub(crate) trait Model<const WORDS: usize> {
    type State: Copy;

    fn first(&mut self) -> Self::State;
    /// Every step that is possible from `state`, pushed to `ways`, which is empty.
    fn steps(&mut self, state: &Self::State, ways: &mut Vec<Way<Self::State>>);
    fn broken(&self, state: &Self::State) -> Option<Broken>;
    fn pack(state: &Self::State) -> [u64; WORDS];
    fn unpack(words: &[u64; WORDS]) -> Self::State;
}

/// When a search ends before it has seen everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    Violation,
    /// After a violation too: the first of each kind is kept, and no step is taken from a broken state.
    AllKinds,
    /// A violation, or more states than this.
    States(usize),
    /// A violation, or every state that so many steps lead to.
    Steps(usize),
}

/// What a search found.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// Every way of so many steps was walked to its end.
    pub(crate) depth: usize,
    pub(crate) took: Duration,
    /// Nothing was left to look at.
    pub(crate) exhaustive: bool,
    pub(crate) violations: Vec<Violation>,
}

/// A broken law, and a shortest way to it.
#[derive(Debug)]
pub(crate) struct Violation {
    pub(crate) broken: Broken,
    pub(crate) trace: Vec<Step>,
}

impl Violation {
    /// One step a line.
    pub(crate) fn story(&self) -> String {
        let steps = self.trace.iter().map(|step| format!("\n    {step}"));
        format!("{}{}", self.broken, steps.collect::<String>())
    }
}

/// Searches `model` from its first state.
pub(crate) fn search<const WORDS: usize, M: Model<WORDS>>(model: &mut M, until: Until) -> Outcome {
    let start = Instant::now();
    let mut seen = Numbered::<WORDS>::new();
    let mut parents = vec![0_u32];
    let mut violations: Vec<Violation> = Vec::new();
    let mut bad: Vec<usize> = Vec::new();
    let mut ways = Vec::new();
    let mut transitions = 0;
    let mut at = 0;
    let (mut depth, mut next_depth) = (0, 1);
    let deepest = if let Until::Steps(steps) = until { steps } else { usize::MAX };
    let most = if let Until::States(most) = until { most } else { u32::MAX as usize - 1 };
    let first = model.first();
    seen.number(&M::pack(&first));
    assert_eq!(model.broken(&first), None, "the first state must be sound");

    while at < seen.len() && seen.len() <= most {
        if at == next_depth {
            (depth, next_depth) = (depth + 1, seen.len());
        }
        if depth == deepest {
            break;
        }
        // States are numbered in the order in which they are met: so the broken ones come up in order.
        if bad.first() == Some(&at) {
            bad.remove(0);
            at += 1;
            continue;
        }
        let state = M::unpack(seen.value(at));
        ways.clear();
        model.steps(&state, &mut ways);
        transitions += ways.len();
        for way in &ways {
            let (number, fresh) = seen.number(&M::pack(&way.to));
            if !fresh {
                continue;
            }
            parents.push(at as u32);
            if let Some(broken) = model.broken(&way.to) {
                if violations.iter().all(|known| known.broken != broken) {
                    let trace = trace(model, &seen, &parents, number);
                    violations.push(Violation { broken, trace });
                }
                if until != Until::AllKinds {
                    break;
                }
                bad.push(number as usize);
            }
        }
        if until != Until::AllKinds && !violations.is_empty() {
            break;
        }
        at += 1;
    }
    Outcome {
        states: seen.len(),
        transitions,
        depth,
        took: start.elapsed(),
        exhaustive: at >= seen.len(),
        violations,
    }
}

/// The steps from the first state to `last`, found again by taking them.
fn trace<const WORDS: usize, M: Model<WORDS>>(
    model: &mut M,
    seen: &Numbered<WORDS>,
    parents: &[u32],
    last: u32,
) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut ways = Vec::new();
    let mut at = last as usize;
    while at != 0 {
        let parent = parents[at] as usize;
        ways.clear();
        model.steps(&M::unpack(seen.value(parent)), &mut ways);
        let way = ways.iter().find(|way| M::pack(&way.to) == *seen.value(at));
        steps.push(way.expect("a parent has a step to its child").step);
        at = parent;
    }
    steps.reverse();
    steps
}
