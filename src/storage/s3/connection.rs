//! The way to the bucket.

use std::time::Duration;

use aws_sdk_s3::{
    Client,
    config::{
        BehaviorVersion, Builder, IdentityCache, Region, RequestChecksumCalculation,
        ResponseChecksumValidation, StalledStreamProtectionConfig, retry::RetryConfig,
        timeout::TimeoutConfig,
    },
};

use super::{
    config::Config,
    credentials::{self, Source},
    renewal::Renewal,
    whole::WholeAnswers,
};
use crate::storage::StorageError;

/// The region of a store that does not care; AWS redirects from it, naming the right one.
const NO_REGION: &str = "us-east-1";

/// How long an answer may let wait.
const ANSWER: Duration = Duration::from_secs(30);

/// The same for a request that carries a body.
const SENDING: Duration = Duration::from_mins(5);

/// Connections are reused; this is what they need to be made.
pub(super) struct Connection {
    pub(super) client: Client,
    /// Whose requests these are.
    pub(super) source: Source,
    /// Their credentials.
    pub(super) renewal: Renewal,
    /// How long the answer to a request with a body may let wait.
    patience: Duration,
}

impl Connection {
    pub(super) async fn open(config: &Config) -> Result<Self, StorageError> {
        let region = match &config.region {
            Some(region) => region.clone(),
            None => credentials::region(&config.environment)
                .await
                .unwrap_or_else(|| NO_REGION.to_owned()),
        };
        let found = credentials::find(&config.environment, &region).await?;
        let renewal = Renewal::new(&config.environment, &region, &found);
        let mut builder = Builder::new()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .force_path_style(config.path_style)
            .interceptor(WholeAnswers)
            // One attempt each: see the module's words on attempts.
            .retry_config(RetryConfig::disabled())
            .timeout_config(patience(config.patience.unwrap_or(ANSWER)))
            // And on integrity. A checksum of the SDK's would make a chunked body with a trailer,
            // which many stores can't read.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        if let Some(endpoint) = &config.endpoint {
            builder = builder.endpoint_url(endpoint);
        }
        if let Some(grace) = config.patience {
            builder = builder.stalled_stream_protection(
                StalledStreamProtectionConfig::enabled().grace_period(grace).build(),
            );
        }
        builder = match found.provider {
            Some(_) => builder
                .credentials_provider(renewal.clone())
                .identity_cache(IdentityCache::no_cache()),
            None => builder.allow_no_auth(),
        };
        let client = Client::from_conf(builder.build());
        Ok(Self {
            client,
            source: found.source,
            renewal,
            patience: config.patience.unwrap_or(SENDING),
        })
    }

    /// Returns the settings of a request that carries a body: the time until the answer begins holds
    /// the time for sending it.
    pub(super) fn patient(&self) -> Builder {
        Builder::new().timeout_config(patience(self.patience))
    }
}

fn patience(answer: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(Duration::from_secs(5)).read_timeout(answer).build()
}
