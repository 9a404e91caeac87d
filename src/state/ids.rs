//! Names that must never repeat, and the waiting between attempts: the only chance in the room.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use crate::model::{Sha256, Tx};

/// Where chance comes from: the system, or a seed, which makes the same names in the same order.
/// Clones draw from the same.
#[derive(Debug, Clone, Default)]
pub struct Chance {
    /// None: the system.
    drawn: Option<Arc<Mutex<(u64, u64)>>>,
}

impl Chance {
    /// Returns the system's chance.
    pub fn system() -> Self {
        Self::default()
    }

    /// Returns what looks like chance and follows from a seed; for simulations.
    pub fn seeded(seed: u64) -> Self {
        Self { drawn: Some(Arc::new(Mutex::new((seed, 0)))) }
    }

    /// Draws sixteen bytes. (A UUID has fixed bits in it; its digest has none.)
    fn draw(&self) -> [u8; 16] {
        let digest = match &self.drawn {
            None => Sha256::of(uuid::Uuid::new_v4().as_bytes()),
            Some(drawn) => {
                let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
                drawn.1 += 1;
                let (seed, count) = *drawn;
                Sha256::of(&[seed.to_be_bytes(), count.to_be_bytes()].concat())
            }
        };
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest.0[..16]);
        bytes
    }

    /// Returns a new transaction id: a ULID of that time.
    pub(super) fn tx(&self, now: Timestamp) -> Tx {
        let time = u64::try_from(now.as_millisecond()).unwrap_or(0);
        Tx(ulid::Ulid::from_parts(time, u128::from_be_bytes(self.draw())).to_string())
    }

    /// Returns a new lineage: a UUID.
    pub(super) fn lineage(&self) -> String {
        uuid::Builder::from_random_bytes(self.draw()).into_uuid().to_string()
    }

    /// Returns what never was before: a new nonce.
    pub fn fresh(&self) -> String {
        self.nonce()
    }

    /// Returns a new nonce.
    pub(super) fn nonce(&self) -> String {
        hex::encode(self.draw())
    }

    /// Returns how long to wait before a write is sent: nothing before the first time, then up to a
    /// bound that doubles, never the same for two who failed together.
    pub(super) fn pause(&self, attempt: u8) -> Duration {
        if attempt <= 1 {
            return Duration::ZERO;
        }
        let bound = 200_u64 << attempt.saturating_sub(2).min(6);
        let [first, second, ..] = self.draw();
        let share = u64::from(u16::from_be_bytes([first, second]));
        Duration::from_millis(bound * share / u64::from(u16::MAX))
    }
}
