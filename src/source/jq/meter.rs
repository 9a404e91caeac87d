//! Ends runs that take too long or recurse too deep.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use jaq_core::{Lut, data::HasLut};
use jiff::Timestamp;

use super::compile::Metered;

/// Steps between two looks at the clock.
const LOOK: u64 = 4096;
/// Steps of a run. Above all this bounds the memory that a program can fill step by step.
const STEPS: u64 = 50_000_000;

/// Why a run was ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Time,
    Steps,
    Depth,
}

impl Stop {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Time => "it took more than 10 seconds",
            Self::Steps => "it took more than 50,000,000 steps",
            Self::Depth => "it recurses too deep",
        }
    }
}

/// What a run has used so far.
pub(super) struct Gauge {
    steps: Cell<u64>,
    deadline: Instant,
    /// Address of a local of the outermost frame.
    base: usize,
    stack: usize,
    now: Option<Timestamp>,
}

impl Gauge {
    /// Begins to measure: where it is called is the bottom of the stack.
    pub(super) fn new(time: Duration, stack: usize, now: Option<Timestamp>) -> Self {
        let deadline = Instant::now() + time;
        Self { steps: Cell::new(0), deadline, base: here(), stack, now }
    }

    /// Counts a step; does not come back where it is one too many.
    pub(super) fn tick(&self) {
        let steps = self.steps.get() + 1;
        self.steps.set(steps);
        if self.base.abs_diff(here()) > self.stack {
            stop(Stop::Depth);
        }
        if steps > STEPS {
            stop(Stop::Steps);
        }
        if steps.is_multiple_of(LOOK) && Instant::now() > self.deadline {
            stop(Stop::Time);
        }
    }

    pub(super) fn now(&self) -> Option<Timestamp> {
        self.now
    }
}

/// Returns an address on the stack, near the frame of the caller.
#[inline(never)]
fn here() -> usize {
    let local = 0_u8;
    std::hint::black_box(&raw const local).addr()
}

/// Unwinds the thread. Unlike a panic this says nothing on stderr.
fn stop(stop: Stop) -> ! {
    std::panic::resume_unwind(Box::new(stop))
}

/// What jaq asks for its table before each step, so that each step is counted.
#[derive(Clone)]
pub(super) struct Meter<'a> {
    lut: &'a Lut<Metered>,
    gauge: &'a Gauge,
}

impl<'a> Meter<'a> {
    pub(super) fn new(lut: &'a Lut<Metered>, gauge: &'a Gauge) -> Self {
        Self { lut, gauge }
    }

    pub(super) fn gauge(&self) -> &'a Gauge {
        self.gauge
    }
}

impl<'a> HasLut<'a, Metered> for Meter<'a> {
    fn lut(&self) -> &'a Lut<Metered> {
        self.gauge.tick();
        self.lut
    }
}
