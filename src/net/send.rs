//! One try: a request, its redirects, and what its answer's status means.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use reqwest::{
    Response,
    header::{AUTHORIZATION, HeaderName, HeaderValue, LOCATION},
};
use url::Url;

use super::{
    Budget, Client, NetError, Secret, address, limit,
    retry::{self, Patience},
    rules::HostRule,
    transport,
};
use crate::model::SafeUrl;

/// How many redirects are followed.
const REDIRECTS: usize = 5;
/// How much of an error's body is looked at for its first line.
const SAYS_BYTES: usize = 2048;
/// How long that is waited for.
const SAYS_TIME: Duration = Duration::from_secs(5);

/// What is sent.
pub(super) struct Question<'a> {
    pub(super) client: &'a Client,
    /// Whether the body is wanted decoded.
    pub(super) decode: bool,
    pub(super) url: &'a Url,
    pub(super) insecure: bool,
    pub(super) bearer: Option<&'a Secret>,
    pub(super) headers: &'a [(HeaderName, String)],
}

/// A try that failed.
pub(super) struct Failure {
    pub(super) error: NetError,
    /// Whether the next try may succeed, and what the server wants waited before it.
    pub(super) again: Again,
}

pub(super) enum Again {
    No,
    After(Duration),
}

impl Failure {
    pub(super) fn of(error: NetError) -> Self {
        let may_pass = matches!(error.asked(), NetError::Transport { kind, .. } if kind.may_pass());
        let again = if may_pass { Again::After(Duration::ZERO) } else { Again::No };
        Self { error, again }
    }
}

impl From<NetError> for Failure {
    fn from(error: NetError) -> Self {
        Self { error, again: Again::No }
    }
}

/// Counts tries and waits between them.
pub(super) struct Tries {
    delays: Box<dyn Iterator<Item = Duration> + Send>,
    longest_wait: Duration,
    /// What all share who ask this host, and what it is called.
    budget: Arc<Budget>,
    host: String,
    pub(super) made: u32,
}

impl Tries {
    pub(super) fn new(client: &Client, url: &Url) -> Self {
        let config = client.config();
        Self {
            delays: Box::new(config.backoff().waits()),
            longest_wait: config.longest_wait,
            budget: client.host_limit().budget(url),
            host: limit::name(url),
            made: 1,
        }
    }

    /// Notes that an answer came.
    pub(super) fn answered(&self) {
        self.budget.answered(self.made - 1);
    }

    /// Waits for the next try, or gives the error back where there is none.
    pub(super) async fn again(&mut self, failure: Failure) -> Result<(), NetError> {
        let Again::After(wanted) = failure.again else {
            // That an address is not there, or not ours to read, is an answer like any other.
            if !matches!(failure.error.asked(), NetError::Transport { .. }) {
                self.answered();
            }
            return Err(failure.error);
        };
        if wanted > self.longest_wait {
            return Err(failure.error);
        }
        let Some(delay) = self.delays.next() else { return Err(failure.error) };
        if !self.budget.take() {
            let (last, host) = (Box::new(failure.error), self.host.clone().into());
            return Err(NetError::Spent { last, host });
        }
        self.made += 1;
        tokio::time::sleep(delay.max(wanted)).await;
        Ok(())
    }
}

/// Tells why an address may not be asked, if so.
pub(super) fn check(url: &Url, insecure: bool) -> Result<(), NetError> {
    let why = match url.scheme() {
        _ if !url.username().is_empty() || url.password().is_some() => {
            "an address with a user or password is never used"
        }
        "https" => return Ok(()),
        "http" if insecure => return Ok(()),
        "http" => {
            "plain http needs `insecure = true` beside it, or for its host in your configuration"
        }
        _ => "only https addresses are asked",
    };
    Err(NetError::InsecureUrl { url: SafeUrl::new(url.clone()), why })
}

/// One address on the way of a request.
pub(super) struct Hop {
    /// How it is called, by whoever asks and in deps.lock.
    pub(super) url: Url,
    /// Where it is asked: elsewhere, if the user's configuration says so.
    pub(super) asked: Url,
    /// Variables that hold what should be sent there, and are not set.
    lacks: Vec<String>,
}

impl Hop {
    /// Looks an address up in the user's rules.
    fn new(client: &Client, url: Url) -> (Self, Option<(usize, &HostRule)>) {
        let asked = client.rules().asked(&url);
        let rule = client.rules().find(&asked);
        let lacks = rule.map(|(_, rule)| rule.lacks.clone()).unwrap_or_default();
        (Self { url, asked, lacks }, rule)
    }

    /// Makes an error name both addresses, where there are two.
    pub(super) fn told(&self, error: NetError) -> NetError {
        if self.asked == self.url || matches!(error, NetError::Rewritten { .. }) {
            return error;
        }
        NetError::Rewritten { error: Box::new(error), url: SafeUrl::new(self.url.clone()) }
    }

    /// The same for a try that failed.
    pub(super) fn failure(&self, failure: Failure) -> Failure {
        Failure { error: self.told(failure.error), again: failure.again }
    }
}

/// Sends a request and follows its redirects. What comes back has a status outside of those.
pub(super) async fn send(question: &Question<'_>, tries: u32) -> Result<(Response, Hop), Failure> {
    let client = question.client;
    let (mut hop, mut rule) = Hop::new(client, question.url.clone());
    let home = hop.asked.origin();
    // Credentials are for the host that was asked first. Once dropped they stay dropped, also if a
    // later redirect leads back, or to another host that has its own.
    let mut at_home = true;
    let mut from: Option<SafeUrl> = None;
    for _ in 0..=REDIRECTS {
        let safe = SafeUrl::new(hop.asked.clone());
        let (plain, private) =
            rule.map_or((false, false), |(_, rule)| (rule.insecure, rule.private));
        check(&hop.asked, question.insecure || plain).map_err(|error| hop.told(error))?;
        if let (false, Some((at, what))) = (private, address::private_host(&hop.asked)) {
            let error = transport::not_public(&safe, at, what, from.as_ref());
            return Err(hop.told(error).into());
        }
        client.host_limit().ready(&hop.asked, rule.and_then(|(_, rule)| rule.every)).await;
        let mut request = client.http(&hop.asked, rule, question.decode)?.get(hop.asked.clone());
        for (name, value) in question.headers {
            request = request.header(name, value);
        }
        // A manifest may ask for plain http, and must not make a token readable by that.
        let may_see = at_home && (hop.asked.scheme() == "https" || plain);
        let own = rule
            .filter(|_| may_see)
            .map(|(_, rule)| rule.credentials(&hop.asked))
            .unwrap_or_default();
        if let Some(secret) = question.bearer
            && at_home
            && hop.asked.origin() == question.url.origin()
            && !own.iter().any(|(name, _)| name == AUTHORIZATION)
            && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", secret.expose()))
        {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        for (name, value) in own {
            request = request.header(name, value);
        }
        let response = request.send().await.map_err(|error| {
            let error = match (transport::failed(error, &safe, tries), from.take()) {
                (NetError::PrivateAddress { url, at, what, .. }, from) => {
                    NetError::PrivateAddress { url, at, what, from: from.map(Box::new) }
                }
                (other, _) => other,
            };
            hop.failure(Failure::of(error))
        })?;
        let moved = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
        let Some(to) = response.headers().get(LOCATION).filter(|_| moved) else {
            return Ok((response, hop));
        };
        let next = redirected(&hop.asked, to, true).map_err(|(to, why)| {
            hop.told(NetError::Redirect { url: safe.clone(), to: to.into(), why })
        })?;
        let (next, next_rule) = Hop::new(client, client.rules().meant(&next));
        let plain = question.insecure || next_rule.is_some_and(|(_, rule)| rule.insecure);
        if next.asked.scheme() == "http" && !plain {
            let (to, why) = (SafeUrl::new(next.asked).to_string().into(), "it is not encrypted");
            return Err(hop.told(NetError::Redirect { url: safe, to, why }).into());
        }
        at_home &= next.asked.origin() == home;
        from = Some(safe);
        (hop, rule) = (next, next_rule);
    }
    let to = SafeUrl::new(hop.asked).to_string().into();
    let url = SafeUrl::new(question.url.clone());
    Err(NetError::Redirect { url, to, why: "it is the sixth" }.into())
}

pub(super) fn redirected(
    from: &Url,
    to: &HeaderValue,
    insecure: bool,
) -> Result<Url, (String, &'static str)> {
    let unreadable = || (clean(&String::from_utf8_lossy(to.as_bytes())), "it is no address");
    let next = to.to_str().ok().and_then(|to| from.join(to).ok()).ok_or_else(unreadable)?;
    let why = match (from.scheme(), next.scheme()) {
        _ if !next.username().is_empty() || next.password().is_some() => "it names a user",
        (_, "https") => return Ok(next),
        ("http", "http") if insecure => return Ok(next),
        ("https", "http") => "https may not become http",
        _ => "only https addresses are asked",
    };
    Err((SafeUrl::new(next).to_string(), why))
}

/// Turns an answer that is no success into an error.
pub(super) async fn refuse(response: Response, hop: &Hop, tries: u32) -> Failure {
    hop.failure(refused(response, hop, tries).await)
}

async fn refused(response: Response, hop: &Hop, tries: u32) -> Failure {
    let status = response.status().as_u16();
    let url = SafeUrl::new(hop.asked.clone());
    if matches!(status, 404 | 410) {
        return NetError::Absent { url, status }.into();
    }
    let patience = Patience::read(response.headers());
    let Patience { after, until, exhausted } = patience;
    if status == 429 || (status == 403 && (exhausted || after.is_some())) {
        // A used-up quota comes back after minutes; without a time to wait, only a plain 429 may pass.
        let again = match after {
            Some(after) => Again::After(after),
            None if exhausted => Again::No,
            None => Again::After(Duration::ZERO),
        };
        return Failure { error: NetError::RateLimited { url, status, until, tries }, again };
    }
    let again =
        if retry::may_pass(status) { Again::After(after.unwrap_or_default()) } else { Again::No };
    let mut says = tokio::time::timeout(SAYS_TIME, says(response)).await.unwrap_or_default();
    if matches!(status, 401 | 403) && !hop.lacks.is_empty() {
        let unset = format!("not set here: {}", hop.lacks.join(", "));
        let more = says.map_or_else(|| unset.clone(), |says| format!("{says}; {unset}"));
        says = Some(more.into());
    }
    Failure { error: NetError::Status { url, status, tries, says }, again }
}

/// Returns the first line of an error's body, fit to be shown.
async fn says(response: Response) -> Option<Box<str>> {
    let mut bytes = Vec::new();
    let mut chunks = response.bytes_stream();
    while bytes.len() < SAYS_BYTES {
        let Some(Ok(chunk)) = chunks.next().await else { break };
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8_lossy(&bytes);
    let text = text.trim();
    if text.starts_with('<') {
        return Some("with an HTML page".into());
    }
    let line = clean(text.lines().next()?);
    (!line.is_empty()).then(|| line.into())
}

/// Takes out what could change a terminal or hide text, and cuts the rest.
fn clean(text: &str) -> String {
    let shown: String = text
        .chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
        })
        .take(160)
        .collect();
    shown.trim().to_owned()
}
