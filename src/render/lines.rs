//! Progress where there is no terminal: one plain line for each finished thing.

use std::{io::Write, sync::Mutex};

use super::{Style, grammar, plan_text};
use crate::model::{Event, Outcome, Sink};

/// Writes a line for what ended; nothing moves and nothing is drawn over.
pub struct Lines {
    state: Mutex<State>,
    style: Style,
    verbose: bool,
    logs: bool,
}

struct State {
    out: Box<dyn Write + Send>,
    done: usize,
    all: usize,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").finish_non_exhaustive()
    }
}

impl Lines {
    /// Lines to a writer; `verbose` adds the remarks.
    pub fn new(out: Box<dyn Write + Send>, style: Style, verbose: bool) -> Self {
        let state = State { out, done: 0, all: 0 };
        Self { state: Mutex::new(state), style, verbose, logs: verbose }
    }

    /// What builds and tests say is told too, whether remarks are or not.
    #[must_use]
    pub fn with_logs(self) -> Self {
        Self { logs: true, ..self }
    }
}

impl Sink for Lines {
    fn emit(&self, event: &Event) {
        let Ok(mut state) = self.state.lock() else { return };
        let text = match event {
            Event::Started { artifacts, bytes } => {
                state.all = *artifacts;
                state.done = 0;
                let count = grammar::count(*artifacts as u64, "artifact");
                match bytes {
                    0 => format!("Publishing {count}"),
                    bytes => format!("Publishing {count}, {}", grammar::bytes(*bytes)),
                }
            }
            Event::StepEnded { address, outcome } => {
                state.done += 1;
                let counter = format!("[{}/{}]", state.done, state.all);
                match outcome {
                    Outcome::Done { bytes } => {
                        format!("{counter} uploaded {address}, {}", grammar::bytes(*bytes))
                    }
                    Outcome::Failed(why) => format!(
                        "{counter} {} {address}: {}",
                        self.style.error("failed"),
                        grammar::plain(why.lines().next().unwrap_or_default())
                    ),
                    Outcome::Interrupted => format!("{counter} given up {address}"),
                }
            }
            Event::Reading { artifacts, bytes } => {
                state.all = *artifacts;
                state.done = 0;
                let count = grammar::count(*artifacts as u64, "artifact");
                format!("Reading {count}, {}", grammar::bytes(*bytes))
            }
            Event::ReadEnded { address, fault } => {
                state.done += 1;
                let (done, all) = (state.done, state.all);
                match fault {
                    Some(why) => format!(
                        "[{done}/{all}] {} {address}: {}",
                        self.style.error("wrong"),
                        grammar::plain(why.lines().next().unwrap_or_default())
                    ),
                    // Ten lines in all, unless more is to be said.
                    None if self.verbose
                        || done * 10 / all.max(1) > (done - 1) * 10 / all.max(1) =>
                    {
                        format!("[{done}/{all}] read")
                    }
                    None => return,
                }
            }
            Event::WorkStarted { address, work } => grammar::works(address, *work),
            Event::WorkEnded { address, work, worked } => grammar::worked(address, *work, worked),
            Event::Said { address, line } if self.logs => {
                grammar::said(&self.style.dim(&format!("{address} |")), line)
            }
            Event::Committed { serial, changes } => {
                format!("Committed serial {serial} ({})", grammar::count(*changes as u64, "change"))
            }
            Event::Warned(finding) => plan_text::finding_text(finding, self.style),
            Event::Remark(text) if self.verbose => grammar::plain(text),
            Event::Asked { dependency, rows } if self.verbose => {
                format!("Asked {dependency}: {}", grammar::count(*rows as u64, "row"))
            }
            Event::StepStarted { .. }
            | Event::Asking { .. }
            | Event::Asked { .. }
            | Event::Bytes { .. }
            | Event::Said { .. }
            | Event::Remark(_) => return,
        };
        // A closed stderr is no reason to stop an apply.
        let _closed = writeln!(state.out, "{text}");
    }
}

/// Shows nothing at all.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Sink for Silent {
    fn emit(&self, _event: &Event) {}
}
