//! What stands before the server: counts, holds and scripted faults, on the level of HTTP.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::{
    Method, Request, Response,
    body::{Frame, Incoming},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use s3s::{Body, service::S3Service};
use tokio::{net::TcpListener, sync::watch};

/// What is answered in place of the truth.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// An error: status and S3's code.
    Error(u16, &'static str),
    /// A 200 whose body is an error, as a slow `CompleteMultipartUpload` may end.
    ErrorInOk(&'static str),
    /// The bucket is in another region: 301 and the region's name.
    Elsewhere(&'static str),
    /// An error with a header: status, S3's code, name and value.
    ErrorWith(u16, &'static str, &'static str, &'static str),
    /// The connection is closed without an answer.
    Dropped,
    /// The true answer, closed after so many bytes of its body.
    Cut(usize),
    /// The true answer with another value of a header; an empty one takes the header away.
    Header(&'static str, &'static str),
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Path and query.
    pub(crate) target: String,
    /// Headers by lower-case name.
    pub(crate) headers: BTreeMap<String, String>,
}

/// While this is there, requests wait.
pub(crate) struct Hold {
    front: Arc<Mutex<State>>,
    operation: &'static str,
    _release: watch::Sender<()>,
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.front.lock().unwrap().held.remove(self.operation);
    }
}

#[derive(Default)]
struct State {
    counts: BTreeMap<&'static str, u64>,
    running: BTreeMap<&'static str, u64>,
    most: BTreeMap<&'static str, u64>,
    last: BTreeMap<&'static str, Seen>,
    faults: Vec<Fault>,
    held: BTreeMap<&'static str, watch::Receiver<()>>,
    /// Access keys that are good no more.
    expired: BTreeSet<String>,
    /// More requests than so many at once are told to slow down.
    slow_above: Option<u64>,
    /// How many were.
    slowed: u64,
}

struct Fault {
    operation: &'static str,
    left: u64,
    answer: Answer,
    applied: bool,
}

pub(super) struct Front {
    service: S3Service,
    state: Arc<Mutex<State>>,
}

impl Front {
    pub(super) fn new(service: S3Service) -> Self {
        Self { service, state: Arc::default() }
    }

    pub(super) fn counts(&self) -> BTreeMap<String, u64> {
        let state = self.state.lock().unwrap();
        state.counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
    }

    pub(super) fn clear_counts(&self) {
        self.state.lock().unwrap().counts.clear();
    }

    pub(super) fn most_at_once(&self, operation: &str) -> u64 {
        self.state.lock().unwrap().most.get(operation).copied().unwrap_or(0)
    }

    pub(super) fn clear_most(&self) {
        self.state.lock().unwrap().most.clear();
    }

    pub(super) fn last(&self, operation: &str) -> Option<Seen> {
        self.state.lock().unwrap().last.get(operation).cloned()
    }

    pub(super) fn fail(&self, operation: &'static str, nth: u64, answer: Answer, applied: bool) {
        let fault = Fault { operation, left: nth, answer, applied };
        self.state.lock().unwrap().faults.push(fault);
    }

    pub(super) fn hold(&self, operation: &'static str) -> Hold {
        let (release, held) = watch::channel(());
        self.state.lock().unwrap().held.insert(operation, held);
        Hold { front: Arc::clone(&self.state), operation, _release: release }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        let operation = operation(&request);
        let (fault, held) = self.note(operation, &request);
        let _running = Running { state: Arc::clone(&self.state), operation };
        if let Some(mut held) = held {
            // Ends when the sender is dropped.
            while held.changed().await.is_ok() {}
        }
        if self.is_expired(&request) {
            let head = request.method() == Method::HEAD;
            let _sent_so_far = request.into_body().collect().await;
            let mut response = error(400, "ExpiredToken");
            if head {
                *response.body_mut() = Body::empty();
            }
            return Ok(response);
        }
        let Some((answer, applied)) = fault else { return self.serve(request).await };
        if let Answer::Cut(length) = answer {
            return cut(self.serve(request).await?, length).await;
        }
        if let Answer::Header(name, value) = answer {
            let mut answered = self.serve(request).await?;
            answered.headers_mut().remove(name);
            if !value.is_empty() {
                answered.headers_mut().insert(name, value.parse().unwrap());
            }
            return Ok(answered);
        }
        if applied {
            let answered = self.serve(request).await?;
            assert!(answered.status().is_success(), "{operation} was to be applied: {answered:?}");
        } else {
            let _sent_so_far = request.into_body().collect().await;
        }
        match answer {
            Answer::Error(status, code) => Ok(error(status, code)),
            Answer::ErrorWith(status, code, name, value) => {
                let mut response = error(status, code);
                response.headers_mut().insert(name, value.parse().unwrap());
                Ok(response)
            }
            Answer::ErrorInOk(code) => Ok(error(200, code)),
            Answer::Elsewhere(region) => {
                let mut response = error(301, "PermanentRedirect");
                response.headers_mut().insert("x-amz-bucket-region", region.parse().unwrap());
                Ok(response)
            }
            Answer::Dropped | Answer::Cut(_) | Answer::Header(..) => Err(Closed),
        }
    }

    pub(super) fn expire(&self, access_key: &str) {
        self.state.lock().unwrap().expired.insert(access_key.to_owned());
    }

    pub(super) fn slow_above(&self, most: Option<u64>) {
        self.state.lock().unwrap().slow_above = most;
    }

    pub(super) fn slowed(&self) -> u64 {
        self.state.lock().unwrap().slowed
    }

    fn is_expired(&self, request: &Request<Incoming>) -> bool {
        let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let key = signed.and_then(|text| text.split_once("Credential=")?.1.split('/').next());
        key.is_some_and(|key| self.state.lock().unwrap().expired.contains(key))
    }

    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, Closed> {
        self.service.call(request.map(Body::from)).await.map_err(|_| Closed)
    }

    /// Counts a request, and says what is in store for it.
    fn note(
        &self,
        operation: &'static str,
        request: &Request<Incoming>,
    ) -> (Option<(Answer, bool)>, Option<watch::Receiver<()>>) {
        let mut state = self.state.lock().unwrap();
        *state.counts.entry(operation).or_default() += 1;
        let running = state.running.entry(operation).or_default();
        *running += 1;
        let running = *running;
        let most = state.most.entry(operation).or_default();
        *most = running.max(*most);
        let headers = request.headers().iter();
        let seen = Seen {
            target: request.uri().to_string(),
            headers: headers
                .map(|(name, value)| {
                    (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
                })
                .collect(),
        };
        state.last.insert(operation, seen);
        let mut struck = None;
        for (n, fault) in state.faults.iter_mut().enumerate() {
            if fault.operation == operation {
                fault.left = fault.left.saturating_sub(1);
                if fault.left == 0 && struck.is_none() {
                    struck = Some(n);
                }
            }
        }
        let running: u64 = state.running.values().sum();
        if struck.is_none() && state.slow_above.is_some_and(|most| running > most) {
            state.slowed += 1;
            let slowed = Some((Answer::Error(503, "SlowDown"), false));
            return (slowed, state.held.get(operation).cloned());
        }
        let fault = struck.map(|n| state.faults.remove(n)).map(|f| (f.answer, f.applied));
        (fault, state.held.get(operation).cloned())
    }
}

/// Counts a request down when it ends, also by a client that went away.
struct Running {
    state: Arc<Mutex<State>>,
    operation: &'static str,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(running) = self.state.lock().unwrap().running.get_mut(self.operation) {
            *running -= 1;
        }
    }
}

/// Closes the connection.
#[derive(Debug)]
pub(super) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

pub(super) async fn serve(listener: TcpListener, front: Arc<Front>) {
    loop {
        let Ok((socket, _)) = listener.accept().await else { continue };
        socket.set_nodelay(true).unwrap();
        let front = Arc::clone(&front);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let front = Arc::clone(&front);
                async move { front.answer(request).await }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(socket), service);
            let _closed_by_either_side = connection.await;
        });
    }
}

/// Names a request as S3's documentation does.
pub(crate) fn operation<B>(request: &Request<B>) -> &'static str {
    let query = request.uri().query().unwrap_or_default();
    let asks = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let path = request.uri().path().trim_start_matches('/');
    let of_object = path.split_once('/').is_some_and(|(_, key)| !key.is_empty());
    let method = request.method();
    match (method, of_object) {
        (&Method::PUT, true) if asks("partNumber") => "UploadPart",
        (&Method::PUT, true) => "PutObject",
        (&Method::POST, true) if asks("uploads") => "CreateMultipartUpload",
        (&Method::POST, true) => "CompleteMultipartUpload",
        (&Method::DELETE, true) if asks("uploadId") => "AbortMultipartUpload",
        (&Method::DELETE, true) => "DeleteObject",
        (&Method::GET, true) if asks("uploadId") => "ListParts",
        (&Method::GET, true) => "GetObject",
        (&Method::HEAD, true) => "HeadObject",
        (&Method::GET, false) if asks("uploads") => "ListMultipartUploads",
        (&Method::GET, false) if asks("list-type") => "ListObjectsV2",
        (&Method::POST, false) if asks("delete") => "DeleteObjects",
        (&Method::HEAD, false) => "HeadBucket",
        (&Method::PUT, false) => "CreateBucket",
        _ => "Other",
    }
}

fn error(status: u16, code: &str) -> Response<Body> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>scripted\
         </Message><RequestId>REQ-1</RequestId></Error>"
    );
    Response::builder()
        .status(status)
        .header("content-type", "application/xml")
        .header("x-amz-request-id", "REQ-1")
        .body(Body::from(body))
        .unwrap()
}

/// Announces the whole body and breaks off after a part of it.
async fn cut(answer: Response<Body>, length: usize) -> Result<Response<Body>, Closed> {
    let (head, body) = answer.into_parts();
    let bytes = body.collect().await.map_err(|_| Closed)?.to_bytes();
    let part: Result<Frame<Bytes>, Closed> = Ok(Frame::data(bytes.slice(..length)));
    let body = Body::http_body(StreamBody::new(stream::iter([part, Err(Closed)])));
    Ok(Response::from_parts(head, body))
}
