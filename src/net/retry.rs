//! What is tried again, and how long is waited before.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

/// Tells whether a status may pass by itself.
pub(super) fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504 | 520..=599)
}

/// What an answer says of the time to ask again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Patience {
    /// How long to wait.
    pub(super) after: Option<Duration>,
    /// When it may be asked again, by the server's clock.
    pub(super) until: Option<Timestamp>,
    /// Whether the server says that a quota is used up.
    pub(super) exhausted: bool,
}

impl Patience {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
        let named = |name: &'static str| text(HeaderName::from_static(name));
        let server = text(DATE).and_then(date);
        let wait = text(RETRY_AFTER);
        let after = wait.and_then(|wait| retry_after(wait, text(DATE)));
        let exhausted = named("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
        let reset = named("x-ratelimit-reset")
            .filter(|_| exhausted || after.is_none())
            .and_then(|reset| reset.trim().parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok());
        let until = wait.and_then(date).or_else(|| {
            let after = SignedDuration::try_from(after?).ok()?;
            server?.checked_add(after).ok()
        });
        Self { after, until: until.or(reset), exhausted }
    }
}

/// Reads `Retry-After`: seconds, or a date, which only the server's own clock (`Date`) can turn into
/// seconds. None: it is neither, or a date without a clock.
pub fn retry_after(wait: &str, clock: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = wait.trim().parse::<u32>() {
        return Some(Duration::from_secs(seconds.into()));
    }
    let left = date(wait)?.duration_since(date(clock?)?);
    Some(Duration::try_from(left).unwrap_or_default())
}

fn date(text: &str) -> Option<Timestamp> {
    // HTTP's date (RFC 9110, 5.6.7) is RFC 2822's with `GMT` for the zone.
    rfc2822::parse(text.trim()).ok().map(|date| date.timestamp())
}
