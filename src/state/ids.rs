//! Names that must never repeat, and the waiting between attempts: the only chance in the room.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Sha256, Tx};

/// Returns a new transaction id: a ULID of that time.
pub(super) fn tx(now: Timestamp) -> Tx {
    let time = u64::try_from(now.as_millisecond()).unwrap_or(0);
    Tx(ulid::Ulid::from_parts(time, u128::from_be_bytes(chance())).to_string())
}

/// Returns a new lineage: a UUID.
pub(super) fn lineage() -> String {
    uuid::Uuid::new_v4().to_string()
}

/// Returns a new nonce.
pub(super) fn nonce() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// Returns how long to wait before a write is sent: nothing before the first time, then longer and
/// longer, never the same for two who failed together.
pub(super) fn pause(attempt: u8) -> Duration {
    if attempt <= 1 {
        return Duration::ZERO;
    }
    let doubled = 100_u64 << attempt.saturating_sub(2).min(6);
    let [first, ..] = chance();
    Duration::from_millis(doubled + u64::from(first) % 100)
}

/// Sixteen bytes of chance. (A UUID has fixed bits in it; its digest has none.)
fn chance() -> [u8; 16] {
    let digest = Sha256::of(uuid::Uuid::new_v4().as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest.0[..16]);
    bytes
}
