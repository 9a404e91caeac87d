//! What the bucket answered, by what the caller can do about it, in words for people.

use std::{fmt::Write as _, time::Duration};

use aws_sdk_s3::{
    error::{ProvideErrorMetadata, SdkError},
    operation::RequestId as _,
};

use super::{
    config::Config,
    credentials::{Source, innermost},
};
use crate::{
    net::retry_after,
    storage::{PutError, StorageError},
};

/// The codes of credentials that are good no more.
const RUN_OUT: &[&str] = &[
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "TokenRefreshRequired",
    "RequestExpired",
];

/// A request, for messages.
pub(super) struct Asked<'a> {
    /// The operation's name in S3's documentation.
    pub(super) operation: &'static str,
    /// The whole key, or the beginning of keys.
    pub(super) key: &'a str,
}

/// Why there is no answer to go on with.
#[derive(Debug)]
pub(super) struct Failure {
    kind: Kind,
    /// What happened, innermost.
    detail: String,
    request_id: Option<String>,
    /// The region that the bucket is in, where the answer names it.
    region: Option<String>,
    /// The store's clock, as it writes it.
    date: Option<String>,
    tries: usize,
    /// So long the store wants to be left alone.
    pub(super) wait: Option<Duration>,
    /// Whether it was not tried again because too many requests to the store failed.
    pub(super) spent: bool,
    /// Why there are no new credentials in place of those that were refused.
    pub(super) not_renewed: Option<String>,
}

#[derive(Debug)]
enum Kind {
    /// The store answered an error.
    Answered { status: u16, code: Option<String> },
    /// Nobody answered in time.
    Late,
    /// There was no connection, or it broke.
    Broken,
    /// The answer could not be read.
    Unreadable,
    /// The request could not be made: it was never sent.
    Unsent,
}

impl Failure {
    pub(super) fn of<E>(error: &SdkError<E>, tries: usize) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let raw = error.raw_response();
        let header = |name: &str| raw?.headers().get(name).map(ToOwned::to_owned);
        let answered = error.as_service_error().map(ProvideErrorMetadata::meta);
        let kind = match error {
            SdkError::ServiceError(inner) => Kind::Answered {
                status: inner.raw().status().as_u16(),
                code: inner.err().code().map(ToOwned::to_owned),
            },
            SdkError::TimeoutError(_) => Kind::Late,
            SdkError::DispatchFailure(inner) if inner.is_timeout() => Kind::Late,
            SdkError::DispatchFailure(inner) if inner.is_user() => Kind::Unsent,
            SdkError::DispatchFailure(_) => Kind::Broken,
            SdkError::ConstructionFailure(_) => Kind::Unsent,
            // And what a later SDK may add.
            SdkError::ResponseError(_) | _ => Kind::Unreadable,
        };
        let detail = match answered {
            Some(meta) => meta.message().unwrap_or_default().trim_end_matches('.').to_owned(),
            None => innermost(error),
        };
        Self {
            kind,
            detail,
            request_id: answered.and_then(|meta| meta.request_id().map(ToOwned::to_owned)),
            region: header("x-amz-bucket-region"),
            wait: header("retry-after")
                .and_then(|wait| retry_after(&wait, header("date").as_deref())),
            date: header("date"),
            tries,
            spent: false,
            not_renewed: None,
        }
    }

    /// A failure of our own making: the answer came, and is not what it should be.
    pub(super) fn unreadable(detail: String) -> Self {
        Self {
            kind: Kind::Unreadable,
            detail,
            request_id: None,
            region: None,
            date: None,
            tries: 1,
            wait: None,
            spent: false,
            not_renewed: None,
        }
    }

    pub(super) fn status(&self) -> Option<u16> {
        match &self.kind {
            Kind::Answered { status, .. } => Some(*status),
            Kind::Late | Kind::Broken | Kind::Unreadable | Kind::Unsent => None,
        }
    }

    pub(super) fn code(&self) -> Option<&str> {
        match &self.kind {
            Kind::Answered { code, .. } => code.as_deref(),
            Kind::Late | Kind::Broken | Kind::Unreadable | Kind::Unsent => None,
        }
    }

    /// Tells whether a later try may fare better.
    pub(super) fn is_passing(&self) -> bool {
        match &self.kind {
            Kind::Answered { status, code } => {
                matches!(status, 408 | 429 | 500..)
                    // An error in the body of a 200.
                    || *status < 300
                    || matches!(code.as_deref(), Some("RequestTimeout" | "SlowDown" | "OperationAborted"))
                    || self.is_skewed()
            }
            Kind::Late | Kind::Broken | Kind::Unreadable => true,
            Kind::Unsent => false,
        }
    }

    /// Tells whether the store refused the time that the request was signed with. The SDK has learnt
    /// the store's from the same answer, so the next request is signed with that.
    pub(super) fn is_skewed(&self) -> bool {
        self.code() == Some("RequestTimeTooSkewed")
    }

    /// Tells whether the store wants to be asked more slowly.
    pub(super) fn is_throttle(&self) -> bool {
        matches!(self.status(), Some(429 | 503))
            || matches!(self.code(), Some("SlowDown" | "Throttling" | "TooManyRequests"))
    }

    /// Tells whether the credentials were refused in a way that others may not be, and whether that is
    /// certain: a key may be unknown because it never was one, and the answer to a HEAD names no code.
    /// None: it was something else.
    pub(super) fn blames_credentials(&self) -> Option<bool> {
        match (self.status()?, self.code()) {
            (_, Some(code)) if RUN_OUT.contains(&code) => Some(true),
            (_, Some("InvalidAccessKeyId")) | (400 | 401 | 403, None) => Some(false),
            _ => None,
        }
    }

    /// Returns what was answered, and how often it was asked.
    pub(super) fn answer(&self) -> String {
        let mut text = match &self.kind {
            Kind::Answered { status, code: Some(code) } => format!("answered {status} {code}"),
            Kind::Answered { status, code: None } => format!("answered {status}"),
            Kind::Late => "no answer in time".to_owned(),
            Kind::Broken => "no connection".to_owned(),
            Kind::Unreadable => "an answer that can't be read".to_owned(),
            Kind::Unsent => "not sent".to_owned(),
        };
        if !self.detail.is_empty() {
            text.push_str(": ");
            text.push_str(&self.detail);
        }
        let tries =
            if self.tries == 1 { "1 try".to_owned() } else { format!("{} tries", self.tries) };
        text = match &self.request_id {
            Some(id) => format!("{text} (request {id}, {tries})"),
            None => format!("{text} ({tries})"),
        };
        if self.spent {
            text.push_str(
                "; it is not tried again, as too many requests to this store have failed",
            );
        }
        if let Some(wait) = self.wait {
            let _infallible =
                write!(text, "; the store wants to be left alone for {} s", wait.as_secs());
        }
        text
    }

    pub(super) fn explain(
        &self,
        config: &Config,
        source: &Source,
        asked: &Asked<'_>,
    ) -> StorageError {
        let place = format!("s3://{}/{}", config.bucket, asked.key);
        let message = format!("{} of `{place}`: {}", asked.operation, self.answer());
        if self.is_denial() {
            let mut message = format!("{message}; with {source}");
            if let Some(why) = &self.not_renewed {
                let _infallible = write!(message, "; new ones could not be had: {why}");
            }
            return StorageError::Denied { message, help: Some(self.permit(source, asked)) };
        }
        StorageError::Failed { message, help: self.help(config) }
    }

    /// Says what became of a write that was sent once.
    pub(super) fn outcome(
        &self,
        config: &Config,
        source: &Source,
        asked: &Asked<'_>,
        matches: bool,
    ) -> PutError {
        let explained = self.explain(config, source, asked);
        let Kind::Answered { status, code } = &self.kind else {
            return if matches!(self.kind, Kind::Unsent) {
                PutError::Refused(explained)
            } else {
                PutError::Unknown(explained.to_string())
            };
        };
        match status {
            412 => PutError::Precondition(explained.to_string()),
            409 => PutError::Conflict(explained.to_string()),
            // Of other things that may be missing (a bucket, an upload) the code tells.
            404 if matches && code.as_deref() == Some("NoSuchKey") => {
                PutError::Missing(explained.to_string())
            }
            // Asked too often, or too slowly: to be tried again, and that is the caller's business.
            408 | 429 => PutError::Unknown(explained.to_string()),
            _ if matches!(code.as_deref(), Some("RequestTimeout" | "SlowDown")) => {
                PutError::Unknown(explained.to_string())
            }
            // A completion that came twice finds no upload: the first one may have made the object.
            404 if code.as_deref() == Some("NoSuchUpload") => {
                PutError::Unknown(explained.to_string())
            }
            300..=499 => PutError::Refused(explained),
            _ => PutError::Unknown(explained.to_string()),
        }
    }

    pub(super) fn is_denial(&self) -> bool {
        matches!(self.status(), Some(401 | 403)) && !self.is_skewed()
            || self.code().is_some_and(|code| RUN_OUT.contains(&code))
    }

    /// Returns what lets a denied request pass.
    fn permit(&self, source: &Source, asked: &Asked<'_>) -> String {
        if matches!(source, Source::Nobody) {
            return "set `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, or `AWS_PROFILE`"
                .to_owned();
        }
        match self.code() {
            Some("InvalidAccessKeyId" | "NotSignedUp") => {
                "the store does not know this access key: check where it comes from".to_owned()
            }
            Some("SignatureDoesNotMatch") => {
                "the secret does not belong to the access key, or `region` is not the store's"
                    .to_owned()
            }
            Some(code) if RUN_OUT.contains(&code) => source.renewed_by(),
            _ => match asked.operation {
                "GetObject" | "HeadObject" => {
                    "grant `s3:GetObject`, and `s3:ListBucket` on the bucket: without it a missing \
                     key is answered as denied"
                        .to_owned()
                }
                "ListObjectsV2" => "grant `s3:ListBucket` on the bucket".to_owned(),
                "ListMultipartUploads" => {
                    "grant `s3:ListBucketMultipartUploads` on the bucket".to_owned()
                }
                "AbortMultipartUpload" => "grant `s3:AbortMultipartUpload`".to_owned(),
                "DeleteObject" => "grant `s3:DeleteObject`".to_owned(),
                _ => "grant `s3:PutObject`".to_owned(),
            },
        }
    }

    fn help(&self, config: &Config) -> Option<String> {
        if let (Some(301 | 307 | 400), Some(region)) = (self.status(), &self.region) {
            return Some(format!("the bucket is elsewhere: write `region = \"{region}\"`"));
        }
        match self.code() {
            Some("NoSuchBucket") => {
                let bucket = &config.bucket;
                return Some(format!("create the bucket `{bucket}`, or correct `bucket`"));
            }
            Some("PermanentRedirect" | "AuthorizationHeaderMalformed") => {
                return Some("correct `region` or `endpoint`".to_owned());
            }
            Some("RequestTimeTooSkewed") => {
                let Some(date) = &self.date else {
                    return Some("set this machine's clock".to_owned());
                };
                #[expect(clippy::disallowed_methods, reason = "it is this clock that is wrong")]
                let ours = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
                return Some(format!(
                    "set this machine's clock: it says `{ours}`, and the store's `{date}`"
                ));
            }
            Some("NotImplemented") => {
                return Some(
                    "the store lacks a feature; try `checksum = \"when-required\"`".to_owned(),
                );
            }
            _ => {}
        }
        match (&self.kind, &config.endpoint) {
            (Kind::Late | Kind::Broken, Some(endpoint)) => {
                Some(format!("is the endpoint `{endpoint}` right, and can it be reached?"))
            }
            (Kind::Late | Kind::Broken, None) => {
                Some("is `region` right, and can S3 be reached from here?".to_owned())
            }
            _ => None,
        }
    }
}
