//! Keeps a driver running: started when it is first asked, and again if it died, a few times.

use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;

use super::{error::ExternalError, handshake::Session, protocol::Welcome, setup::Setup};

/// How often a driver is started in one run.
const STARTS: u32 = 4;

/// A driver that is started when it is needed.
#[derive(Debug)]
pub(super) struct Keeper {
    pub(super) setup: Setup,
    state: Mutex<State>,
    /// What it said when it was first started.
    first: OnceLock<Welcome>,
}

#[derive(Debug, Default)]
struct State {
    session: Option<Arc<Session>>,
    starts: u32,
    /// Why it could not be started: it would not be the next time either.
    failed: Option<ExternalError>,
}

impl Keeper {
    pub(super) fn new(setup: Setup) -> Self {
        Self { setup, state: Mutex::default(), first: OnceLock::new() }
    }

    /// Returns the running driver. One that died after its start is started again: whoever wrote to
    /// it must be able to ask what became of that.
    pub(super) async fn session(&self) -> Result<Arc<Session>, ExternalError> {
        let mut state = self.state.lock().await;
        if let Some(failed) = &state.failed {
            return Err(failed.clone());
        }
        if let Some(session) = &state.session {
            match session.connection.dead() {
                None => return Ok(Arc::clone(session)),
                Some(why) if state.starts >= STARTS => {
                    let why = format!("{why}; it is not started again, after {STARTS} times");
                    let program = self.setup.program.name().to_owned();
                    return Err(ExternalError::Start { program, why });
                }
                Some(_) => state.session = None,
            }
        }
        state.starts += 1;
        match Session::start(&self.setup).await {
            Ok(session) => {
                self.first.get_or_init(|| session.welcome.clone());
                state.session = Some(Arc::clone(&session));
                Ok(session)
            }
            Err(error) => {
                state.failed = Some(error.clone());
                Err(error)
            }
        }
    }

    /// Returns what the driver said of itself, if it was started.
    pub(super) fn welcome(&self) -> Option<&Welcome> {
        self.first.get()
    }

    /// Ends the driver as the protocol has it, if it runs and nobody else uses it.
    pub(super) async fn shutdown(&self) -> Result<(), ExternalError> {
        let Some(session) = self.state.lock().await.session.take() else { return Ok(()) };
        match Arc::try_unwrap(session) {
            Ok(session) => session.connection.shutdown(self.setup.patience.farewell).await,
            Err(_) => Ok(()),
        }
    }
}
