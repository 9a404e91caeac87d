//! Running a command in a room, in a tier.

use std::{collections::BTreeMap, path::Path, time::Duration};

use depstate::{
    model::{self, Environment, Limits, Sha256},
    workshop::{Ended, Executor, Job, Log, Machine, Room, Tier, WorkshopError, executor},
};
use tokio_util::sync::CancellationToken;

/// Set to `required`, a tier that does not work here is a failure.
const REQUIRED: &str = "DEPSTATE_TEST_SANDBOX";

/// A limit high enough for whatever is no bomb.
pub(super) const PLENTY: Limits = Limits {
    time: Duration::from_mins(1),
    memory: 4 << 30,
    output: 1 << 30,
    processes: 512,
    log: 1 << 20,
};

/// What a command said, and how it ended.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) result: Result<Ended, WorkshopError>,
    pub(super) log: String,
}

impl Outcome {
    pub(super) fn is_limit(&self, words: &str) -> bool {
        matches!(&self.result, Err(WorkshopError::Limit { limit, .. }) if limit.contains(words))
    }
}

/// A log that is kept.
#[derive(Debug, Default)]
pub(super) struct Kept(pub(super) Vec<u8>);

impl Log for Kept {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

pub(super) fn machine(tier: Tier) -> Machine {
    let mut variables =
        BTreeMap::from([("PATH".to_owned(), std::env::var("PATH").unwrap_or_default())]);
    let name = match tier {
        Tier::Bubblewrap => "bubblewrap",
        Tier::Landlock => "landlock",
        Tier::Host | Tier::Podman | Tier::Docker => "",
    };
    variables.insert("DEPSTATE_SANDBOX".to_owned(), name.to_owned());
    Machine {
        environment: Environment::new(variables),
        program: env!("CARGO_BIN_EXE_depstate").into(),
    }
}

/// The executor of a tier; none, and a word about it on stderr: it does not work here.
pub(super) fn tier(tier: Tier) -> Option<Box<dyn Executor>> {
    let wanted = match tier {
        Tier::Host => model::Executor::Host,
        Tier::Landlock | Tier::Bubblewrap => model::Executor::Sandbox,
        Tier::Podman | Tier::Docker => model::Executor::Container,
    };
    match executor(wanted, &machine(tier)) {
        Ok(executor) => {
            assert_eq!(executor.tier(), tier, "another tier than was asked for");
            Some(executor)
        }
        Err(error) => {
            let required = std::env::var(REQUIRED).is_ok_and(|value| value == "required");
            assert!(!required, "{tier} does not work here, and {REQUIRED} is `required`: {error}");
            say(&format!("NOT TRIED HERE: {tier}: {error}"));
            None
        }
    }
}

/// What is to be read, whether a test fails or not.
#[expect(clippy::print_stderr, reason = "what ran, and what did not, has to be read somewhere")]
pub(super) fn say(text: &str) {
    eprintln!("{text}");
}

/// Every tier that works here.
pub(super) fn tiers() -> Vec<Box<dyn Executor>> {
    [Tier::Host, Tier::Landlock, Tier::Bubblewrap].into_iter().filter_map(tier).collect()
}

/// The environment of a step.
pub(super) fn env(executor: &dyn Executor, room: &Room) -> BTreeMap<String, String> {
    let places = executor.places(room);
    let at = |part: &str| places.part(part).to_str().unwrap().to_owned();
    BTreeMap::from([
        ("PATH".to_owned(), "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".to_owned()),
        ("HOME".to_owned(), at("tmp")),
        ("TMPDIR".to_owned(), at("tmp")),
        ("OUT".to_owned(), at("output")),
        ("SRC".to_owned(), at("source")),
        ("ROOM".to_owned(), places.root.to_str().unwrap().to_owned()),
    ])
}

/// Runs a command in a room.
pub(super) async fn run_in(
    executor: &dyn Executor,
    room: &Room,
    argv: &[&str],
    env: BTreeMap<String, String>,
    limits: Limits,
    cancel: &CancellationToken,
) -> Outcome {
    let job = Job {
        room,
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        env,
        image: None,
        network: false,
        limits,
        what: "the script",
    };
    let mut log = Kept::default();
    let result = executor.run(&job, &mut log, cancel).await;
    Outcome { result, log: String::from_utf8_lossy(&log.0).into_owned() }
}

/// Runs a shell script in a room of its own.
pub(super) async fn sh(executor: &dyn Executor, below: &Path, script: &str) -> Outcome {
    let room = Room::new(below, &Sha256::of(script.as_bytes())).unwrap();
    let env = env(executor, &room);
    let never = CancellationToken::new();
    run_in(executor, &room, &["sh", "-c", script], env, PLENTY, &never).await
}
