//! Credentials that run out while the program runs.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::provider::{
    ProvideCredentials, SharedCredentialsProvider, error::CredentialsError,
    future::ProvideCredentials as Provided,
};
use aws_sdk_s3::config::Credentials;
use tokio::{sync::Mutex, time::Instant};

use super::credentials::{self, Found};
use crate::{model::Environment, storage::StorageError};

/// Credentials are asked for anew so long before they run out.
const EARLY: Duration = Duration::from_mins(1);

/// Where no new ones could be had, it is not tried again for so long: many requests fail at once.
const LULL: Duration = Duration::from_secs(5);

/// Keeps credentials, and gets new ones: in time where it is known when they run out, and when a
/// store refuses them. It stands in for the SDK's own cache, which can't be told to forget.
#[derive(Clone)]
pub(super) struct Renewal(Arc<Inner>);

struct Inner {
    environment: Environment,
    region: String,
    /// How often there were new ones.
    serial: AtomicU64,
    kept: Mutex<Kept>,
}

struct Kept {
    /// None: requests are not signed.
    provider: Option<SharedCredentialsProvider>,
    credentials: Option<Credentials>,
    /// Whether the last renewal was on suspicion alone.
    suspected: bool,
    /// When a renewal last failed, and why.
    failed: Option<(Instant, String)>,
}

impl Renewal {
    pub(super) fn new(environment: &Environment, region: &str, found: &Found) -> Self {
        let kept = Kept {
            provider: found.provider.clone(),
            credentials: found.credentials.clone(),
            suspected: false,
            failed: None,
        };
        Self(Arc::new(Inner {
            environment: environment.clone(),
            region: region.to_owned(),
            serial: AtomicU64::new(0),
            kept: Mutex::new(kept),
        }))
    }

    /// Returns which credentials are in use now. To be read before a request, for [`Self::renew`].
    pub(super) fn serial(&self) -> u64 {
        self.0.serial.load(Ordering::Acquire)
    }

    /// Gets new credentials after the store refused those of `serial`, from the beginning of the
    /// chain, so that files are read anew and programs run anew. Tells whether there are others now,
    /// also by another request's doing. If it is not `certain` that the credentials were at fault,
    /// it is done once and not again.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub(super) async fn renew(&self, serial: u64, certain: bool) -> Result<bool, String> {
        let mut kept = self.0.kept.lock().await;
        if self.serial() != serial {
            return Ok(true);
        }
        let Some(old) = kept.credentials.clone() else { return Ok(false) };
        if !certain && kept.suspected {
            return Ok(false);
        }
        if let Some((_, why)) = kept.failed.as_ref().filter(|(at, _)| at.elapsed() < LULL) {
            return if certain { Err(why.clone()) } else { Ok(false) };
        }
        kept.suspected = !certain;
        let why = match self.look().await {
            Ok((provider, new)) if differ(&old, &new) => {
                kept.provider = Some(provider);
                kept.credentials = Some(new);
                kept.failed = None;
                self.0.serial.fetch_add(1, Ordering::Release);
                tracing::debug!("the store refused the credentials; there are new ones");
                return Ok(true);
            }
            Ok(_) => "they are still the same".to_owned(),
            Err(why) => why,
        };
        kept.failed = Some((Instant::now(), why.clone()));
        if certain { Err(why) } else { Ok(false) }
    }

    /// Asks the whole chain.
    async fn look(&self) -> Result<(SharedCredentialsProvider, Credentials), String> {
        let found = credentials::find(&self.0.environment, &self.0.region).await;
        let found = found.map_err(|error| match error {
            StorageError::Denied { message, .. } | StorageError::Failed { message, .. } => message,
        })?;
        found.provider.zip(found.credentials).ok_or_else(|| "there are none any more".to_owned())
    }

    async fn get(&self) -> Result<Credentials, CredentialsError> {
        let mut kept = self.0.kept.lock().await;
        if let Some(credentials) = kept.credentials.as_ref().filter(|kept| !runs_out(kept)) {
            return Ok(credentials.clone());
        }
        let Some(provider) = kept.provider.clone() else {
            return Err(CredentialsError::not_loaded_no_source());
        };
        let credentials = provider.provide_credentials().await?;
        if kept.credentials.as_ref().is_some_and(|old| differ(old, &credentials)) {
            self.0.serial.fetch_add(1, Ordering::Release);
        }
        kept.credentials = Some(credentials.clone());
        Ok(credentials)
    }
}

impl ProvideCredentials for Renewal {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(self.get())
    }
}

impl fmt::Debug for Renewal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renewal").field("serial", &self.serial()).finish_non_exhaustive()
    }
}

fn differ(old: &Credentials, new: &Credentials) -> bool {
    let all = |credentials: &Credentials| {
        (
            credentials.access_key_id().to_owned(),
            credentials.secret_access_key().to_owned(),
            credentials.session_token().map(ToOwned::to_owned),
        )
    };
    all(old) != all(new)
}

#[expect(
    clippy::disallowed_methods,
    reason = "credentials end by the system's clock, however long the program has run"
)]
fn runs_out(credentials: &Credentials) -> bool {
    credentials.expiry().is_some_and(|end| end <= SystemTime::now() + EARLY)
}
