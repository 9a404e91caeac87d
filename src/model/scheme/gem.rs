//! The scheme `gem`: what Ruby's `Gem::Version` takes, in its order.
//!
//! A version is a list of segments: numbers and runs of letters, without end followed by 0. A
//! letter is below every number, so it makes a pre-release; a `-` stands for the segment `pre`.
//! Zeros right before the first letters that follow zeros say nothing: `1.0.0.a` is `1.a`.

use std::cmp::Ordering;

use semver::BuildMetadata;

use super::key::{OrderKey, Reading, Stage, padded, runs};

/// One segment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Letters(Box<str>),
    Number(u64),
}

const END: Segment = Segment::Number(0);

/// The segments after the first five numbers, without zeros at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::model) struct Segments(Box<[Segment]>);

impl Segments {
    pub(super) fn is_prerelease(&self) -> bool {
        self.0.iter().any(|segment| matches!(segment, Segment::Letters(_)))
    }
}

impl Ord for Segments {
    fn cmp(&self, other: &Self) -> Ordering {
        padded(&self.0, &other.0, &END)
    }
}

impl PartialOrd for Segments {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(super) fn read(text: &str) -> Option<Reading> {
    let mut all = segments(text)?;
    let count = all.iter().take_while(|it| matches!(it, Segment::Number(_))).count();
    let used = all.iter().rposition(|segment| *segment != END).map_or(0, |last| last + 1);
    all.truncate(used);
    drop_zeros(&mut all);
    let mut numbers = [0; 5];
    let mut taken = 0;
    for (number, segment) in numbers.iter_mut().zip(&all) {
        let Segment::Number(found) = segment else { break };
        *number = *found;
        taken += 1;
    }
    let stage = Stage::Gem(Box::new(Segments(all.drain(taken..).collect())));
    Some(Reading { key: OrderKey::new(numbers, stage, BuildMetadata::EMPTY), count })
}

fn segments(text: &str) -> Option<Vec<Segment>> {
    let (release, pre) = match text.split_once('-') {
        Some((release, pre)) => (release, Some(pre)),
        None => (text, None),
    };
    let mut all = Vec::new();
    let mut parts = release.split('.');
    all.push(Segment::Number(parts.next().filter(|first| is_number(first))?.parse().ok()?));
    for part in parts {
        split(part, &mut all)?;
    }
    for part in pre.into_iter().flat_map(|pre| pre.split('-')) {
        all.push(Segment::Letters("pre".into()));
        // Two dashes in a row are two `pre`; what stands between them is nothing.
        for part in part.split('.').filter(|_| !part.is_empty()) {
            split(part, &mut all)?;
        }
    }
    (pre != Some("")).then_some(all)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn split(part: &str, into: &mut Vec<Segment>) -> Option<()> {
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    for run in runs(part) {
        into.push(if is_number(run) {
            Segment::Number(run.parse().ok()?)
        } else {
            Segment::Letters(run.into())
        });
    }
    Some(())
}

/// Takes out the first zeros that stand right before letters.
fn drop_zeros(all: &mut Vec<Segment>) {
    let mut start = None;
    for (n, segment) in all.iter().enumerate() {
        match (segment, start) {
            (Segment::Number(0), None) => start = Some(n),
            (Segment::Number(0), Some(_)) | (Segment::Letters(_), None) => {}
            (Segment::Number(_), _) => start = None,
            (Segment::Letters(_), Some(start)) => {
                all.drain(start..n);
                return;
            }
        }
    }
}
