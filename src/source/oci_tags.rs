//! `oci-tags`: the tags of an image in an OCI registry. No registry's address is built in.
//!
//! A tag has no files here: `artifact` says where the file is.

use async_trait::async_trait;
use http_auth::parse_challenges;
use serde::Deserialize;
use tokio::sync::Mutex;
use url::Url;

use super::{
    Setup, SourceDriver, SourceError,
    fields::Fields,
    paging::{self, Part},
    place,
    web::{self, Web, expect_json, unusable},
};
use crate::{
    model::{Listing, Mistake, Revision, Row},
    net::{Answer, ByteStream, NetError, Secret},
};

pub(super) const FIELDS: &[&str] = &["package", "registry"];

/// Tags that are asked for at a time; registries give fewer if they like.
const PAGE: usize = 1000;

struct OciTags {
    images: Vec<Image>,
    registry: Url,
    web: Web,
}

struct Image {
    name: String,
    first: Url,
    /// What the registry gives to everybody who asks for one.
    token: Mutex<Option<Secret>>,
}

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let shape = "it is `library/alpine`: in lower case, without the registry, a tag or a digest";
    let packages = place::packages(&mut fields, "library/alpine", is_image, shape);
    let registry = place::read(&mut fields, setup, "oci");
    let web = Web::new(setup, fields.insecure);
    fields.finish()?;
    let Some(registry) = registry else { return Err(Vec::new()) };
    // Some write the version of the protocol with it.
    let base = registry.as_str().trim_end_matches('/').trim_end_matches("/v2");
    let images = packages
        .into_iter()
        .filter_map(|package| {
            let first = format!("{base}/v2/{}/tags/list?n={PAGE}", package.value);
            let first = Url::parse(&first).ok()?;
            Some(Image { name: package.value, first, token: Mutex::new(None) })
        })
        .collect();
    Ok(Box::new(OciTags { images, registry, web }))
}

/// Tells the name of an image: parts of small letters and digits, joined by `.`, `_`, `__` or dashes.
fn is_image(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.len() <= 255
        && text.split('/').all(|part| {
            let bytes = part.as_bytes();
            bytes.first().is_some_and(|b| plain(*b))
                && bytes.last().is_some_and(|b| plain(*b))
                && bytes.iter().all(|b| plain(*b) || b"._-".contains(b))
                && !part.contains("..")
        })
}

#[derive(Deserialize)]
struct Tags {
    /// None where an image has none.
    tags: Option<Vec<String>>,
}

/// What a registry gives to everybody who asks; it has two names.
#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl OciTags {
    async fn page(&self, image: &Image, url: Url) -> Result<Part, SourceError> {
        let answer = self.ask(image, &url).await?;
        expect_json(&answer)?;
        let tags: Tags = serde_json::from_slice(&answer.body)
            .map_err(|error| unusable(&answer, format!("it is no list of tags: {error}")))?;
        let tags = tags.tags.unwrap_or_default();
        let next = match answer.next_link {
            Some(next) => Some(next),
            // As many as were asked for, and nothing of more: that is asked, not believed.
            None if tags.len() == PAGE => tags.last().and_then(|last| after(&url, last)),
            None => None,
        };
        let rows: Vec<Row> =
            tags.into_iter().map(|tag| Row { upstream: tag, ..Row::default() }).collect();
        Ok(Part { entries: rows.len() as u64, rows, next, total: None })
    }

    /// Asks for a page; with a token, if the registry wants one.
    async fn ask(&self, image: &Image, url: &Url) -> Result<Answer, SourceError> {
        let mut request = self.web.request(url.clone());
        request.accept = Some("application/json");
        // A page may name any address as the next one; the token is for the registry alone.
        let at_home = url.origin() == self.registry.origin();
        if at_home {
            request.bearer = image.token.lock().await.clone();
        }
        let error = match self.web.read(&request).await {
            Err(SourceError::Net(error)) if at_home => error,
            answer => return answer,
        };
        let NetError::Status { url: asked, status: 401, challenge: Some(challenge), .. } = &*error
        else {
            return Err(SourceError::Net(error));
        };
        // After a redirect it is another server that wants to know who asks.
        let ours = asked.expose().origin() == self.registry.origin();
        let Some(at) = realm(challenge, &image.name).filter(|_| ours) else {
            return Err(SourceError::Net(error));
        };
        let token = self.token(at).await?;
        *image.token.lock().await = Some(token.clone());
        request.bearer = Some(token);
        self.web.read(&request).await
    }

    /// Asks for a token that everybody may have: no credential is sent, wherever that is.
    async fn token(&self, at: Url) -> Result<Secret, SourceError> {
        let answer = self.web.read(&self.web.request(at)).await?;
        expect_json(&answer)?;
        // What can't be read may hold a token, so that it is not told.
        let token: Option<Token> = serde_json::from_slice(&answer.body).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        let token =
            token.filter(|token| !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic()));
        token.map(|token| Secret::new(&token)).ok_or_else(|| unusable(&answer, "it holds no token"))
    }
}

/// Makes the address that a challenge sends to; none: it wants something else than a token.
fn realm(challenge: &str, image: &str) -> Option<Url> {
    let challenges = parse_challenges(challenge).ok()?;
    let bearer = challenges.iter().find(|c| c.scheme.eq_ignore_ascii_case("bearer"))?;
    let given = |name: &str| {
        let mut parameters = bearer.params.iter();
        let value = parameters.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value.1.to_unescaped())
    };
    let mut url = Url::parse(&given("realm")?).ok()?;
    let scope = given("scope").unwrap_or_else(|| format!("repository:{image}:pull"));
    let mut query = url.query_pairs_mut();
    if let Some(service) = given("service") {
        query.append_pair("service", &service);
    }
    query.append_pair("scope", &scope);
    drop(query);
    Some(url)
}

/// Makes the address of the tags after one; none where that is what was just asked.
fn after(url: &Url, last: &str) -> Option<Url> {
    let others: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    if others.iter().any(|(key, value)| key == "last" && value == last) {
        return None;
    }
    let others = others.into_iter().filter(|(key, _)| key != "last");
    let mut next = url.clone();
    next.query_pairs_mut().clear().extend_pairs(others).append_pair("last", last);
    Some(next)
}

#[async_trait]
impl SourceDriver for OciTags {
    fn origin(&self) -> String {
        let names: Vec<&str> = self.images.iter().map(|image| image.name.as_str()).collect();
        format!("{} in {}", names.join(", "), web::origin(std::slice::from_ref(&self.registry)))
    }

    async fn releases(&self, _unless: Option<&Revision>) -> Result<Option<Listing>, SourceError> {
        let mut rows = Vec::new();
        for image in &self.images {
            let first = std::slice::from_ref(&image.first);
            let page = |url| self.page(image, url);
            rows.extend(paging::follow(first, self.web.limits, page).await?);
        }
        Ok(Some(Listing { rows, ..Listing::default() }))
    }

    async fn open(&self, url: &str, from: u64) -> Result<ByteStream, SourceError> {
        self.web.open(url, from).await
    }
}
