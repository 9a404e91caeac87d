//! The clock, the environment and the terminal, each read once.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::IsTerminal as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;

use super::{
    args::{Color, Format, Global, Planning, Time},
    exit::Stop,
    output::Output,
};
use crate::{
    disk, failpoint,
    model::{Address, Code, DependencyId, Environment, Manifest, Sink},
    ops::{OpsError, Setting},
    planner::{Filter, Options, Update},
    render::{
        self, Style,
        bars::Bars,
        lines::{Lines, Silent},
    },
};

/// What a command knows before it begins.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) global: Global,
    pub(super) output: Output,
    pub(super) environment: Environment,
    pub(super) now: Timestamp,
    here: PathBuf,
    program: PathBuf,
    processors: usize,
    stdout_style: Style,
    stderr_style: Style,
    stderr_is_terminal: bool,
    width: usize,
}

/// Reads the environment.
pub(super) fn environment() -> Environment {
    let variables: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    Environment::new(variables)
}

impl Context {
    /// Reads clock and terminal.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads them")]
    pub(super) fn read(global: Global, environment: Environment) -> Self {
        let here = std::env::current_dir().unwrap_or_default();
        let stderr_is_terminal = std::io::stderr().is_terminal();
        let plain = environment.get("NO_COLOR").is_some()
            || environment.get("TERM") == Some("dumb")
            || environment.get("CLICOLOR") == Some("0");
        let forced = environment.get("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        let style = |terminal: bool| {
            Style::new(match global.color {
                Color::Always => true,
                Color::Never => false,
                Color::Auto => !plain && (forced || terminal),
            })
        };
        let stdout_style = style(std::io::stdout().is_terminal());
        let stderr_style = style(stderr_is_terminal);
        let width = environment.get("COLUMNS").and_then(|n| n.parse().ok()).unwrap_or(100);
        trace(global.verbose, stderr_style);
        Self {
            output: Output::new(global.quiet > 1),
            environment,
            now: Timestamp::now(),
            here,
            // Without them a build has one processor, and nothing is unpacked.
            program: std::env::current_exe().unwrap_or_default(),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            stdout_style,
            stderr_style,
            stderr_is_terminal,
            width: usize::clamp(width, 40, 200),
            global,
        }
    }

    /// How text on stdout looks.
    pub(super) fn style(&self) -> Style {
        self.stdout_style
    }

    /// How text on stderr looks.
    pub(super) fn talk_style(&self) -> Style {
        self.stderr_style
    }

    /// The folder that the command works in.
    pub(super) fn folder(&self) -> PathBuf {
        match &self.global.directory {
            Some(folder) => self.here.join(folder),
            None => self.here.clone(),
        }
    }

    /// What the operations are told.
    pub(super) fn setting(&self, exclusive: bool) -> Setting {
        let shown = self.global.manifest.clone().unwrap_or_else(|| PathBuf::from("deps.toml"));
        let github = |name: &str| self.environment.get(name).map(str::to_owned);
        Setting {
            manifest: self.folder().join(&shown),
            shown: match &self.global.directory {
                Some(folder) => folder.join(&shown).display().to_string(),
                None => shown.display().to_string(),
            },
            config: self.global.config.as_ref().map(|file| self.folder().join(file)),
            environment: self.environment.clone(),
            offline: self.offline(),
            stale_ok: self.global.stale_ok,
            now: self.now,
            jobs: usize::from(self.global.jobs),
            processors: self.processors,
            program: self.program.clone(),
            by: github("DEPSTATE_BY").or_else(|| github("GITHUB_ACTOR")),
            exclusive,
        }
    }

    pub(super) fn offline(&self) -> bool {
        self.global.offline || self.global.frozen
    }

    pub(super) fn locked(&self) -> bool {
        self.global.locked || self.global.frozen
    }

    /// Looking for newer versions changes the lock.
    pub(super) fn refuse_update_of_a_lock(&self, update: bool) -> Result<(), Stop> {
        if update && self.locked() {
            return Err(Stop::Usage(
                "an update changes deps.lock, and `--locked` does not let it change".to_owned(),
            ));
        }
        if update && self.offline() {
            return Err(Stop::Usage(
                "an update asks the sources, and `--offline` forbids it".to_owned(),
            ));
        }
        Ok(())
    }

    /// The planner's options from flags.
    pub(super) fn options(&self, filters: &[String], planning: &Planning) -> Result<Options, Stop> {
        Ok(Options {
            filters: read_filters(filters)?,
            exclude: read_filters(&planning.exclude)?,
            rebuild: read_filters(&planning.rebuild)?,
            update: planning.update()?,
            max_retire: planning.max_retire,
            ..self.no_options(&planning.time)
        })
    }

    /// An update of a dependency that deps.toml does not have is a slip of the pen.
    pub(super) fn known_updates(&self, options: &Options, manifest: &Manifest) -> Result<(), Stop> {
        let Update::Only(ids) = &options.update else { return Ok(()) };
        let texts: Vec<String> = ids.iter().map(ToString::to_string).collect();
        self.dependencies(&texts, manifest).map(drop)
    }

    /// Reads ids of dependencies that deps.toml has.
    #[expect(clippy::unused_self, reason = "it reads a command line, as its neighbours do")]
    pub(super) fn dependencies(
        &self,
        texts: &[String],
        manifest: &Manifest,
    ) -> Result<BTreeSet<DependencyId>, Stop> {
        let mut ids = BTreeSet::new();
        for text in texts {
            let id =
                DependencyId::new(text.as_str()).map_err(|error| Stop::Usage(error.to_string()))?;
            if !manifest.dependencies.contains_key(&id) {
                return Err(Stop::Usage(format!("deps.toml has no dependency `{id}`")));
            }
            ids.insert(id);
        }
        Ok(ids)
    }

    /// The planner's options where a command has none of its own.
    pub(super) fn no_options(&self, time: &Time) -> Options {
        Options {
            rebuild: Vec::new(),
            update: Update::No,
            accept: BTreeSet::new(),
            filters: Vec::new(),
            exclude: Vec::new(),
            max_retire: u64::MAX,
            as_of: time.as_of.unwrap_or(self.now),
            decide: false,
        }
    }

    /// Whoever shows progress: bars on a terminal, lines elsewhere, nothing where it is not wanted.
    pub(super) fn sink(&self) -> Arc<dyn Sink> {
        self.shower(false)
    }

    /// The same, and it tells what builds and tests say.
    pub(super) fn sink_with_logs(&self) -> Arc<dyn Sink> {
        self.shower(true)
    }

    fn shower(&self, logs: bool) -> Arc<dyn Sink> {
        let verbose = self.global.verbose > 0;
        let ci = self.environment.get("CI").is_some();
        if self.global.quiet > 0 {
            return Arc::new(Silent);
        }
        if self.stderr_is_terminal && !self.global.no_progress && !ci {
            let bars = Bars::new(self.stderr_style, verbose);
            return Arc::new(if logs { bars.with_logs() } else { bars });
        }
        let lines = Lines::new(Box::new(std::io::stderr()), self.stderr_style, verbose);
        Arc::new(if logs { lines.with_logs() } else { lines })
    }

    /// Prints a result in the wanted format, and its JSON beside it where that was asked for.
    pub(super) fn print(
        &self,
        json: &serde_json::Value,
        human: impl FnOnce(Style) -> String,
        markdown: impl FnOnce() -> String,
    ) -> Result<(), Stop> {
        if let Some(file) = &self.global.json_into {
            self.write_json(file, json)?;
        }
        let text = match self.global.format {
            Format::Human => human(self.stdout_style),
            Format::Json => pretty(json),
            Format::Markdown => markdown(),
        };
        self.output.data(&text).map_err(|error| {
            OpsError::said(Code::FILE_FAILED, format!("stdout: {error}"), None).into()
        })
    }

    /// Writes JSON to a file that a flag names; never over a file that no run of depstate wrote.
    pub(super) fn write_json(&self, file: &Path, json: &serde_json::Value) -> Result<(), Stop> {
        let path = self.folder().join(file);
        let ours = |text: &[u8]| {
            let there: Option<serde_json::Value> = serde_json::from_slice(text).ok();
            there.is_some_and(|there| there.get("format_version").is_some())
        };
        match fs_err::read(&path) {
            Ok(text) if !text.is_empty() && !ours(&text) => {
                return Err(OpsError::said(
                    Code::EXISTS,
                    format!("`{}` is there already and is no output of depstate", file.display()),
                    Some("give another name, or remove the file"),
                )
                .into());
            }
            Ok(_) | Err(_) => {}
        }
        failpoint::hit("output/before-file");
        disk::write_atomic(&path, pretty(json).as_bytes()).map_err(OpsError::from)?;
        failpoint::hit("output/after-file");
        Ok(())
    }

    /// Says why a command stopped.
    pub(super) fn complain(&self, stop: &Stop) {
        let text = match stop {
            Stop::Usage(text) => format!("{}: {text}", self.stderr_style.error("error")),
            Stop::Ops(OpsError::Said { code, message, help, .. }) => {
                let message = render::plain(message);
                let mut text = format!("{}[{code}]: {message}", self.stderr_style.error("error"));
                if let Some(help) = help {
                    text.push_str("\n  help: ");
                    text.push_str(&render::plain(help));
                }
                text
            }
            Stop::Ops(OpsError::Manifest(report) | OpsError::Config(report)) => {
                self.diagnostic(report.as_ref())
            }
            Stop::Ops(OpsError::Lock(error)) => self.diagnostic(error.as_ref()),
        };
        self.output.complain(&text);
    }

    fn diagnostic(&self, diagnostic: &dyn miette::Diagnostic) -> String {
        render::diagnostic::diagnostic_text(diagnostic, self.width, self.stderr_style)
    }
}

/// Reads filters.
pub(super) fn read_filters(texts: &[String]) -> Result<Vec<Filter>, Stop> {
    texts
        .iter()
        .map(|text| {
            Filter::new(text).map_err(|error| {
                OpsError::said(
                    Code::BAD_FILTER,
                    error.to_string(),
                    Some("a filter is an address or a glob of one: `node`, `ruby@3.3.*`, `*/jammy-*`"),
                )
                .into()
            })
        })
        .collect()
}

/// Reads addresses.
pub(super) fn read_addresses(texts: &[String]) -> Result<Vec<Address>, Stop> {
    texts
        .iter()
        .map(|text| {
            text.parse().map_err(|_| {
                Stop::Usage(format!("`{text}` is no address: write `ruby@3.3.6/jammy-amd64`"))
            })
        })
        .collect()
}

/// Tells whether an argument is a plan file.
pub(super) fn is_plan_file(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
}

pub(super) fn pretty(json: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(json).unwrap_or_default();
    text.push('\n');
    text
}

/// `-v` shows remarks; `-vv` what the libraries say of each request.
fn trace(verbose: u8, style: Style) {
    let level = match verbose {
        0 | 1 => return,
        2 => tracing_subscriber::filter::LevelFilter::DEBUG,
        _ => tracing_subscriber::filter::LevelFilter::TRACE,
    };
    // A second command in one process (a test) finds it set.
    let _already = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(style.is_coloured())
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
}
