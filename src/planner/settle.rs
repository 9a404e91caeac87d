//! What is known of a chosen file once upstream was looked at.

use super::{Candidate, ChosenFile, DecidedBy, LocatedFile, files};
use crate::model::{Digest, LockedArtifact, Sha256};

/// What is known of a chosen file.
#[derive(Debug)]
pub(super) enum Settled<'a> {
    /// It was decided before, and that holds.
    Decided(&'a LockedArtifact, DecidedBy),
    /// It was looked at; without a digest it is known only when its bytes were read.
    Located { candidate: &'a Candidate, located: &'a LocatedFile, sha256: Option<Sha256> },
    /// It was decided before; whether upstream still has the same bytes is not known.
    Unchecked(&'a LockedArtifact),
    /// Upstream has other bytes than the decided ones.
    Changed { decided: &'a LockedArtifact, found: Digest, url: &'a str },
    /// Nothing was found out about it.
    Unknown,
}

/// Lays a chosen file beside what was found out about it.
pub(super) fn settle<'a>(file: &'a ChosenFile, located: Option<&'a LocatedFile>) -> Settled<'a> {
    let candidate = match file {
        ChosenFile::Decided { artifact, by, .. } => return Settled::Decided(artifact, *by),
        ChosenFile::Candidate(candidate) => candidate,
    };
    let Some(located) = located else {
        return candidate.expect.as_ref().map_or(Settled::Unknown, Settled::Unchecked);
    };
    let settled = |sha256| Settled::Located { candidate, located, sha256 };
    let Some(decided) = &candidate.expect else { return settled(located.sha256) };
    let found: Option<Digest> =
        located.sha256.map(Digest::from).or_else(|| located.upstream_digest.clone());
    let mut known = vec![Digest::from(decided.sha256)];
    known.extend(decided.upstream_digest.clone());
    match found {
        Some(found) if files::contradicts(&found, &known) => {
            Settled::Changed { decided, found, url: &located.url }
        }
        // Equal in whichever algorithm upstream gives: the same bytes.
        Some(found) if known.contains(&found) => settled(Some(decided.sha256)),
        Some(_) | None => Settled::Unchecked(decided),
    }
}

/// Returns what the lock says of a file that was looked at.
pub(super) fn locked(
    candidate: &Candidate,
    located: &LocatedFile,
    sha256: Sha256,
) -> LockedArtifact {
    LockedArtifact {
        extra: located.extra.clone(),
        url: located.url.clone(),
        size: located.size.or(candidate.size),
        sha256,
        upstream_digest: located.upstream_digest.clone(),
        evidence: located.evidence,
        signer: located.signer.clone(),
    }
}
