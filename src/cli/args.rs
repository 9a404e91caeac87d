//! The arguments. Every flag can also be given as `DEPSTATE_…`.

mod global;
mod making;
mod planning;

use std::{ffi::OsString, path::PathBuf, time::Duration};

use super::drivers_args::DriversArgs;
use crate::model::Environment;
use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
    builder::FalseyValueParser,
};
pub(super) use global::{Color, Format, Global};
pub(super) use making::{BuildArgs, TestArgs};
pub(super) use planning::{Planning, Time};

/// Keeps the binaries you publish exactly as deps.toml says: plan in the pull request, apply on merge.
#[derive(Debug, Parser)]
#[command(
    name = "depstate",
    version,
    about,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 error, 2 changes (plan --detailed-exitcode), 3 refused, 4 stale plan,\n5 partly applied, 6 outcome of the commit unknown, 64 usage, 130 and 143 interrupted."
)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Command,
}

impl Cli {
    /// Reads a command line. A variable that is set and empty counts as not set: that is how a
    /// workflow's expression says "none".
    pub(super) fn read(
        argv: impl IntoIterator<Item = OsString>,
        environment: &Environment,
    ) -> Result<Self, clap::Error> {
        let command = without_empty(Self::command(), environment);
        Self::from_arg_matches(&command.try_get_matches_from(argv)?)
    }
}

fn without_empty(command: clap::Command, environment: &Environment) -> clap::Command {
    let argument = |arg: clap::Arg| {
        let name = arg.get_env().and_then(|name| name.to_str()).map(str::to_owned);
        match name {
            Some(name) if environment.get(&name).is_none() => arg.env(None::<&str>),
            Some(_) | None => arg,
        }
    };
    command.mut_args(argument).mut_subcommands(|below| without_empty(below, environment))
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write a deps.toml to begin with
    Init(InitArgs),
    /// Put a product of the catalogue into deps.toml, and the keys of its signers into keys/
    Add(super::add::AddArgs),
    /// List the products that `add` knows
    Catalog(super::catalog::CatalogArgs),
    /// Decide versions and digests into deps.lock; publish nothing
    Lock(LockArgs),
    /// As lock, and look for newer versions
    Update(UpdateArgs),
    /// Show what apply would do
    Plan(PlanArgs),
    /// Make the storage true to deps.toml
    Apply(ApplyArgs),
    /// Build an artifact here, as apply would; publish nothing
    Build(BuildArgs),
    /// Try an artifact here, as apply would; publish nothing
    Test(TestArgs),
    /// Show a saved plan, an artifact, or everything that is published
    Show(ShowArgs),
    /// Say in a few lines how deps.toml, deps.lock and the storage stand
    Status(StatusArgs),
    /// Say for every version that a source lists whether it is wanted, and which rule decided
    Why(WhyArgs),
    /// Say which version lines are behind what their sources list
    Outdated(OutdatedArgs),
    /// Tell what was committed: when, by whom, what; newest first
    History(HistoryArgs),
    /// Publish again what an older serial had, by a new commit; deps.toml and deps.lock stay
    Rollback(RollbackArgs),
    /// Check that everything published is there and has its digest; change nothing
    Verify(VerifyArgs),
    /// Take away what is past its time; a dry run unless `--yes` is given
    Gc(GcArgs),
    /// Look at everything, say what is wrong and what to do; change nothing
    Doctor(DoctorArgs),
    /// Print the page behind an error or reason code
    Explain(ExplainArgs),
    /// Print a JSON schema
    Schema(SchemaArgs),
    /// List the drivers; allow or test one that is not built in
    Drivers(DriversArgs),
}

#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The project's name; the folder's if not given
    #[arg(long)]
    pub(super) name: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct LockArgs {
    /// Accept the bytes that upstream serves now for a locked version, or who signs a new one
    #[arg(long, value_name = "ADDRESS")]
    pub(super) accept: Vec<String>,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct UpdateArgs {
    /// The dependencies to update; all if none is named
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<String>,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Only these: addresses or globs of them (`node`, `ruby@3.3.*`, `*/jammy-*`)
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// Save the plan as JSON, for `depstate apply FILE.json`
    #[arg(long, value_name = "FILE.json")]
    pub(super) out: Option<PathBuf>,
    /// Exit with 2 if there are changes
    #[arg(long, env = "DEPSTATE_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub(super) detailed_exitcode: bool,
    /// How much of the storage is looked at
    #[arg(long, value_enum, default_value_t, env = "DEPSTATE_REFRESH")]
    pub(super) refresh: RefreshArg,
    #[command(flatten)]
    pub(super) planning: Planning,
}

/// How much of the storage is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum RefreshArg {
    /// The index and the list of objects
    #[default]
    Objects,
    /// The index alone
    Index,
    /// Nothing: manifest and lock alone are compared
    None,
}

#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// A saved plan (an argument that ends in `.json`), or filters
    #[arg(value_name = "PLAN.json | FILTER")]
    pub(super) what: Vec<String>,
    /// Do not ask
    #[arg(short, long, env = "DEPSTATE_YES", value_parser = FalseyValueParser::new())]
    pub(super) yes: bool,
    /// Commit what is whole after this long (`30s`, `5m`)
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration, env = "DEPSTATE_COMMIT_EVERY")]
    pub(super) commit_every: Duration,
    #[command(flatten)]
    pub(super) planning: Planning,
}

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A saved plan (ends in `.json`), an address or a glob of one; everything if absent
    #[arg(value_name = "PLAN.json | ADDRESS")]
    pub(super) what: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    pub(super) time: Time,
    /// Say instead what became of a transaction: committed, not committed, undecided (exit 6)
    #[arg(long, value_name = "ID")]
    pub(super) tx: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// A dependency (`node`), a version of it (`node@22.11.0`, `node@22.*`), or an address
    #[arg(value_name = "ID | ADDRESS")]
    pub(super) what: String,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct OutdatedArgs {
    /// The dependencies to look at; all if none is named
    #[arg(value_name = "ID")]
    pub(super) ids: Vec<String>,
    /// Exit with 2 if a line is behind
    #[arg(long, env = "DEPSTATE_DETAILED_EXITCODE", value_parser = FalseyValueParser::new())]
    pub(super) detailed_exitcode: bool,
    #[command(flatten)]
    pub(super) time: Time,
}

#[derive(Debug, Args)]
pub(super) struct HistoryArgs {
    /// How many
    #[arg(short, long, value_name = "N", default_value_t = 20,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) number: u32,
}

#[derive(Debug, Args)]
pub(super) struct RollbackArgs {
    /// The serial to go back to (`depstate history` lists them)
    #[arg(value_name = "SERIAL")]
    pub(super) serial: u64,
    /// Do not ask
    #[arg(short, long, env = "DEPSTATE_YES", value_parser = FalseyValueParser::new())]
    pub(super) yes: bool,
    /// How many artifacts may be retired
    #[arg(long, value_name = "N", default_value_t = 20, env = "DEPSTATE_MAX_RETIRE")]
    pub(super) max_retire: u64,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// Only these: addresses or globs of them (`node`, `ruby@3.3.*`, `*/jammy-*`)
    #[arg(value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// Read and hash every published object too
    ///
    /// What is found altered is kept in `.depstate/`, and the next plan and apply of this checkout
    /// read it again and say `repair`. Another checkout does not know of it.
    #[arg(long)]
    pub(super) deep: bool,
    /// Ask upstream instead whether it still serves the bytes that deps.lock has
    #[arg(long, conflicts_with = "deep")]
    pub(super) upstream: bool,
}

#[derive(Debug, Args)]
pub(super) struct GcArgs {
    /// Delete, not only show what would be deleted
    #[arg(short, long, env = "DEPSTATE_YES", value_parser = FalseyValueParser::new())]
    pub(super) yes: bool,
    /// An apply that neither ended nor moved for this long is dead (`24h`, `3d`)
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = duration, env = "DEPSTATE_OLDER_THAN")]
    pub(super) older_than: Duration,
    /// How many objects one run may delete; a tenth of all, between 100 and 1,000, if not given
    #[arg(long, value_name = "N", env = "DEPSTATE_MAX_DELETE")]
    pub(super) max_delete: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Find out what the store does with conditions and checksums: writes a few objects below
    /// `probe/`, and removes them
    #[arg(long)]
    pub(super) probe: bool,
    /// Make this generation HEAD again, where HEAD is gone, damaged or went back: its serial, or its
    /// key `gen/….json`
    #[arg(long, value_name = "GEN", conflicts_with = "probe")]
    pub(super) restore_head: Option<String>,
    /// Do not ask
    #[arg(short, long, env = "DEPSTATE_YES", value_parser = FalseyValueParser::new())]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The code; all codes are listed if absent
    #[arg(value_name = "CODE")]
    pub(super) code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which
    #[arg(value_enum)]
    pub(super) which: Which,
}

/// Which schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Which {
    /// deps.toml
    Deps,
    /// The plan as JSON
    Plan,
    /// What the other commands print as JSON
    Output,
    /// The messages between depstate and an external driver
    DriverProtocol,
    /// The list of codes
    Codes,
    /// An entry of the catalogue
    Catalog,
}

fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "give a number and a unit: `30s`, `5m`, `2h`".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| bad())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(bad()),
    };
    Ok(Duration::from_secs(number.saturating_mul(seconds)))
}
