//! Checks a signature while its bytes pass by: they are read once and kept nowhere for it.

use std::io::{self, Read};

use bytes::{Buf as _, Bytes};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{model::Code, signature::SignatureError};

/// How many chunks may wait for the thread that hashes.
const AHEAD: usize = 8;

/// A check that is under way.
#[derive(Debug)]
pub(crate) struct Witness {
    chunks: mpsc::Sender<Bytes>,
    verdict: JoinHandle<Result<String, SignatureError>>,
}

impl Witness {
    /// Begins a check, which gets the bytes to read and returns who signed them.
    pub(super) fn begin(
        check: impl FnOnce(&mut dyn Read) -> Result<String, SignatureError> + Send + 'static,
    ) -> Self {
        let (chunks, heard) = mpsc::channel(AHEAD);
        let verdict = tokio::task::spawn_blocking(move || {
            check(&mut Heard { chunks: heard, rest: Bytes::new() })
        });
        Self { chunks, verdict }
    }

    /// Hands a chunk on. A check that has already failed does not listen any more.
    pub(crate) async fn hear(&self, chunk: &Bytes) {
        let _heard = self.chunks.send(chunk.clone()).await;
    }

    /// The bytes have ended: who signed them?
    pub(crate) async fn verdict(self) -> Result<String, SignatureError> {
        drop(self.chunks);
        self.verdict.await.unwrap_or_else(|_| {
            Err(SignatureError::new(Code::SIGNATURE_INVALID, "the signature could not be checked"))
        })
    }
}

struct Heard {
    chunks: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Read for Heard {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.chunks.blocking_recv() {
                Some(chunk) => self.rest = chunk,
                None => return Ok(0),
            }
        }
        let count = self.rest.len().min(into.len());
        self.rest.copy_to_slice(into.get_mut(..count).unwrap_or_default());
        Ok(count)
    }
}
