//! A proxy over TCP that spoils what it was told to: between the real client and any server.
//!
//! Requests go through whole, with the headers that were signed. A rule names an operation (as S3's
//! documentation does) and which of its requests it strikes; all others pass.

#[path = "proxy/fault.rs"]
mod fault;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::{
    Request, Response,
    body::{Frame, Incoming},
    header::{CONTENT_LENGTH, HeaderValue},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use super::s3::operation;
pub(crate) use fault::Fault;
use fault::{Closed, made_up};

type Body = UnsyncBoxBody<Bytes, Closed>;
type Whole = Response<Bytes>;

/// A running proxy. Dropping it stops it.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: JoinHandle<()>,
}

struct Shared {
    server: String,
    state: Mutex<State>,
    /// How many requests have not come to their end, whoever still waits for them.
    open: watch::Sender<usize>,
}

#[derive(Default)]
struct State {
    counts: BTreeMap<&'static str, u64>,
    rules: Vec<Rule>,
    /// The last true answer to each operation.
    past: BTreeMap<&'static str, Whole>,
}

struct Rule {
    operation: &'static str,
    /// Requests that still pass before it strikes.
    pass: u64,
    /// How many it strikes then.
    times: u64,
    fault: Fault,
}

impl Proxy {
    /// Starts a proxy in front of a server (`http://127.0.0.1:PORT`), on the runtime of the caller.
    pub(crate) async fn start(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let shared =
            Arc::new(Shared { server, state: Mutex::default(), open: watch::channel(0).0 });
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared)));
        Self { address, shared, listening }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Lets a fault strike the next requests of an operation, so many.
    pub(crate) fn spoil(&self, operation: &'static str, times: u64, fault: Fault) {
        self.spoil_later(operation, 0, times, fault);
    }

    /// The same after so many have passed.
    pub(crate) fn spoil_later(&self, operation: &'static str, pass: u64, times: u64, fault: Fault) {
        self.shared.state.lock().unwrap().rules.push(Rule { operation, pass, times, fault });
    }

    /// Returns how many requests of an operation came in.
    pub(crate) fn count(&self, operation: &str) -> u64 {
        self.shared.state.lock().unwrap().counts.get(operation).copied().unwrap_or(0)
    }

    /// Waits until no request is under way, not even one whose sender has given up.
    pub(crate) async fn settled(&self) {
        self.shared.open.subscribe().wait_for(|open| *open == 0).await.unwrap();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        socket.set_nodelay(true).unwrap();
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let shared = Arc::clone(&shared);
                async move { shared.answer(request).await }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service);
            let _closed_by_either_side = connection.await;
        });
    }
}

impl Shared {
    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let operation = operation(&request);
        let fault = self.note(operation);
        let open = Open::new(&self);
        let (head, mut body) = request.into_parts();
        if matches!(fault, Some(Fault::CutRequest)) {
            // Some of it has come; the rest finds a closed connection.
            let _some = body.frame().await;
            return Err(Closed);
        }
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        let request = Request::from_parts(head, body);
        // On its own: it goes on when the client has gone.
        let this = Arc::clone(&self);
        let work = tokio::spawn(async move {
            let _open = open;
            this.carry(operation, request, fault).await
        });
        work.await.map_err(|_| Closed)?
    }

    /// Counts a request, and takes the fault that strikes it.
    fn note(&self, operation: &'static str) -> Option<Fault> {
        let mut state = self.state.lock().unwrap();
        *state.counts.entry(operation).or_default() += 1;
        // One rule after the other: each counts from the end of the one before.
        let rule =
            state.rules.iter_mut().find(|rule| rule.operation == operation && rule.times > 0)?;
        if rule.pass > 0 {
            rule.pass -= 1;
            return None;
        }
        rule.times -= 1;
        Some(rule.fault.clone())
    }

    async fn carry(
        &self,
        operation: &'static str,
        request: Request<Bytes>,
        fault: Option<Fault>,
    ) -> Result<Response<Body>, Closed> {
        let Some(fault) = fault else {
            let answer = self.forward(request).await?;
            if answer.status().is_success() {
                self.state.lock().unwrap().past.insert(operation, answer.clone());
            }
            return Ok(whole(answer));
        };
        match fault {
            Fault::DropBefore | Fault::CutRequest => Err(Closed),
            Fault::DropAfter => self.forward(request).await.and(Err(Closed)),
            Fault::Late(delay) => {
                tokio::time::sleep(delay).await;
                self.forward(request).await.map(whole)
            }
            Fault::Twice => {
                self.forward(request.clone()).await?;
                self.forward(request).await.map(whole)
            }
            Fault::Answer(status, code) => Ok(whole(made_up(status, code))),
            Fault::AnswerAfter(status, code) => {
                self.forward(request).await?;
                Ok(whole(made_up(status, code)))
            }
            Fault::EmptyOk => Ok(whole(Response::new(Bytes::new()))),
            Fault::EmptyOkAfter => {
                self.forward(request).await?;
                Ok(whole(Response::new(Bytes::new())))
            }
            Fault::Redirect(status, location) => {
                let mut answer = made_up(status, "TemporaryRedirect");
                answer.headers_mut().insert("location", HeaderValue::from_str(&location).unwrap());
                Ok(whole(answer))
            }
            Fault::Header(name, value) => {
                let mut answer = self.forward(request).await?;
                answer.headers_mut().insert(name, HeaderValue::from_static(value));
                Ok(whole(answer))
            }
            Fault::Body(change) => {
                let answer = self.forward(request).await?;
                Ok(whole(answer.map(|body| Bytes::from(change(&body)))))
            }
            Fault::Past => {
                let past = self.state.lock().unwrap().past.get(operation).cloned();
                past.map(whole).ok_or(Closed)
            }
            Fault::CutAnswer => {
                let answer = self.forward(request).await?;
                let half = answer.body().len() / 2;
                Ok(in_pieces(answer, move |body| {
                    vec![(Duration::ZERO, Ok(body.slice(..half))), (Duration::ZERO, Err(Closed))]
                }))
            }
            Fault::Trickle(pause) => {
                let answer = self.forward(request).await?;
                let step = answer.body().len().div_ceil(8).max(1);
                Ok(in_pieces(answer, |body| {
                    let piece = |n: usize| body.slice(n..(n + step).min(body.len()));
                    (0..body.len()).step_by(step).map(|n| (pause, Ok(piece(n)))).collect()
                }))
            }
            Fault::Stall(pause) => {
                let answer = self.forward(request).await?;
                let half = answer.body().len() / 2;
                Ok(in_pieces(answer, |body| {
                    vec![(Duration::ZERO, Ok(body.slice(..half))), (pause, Err(Closed))]
                }))
            }
        }
    }

    /// Asks the server, on a connection of its own.
    async fn forward(&self, request: Request<Bytes>) -> Result<Whole, Closed> {
        let is_head = request.method() == hyper::Method::HEAD;
        let socket = TcpStream::connect(&self.server).await.map_err(|_| Closed)?;
        socket.set_nodelay(true).map_err(|_| Closed)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket))
            .await
            .map_err(|_| Closed)?;
        tokio::spawn(connection);
        let answer = sender.send_request(request.map(Full::new)).await.map_err(|_| Closed)?;
        let (mut head, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_| Closed)?.to_bytes();
        head.headers.remove("transfer-encoding");
        if !is_head {
            head.headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
        }
        Ok(Response::from_parts(head, body))
    }
}

fn whole(mut answer: Whole) -> Response<Body> {
    if !answer.body().is_empty() {
        let length = HeaderValue::from(answer.body().len());
        answer.headers_mut().insert(CONTENT_LENGTH, length);
    }
    answer.map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

type Piece = (Duration, Result<Bytes, Closed>);

/// Announces the whole body, and sends it as told.
fn in_pieces(answer: Whole, cut: impl FnOnce(&Bytes) -> Vec<Piece>) -> Response<Body> {
    let (head, body) = answer.into_parts();
    let pieces = stream::unfold(cut(&body).into_iter(), |mut pieces| async move {
        let (pause, piece) = pieces.next()?;
        tokio::time::sleep(pause).await;
        Some((piece.map(Frame::data), pieces))
    });
    Response::from_parts(head, UnsyncBoxBody::new(StreamBody::new(pieces)))
}

/// A request that has not come to its end.
struct Open(Arc<Shared>);

impl Open {
    fn new(shared: &Arc<Shared>) -> Self {
        shared.open.send_modify(|open| *open += 1);
        Self(Arc::clone(shared))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}
