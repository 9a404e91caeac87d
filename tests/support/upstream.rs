//! A real HTTP server on a loopback port, whose answers a test scripts.
//!
//! It runs on a thread and a runtime of its own, so that async tests, plain threads and the real
//! binary can all ask it.

use std::{
    collections::BTreeMap,
    convert::Infallible,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use http_body_util::{BodyExt, StreamBody, combinators::BoxBody};
use hyper::{
    Method, Request, Response, StatusCode, body::Frame, header, server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;

/// Bytes that are sent at a time.
const CHUNK: u64 = 64 * 1024;
/// A prime, so that no two ranges of a generated body look alike by accident.
const PERIOD: u64 = 251;

/// A server that is there as long as this value lives.
pub(crate) struct Upstream {
    base: String,
    shared: Arc<Shared>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
}

#[derive(Default)]
struct Shared {
    routes: Mutex<BTreeMap<String, Route>>,
    requests: Mutex<Vec<Asked>>,
    unchanged: AtomicUsize,
}

#[derive(Default)]
struct Route {
    answers: Vec<Answer>,
    asked: usize,
}

/// A request that came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) path: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// One scripted answer.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Content,
    ranges: bool,
    cut_after: Option<u64>,
    delay: Duration,
    unsized_body: bool,
}

#[derive(Debug, Clone)]
enum Content {
    Fixed(Bytes),
    /// So many bytes, each its position modulo 251: the same for every range.
    Made(u64),
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            Self::Fixed(bytes) => bytes.len() as u64,
            Self::Made(size) => *size,
        }
    }

    fn part(&self, from: u64, to: u64) -> Bytes {
        match self {
            Self::Fixed(bytes) => bytes.slice(index(from)..index(to)),
            Self::Made(_) => {
                // One buffer for all: 1 GiB is sent as fast as the connection takes it.
                static MADE: OnceLock<Bytes> = OnceLock::new();
                let made = MADE.get_or_init(|| Answer::made(CHUNK + PERIOD).into());
                let start = index(from % PERIOD);
                made.slice(start..start + index(to - from))
            }
        }
    }
}

fn index(position: u64) -> usize {
    usize::try_from(position).unwrap()
}

impl Answer {
    /// 200 with a body.
    pub(crate) fn body(body: impl Into<Bytes>) -> Self {
        Self::of(Content::Fixed(body.into()))
    }

    /// 200 with JSON.
    pub(crate) fn json(body: &str) -> Self {
        Self::body(body.to_owned()).header("content-type", "application/json")
    }

    /// 200 with HTML.
    pub(crate) fn html(body: &str) -> Self {
        Self::body(body.to_owned()).header("content-type", "text/html; charset=utf-8")
    }

    /// 200 with so many bytes, made as they are sent; [`Answer::made`] gives the same.
    pub(crate) fn generated(size: u64) -> Self {
        Self::of(Content::Made(size))
    }

    /// The bytes of [`Answer::generated`].
    pub(crate) fn made(size: u64) -> Vec<u8> {
        (0..size).map(|position| u8::try_from(position % PERIOD).unwrap()).collect()
    }

    /// A status without a body.
    pub(crate) fn status(status: u16) -> Self {
        Self { status, ..Self::body("") }
    }

    /// 302 to an address.
    pub(crate) fn redirect(to: &str) -> Self {
        Self::status(302).header("location", to)
    }

    fn of(body: Content) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body,
            ranges: false,
            cut_after: None,
            delay: Duration::ZERO,
            unsized_body: false,
        }
    }

    /// With another body.
    pub(crate) fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = Content::Fixed(body.into());
        self
    }

    /// With a header. An `etag` is compared with `If-None-Match`: 304 where it is the same.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }

    /// Honours `Range`, and `If-Range` where there is an `etag`.
    pub(crate) fn ranges(mut self) -> Self {
        self.ranges = true;
        self
    }

    /// Announces the whole and closes the connection after so many bytes.
    pub(crate) fn cut_after(mut self, bytes: u64) -> Self {
        self.cut_after = Some(bytes);
        self
    }

    /// Waits before it answers.
    pub(crate) fn slow(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Does not announce a size.
    pub(crate) fn chunked(mut self) -> Self {
        self.unsized_body = true;
        self
    }

    fn find(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl Upstream {
    /// Starts a server on a free port.
    pub(crate) fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                tokio::select! {
                    () = serve(listener, serving) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { base, shared, stop: Some(stop) }
    }

    /// The address of a path (`/index.json`).
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Answers a path, always the same; whatever it answered before is forgotten. A path with a
    /// query answers that query alone, one without answers all.
    pub(crate) fn route(&self, path: &str, answer: Answer) -> &Self {
        self.script(path, [answer])
    }

    /// Answers a path with one answer after another; the last one stays.
    pub(crate) fn script(&self, path: &str, answers: impl IntoIterator<Item = Answer>) -> &Self {
        let route = Route { answers: answers.into_iter().collect(), asked: 0 };
        self.shared.routes.lock().unwrap().insert(path.to_owned(), route);
        self
    }

    /// Everything that was asked so far.
    pub(crate) fn requests(&self) -> Vec<Asked> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How often a path was asked, whatever its query.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.requests().iter().filter(|r| r.path.split('?').next() == Some(path)).count()
    }

    /// How many requests were answered with 304 so far.
    pub(crate) fn unchanged(&self) -> usize {
        self.shared.unchanged.load(Ordering::Relaxed)
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget_requests(&self) {
        self.shared.requests.lock().unwrap().clear();
        self.shared.unchanged.store(0, Ordering::Relaxed);
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _gone = stop.send(());
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { continue };
        // As real servers do: the end of a body must not wait until its beginning is acknowledged.
        let _at_once = stream.set_nodelay(true);
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A body that is cut on purpose ends its connection with an error.
            let _ended = connection.await;
        });
    }
}

type Body = BoxBody<Bytes, std::io::Error>;

async fn answer(
    request: Request<hyper::body::Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Body>, Infallible> {
    let full = request.uri().path_and_query().map_or("/", |p| p.as_str()).to_owned();
    let headers: BTreeMap<String, String> = request
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let asked = Asked { method: request.method().to_string(), path: full.clone(), headers };
    shared.requests.lock().unwrap().push(asked.clone());
    let chosen = choose(&shared, &full, request.uri().path());
    tokio::time::sleep(chosen.delay).await;
    let response = respond(&chosen, &asked, request.method() == Method::HEAD);
    if response.status() == StatusCode::NOT_MODIFIED {
        shared.unchanged.fetch_add(1, Ordering::Relaxed);
    }
    Ok(response)
}

fn choose(shared: &Shared, full: &str, path: &str) -> Answer {
    let mut routes = shared.routes.lock().unwrap();
    let key = if routes.contains_key(full) { full } else { path };
    let Some(route) = routes.get_mut(key) else {
        return Answer::status(404).with_body("nothing is scripted here");
    };
    let answer = route.answers.get(route.asked).or(route.answers.last()).cloned();
    route.asked += 1;
    answer.unwrap_or_else(|| Answer::status(404))
}

fn respond(answer: &Answer, asked: &Asked, head: bool) -> Response<Body> {
    let mut response = Response::builder();
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let etag = answer.find("etag");
    if answer.status == 200 && etag.is_some() && asked.header("if-none-match") == etag {
        return response.status(StatusCode::NOT_MODIFIED).body(empty()).unwrap();
    }
    let size = answer.body.size();
    let (mut from, mut status) = (0, answer.status);
    if answer.ranges && status == 200 {
        response = response.header(header::ACCEPT_RANGES, "bytes");
        let same = asked.header("if-range").is_none_or(|tag| Some(tag) == etag);
        let range = asked
            .header("range")
            .filter(|_| same)
            .and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<u64>().ok());
        if let Some(start) = range {
            if start >= size {
                let range = format!("bytes */{size}");
                let response = response.status(416).header(header::CONTENT_RANGE, range);
                return response.body(empty()).unwrap();
            }
            (from, status) = (start, 206);
            let range = format!("bytes {start}-{}/{size}", size - 1);
            response = response.header(header::CONTENT_RANGE, range);
        }
    }
    if !answer.unsized_body {
        response = response.header(header::CONTENT_LENGTH, size - from);
    }
    let body = if head { empty() } else { body(answer, from) };
    response.status(status).body(body).unwrap()
}

fn empty() -> Body {
    http_body_util::Empty::new().map_err(|never| match never {}).boxed()
}

fn body(answer: &Answer, from: u64) -> Body {
    let end = answer.body.size();
    let stop = answer.cut_after.map_or(end, |cut| (from + cut).min(end));
    let (content, cut) = (answer.body.clone(), answer.cut_after.is_some());
    let chunks = stream::unfold(from, move |at| {
        let content = content.clone();
        async move {
            if at < stop {
                let next = (at + CHUNK).min(stop);
                return Some((Ok(Frame::data(content.part(at, next))), next));
            }
            if !cut || at > stop {
                return None;
            }
            // What was sent has to leave before the connection is closed.
            tokio::time::sleep(Duration::from_millis(20)).await;
            Some((Err(std::io::Error::other("cut on purpose")), stop + 1))
        }
    });
    BodyExt::boxed(StreamBody::new(chunks.boxed_sync()))
}

trait BoxedSync: futures::Stream + Sized + Send + Sync + 'static {
    fn boxed_sync(
        self,
    ) -> std::pin::Pin<Box<dyn futures::Stream<Item = Self::Item> + Send + Sync>> {
        Box::pin(self)
    }
}

impl<S: futures::Stream + Send + Sync + 'static> BoxedSync for S {}
