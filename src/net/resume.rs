//! Streams of files: as served, and taken up again where they broke off.

use std::pin::Pin;

use bytes::Bytes;
use futures::Stream;
use reqwest::{
    Response,
    header::{
        ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, IF_RANGE, RANGE,
    },
};
use url::Url;

use super::{
    ByteStream, Client, NetError, StreamError, TransportKind,
    client::media_type,
    conditional::text,
    pace::Pace,
    send::{Again, Failure, Hop, Question, Tries, refuse, send},
    transport,
};
use crate::model::SafeUrl;

/// After so many bytes a transfer has earned its tries back.
const PROGRESS: u64 = 8 << 20;

type Chunks = Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>;

pub(super) async fn open(
    client: &Client,
    url: &Url,
    from: u64,
    insecure: bool,
) -> Result<ByteStream, NetError> {
    let asked = client.rules().asked(url);
    let mut tries = Tries::new(client, &asked);
    let (response, at) = loop {
        match ask(client, url, insecure, from, None, tries.made).await {
            Ok(found) => {
                tries.answered();
                break found;
            }
            Err(failure) => tries.again(failure).await?,
        }
    };
    let Some(response) = response else {
        // The file ends where the caller wants to begin.
        let mut stream = ByteStream::of(Bytes::new());
        stream.url = Some(SafeUrl::new(at.hop.url));
        return Ok(stream);
    };
    let headers = response.headers();
    let content_type = text(headers, &CONTENT_TYPE).map(|t| media_type(&t));
    let shown = SafeUrl::new(at.hop.url.clone());
    let transfer = Transfer {
        client: client.clone(),
        url: url.clone(),
        insecure,
        etag: strong_etag(headers),
        skip: from.saturating_sub(at.start),
        from,
        at: from,
        end: at.end,
        since: from,
        chunks: Box::pin(response.bytes_stream()),
        pace: Pace::new(client.config().least_pace),
        tries: Tries::new(client, &asked),
        asked,
        over: false,
        hop: at.hop,
    };
    let size = at.end.map(|end| end.saturating_sub(from));
    let mut stream = ByteStream::new(futures::stream::unfold(transfer, |mut transfer| async {
        let next = transfer.next().await?;
        Some((next, transfer))
    }));
    stream.size = size;
    stream.url = Some(shown);
    stream.content_type = content_type;
    Ok(stream)
}

/// Which part of the file an answer holds.
struct Part {
    hop: Hop,
    /// The first byte of the answer, counted from the beginning of the file.
    start: u64,
    /// The end of the file, if it was announced.
    end: Option<u64>,
}

/// Asks for a file from a byte on. No response: the file ends there.
async fn ask(
    client: &Client,
    url: &Url,
    insecure: bool,
    from: u64,
    only_if: Option<&str>,
    tries: u32,
) -> Result<(Option<Response>, Part), Failure> {
    let mut headers: Vec<(HeaderName, String)> = vec![(ACCEPT_ENCODING, "identity".to_owned())];
    if from > 0 {
        headers.push((RANGE, format!("bytes={from}-")));
    }
    headers.extend(only_if.map(|etag| (IF_RANGE, etag.to_owned())));
    let question =
        Question { client, decode: false, url, insecure, bearer: None, headers: &headers };
    // The turn ends with the answer's head: a transfer takes as long as it takes, and one that
    // waits for a checksum file of the same host must not keep the host busy.
    let turn = client.host_limit().turn(&client.rules().asked(url)).await;
    let (response, hop) = send(&question, tries).await?;
    drop(turn);
    let range = text(response.headers(), &CONTENT_RANGE);
    match response.status().as_u16() {
        200 | 203 => {
            let end = response.content_length();
            Ok((Some(response), Part { hop, start: 0, end }))
        }
        206 if from > 0 => match range.as_deref().and_then(content_range) {
            Some((start, end)) if start <= from => {
                Ok((Some(response), Part { hop, start, end: Some(end) }))
            }
            _ => Err(garbled(&hop, tries)),
        },
        416 if from > 0 && range.as_deref() == Some(&format!("bytes */{from}")) => {
            Ok((None, Part { hop, start: from, end: Some(from) }))
        }
        _ => Err(refuse(response, &hop, tries).await),
    }
}

fn garbled(hop: &Hop, tries: u32) -> Failure {
    let cause = "the answer is another part of the file than was asked for".into();
    let url = SafeUrl::new(hop.asked.clone());
    hop.failure(Failure::of(NetError::Transport {
        url,
        kind: TransportKind::Garbled,
        tries,
        cause,
    }))
}

/// Reads `bytes 5-9/10`: the first byte, and the end of the file. An answer that does not reach to
/// the end of the file is no answer to what was asked.
fn content_range(text: &str) -> Option<(u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (start, last) = range.split_once('-')?;
    let (start, last): (u64, u64) = (start.parse().ok()?, last.parse().ok()?);
    let end = last.checked_add(1)?;
    (total == "*" || total.parse() == Ok(end)).then_some((start, end))
}

/// A weak tag says "about the same", which is not enough to put two halves together.
fn strong_etag(headers: &HeaderMap) -> Option<String> {
    text(headers, &ETAG).filter(|etag| etag.starts_with('"'))
}

struct Transfer {
    client: Client,
    url: Url,
    insecure: bool,
    etag: Option<String>,
    /// Bytes to drop, where the server began before what was asked for.
    skip: u64,
    from: u64,
    /// The next byte to yield, counted from the beginning of the file.
    at: u64,
    end: Option<u64>,
    /// Where the transfer was last taken up.
    since: u64,
    /// Where the bytes come from at present.
    hop: Hop,
    chunks: Chunks,
    pace: Pace,
    /// Where the file is asked for.
    asked: Url,
    tries: Tries,
    over: bool,
}

impl Transfer {
    async fn next(&mut self) -> Option<Result<Bytes, StreamError>> {
        while !self.over {
            let next = match self.pace.next(&mut self.chunks).await {
                Ok(next) => next,
                Err(slow) => {
                    self.over = true;
                    let error = NetError::too_slow(&self.safe(), slow);
                    return Some(Err(StreamError::Broken(Box::new(self.hop.told(error)))));
                }
            };
            let broken = match next {
                Some(Ok(mut chunk)) => {
                    let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(chunk.len());
                    self.skip -= skip as u64;
                    let _skipped = chunk.split_to(skip);
                    if chunk.is_empty() {
                        continue;
                    }
                    self.at += chunk.len() as u64;
                    return Some(Ok(chunk));
                }
                Some(Err(error)) => {
                    self.hop.told(transport::failed(error, &self.safe(), self.tries.made))
                }
                None if self.end.is_none_or(|end| self.at >= end) => {
                    self.over = true;
                    return None;
                }
                None => self.ended_early(),
            };
            if let Err(error) = self.take_up(broken).await {
                self.over = true;
                return Some(Err(self.told(error)));
            }
        }
        None
    }

    fn safe(&self) -> SafeUrl {
        SafeUrl::new(self.hop.asked.clone())
    }

    fn ended_early(&self) -> NetError {
        self.hop.told(NetError::Transport {
            url: self.safe(),
            kind: TransportKind::Truncated,
            tries: self.tries.made,
            cause: "the connection was closed".into(),
        })
    }

    /// Takes the transfer up where it broke, or gives back why that can't be.
    async fn take_up(&mut self, broken: NetError) -> Result<(), NetError> {
        let (Some(etag), Some(end)) = (self.etag.clone(), self.end) else { return Err(broken) };
        if self.at - self.since >= PROGRESS {
            self.tries = Tries::new(&self.client, &self.asked);
        }
        self.since = self.at;
        let mut failure = Failure::of(broken);
        loop {
            self.tries.again(failure).await?;
            let (url, tries) = (&self.url, self.tries.made);
            let asked = ask(&self.client, url, self.insecure, self.at, Some(&etag), tries).await;
            match asked {
                // The whole file in place of its rest: it is another one now, or ranges don't work.
                Ok((Some(response), part))
                    if part.start == self.at
                        && part.end == Some(end)
                        && response.status().as_u16() == 206
                        && strong_etag(response.headers()).as_ref() == Some(&etag) =>
                {
                    self.tries.answered();
                    self.skip = 0;
                    self.chunks = Box::pin(response.bytes_stream());
                    self.pace = Pace::new(self.client.config().least_pace);
                    self.hop = part.hop;
                    return Ok(());
                }
                Ok(_) => {
                    failure = Failure { error: self.ended_early(), again: Again::No };
                }
                Err(error) => failure = error,
            }
        }
    }

    fn told(&self, error: NetError) -> StreamError {
        match (error.asked(), self.end) {
            (
                NetError::Transport {
                    kind: TransportKind::Truncated | TransportKind::Reset, ..
                },
                Some(end),
            ) => StreamError::Truncated { got: self.at - self.from, announced: end - self.from },
            _ => StreamError::Broken(Box::new(error)),
        }
    }
}
