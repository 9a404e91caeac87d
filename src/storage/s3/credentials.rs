//! Credentials by the usual AWS chain, and what to call their source.

use std::{fmt, path::PathBuf, time::Duration};

use aws_config::{
    ecs::EcsCredentialsProvider,
    imds::{self, credentials::ImdsCredentialsProvider},
    profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider},
    provider_config::ProviderConfig,
    web_identity_token::WebIdentityTokenCredentialsProvider,
};
use aws_credential_types::provider::error::CredentialsError;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_sdk_s3::config::{Credentials, ProvideCredentials, Region, SharedCredentialsProvider};

use crate::{model::Environment, storage::StorageError};

/// Where credentials come from. Shown in messages: names, never values.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Variables,
    Profile(String),
    WebIdentity,
    Container,
    Instance,
    /// None were found: requests are not signed, as for a public bucket.
    Nobody,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variables => f.write_str("credentials of the variable `AWS_ACCESS_KEY_ID`"),
            Self::Profile(name) => write!(f, "credentials of the AWS profile `{name}`"),
            Self::WebIdentity => {
                f.write_str("a web identity (`AWS_WEB_IDENTITY_TOKEN_FILE`, `AWS_ROLE_ARN`)")
            }
            Self::Container => f.write_str("credentials of the container's role"),
            Self::Instance => f.write_str("credentials of the instance's role (IMDS)"),
            Self::Nobody => f.write_str("no credentials (none were found)"),
        }
    }
}

impl Source {
    /// Says what gives new credentials when these have run out.
    pub(super) fn renewed_by(&self) -> String {
        match self {
            Self::Variables => {
                "the credentials have run out: set the variables anew and run this again".to_owned()
            }
            Self::Profile(name) => format!(
                "the credentials have run out: log in again (for SSO: `aws sso login --profile \
                 {name}`) and run this again"
            ),
            Self::WebIdentity | Self::Container | Self::Instance | Self::Nobody => {
                "the credentials have run out: run this again where there are new ones".to_owned()
            }
        }
    }
}

/// Credentials, and their source.
pub(super) struct Found {
    /// None: requests are not signed.
    pub(super) provider: Option<SharedCredentialsProvider>,
    /// What the provider has just given.
    pub(super) credentials: Option<Credentials>,
    pub(super) source: Source,
}

/// Looks for credentials: variables, profile (with SSO, roles and processes), web identity,
/// container, instance. The first source that is configured is taken.
///
/// # Errors
/// When it is configured but does not give any: the next one would be a surprise.
pub(super) async fn find(environment: &Environment, region: &str) -> Result<Found, StorageError> {
    if let Some(credentials) = from_variables(environment) {
        let provider = Some(SharedCredentialsProvider::new(credentials.clone()));
        let source = Source::Variables;
        return Ok(Found { provider, credentials: Some(credentials), source });
    }
    let config = ProviderConfig::without_region().with_region(Some(Region::new(region.to_owned())));
    if let Some(files) = profile_files(environment) {
        let name = profile_name(environment);
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&config)
            .profile_files(files)
            .profile_name(name)
            .build();
        if let Some(found) = ask(provider, Source::Profile(name.to_owned())).await? {
            return Ok(found);
        }
    }
    if environment.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() {
        let provider = WebIdentityTokenCredentialsProvider::builder().configure(&config).build();
        if let Some(found) = ask(provider, Source::WebIdentity).await? {
            return Ok(found);
        }
    }
    let container =
        ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    if container.iter().any(|name| environment.get(name).is_some()) {
        let provider = EcsCredentialsProvider::builder().configure(&config).build();
        if let Some(found) = ask(provider, Source::Container).await? {
            return Ok(found);
        }
    }
    let forbidden = environment.get("AWS_EC2_METADATA_DISABLED");
    if !forbidden.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        // On a machine that is no instance nobody answers: it must not cost more than a moment.
        let client = imds::Client::builder()
            .configure(&config)
            .max_attempts(1)
            .connect_timeout(Duration::from_millis(500))
            .read_timeout(Duration::from_secs(1))
            .build();
        let provider =
            ImdsCredentialsProvider::builder().configure(&config).imds_client(client).build();
        if let Some(found) = ask(provider, Source::Instance).await? {
            return Ok(found);
        }
    }
    Ok(Found { provider: None, credentials: None, source: Source::Nobody })
}

/// Returns the region that the environment or the profile names.
pub(super) async fn region(environment: &Environment) -> Option<String> {
    let named = environment.get("AWS_REGION").or_else(|| environment.get("AWS_DEFAULT_REGION"));
    if let Some(region) = named {
        return Some(region.to_owned());
    }
    let provider = ProfileFileRegionProvider::builder()
        .profile_files(profile_files(environment)?)
        .profile_name(profile_name(environment))
        .build();
    let region = aws_config::meta::region::ProvideRegion::region(&provider).await;
    region.map(|region| region.as_ref().to_owned())
}

async fn ask(
    provider: impl ProvideCredentials + 'static,
    source: Source,
) -> Result<Option<Found>, StorageError> {
    match provider.provide_credentials().await {
        Ok(credentials) => {
            // Asked again when they run out.
            let provider = Some(SharedCredentialsProvider::new(provider));
            Ok(Some(Found { provider, credentials: Some(credentials), source }))
        }
        Err(CredentialsError::CredentialsNotLoaded(_)) => Ok(None),
        Err(e) => Err(StorageError::Denied {
            message: format!("could not get {source}: {}", innermost(&e)),
            help: match source {
                Source::Profile(name) => {
                    Some(format!("log in again, for SSO: `aws sso login --profile {name}`"))
                }
                Source::Variables
                | Source::WebIdentity
                | Source::Container
                | Source::Instance
                | Source::Nobody => None,
            },
        }),
    }
}

/// Returns the text of the last error of a chain, which says most.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

fn from_variables(environment: &Environment) -> Option<Credentials> {
    let id = environment.get("AWS_ACCESS_KEY_ID")?;
    let secret = environment.get("AWS_SECRET_ACCESS_KEY")?;
    let token = environment.get("AWS_SESSION_TOKEN").map(ToOwned::to_owned);
    Some(Credentials::new(id, secret, token, None, "environment"))
}

fn profile_name(environment: &Environment) -> &str {
    environment.get("AWS_PROFILE").unwrap_or("default")
}

fn profile_files(environment: &Environment) -> Option<EnvConfigFiles> {
    let home = environment.get("HOME").or_else(|| environment.get("USERPROFILE"));
    let file = |variable: &str, name: &str| {
        let named = environment.get(variable).map(PathBuf::from);
        named.or_else(|| Some(PathBuf::from(home?).join(".aws").join(name)))
    };
    let config = file("AWS_CONFIG_FILE", "config");
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    let mut files = EnvConfigFiles::builder();
    let mut any = false;
    let all = [(EnvConfigFileKind::Config, config), (EnvConfigFileKind::Credentials, credentials)];
    for (kind, path) in all {
        // A file that is named and not there is an error of the SDK's; the usual ones may lack.
        if let Some(path) = path.filter(|path| path.is_file()) {
            files = files.with_file(kind, path);
            any = true;
        }
    }
    any.then(|| files.build())
}
