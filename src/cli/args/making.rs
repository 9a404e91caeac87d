//! The arguments of `build` and `test`.

use clap::Args;

use super::Time;

#[derive(Debug, Args)]
pub(in crate::cli) struct BuildArgs {
    /// Addresses or globs of them (`ruby@3.3.6/jammy-amd64`, `ruby@3.3.*`, `*/jammy-*`)
    #[arg(value_name = "ADDRESS", required = true)]
    pub(in crate::cli) what: Vec<String>,
    /// Build again though the output is kept: all that is named, or only what fits (`--rebuild=php`)
    #[arg(long, value_name = "FILTER", num_args = 0..=1, require_equals = true, value_delimiter = ',',
          default_missing_value = "*@*/*")]
    pub(in crate::cli) rebuild: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) time: Time,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct TestArgs {
    /// Addresses or globs of them (`ruby@3.3.6/jammy-amd64`, `ruby@3.3.*`, `*/jammy-*`)
    #[arg(value_name = "ADDRESS", required = true)]
    pub(in crate::cli) what: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) time: Time,
}
