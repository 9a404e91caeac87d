//! depstate's side of a running step: it starts the warden, hands on what the step says, and says how
//! it ended.

mod said;

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use said::Said;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

use super::{
    error::WorkshopError,
    helper::HELPER,
    room::Room,
    run::{Ended, Job, Log, Machine, Tier},
    warden::{self, Bounds, Confined, Crossed, End, Order, Report},
};

/// How long the last words are waited for when nothing runs any more.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Runs a step to its end. When this returns, whatever the answer, nothing of it lives. A future that
/// is dropped before that kills the step too, but nobody waits for it.
///
/// # Errors
/// As [`super::Executor::run`].
pub(super) async fn run(
    job: &Job<'_>,
    cwd: PathBuf,
    confined: Confined,
    tier: Tier,
    machine: &Machine,
    log: &mut dyn Log,
    cancel: &CancellationToken,
) -> Result<Ended, WorkshopError> {
    if cancel.is_cancelled() {
        return Err(WorkshopError::Interrupted);
    }
    let order = Order {
        argv: job.argv.clone(),
        env: job.env.clone(),
        cwd,
        bounds: Bounds {
            time: job.limits.time,
            memory: job.limits.memory,
            output: job.limits.output,
            processes: job.limits.processes,
        },
        writable: Room::WRITABLE.iter().map(|part| job.room.part(part)).collect(),
        confined,
        program: machine.program.clone(),
        from: rustix::process::getpid().as_raw_nonzero().get(),
    };
    let failed = |source| WorkshopError::File {
        doing: "running this program as a helper,",
        path: machine.program.clone(),
        source,
    };
    let began = Instant::now();
    let mut said = Said::new(log, job.limits.log);
    let report = talk(&order, &mut said, cancel).await.map_err(failed)?;
    let (stdout, tail) = said.done();
    let what = || job.what.to_owned();
    let Some(report) = report else {
        if cancel.is_cancelled() {
            return Err(WorkshopError::Interrupted);
        }
        let how = "its warden being killed: something on this machine killed it".to_owned();
        return Err(WorkshopError::Ended { what: what(), how, tail });
    };
    if report.alive > 0 {
        let how = format!("{} running that this user may not kill", processes(report.alive));
        return Err(WorkshopError::Ended { what: what(), how, tail });
    }
    match report.end {
        End::Code(0) => Ok(Ended { tier, duration: began.elapsed(), stdout }),
        End::Code(code) => {
            Err(WorkshopError::Ended { what: what(), how: format!("exit code {code}"), tail })
        }
        End::Signal(number) => {
            Err(WorkshopError::Ended { what: what(), how: format!("signal {number}"), tail })
        }
        End::Crossed(crossed) => {
            Err(WorkshopError::Limit { what: what(), limit: words(crossed), tail })
        }
        End::Cancelled => Err(WorkshopError::Interrupted),
        End::NotStarted(why) => Err(WorkshopError::NoExecutor {
            message: format!("{} could not be started: {why}", job.what),
            help: "run `depstate doctor`".to_owned(),
        }),
    }
}

/// Starts the warden and listens until all is over. None: it died before it could report.
async fn talk(
    order: &Order,
    said: &mut Said<'_>,
    cancel: &CancellationToken,
) -> std::io::Result<Option<Report>> {
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let mut socket = tokio::net::UnixStream::from_std(ours)?;
    let mut child = spawn(order, theirs.into())?;
    let (Some(mut stdout), Some(mut stderr)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(std::io::Error::other("it has no pipes"));
    };
    let bytes = warden::order_bytes(order)?;
    // A warden that dies at once closes its end: then there is no report.
    let _dead = socket.write_all(&bytes).await;
    let (mut out, mut err) = (vec![0; 64 << 10], vec![0; 64 << 10]);
    let (mut out_open, mut err_open) = (true, true);
    let (mut answer, mut part) = (Vec::new(), vec![0; 4096]);
    let mut asked = false;
    loop {
        tokio::select! {
            read = read(&mut stdout, &mut out), if out_open => match read {
                Some(bytes) => said.stdout(bytes),
                None => out_open = false,
            },
            read = read(&mut stderr, &mut err), if err_open => match read {
                Some(bytes) => said.stderr(bytes),
                None => err_open = false,
            },
            got = socket.read(&mut part) => match got {
                Ok(n @ 1..) => answer.extend_from_slice(part.get(..n).unwrap_or_default()),
                Ok(0) | Err(_) => break,
            },
            () = cancel.cancelled(), if !asked => {
                asked = true;
                let _dead = socket.shutdown().await;
            }
        }
    }
    // Nothing of the step lives now: what it has said is in the pipes, and no more comes.
    let rest = async {
        while out_open || err_open {
            tokio::select! {
                read = read(&mut stdout, &mut out), if out_open => match read {
                    Some(bytes) => said.stdout(bytes),
                    None => out_open = false,
                },
                read = read(&mut stderr, &mut err), if err_open => match read {
                    Some(bytes) => said.stderr(bytes),
                    None => err_open = false,
                },
            }
        }
    };
    let _late = tokio::time::timeout(LAST_WORDS, rest).await;
    child.wait().await?;
    let report: Option<Report> = serde_json::from_slice(&answer).ok();
    if let Some(report) = &report
        && report.left > 0
        && matches!(report.end, End::Code(_) | End::Signal(_))
    {
        said.remark(&format!("it left {} running, now killed", processes(report.left)));
    }
    Ok(report)
}

/// Reads what there is; none: it has ended.
async fn read<'a>(from: &mut (impl AsyncRead + Unpin), into: &'a mut [u8]) -> Option<&'a [u8]> {
    match from.read(into).await {
        Ok(n @ 1..) => into.get(..n),
        Ok(0) | Err(_) => None,
    }
}

fn spawn(order: &Order, socket: OwnedFd) -> std::io::Result<Child> {
    #[expect(clippy::disallowed_methods, reason = "running scripts is what this room is for")]
    let mut command = Command::new(&order.program);
    command
        .args([HELPER, warden::NAME])
        // Nothing of this process's environment: a step could read it there.
        .env_clear()
        // An interrupt from the keyboard is for depstate, which asks the warden.
        .process_group(0)
        .stdin(Stdio::from(socket))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

fn processes(n: u64) -> String {
    if n == 1 { "1 process".to_owned() } else { format!("{n} processes") }
}

fn words(crossed: Crossed) -> String {
    match crossed {
        Crossed::Time(time) => format!("ran for more than {}", seconds(time)),
        Crossed::Memory(bytes) => format!("took more than {} of memory", size(bytes)),
        Crossed::Output(bytes) => format!("wrote more than {}", size(bytes)),
        Crossed::Files(files) => format!("wrote more than {files} files"),
        Crossed::Depth(depth) => format!("made more than {depth} folders in each other"),
        Crossed::Processes(n) => format!("had more than {n} processes at once"),
    }
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs();
    if time.subsec_nanos() > 0 {
        format!("{} ms", time.as_millis())
    } else if seconds > 0 && seconds.is_multiple_of(3600) {
        format!("{} h", seconds / 3600)
    } else if seconds > 0 && seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

fn size(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(unit, _)| bytes >= *unit && bytes.is_multiple_of(*unit)) {
        Some((unit, name)) => format!("{} {name}", bytes / unit),
        None => format!("{bytes} bytes"),
    }
}
