//! Progress on a terminal: a line for all, a line for each running artifact. The only place that
//! names indicatif.

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Style, grammar, plan_text};
use crate::model::{Address, Event, Outcome, Sink};

/// How many artifacts have a line of their own; the others only count in the total.
const SHOWN: usize = 12;

/// Draws bars on stderr.
pub struct Bars {
    all: MultiProgress,
    style: Style,
    verbose: bool,
    logs: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    total: Option<ProgressBar>,
    asking: Option<ProgressBar>,
    running: BTreeMap<Address, ProgressBar>,
}

impl std::fmt::Debug for Bars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bars").finish_non_exhaustive()
    }
}

impl Bars {
    /// Bars on stderr; `verbose` adds the remarks.
    pub fn new(style: Style, verbose: bool) -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        Self { all, style, verbose, logs: verbose, state: Mutex::default() }
    }

    /// What builds and tests say is told too, whether remarks are or not.
    #[must_use]
    pub fn with_logs(mut self) -> Self {
        self.logs = true;
        self
    }

    fn say(&self, text: &str) {
        // A closed stderr is no reason to stop an apply.
        let _closed = self.all.println(text);
    }
}

fn template(text: &str) -> ProgressStyle {
    ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Sink for Bars {
    fn emit(&self, event: &Event) {
        let Ok(mut state) = self.state.lock() else { return };
        match event {
            Event::Asking { dependency } => {
                let bar = state.asking.get_or_insert_with(|| {
                    let bar = self.all.add(ProgressBar::new_spinner());
                    bar.set_style(template("{spinner} asking {msg}"));
                    bar.enable_steady_tick(Duration::from_millis(100));
                    bar
                });
                bar.set_message(dependency.to_string());
            }
            Event::Asked { .. } => {}
            Event::Started { artifacts, bytes } | Event::Reading { artifacts, bytes } => {
                if let Some(bar) = state.asking.take() {
                    bar.finish_and_clear();
                }
                if let Some(old) = state.total.take() {
                    old.finish_and_clear();
                }
                let bar = self.all.add(ProgressBar::new(*bytes));
                bar.set_style(template(
                    "{wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta} left  {msg}",
                ));
                bar.set_message(grammar::count(*artifacts as u64, "artifact"));
                state.total = Some(bar);
            }
            Event::StepStarted { address, action, size } => {
                if state.running.len() >= SHOWN {
                    return;
                }
                let (bar, shape) = if let Some(size) = size {
                    let shape =
                        "  {prefix:.dim} {msg} {bar:20} {binary_bytes}/{binary_total_bytes}";
                    (ProgressBar::new(*size), shape)
                } else {
                    (ProgressBar::new_spinner(), "  {prefix:.dim} {msg} {spinner} {binary_bytes}")
                };
                let bar = self.all.add(bar);
                bar.set_style(template(shape));
                bar.set_prefix(action.name());
                bar.set_message(address.to_string());
                state.running.insert(address.clone(), bar);
            }
            Event::Bytes { address, count } => {
                if let Some(bar) = state.running.get(address) {
                    bar.inc(*count);
                }
                if let Some(total) = &state.total {
                    // Sizes that were not known before make the whole larger.
                    if total.position() + count > total.length().unwrap_or(0) {
                        total.set_length(total.position() + count);
                    }
                    total.inc(*count);
                }
            }
            Event::WorkStarted { address, work } => {
                let bar = state.running.get(address);
                match bar {
                    Some(bar) => bar.set_prefix(grammar::doing(*work)),
                    None => self.say(&grammar::works(address, *work)),
                }
            }
            Event::WorkEnded { address, work, worked } => {
                self.say(&grammar::worked(address, *work, worked));
            }
            Event::Said { address, line } => {
                if self.logs {
                    let whose = self.style.dim(&format!("{address} |"));
                    self.say(&grammar::said(&whose, line));
                }
            }
            Event::ReadEnded { address, fault } => {
                if let Some(why) = fault {
                    let first = grammar::plain(why.lines().next().unwrap_or_default());
                    self.say(&format!("{} {address}: {first}", self.style.error("wrong")));
                }
            }
            Event::StepEnded { address, outcome } => {
                if let Some(bar) = state.running.remove(address) {
                    bar.finish_and_clear();
                    self.all.remove(&bar);
                }
                if let Outcome::Failed(why) = outcome {
                    let first = why.lines().next().unwrap_or_default();
                    self.say(&format!(
                        "{} {address}: {}",
                        self.style.error("failed"),
                        grammar::plain(first)
                    ));
                }
            }
            Event::Committed { serial, changes } => {
                if let Some(total) = state.total.take() {
                    total.finish_and_clear();
                }
                self.say(&format!(
                    "Committed serial {serial} ({})",
                    grammar::count(*changes as u64, "change")
                ));
            }
            Event::Warned(finding) => self.say(&plan_text::finding_text(finding, self.style)),
            Event::Remark(text) => {
                if self.verbose {
                    self.say(&grammar::plain(text));
                }
            }
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        // Nothing of the bars may stand above the report.
        let _closed = self.all.clear();
    }
}
