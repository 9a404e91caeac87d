//! A conversation with a running driver: requests out, answers in, several at once.

mod listen;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::Serialize;
use serde_json::json;
use tokio::{
    io::AsyncWriteExt as _,
    process::ChildStdin,
    sync::{Semaphore, mpsc},
    time::Instant,
};

use super::{
    error::ExternalError,
    pending::{Outcome, Pending},
    process::Process,
    protocol::{Cancel, Close, LONGEST_LINE, Method, Nothing, Shutdown},
    setup::Setup,
};

/// Messages that wait for the driver to read them. A request behind them waits in its own task.
const QUEUE: usize = 4;

/// A running driver. It ends with the value, and so does everything that it has started.
pub(super) struct Connection {
    shared: Arc<Shared>,
}

/// What the tasks of a conversation share.
struct Shared {
    program: String,
    process: Process,
    pending: Mutex<Pending>,
    /// None: nothing more is sent, and its stdin is closed.
    out: Mutex<Option<mpsc::Sender<Vec<u8>>>>,
    /// How many requests it may have at once: one, until it has said how many.
    room: Semaphore,
    answer: Mutex<Duration>,
    heard: Mutex<Instant>,
    /// The last line that it wrote to stderr.
    last_words: Mutex<String>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing under these locks panics, and what is there is whole after each step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Connection {
    /// Starts a driver. It has not been asked anything yet.
    pub(super) async fn start(setup: &Setup) -> Result<Self, ExternalError> {
        let (process, pipes) = Process::start(setup).await?;
        let (out, queue) = mpsc::channel(QUEUE);
        let shared = Arc::new(Shared {
            program: setup.program.name().to_owned(),
            process,
            pending: Mutex::default(),
            out: Mutex::new(Some(out)),
            room: Semaphore::new(1),
            answer: Mutex::new(setup.patience.handshake),
            heard: Mutex::new(Instant::now()),
            last_words: Mutex::default(),
        });
        tokio::spawn(write(pipes.stdin, queue));
        let (said_all, silence) = tokio::sync::oneshot::channel();
        tokio::spawn(listen::stderr(
            Arc::clone(&shared),
            pipes.stderr,
            setup.voice.clone(),
            said_all,
        ));
        tokio::spawn(listen::stdout(Arc::clone(&shared), pipes.stdout, silence));
        Ok(Self { shared })
    }

    /// Takes what the driver has said of itself.
    pub(super) fn settle(&self, in_flight: u32, answer: Duration) {
        *lock(&self.shared.answer) = answer;
        let more = in_flight.clamp(1, 256) - 1;
        self.shared.room.add_permits(more as usize);
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<M: Method>(&self, request: &M) -> Result<M::Answer, ExternalError> {
        Ok(self.ask_sized(request).await?.0)
    }

    /// The same; with the answer comes how many bytes it had as a message.
    pub(super) async fn ask_sized<M: Method>(
        &self,
        request: &M,
    ) -> Result<(M::Answer, usize), ExternalError> {
        let program = || self.shared.program.clone();
        let not_sent =
            |why: String| ExternalError::NotSent { program: program(), method: M::NAME, why };
        let no_answer =
            |why: String| ExternalError::NoAnswer { program: program(), method: M::NAME, why };
        // Its time begins when it is its turn: a driver that takes one request at a time is not slow
        // because there are many.
        let _room = self.shared.room.acquire().await.map_err(|e| not_sent(e.to_string()))?;
        let (id, told) = lock(&self.shared.pending).begin().map_err(not_sent)?;
        let mut waiting = Waiting { shared: &self.shared, id, over: false };
        let line = message(Some(id), M::NAME, request).map_err(not_sent)?;
        let Some(out) = lock(&self.shared.out).clone() else {
            return Err(not_sent("it has been told to end".to_owned()));
        };
        let patience = *lock(&self.shared.answer);
        let began = Instant::now();
        let answered = tokio::time::timeout(patience, async {
            // An error here means that the writer has ended; whoever listens will say why.
            let _ended = out.send(line).await;
            told.await
        });
        match answered.await {
            Ok(Ok(Outcome::Result(result, bytes))) => {
                waiting.over = true;
                match serde_json::from_value(result) {
                    Ok(answer) => Ok((answer, bytes)),
                    Err(error) => Err(no_answer(format!("it can't be understood: {error}"))),
                }
            }
            Ok(Ok(Outcome::Error(error))) => {
                waiting.over = true;
                Err(ExternalError::Failed { program: program(), error: Box::new(error) })
            }
            Ok(Ok(Outcome::Lost(why))) => {
                waiting.over = true;
                Err(no_answer(why))
            }
            Ok(Err(_)) => Err(no_answer("it is gone".to_owned())),
            Err(_) => {
                let seconds = patience.as_secs_f32();
                let why = format!("none came within {seconds} s");
                // One that says nothing at all hangs, and would again.
                if *lock(&self.shared.heard) <= began {
                    self.shared.end(&format!("it said nothing for {seconds} s and was ended"));
                }
                Err(no_answer(why))
            }
        }
    }

    /// Tells the driver that a stream is not read to its end. Does not wait.
    pub(super) fn close(&self, stream: &str) {
        self.shared.close(stream);
    }

    /// Returns why it can't be asked any more, if so.
    pub(super) fn dead(&self) -> Option<String> {
        lock(&self.shared.pending).dead().map(str::to_owned)
    }

    /// Asks it to end, and waits for that; what is left of it is killed.
    ///
    /// # Errors
    /// When it did not answer, or did not end by itself, or not with status 0.
    pub(super) async fn shutdown(self, patience: Duration) -> Result<(), ExternalError> {
        let program = self.shared.program.clone();
        let failed = |why: String| ExternalError::NoAnswer { program, method: Shutdown::NAME, why };
        let _done: Nothing = self.ask(&Shutdown {}).await?;
        if !self.hang_up(patience).await {
            return Err(failed(format!("it still ran {} s later", patience.as_secs_f32())));
        }
        match self.shared.process.ended().filter(|status| !status.success()) {
            Some(status) => Err(failed(format!("it ended with {status}"))),
            None => Ok(()),
        }
    }

    /// Closes its stdin and waits for its end. False: it runs on.
    pub(super) async fn hang_up(&self, patience: Duration) -> bool {
        lock(&self.shared.out).take();
        let until = Instant::now() + patience;
        while self.shared.process.ended().is_none() {
            if Instant::now() >= until {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        true
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.end("it is not needed any more");
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.shared.program)
    }
}

impl Shared {
    /// Ends the driver: whoever waits is told why.
    fn end(&self, why: &str) {
        lock(&self.pending).die(why);
        lock(&self.out).take();
        self.process.kill();
    }

    fn close(&self, stream: &str) {
        self.tell("body/close", &Close { stream: stream.to_owned() });
    }

    /// Sends a notification, if there is room for it: nothing depends on one.
    fn tell(&self, name: &str, what: &impl Serialize) {
        if let (Some(out), Ok(line)) = (lock(&self.out).clone(), message(None, name, what)) {
            let _no_room = out.try_send(line);
        }
    }
}

/// A request for whose answer somebody waits; dropped before it is over, nobody does.
struct Waiting<'a> {
    shared: &'a Shared,
    id: u64,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over && lock(&self.shared.pending).give_up(self.id) {
            self.shared.tell("cancel", &Cancel { id: self.id });
        }
    }
}

/// Writes a message as a line.
fn message(id: Option<u64>, method: &str, params: &impl Serialize) -> Result<Vec<u8>, String> {
    let mut whole = json!({ "jsonrpc": "2.0", "method": method, "params": params });
    if let (Some(id), Some(fields)) = (id, whole.as_object_mut()) {
        fields.insert("id".to_owned(), id.into());
    }
    let mut line = serde_json::to_vec(&whole).map_err(|error| error.to_string())?;
    if line.len() > LONGEST_LINE {
        return Err(format!(
            "the message would have {} bytes, of at most {LONGEST_LINE}",
            line.len()
        ));
    }
    line.push(b'\n');
    Ok(line)
}

/// Writes what is queued, in order, until nothing more comes or the driver takes no more.
async fn write(mut stdin: ChildStdin, mut queue: mpsc::Receiver<Vec<u8>>) {
    while let Some(line) = queue.recv().await {
        if stdin.write_all(&line).await.is_err() {
            // It has closed its stdin or is gone: whoever listens to its stdout will know.
            return;
        }
    }
}
