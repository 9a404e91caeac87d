//! The driver's table.

use crate::{
    model::{Code, Environment, Located, Mistake, ObjectKey},
    storage::{fields::Fields, registry::Setup},
};

/// The keys of its table.
pub(in crate::storage) const FIELDS: &[&str] =
    &["bucket", "prefix", "region", "endpoint", "path-style", "public-url", "checksum"];

/// What deps.toml says of the bucket.
pub(super) struct Config {
    pub(super) bucket: String,
    /// Without a slash at either end; empty: the whole bucket.
    pub(super) prefix: String,
    pub(super) region: Option<String>,
    pub(super) endpoint: Option<String>,
    /// The bucket is the first segment of the path, not a part of the host's name.
    pub(super) path_style: bool,
    /// Send checksums of our own.
    pub(super) checksums: bool,
    pub(super) environment: Environment,
    /// How long an answer may let wait, in place of the usual times.
    pub(super) patience: Option<std::time::Duration>,
}

impl Config {
    pub(super) fn from_table(setup: Setup) -> Result<Self, Vec<Mistake>> {
        let environment = setup.environment;
        let mut fields = Fields::new(setup.table, FIELDS, environment.clone());
        let bucket = fields.place("bucket");
        let bucket = fields.required("bucket", bucket);
        if let Some(bucket) = &bucket {
            check_bucket(&mut fields, bucket);
        }
        let prefix = fields.place("prefix");
        if let Some(prefix) = &prefix {
            check_prefix(&mut fields, prefix);
        }
        let region = fields.place("region");
        let endpoint = fields.address("endpoint");
        let path_style = fields.flag("path-style");
        fields.address("public-url");
        let checksum = fields.text("checksum");
        let checksums = match checksum.as_ref().map(|text| text.value.as_str()) {
            None | Some("when-supported") => true,
            Some("when-required") => false,
            Some(_) => {
                let span = checksum.map_or((0, 0), |text| text.span);
                fields.add(
                    Code::BAD_VALUE,
                    "`checksum` is neither `when-supported` nor `when-required`".to_owned(),
                    span,
                    None,
                );
                true
            }
        };
        fields.finish()?;
        let text = |given: Option<Located<String>>| given.map(|given| given.value);
        let endpoint = text(endpoint).or_else(|| {
            let named = |name| environment.get(name).map(ToOwned::to_owned);
            named("AWS_ENDPOINT_URL_S3").or_else(|| named("AWS_ENDPOINT_URL"))
        });
        Ok(Self {
            bucket: text(bucket).unwrap_or_default(),
            prefix: text(prefix).unwrap_or_default().trim_matches('/').to_owned(),
            region: text(region),
            // A host of one's own seldom has a name for each bucket.
            path_style: path_style.unwrap_or(endpoint.is_some()),
            endpoint,
            checksums,
            environment,
            patience: None,
        })
    }

    /// Returns where the store is: `s3://bucket/prefix`.
    pub(super) fn location(&self) -> String {
        if self.prefix.is_empty() {
            format!("s3://{}", self.bucket)
        } else {
            format!("s3://{}/{}", self.bucket, self.prefix)
        }
    }

    pub(super) fn identity(&self) -> String {
        match &self.endpoint {
            None => self.location(),
            Some(endpoint) => format!("{} at {}", self.location(), endpoint.trim_end_matches('/')),
        }
    }

    /// Puts the prefix before a key, or before the beginning of one.
    pub(super) fn full(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}/{key}", self.prefix) }
    }

    /// Takes the prefix off a key of the bucket; none: it is not below the prefix.
    pub(super) fn relative(&self, full: &str) -> Option<ObjectKey> {
        let key = if self.prefix.is_empty() {
            full
        } else {
            full.strip_prefix(&self.prefix)?.strip_prefix('/')?
        };
        Some(ObjectKey::new(key))
    }
}

fn check_bucket(fields: &mut Fields, bucket: &Located<String>) {
    let name = &bucket.value;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    // An access point's address stands for a bucket too.
    let fits = (3..=63).contains(&name.len()) && name.chars().all(plain);
    if !fits && !name.starts_with("arn:") {
        fields.add(
            Code::BAD_VALUE,
            format!("`bucket` can't be `{}`", name.escape_default()),
            bucket.span,
            Some("3 to 63 of `a-z`, `0-9`, `.`, `-`; what follows a slash is `prefix`".to_owned()),
        );
    }
}

fn check_prefix(fields: &mut Fields, prefix: &Located<String>) {
    let text = prefix.value.trim_matches('/');
    let bad = |segment: &str| {
        segment.is_empty()
            || segment == "."
            || segment == ".."
            || segment.chars().any(char::is_control)
    };
    if text.len() > 500 || (!text.is_empty() && text.split('/').any(bad)) {
        fields.add(
            Code::BAD_VALUE,
            format!("`prefix` can't be `{}`", prefix.value.escape_default()),
            prefix.span,
            Some("write it as `a/b`: no empty segment, no `..`, at most 500 bytes".to_owned()),
        );
    }
}
