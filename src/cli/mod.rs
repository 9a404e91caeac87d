//! Floor 7: the command line. One file a command; the exit code is decided here, once, at the end.

mod add;
mod apply;
mod args;
mod ask;
mod build;
mod catalog;
mod context;
mod doctor;
mod drivers;
mod drivers_args;
mod drivers_test;
mod exit;
mod explain;
mod freshness;
mod gc;
mod helper;
mod history;
mod init;
mod interrupts;
mod lock;
mod outdated;
mod output;
mod plan;
mod rollback;
mod schema;
mod show;
mod status;
mod test;
mod transaction;
mod verify;
mod why;

use std::ffi::OsString;

use args::{Cli, Command, StatusArgs};
use context::Context;
pub use exit::Exit;
use exit::Stop;

/// Runs a command line and returns the process's exit code.
pub fn run(argv: impl IntoIterator<Item = OsString>) -> Exit {
    let argv: Vec<OsString> = argv.into_iter().collect();
    if let Some(ended) = helper::run(&argv) {
        return ended;
    }
    let environment = context::environment();
    let cli = match Cli::read(argv, &environment) {
        Ok(cli) => cli,
        // clap's own code for a usage error is 2, which here means "changes".
        Err(error) => {
            // A closed pipe is no reason to fail.
            let _closed = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let context = Context::read(cli.global, environment);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            context.output.complain(&format!("error: the runtime could not be started: {error}"));
            return Exit::Failed;
        }
    };
    let ended = runtime.block_on(dispatch(cli.command, &context));
    // What still hangs (a name look-up, say) must not hold the process.
    runtime.shutdown_background();
    match ended {
        Ok(exit) => exit,
        Err(stop) => {
            context.complain(&stop);
            stop.exit()
        }
    }
}

async fn dispatch(command: Command, context: &Context) -> Result<Exit, Stop> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::Add(args) => Box::pin(add::run(args, context)).await,
        Command::Catalog(args) => catalog::run(&args, context),
        Command::Lock(args) => lock::run(&args, context).await,
        Command::Update(args) => lock::update(&args, context).await,
        Command::Plan(args) => plan::run(&args, context).await,
        Command::Apply(args) => Box::pin(apply::run(&args, context)).await,
        Command::Build(args) => Box::pin(build::run(&args, context)).await,
        Command::Test(args) => Box::pin(test::run(&args, context)).await,
        Command::Show(args) => show::run(&args, context).await,
        Command::Status(StatusArgs { tx: Some(tx), .. }) => transaction::run(&tx, context).await,
        Command::Status(StatusArgs { tx: None, time }) => status::run(&time, context).await,
        Command::Why(args) => why::run(&args, context).await,
        Command::Outdated(args) => outdated::run(&args, context).await,
        Command::History(args) => history::run(&args, context).await,
        Command::Rollback(args) => Box::pin(rollback::run(&args, context)).await,
        Command::Verify(args) => verify::run(&args, context).await,
        Command::Gc(args) => gc::run(&args, context).await,
        Command::Doctor(args) => Box::pin(doctor::run(&args, context)).await,
        Command::Explain(args) => explain::run(&args, context),
        Command::Schema(args) => schema::run(&args, context),
        Command::Drivers(args) => drivers::run(args.what.as_ref(), context).await,
    }
}
