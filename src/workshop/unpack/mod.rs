//! Unpacking, in a limited step of its own.

mod folder;
mod helper;
mod here;
mod limited;

use std::{path::Path, process::Stdio, time::Duration};

use process_wrap::tokio::{CommandWrap, KillOnDrop, ProcessGroup};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{
    archive::{self, ArchiveLimits, Member, Stop},
    error::WorkshopError,
    helper::HELPER,
    run::Machine,
};
use helper::Answer;
pub(super) use helper::{NAME, main};
pub use here::unpack_here;

/// How long the helper may take.
const TIME: Duration = Duration::from_mins(15);
/// Bytes of the helper's answer: more than the names of all members that an archive may have.
const ANSWER: u64 = 256 << 20;
/// Bytes of what it says if it breaks.
const COMPLAINT: u64 = 4096;

/// What became of a file that was to be unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpacked {
    /// Its members are in the folder.
    Members(Vec<Member>),
    /// It is no archive: it lies in the folder as it is, under its name, and may be executed.
    Single,
}

/// Unpacks a file into an empty folder, in a helper process that may write nothing else and read
/// nothing but the file. Dropped, the helper is dead.
///
/// # Errors
/// [`WorkshopError::Archive`]: nothing is left in the folder. [`WorkshopError::NoExecutor`] where
/// Linux has no Landlock: nothing was unpacked.
pub async fn unpack(
    file: &Path,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
    machine: &Machine,
) -> Result<Unpacked, WorkshopError> {
    let open = archive::open(file)?;
    let root = fs_err::canonicalize(into)
        .map_err(|error| Stop::writing(into.to_owned(), error).told(name))?;
    here::must_be_empty(&root).map_err(|stop| stop.told(name))?;
    let answer = ask(open, name, &root, limits, machine).await;
    match answer {
        Ok(Answer::Members(members)) => Ok(Unpacked::Members(members)),
        Ok(Answer::Single) => Ok(Unpacked::Single),
        other => {
            // A helper that was killed leaves what it had.
            let _gone = here::empty(&root);
            Err(match other {
                Ok(Answer::Refused(why)) => Stop::Refused(why).told(name),
                Ok(Answer::File { path, said }) => {
                    Stop::writing(path, std::io::Error::other(said)).told(name)
                }
                Ok(Answer::Unprotected(why)) => WorkshopError::NoExecutor {
                    message: format!("`{name}` can't be unpacked safely here: {why}"),
                    help: "use Linux 5.13 or later with Landlock switched on (`lsm=…,landlock`)"
                        .to_owned(),
                },
                Ok(Answer::Members(_) | Answer::Single) => Stop::because("").told(name),
                Err(why) => Stop::because(why).told(name),
            })
        }
    }
}

/// Runs the helper: the file is its stdin, so that it needs no way to any other.
async fn ask(
    file: fs_err::File,
    name: &str,
    into: &Path,
    limits: &ArchiveLimits,
    machine: &Machine,
) -> Result<Answer, String> {
    let failed = |error: &dyn std::fmt::Display| format!("the helper that unpacks failed: {error}");
    let mut command = CommandWrap::with_new(&machine.program, |command| {
        command
            .arg(HELPER)
            .args(helper::arguments(name, into, limits))
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(file.into_parts().0))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
    });
    command.wrap(ProcessGroup::leader()).wrap(KillOnDrop);
    let mut child = command.spawn().map_err(|error| failed(&error))?;
    let (stdout, stderr) = (child.stdout().take(), child.stderr().take());
    let reading = async {
        let (said, complaint) = tokio::join!(read(stdout, ANSWER), read(stderr, COMPLAINT));
        let ended = child.wait().await;
        (said, complaint, ended)
    };
    let Ok((said, complaint, ended)) = tokio::time::timeout(TIME, reading).await else {
        return Err(format!("unpacking took more than {} min", TIME.as_secs() / 60));
    };
    let ended = ended.map_err(|error| failed(&error))?;
    if !ended.success() {
        let complaint = String::from_utf8_lossy(&complaint);
        let line = complaint.lines().last().unwrap_or_default();
        return Err(format!(
            "the helper that unpacks ended with {ended}: a limit was passed {line}"
        )
        .trim_end()
        .to_owned());
    }
    serde_json::from_slice(&said).map_err(|error| failed(&error))
}

async fn read(pipe: Option<impl AsyncRead + Unpin>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // What could be read counts; what is missing shows.
        let _end = pipe.take(most).read_to_end(&mut bytes).await;
    }
    bytes
}
