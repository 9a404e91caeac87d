//! An external driver as a source.

use std::collections::BTreeSet;

use async_trait::async_trait;
use url::Url;

use super::{
    body,
    error::ExternalError,
    keeper::Keeper,
    protocol::{Open, Releases, code},
    setup::Setup,
    words::plain,
};
use crate::{
    model::{Code, Listing, Revision, SafeUrl},
    net::{ByteStream, Client},
    source::{self, SourceDriver, SourceError},
};

/// Rows of one listing.
const MOST_ROWS: usize = 500_000;
/// Bytes of one listing, as messages.
const MOST_BYTES: usize = 256 << 20;
/// Pages of one listing.
const MOST_PAGES: usize = 10_000;

/// A source that a program of the user's reads. The program is started when it is first asked.
#[derive(Debug)]
pub struct ExternalSource {
    keeper: Keeper,
    client: Client,
    insecure: bool,
}

impl ExternalSource {
    /// Takes a driver. `client` opens the https addresses that the driver does not open itself.
    pub fn new(setup: Setup, client: Client) -> Self {
        let insecure = setup.asked.config.get("insecure").and_then(serde_json::Value::as_bool);
        Self { keeper: Keeper::new(setup), client, insecure: insecure.unwrap_or_default() }
    }

    /// Starts the driver, if it does not run, and returns its name and version.
    ///
    /// # Errors
    /// When it can't be started, or does not take its table.
    pub async fn greet(&self) -> Result<String, ExternalError> {
        let session = self.keeper.session().await?;
        let welcome = &session.welcome;
        Ok(format!("{} {} ({})", plain(&welcome.name), plain(&welcome.version), welcome.place))
    }

    /// Ends the driver as the protocol has it.
    ///
    /// # Errors
    /// When it did not end by itself with status 0.
    pub async fn shutdown(&self) -> Result<(), ExternalError> {
        self.keeper.shutdown().await
    }

    fn program(&self) -> &str {
        self.keeper.setup.program.name()
    }

    fn failed(&self, error: &ExternalError) -> SourceError {
        if let ExternalError::Failed { error: answer, .. } = error
            && answer.code == code::ANSWER
        {
            let why = plain(&answer.message);
            return SourceError::Answer { url: self.origin(), why };
        }
        driver(error)
    }

    fn odd(&self, why: impl Into<String>) -> SourceError {
        SourceError::Answer {
            url: format!("{} ({})", self.program(), self.origin()),
            why: why.into(),
        }
    }

    fn offline(&self) -> Result<(), SourceError> {
        if self.keeper.setup.offline {
            return Err(SourceError::Driver {
                message: format!("`{}` was not asked, because of `--offline`", self.program()),
                code: Code::OFFLINE,
            });
        }
        Ok(())
    }

    fn row(&self, mut value: serde_json::Value) -> Result<crate::model::Row, SourceError> {
        // An address of the driver's own is none for anybody else.
        let own = value
            .get("url")
            .and_then(serde_json::Value::as_str)
            .filter(|url| url.starts_with("driver:"))
            .map(str::to_owned);
        if own.is_some()
            && let Some(fields) = value.as_object_mut()
        {
            fields.remove("url");
        }
        let mut row = source::row(&value, self.insecure).map_err(|why| self.odd(why))?;
        let texts = [Some(&row.upstream), own.as_ref(), row.url.as_ref(), row.name.as_ref()];
        if texts.into_iter().flatten().any(|text| text.chars().any(super::words::is_hidden)) {
            let version = plain(&row.upstream);
            return Err(self.odd(format!("the row of `{version}` has letters that can't be seen")));
        }
        row.url = own.or(row.url);
        Ok(row)
    }
}

#[async_trait]
impl SourceDriver for ExternalSource {
    fn origin(&self) -> String {
        match self.keeper.welcome() {
            Some(welcome) => welcome.place.clone(),
            None => self.program().to_owned(),
        }
    }

    async fn releases(&self, unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        self.offline()?;
        let session = self.keeper.session().await.map_err(|error| self.failed(&error))?;
        let mut asked =
            Releases { unless: unless.map(|revision| revision.0.clone()), cursor: None };
        let (mut listing, mut bytes) = (Listing::default(), 0);
        let mut cursors = BTreeSet::new();
        loop {
            let (page, size) =
                session.connection.ask_sized(&asked).await.map_err(|error| self.failed(&error))?;
            if !page.modified {
                if unless.is_none() || asked.cursor.is_some() {
                    return Err(self.odd("it says `modified: false` where nothing is known yet"));
                }
                return Ok(None);
            }
            bytes += size;
            for row in page.rows {
                listing.rows.push(self.row(row)?);
            }
            if listing.rows.len() > MOST_ROWS || bytes > MOST_BYTES || cursors.len() > MOST_PAGES {
                return Err(self.odd(format!(
                    "it lists more than {MOST_ROWS} rows, {MOST_BYTES} bytes or {MOST_PAGES} pages"
                )));
            }
            if asked.cursor.is_some()
                && page.revision.as_ref() != listing.revision.as_ref().map(|r| &r.0)
            {
                return Err(self.odd("the index changed while its pages were read"));
            }
            listing.revision = page.revision.map(Revision);
            let Some(next) = page.next else { return Ok(Some(listing)) };
            if !cursors.insert(next.clone()) {
                return Err(self.odd("its pages lead round in a circle"));
            }
            asked = Releases { unless: None, cursor: Some(next) };
        }
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        let address = |why| SourceError::Address { url: url.to_owned(), why };
        let scheme = url.split_once(':').map(|(scheme, _)| scheme).unwrap_or_default();
        if !["driver", "https", "http"].contains(&scheme) {
            return Err(address("a driver's addresses begin with `driver:` or `https:`"));
        }
        self.offline()?;
        let session = self.keeper.session().await.map_err(|error| self.failed(&error))?;
        if session.welcome.capabilities.opens.iter().all(|opened| opened != scheme) {
            if scheme == "driver" {
                return Err(address("the driver opens no addresses of its own"));
            }
            let parsed = Url::parse(url).map_err(|_| address("it is no absolute address"))?;
            return Ok(self.client.open(&parsed, from, self.insecure).await?);
        }
        let shown =
            Url::parse(url).map_or_else(|_| plain(url), |url| SafeUrl::new(url).to_string());
        let answer = match session.connection.ask(&Open { url: url.to_owned(), from }).await {
            Ok(answer) => answer,
            Err(ExternalError::Failed { error, .. }) if error.code == code::ABSENT => {
                return Err(SourceError::Absent { url: shown });
            }
            Err(ExternalError::Failed { error, .. }) if error.code == code::ADDRESS => {
                return Err(address("the driver does not open it"));
            }
            Err(error) => return Err(self.failed(&error)),
        };
        body::stream(&session, answer.body, None)
            .map_err(|why| self.odd(format!("it opens `{shown}`, and {why}")))
    }
}

/// Makes an error of a source of one of a driver's.
fn driver(error: &ExternalError) -> SourceError {
    let mut message = error.to_string();
    if let Some(help) = error.help() {
        message.push_str(": ");
        message.push_str(&help);
    }
    SourceError::Driver { message, code: error.code() }
}
