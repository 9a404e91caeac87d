//! SIGINT and SIGTERM.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio_util::sync::CancellationToken;

use super::{context::Context, exit::Exit, output::Output};

impl Context {
    /// Returns a token that the first SIGINT or SIGTERM cancels, and which of them it was; `doing`
    /// says what is done then. The second ends the process at once: the next run cleans up.
    pub(super) fn interrupts(&self, doing: &'static str) -> Interrupts {
        let token = CancellationToken::new();
        let terminated = Arc::new(AtomicBool::new(false));
        let interrupts = Interrupts { token: token.clone(), terminated: terminated.clone() };
        let quiet = self.output.errors_only;
        tokio::spawn(async move {
            let mut first = true;
            while let Some(is_term) = signal().await {
                if !first {
                    std::process::exit(if is_term { 143 } else { 130 });
                }
                first = false;
                terminated.store(is_term, Ordering::SeqCst);
                if !quiet {
                    Output::new(false)
                        .complain(&format!("Interrupted: {doing} (again: stop at once)"));
                }
                token.cancel();
            }
        });
        interrupts
    }
}

/// Whether and how a person asked to stop.
#[derive(Debug)]
pub(super) struct Interrupts {
    pub(super) token: CancellationToken,
    terminated: Arc<AtomicBool>,
}

impl Interrupts {
    pub(super) fn exit(&self) -> Exit {
        if self.terminated.load(Ordering::SeqCst) { Exit::Terminated } else { Exit::Interrupted }
    }
}

/// Waits for a signal; true: SIGTERM. None: there is nothing to wait for.
async fn signal() -> Option<bool> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut int, mut term) =
            (signal(SignalKind::interrupt()).ok()?, signal(SignalKind::terminate()).ok()?);
        tokio::select! {
            got = int.recv() => got.map(|()| false),
            got = term.recv() => got.map(|()| true),
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await.ok().map(|()| false)
    }
}
