//! The one HTTP client.

use std::{fmt, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;
use reqwest::{
    Response,
    header::{ACCEPT, CONTENT_TYPE, HeaderName, LINK},
};
use url::Url;

use super::{
    Backoff, ByteStream, HttpCache, LeastPace, Lookup, NetError, Rules, Secret,
    conditional::{self, Kept},
    limit::HostLimit,
    memory::Memory,
    pace::Pace,
    resume,
    retry::Patience,
    routes::Routes,
    rules::HostRule,
    send::{Failure, Hop, Question, Tries, refuse, send},
    transport,
};
use crate::model::{SafeUrl, Sha256};

/// How the client behaves.
#[derive(Clone)]
pub struct ClientConfig {
    /// What it calls itself.
    pub user_agent: String,
    /// Whether every request is refused (`--offline`).
    pub offline: bool,
    /// Where indexes are kept between runs.
    pub cache: Option<Arc<dyn HttpCache>>,
    /// What the user allows and says of hosts.
    pub rules: Rules,
    /// Looks names up; none: the system.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Whether the system's proxy settings (`HTTPS_PROXY`, `NO_PROXY` …) hold.
    pub system_proxy: bool,
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long nothing may come.
    pub read_timeout: Duration,
    /// The least that a body's sender has to send.
    pub least_pace: LeastPace,
    /// How many indexes one host is asked for at a time.
    pub per_host: usize,
    /// How often a request is tried, the first time included.
    pub tries: u32,
    /// Upper bound of the wait before the second try; it doubles with each further one.
    pub first_delay: Duration,
    /// Upper bound of any wait that the server did not ask for.
    pub longest_delay: Duration,
    /// The longest wait that a server may ask for (`Retry-After`); more is an error at once.
    pub longest_wait: Duration,
}

impl ClientConfig {
    pub(super) fn backoff(&self) -> Backoff {
        Backoff { tries: self.tries, first: self.first_delay, longest: self.longest_delay }
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("depstate/", env!("CARGO_PKG_VERSION")).to_owned(),
            offline: false,
            cache: None,
            rules: Rules::default(),
            lookup: None,
            system_proxy: true,
            connect_timeout: Duration::from_secs(10),
            read_timeout: Duration::from_secs(30),
            least_pace: LeastPace::default(),
            per_host: 8,
            tries: 4,
            first_delay: Duration::from_millis(500),
            longest_delay: Duration::from_secs(10),
            longest_wait: Duration::from_mins(1),
        }
    }
}

impl fmt::Debug for ClientConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientConfig")
            .field("user_agent", &self.user_agent)
            .field("offline", &self.offline)
            .field("cache", &self.cache.is_some())
            .field("tries", &self.tries)
            .finish_non_exhaustive()
    }
}

/// What is asked of a version index.
#[derive(Debug, Clone)]
pub struct Request {
    /// The address.
    pub url: Url,
    /// The media types wanted (`Accept`); none: any.
    pub accept: Option<&'static str>,
    /// A token, for this address's scheme, host and port alone.
    pub bearer: Option<Secret>,
    /// Whether plain http is allowed.
    pub insecure: bool,
    /// The most bytes taken, after decoding.
    pub limit: u64,
}

impl Request {
    /// The most bytes of an index, if nothing else is said: 256 MiB.
    pub const LIMIT: u64 = 256 << 20;

    /// Asks for an address and nothing more.
    pub fn new(url: Url) -> Self {
        Self { url, accept: None, bearer: None, insecure: false, limit: Self::LIMIT }
    }
}

/// A version index, whole.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The bytes, decoded.
    pub body: Bytes,
    /// Where they come from after redirects.
    pub url: SafeUrl,
    /// What the server calls them, without parameters, in lower case (`text/html`).
    pub content_type: Option<String>,
    /// The address of the next page (`Link: …; rel="next"`).
    pub next_link: Option<Url>,
    /// When a used-up quota comes back, where the server says so.
    pub reset: Option<Timestamp>,
    /// How many entries all pages have together, where the server says so (`X-Total-Count`).
    pub total: Option<u64>,
}

/// The client. Cheap to clone; nothing is set up before the first request.
#[derive(Clone, Debug)]
pub struct Client(Arc<Inner>, Arc<Memory>);

#[derive(Debug)]
struct Inner {
    config: ClientConfig,
    limit: HostLimit,
    routes: Routes,
}

impl Client {
    /// Makes a client.
    pub fn new(config: ClientConfig) -> Self {
        let limit = HostLimit::new(config.per_host);
        Self(Arc::new(Inner { config, limit, routes: Routes::default() }), Arc::default())
    }

    /// Returns how it behaves.
    pub fn config(&self) -> &ClientConfig {
        &self.0.config
    }

    /// Returns the same client with a memory of its own, for one source.
    #[must_use]
    pub fn for_one_source(&self) -> Self {
        Self(self.0.clone(), Arc::default())
    }

    /// Answers from now on from what earlier runs kept, or asks again. Holds for this client and its
    /// clones, not for others made by [`Client::for_one_source`].
    pub fn answer_from_memory(&self, only: bool) {
        self.1.only(only);
    }

    /// Returns when the oldest answer that was given from memory was right for the last time.
    pub fn oldest_from_memory(&self) -> Option<Timestamp> {
        self.1.oldest()
    }

    /// Reads a version index: whole or an error.
    ///
    /// # Errors
    /// [`NetError`], by what the caller can do.
    pub async fn index(&self, request: &Request) -> Result<Answer, NetError> {
        let name = self.name(request);
        if self.1.is_only() {
            return self.recall(request, name).await;
        }
        self.refuse_offline(&request.url)?;
        let asked = self.rules().asked(&request.url);
        // Within the turn, so that only so many are in memory as are compared.
        let mut turn = self.0.limit.turn(&asked).await;
        let kept = self.kept(name).await.filter(|kept| kept.body.len() as u64 <= request.limit);
        let mut headers: Vec<(HeaderName, String)> =
            kept.as_ref().map(Kept::questions).unwrap_or_default();
        headers.extend(request.accept.map(|accept| (ACCEPT, accept.to_owned())));
        let question = Question {
            client: self,
            decode: true,
            url: &request.url,
            insecure: request.insecure,
            bearer: request.bearer.as_ref(),
            headers: &headers,
        };
        let mut tries = Tries::new(self, &asked);
        loop {
            if turn.is_none() {
                turn = self.0.limit.turn(&asked).await;
            }
            let answer = self.once(&question, kept.as_ref(), request.limit, tries.made).await;
            drop(turn.take());
            match answer {
                Ok((answer, keep)) => {
                    tries.answered();
                    self.keep(name, keep).await;
                    return Ok(answer);
                }
                Err(failure) => tries.again(failure).await?,
            }
        }
    }

    async fn once(
        &self,
        question: &Question<'_>,
        kept: Option<&Kept>,
        limit: u64,
        tries: u32,
    ) -> Result<(Answer, Option<Kept>), Failure> {
        let (response, hop) = send(question, tries).await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let reset = Patience::read(&headers).until;
        let link = conditional::text(&headers, &LINK);
        let total = conditional::total(&headers);
        if let (304, Some(kept)) = (status, kept) {
            let answer = Answer {
                body: kept.body.clone(),
                next_link: link
                    .or_else(|| kept.about.link.clone())
                    .and_then(|link| self.next_page(&link, &hop)),
                url: SafeUrl::new(hop.url),
                content_type: kept.about.content_type.as_deref().map(media_type),
                reset,
                total,
            };
            return Ok((answer, None));
        }
        if !matches!(status, 200 | 203) {
            return Err(refuse(response, &hop, tries).await);
        }
        let body = self.whole(response, &hop, limit, tries).await?;
        let answer = Answer {
            next_link: link.and_then(|link| self.next_page(&link, &hop)),
            url: SafeUrl::new(hop.url),
            content_type: conditional::text(&headers, &CONTENT_TYPE).map(|t| media_type(&t)),
            reset,
            total,
            body,
        };
        let keep = Kept::of(&headers, &answer.body);
        Ok((answer, Some(keep)))
    }

    /// Opens a file from a byte on, as it is served: nothing is decoded. A transfer that breaks off
    /// is taken up again where it broke, if the server can prove that the file is still the same.
    ///
    /// The stream's `size` is the number of bytes that it yields.
    ///
    /// # Errors
    /// [`NetError`], by what the caller can do.
    pub async fn open(&self, url: &Url, from: u64, insecure: bool) -> Result<ByteStream, NetError> {
        self.refuse_offline(url)?;
        resume::open(self, url, from, insecure).await
    }

    pub(super) fn rules(&self) -> &Rules {
        &self.0.config.rules
    }

    /// Returns what asks an address.
    pub(super) fn http(
        &self,
        asked: &Url,
        rule: Option<(usize, &HostRule)>,
        decode: bool,
    ) -> Result<reqwest::Client, NetError> {
        self.0.routes.client(&self.0.config, asked, rule, decode)
    }

    /// Names what is kept of a request's answer.
    fn name(&self, request: &Request) -> Sha256 {
        let asked = self.rules().asked(&request.url);
        let known = self.rules().find(&asked).is_some_and(|(_, rule)| rule.has_credentials());
        conditional::name(&asked, request.accept, known || request.bearer.is_some())
    }

    /// Returns the address of the next page, as it is called without rewriting.
    fn next_page(&self, link: &str, hop: &Hop) -> Option<Url> {
        conditional::next_link(link, &hop.asked).map(|url| self.rules().meant(&url))
    }

    pub(super) fn host_limit(&self) -> &HostLimit {
        &self.0.limit
    }

    fn refuse_offline(&self, url: &Url) -> Result<(), NetError> {
        if self.0.config.offline {
            return Err(NetError::Offline { url: SafeUrl::new(url.clone()) });
        }
        Ok(())
    }

    async fn whole(
        &self,
        response: Response,
        hop: &Hop,
        limit: u64,
        tries: u32,
    ) -> Result<Bytes, Failure> {
        let safe = SafeUrl::new(hop.asked.clone());
        let too_large = |announced| {
            let url = safe.clone();
            Failure::from(hop.told(NetError::TooLarge { url, limit, announced }))
        };
        // What is encoded has no announced length here: it counts as it is decoded.
        if let Some(announced) = response.content_length().filter(|size| *size > limit) {
            return Err(too_large(Some(announced)));
        }
        let mut all = BytesMut::new();
        let mut pace = Pace::new(self.0.config.least_pace);
        let mut chunks = Box::pin(response.bytes_stream());
        loop {
            let next = pace.next(&mut chunks).await;
            let next = next.map_err(|slow| hop.told(NetError::too_slow(&safe, slow)))?;
            let Some(chunk) = next else { return Ok(all.freeze()) };
            let chunk = chunk.map_err(|error| {
                hop.failure(Failure::of(transport::failed(error, &safe, tries)))
            })?;
            if all.len() as u64 + chunk.len() as u64 > limit {
                return Err(too_large(None));
            }
            all.extend_from_slice(&chunk);
        }
    }

    async fn kept(&self, name: Sha256) -> Option<Kept> {
        let cache = self.0.config.cache.clone()?;
        let read = tokio::task::spawn_blocking(move || cache.get(&name).and_then(Kept::decode));
        read.await.ok().flatten()
    }

    /// Answers from what is kept, whatever its age.
    async fn recall(&self, request: &Request, name: Sha256) -> Result<Answer, NetError> {
        let (url, asked) = (SafeUrl::new(request.url.clone()), self.rules().asked(&request.url));
        let cache = self.0.config.cache.clone();
        let read = tokio::task::spawn_blocking(move || {
            let cache = cache?;
            Some((cache.get(&name).and_then(Kept::decode)?, cache.right_at(&name)?))
        });
        let Some((kept, right_at)) = read.await.ok().flatten() else {
            return Err(NetError::NotKept { url });
        };
        self.1.used(right_at);
        Ok(Answer {
            next_link: kept
                .about
                .link
                .and_then(|it| conditional::next_link(&it, &asked))
                .map(|it| self.rules().meant(&it)),
            content_type: kept.about.content_type.as_deref().map(media_type),
            body: kept.body,
            url,
            total: None,
            reset: None,
            // Told to whoever reads all pages, which were read when they were kept.
        })
    }

    /// Keeps an answer; none: what was kept before is still right.
    async fn keep(&self, name: Sha256, kept: Option<Kept>) {
        let Some(cache) = self.0.config.cache.clone() else { return };
        let write = tokio::task::spawn_blocking(move || match kept {
            None => cache.confirm(&name),
            Some(kept) => {
                if let Some(bytes) = kept.encode() {
                    cache.put(&name, &bytes);
                }
            }
        });
        // What could not be kept is asked for again next time.
        let _kept = write.await;
    }
}

pub(super) fn media_type(text: &str) -> String {
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}
