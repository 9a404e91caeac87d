//! Flags of every command.

use std::path::PathBuf;

use clap::{Args, ValueEnum, builder::FalseyValueParser};

/// Flags of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(in crate::cli) struct Global {
    /// Work as if started in this folder
    #[arg(short = 'C', long, global = true, value_name = "DIR", env = "DEPSTATE_DIRECTORY")]
    pub(in crate::cli) directory: Option<PathBuf>,
    /// The manifest
    #[arg(long, global = true, value_name = "FILE", env = "DEPSTATE_MANIFEST")]
    pub(in crate::cli) manifest: Option<PathBuf>,
    /// Your own configuration; `.depstate/config.toml` beside the manifest if absent
    #[arg(long, global = true, value_name = "FILE", env = "DEPSTATE_CONFIG")]
    pub(in crate::cli) config: Option<PathBuf>,
    /// How the result is printed on stdout
    #[arg(long, global = true, value_enum, default_value_t, env = "DEPSTATE_FORMAT")]
    pub(in crate::cli) format: Format,
    /// Write the JSON to a file too, beside any format
    #[arg(long, global = true, value_name = "FILE", env = "DEPSTATE_JSON_INTO")]
    pub(in crate::cli) json_into: Option<PathBuf>,
    /// Whether there are colours
    #[arg(long, global = true, value_enum, default_value_t, env = "DEPSTATE_COLOR")]
    pub(in crate::cli) color: Color,
    /// Say less on stderr: no progress; twice: errors only
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(in crate::cli) quiet: u8,
    /// Say more on stderr; twice: every request
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(in crate::cli) verbose: u8,
    /// How many things are done at once
    #[arg(long, global = true, value_name = "N", default_value_t = 8, env = "DEPSTATE_JOBS",
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(in crate::cli) jobs: u16,
    /// Ask no source; only the storage is reached
    #[arg(long, global = true, env = "DEPSTATE_OFFLINE", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) offline: bool,
    /// Where a source can't be read, take its last good answer, and say how old it is
    #[arg(long, global = true, env = "DEPSTATE_STALE_OK", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) stale_ok: bool,
    /// deps.lock must already be right; no version index is asked
    #[arg(long, global = true, env = "DEPSTATE_LOCKED", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) locked: bool,
    /// Both --locked and --offline
    #[arg(long, global = true, env = "DEPSTATE_FROZEN", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) frozen: bool,
    /// Draw no progress bars
    #[arg(long, global = true, env = "DEPSTATE_NO_PROGRESS", value_parser = FalseyValueParser::new())]
    pub(in crate::cli) no_progress: bool,
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people
    #[default]
    Human,
    /// For programs; described by the files in schema/
    Json,
    /// For a pull request's comment
    Markdown,
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(in crate::cli) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Yes
    Always,
    /// No
    Never,
}
