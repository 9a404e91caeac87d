//! Floor 2: how things look. Pure: values in, text out; nothing is decided and nothing printed here
//! (but for the two sinks, which show events while they happen).

pub mod bars;
pub mod diagnostic;
mod diff;
mod grammar;
mod history;
pub mod lines;
mod plan_markdown;
mod plan_text;
mod reason;
mod report;
mod style;

pub use grammar::{bytes, count, plain};
pub use history::{history_text, when};
pub use plan_markdown::{plan_markdown, plan_markdown_with};
pub(crate) use plan_text::told;
pub use plan_text::{
    InputChanges, finding_text as finding, plan_text, plan_text_with, release_lines, steps_text,
    summary_sentence,
};
pub use report::{failure_text, report_text};
pub use style::Style;
