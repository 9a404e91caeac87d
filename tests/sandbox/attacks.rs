//! Attacks on what is outside a step: each works outside the sandbox, and fails inside. What a tier
//! can't stop stands in the table as such.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use depstate::{
    model::{Limits, Sha256},
    workshop::{Ended, Executor, Room, Tier},
};
use tokio_util::sync::CancellationToken;

use super::{
    scripts::{BOMBS, FILES, KERNEL, Needs, PROCESSES, SOCKETS},
    support::{Outcome, PLENTY, env, run_in, say, tier},
    victim::Victim,
};

/// What every Python script begins with.
const PRELUDE: &str = r"
import ctypes, fcntl, os, signal, socket, sys, time
env = os.environ
libc = ctypes.CDLL(None, use_errno=True)
def call(*args):
    r = libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if r < 0: sys.exit(os.strerror(ctypes.get_errno()))
    return r
def call_errno(n, wanted, *args):
    if libc.syscall(n, *args) == 0 or ctypes.get_errno() != wanted: sys.exit(os.strerror(ctypes.get_errno()))
def got(): print('GOT', flush=True)
";

/// What runs.
#[derive(Debug, Clone, Copy)]
pub(super) enum Does {
    Shell(&'static str),
    Python(&'static str),
}

/// What a tier does about an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// It fails.
    Stops,
    /// It has its way: the tier can't help it, and says so.
    Works,
    /// It fails on kernels as new as this.
    SinceLinux(u32, u32),
}

/// What there is to look at afterwards.
pub(super) struct Seen<'a> {
    pub(super) outcome: &'a Outcome,
    pub(super) victim: &'a mut Victim,
    pub(super) room: &'a Room,
}

impl Seen<'_> {
    /// Whether there is System V memory under the victim's number on this machine; not any more
    /// afterwards.
    pub(super) fn shared_memory(&self) -> bool {
        let key = self.victim.key().to_string();
        let table = fs::read_to_string("/proc/sysvipc/shm").unwrap_or_default();
        let there = table.lines().any(|line| line.split_whitespace().next() == Some(key.as_str()));
        if there {
            assert!(Command::new("ipcrm").args(["-M", &key]).status().unwrap().success());
        }
        there
    }
}

/// One attack.
#[derive(Clone, Copy)]
pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) needs: Needs,
    pub(super) does: Does,
    /// Whether it had its way; none: see [`super::scripts`].
    pub(super) check: Option<fn(&mut Seen<'_>) -> bool>,
    /// Whether it needs a process to attack.
    pub(super) process: bool,
    /// Whether outside is without depstate, because every executor stops it.
    pub(super) bare: bool,
    /// Limits outside and inside, where they are not plenty.
    pub(super) outside: Option<Limits>,
    pub(super) inside: Option<Limits>,
    /// Words of the limit that it passes inside.
    pub(super) says: &'static str,
    /// What Landlock does about it.
    pub(super) landlock: Expect,
}

impl Attack {
    pub(super) const NEW: Self = Self {
        name: "",
        needs: Needs::Nothing,
        does: Does::Shell(""),
        check: None,
        process: false,
        bare: false,
        outside: None,
        inside: None,
        says: "",
        landlock: Expect::Stops,
    };

    fn argv(&self) -> Vec<String> {
        match self.does {
            Does::Shell(script) => ["sh", "-c", script].map(str::to_owned).to_vec(),
            Does::Python(script) => {
                vec![
                    "/usr/bin/python3".to_owned(),
                    "-c".to_owned(),
                    format!("{PRELUDE}\n{script}\n"),
                ]
            }
        }
    }

    /// Tries it; true: it had its way.
    async fn works(&self, executor: &dyn Executor, below: &Path) -> Result<bool, String> {
        let room = Room::new(below, &Sha256::of(self.name.as_bytes())).unwrap();
        fs::write(room.part("source").join("in.txt"), "input").unwrap();
        let mut victim = Victim::new(self.process);
        let mut env = env(executor, &room);
        env.extend(victim.told());
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        env.insert("REAL_HOSTNAME".to_owned(), host.trim().to_owned());
        let home = std::env::var("HOME").unwrap_or_else(|_| "/".to_owned());
        env.insert("REAL_HOME".to_owned(), home);
        let argv = self.argv();
        let outside = executor.tier() == Tier::Host;
        let outcome = if outside && self.bare {
            let out = Command::new(&argv[0])
                .args(&argv[1..])
                .env_clear()
                .envs(&env)
                .current_dir(room.part("work"))
                .output()
                .unwrap();
            Outcome {
                result: Ok(Ended { tier: Tier::Host, duration: PLENTY.time, stdout: Vec::new() }),
                log: String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned(),
            }
        } else {
            let limits = if outside { self.outside } else { self.inside }.unwrap_or(PLENTY);
            let words: Vec<&str> = argv.iter().map(String::as_str).collect();
            let never = CancellationToken::new();
            run_in(executor, &room, &words, env, limits, &never).await
        };
        let works = match (self.check, self.does) {
            (Some(check), _) => {
                check(&mut Seen { outcome: &outcome, victim: &mut victim, room: &room })
            }
            (None, Does::Shell(_)) => outcome.result.is_ok(),
            (None, Does::Python(_)) => outcome.log.contains("GOT"),
        };
        if !outside && !self.says.is_empty() && !outcome.is_limit(self.says) {
            return Err(format!("it should pass the limit `{}`: {outcome:?}", self.says));
        }
        // A sandbox that does not open at all would stop everything.
        if outcome.log.contains("the sandbox can't be closed") || outcome.log.contains("bwrap:") {
            return Err(format!("it never ran: {}", outcome.log));
        }
        if works == outside { Ok(works) } else { Err(format!("{outcome:?}")) }
    }
}

#[tokio::test]
async fn attacks_on_files() {
    all("files", FILES).await;
}

#[tokio::test]
async fn attacks_by_sockets() {
    all("sockets", SOCKETS).await;
}

#[tokio::test]
async fn attacks_on_processes() {
    all("processes", PROCESSES).await;
}

#[tokio::test]
async fn attacks_by_way_of_the_kernel() {
    all("kernel", KERNEL).await;
}

#[tokio::test]
async fn bombs() {
    all("bombs", BOMBS).await;
}

#[test]
fn there_are_enough_attacks() {
    let all = [FILES, SOCKETS, PROCESSES, KERNEL, BOMBS].concat();
    assert!(all.len() >= 40, "{}", all.len());
}

async fn all(what: &str, attacks: &[Attack]) {
    if !Path::new("/usr/bin/python3").exists() {
        let required = std::env::var("DEPSTATE_TEST_SANDBOX").is_ok_and(|it| it == "required");
        assert!(!required, "the attacks need /usr/bin/python3");
        say(&format!("NOT TRIED HERE: attacks on {what}: there is no /usr/bin/python3"));
        return;
    }
    let below = tempfile::tempdir().unwrap();
    let host = tier(Tier::Host).unwrap();
    let (bubblewrap, landlock) = (tier(Tier::Bubblewrap), tier(Tier::Landlock));
    let mut table =
        format!("{:<45} | {:<9} | {:<10} | landlock\n", "attack", "outside", "bubblewrap");
    let mut wrong = String::new();
    for attack in attacks {
        let mut row = format!("{:<45}", attack.name);
        let outside = attack.works(host.as_ref(), below.path()).await;
        let here = match (&outside, attack.needs) {
            (Ok(_), _) => true,
            (Err(_), Needs::Root) if !is_root() => false,
            (Err(why), Needs::Kernel) => {
                say(&format!("{}, outside: {}", attack.name, why.escape_debug()));
                false
            }
            (Err(why), _) => {
                writeln!(wrong, "{} fails outside, so it shows nothing: {why}", attack.name)
                    .unwrap();
                false
            }
        };
        write!(row, " | {:<9}", if here { "works" } else { "not here" }).unwrap();
        for (executor, width, expect) in
            [(&bubblewrap, 10, Expect::Stops), (&landlock, 8, attack.landlock)]
        {
            let Some(executor) = executor else {
                write!(row, " | {:<width$}", "-").unwrap();
                continue;
            };
            let tried = attack.works(executor.as_ref(), below.path()).await;
            let expected = match expect {
                Expect::Stops => true,
                Expect::Works => false,
                Expect::SinceLinux(major, minor) => linux() >= (major, minor),
            };
            let stopped = tried.is_ok();
            write!(row, " | {:<width$}", if stopped { "stopped" } else { "WORKS" }).unwrap();
            if stopped != expected {
                writeln!(wrong, "{}, {}: {tried:?}", attack.name, executor.tier()).unwrap();
            }
        }
        writeln!(table, "{}", row.trim_end()).unwrap();
    }
    say(&table);
    assert!(wrong.is_empty(), "{wrong}");
}

fn is_root() -> bool {
    let out = Command::new("id").arg("-u").output().unwrap();
    out.stdout == b"0\n"
}

fn linux() -> (u32, u32) {
    let text = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = text.split('.').map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap(), numbers.next().unwrap())
}
