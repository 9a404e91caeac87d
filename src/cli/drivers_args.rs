//! The arguments of `depstate drivers`.

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(super) struct DriversArgs {
    #[command(subcommand)]
    pub(super) what: Option<DriversCommand>,
}

#[derive(Debug, Subcommand)]
pub(super) enum DriversCommand {
    /// Print what to write into your configuration so that a program on PATH may run
    Allow {
        /// The driver's name in deps.toml, or the program's
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Hold an external driver to what every driver promises; exit 1 if it breaks a promise
    ///
    /// A source needs a table that lists a release with a file; a store needs an empty place that
    /// nobody else uses. It must be allowed to run, as always.
    Test {
        /// The driver's name in deps.toml, or the program's
        #[arg(value_name = "NAME")]
        name: String,
        /// A line of the driver's table, as in deps.toml: `--set 'path = "scratch"'`
        #[arg(long, value_name = "KEY = VALUE")]
        set: Vec<String>,
    },
}
