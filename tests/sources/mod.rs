//! Sources: what every driver promises, what each one does, and the HTTP below them.

mod cargo;
mod contract;
mod debian;
mod dir;
mod fixed;
mod git_tags;
mod gitea_releases;
mod github_releases;
mod github_tags;
mod gitlab_releases;
mod http;
mod http_csv;
mod http_hosts;
mod http_html;
mod http_json;
mod http_pace;
mod http_text;
mod http_xml;
mod maven;
mod mistakes;
mod npm;
mod oci_tags;
mod pypi;
mod resume;
mod rubygems;
mod storage_list;

use std::{collections::BTreeMap, path::Path, time::Duration};

use depstate::{
    model::{DependencyId, Environment, HostPattern, Mistake, Row},
    net::{ByteStream, Client, ClientConfig, Rules, StreamError},
    source::{self, Limits, Setup, SourceDriver, SourceError},
};

/// A client that fails fast: four tries, but no waits worth mentioning.
fn client() -> Client {
    Client::new(config())
}

fn config() -> ClientConfig {
    ClientConfig {
        system_proxy: false,
        // The servers of the tests are on this very host.
        rules: Rules::private([HostPattern::new("127.0.0.1:*").unwrap()]),
        first_delay: Duration::from_millis(1),
        longest_delay: Duration::from_millis(4),
        read_timeout: Duration::from_secs(5),
        ..ClientConfig::default()
    }
}

/// What a driver `name` is made from, given its table as TOML.
fn setup(table: &str, root: &Path, environment: &[(&str, &str)]) -> Setup {
    // Tables of a manifest own their texts; a test's text may as well live for ever.
    let table: &'static str = Box::leak(table.to_owned().into_boxed_str());
    let environment: BTreeMap<_, _> =
        environment.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Setup {
        id: DependencyId::new("tool").unwrap(),
        table: toml::de::DeTable::parse(table).unwrap(),
        root: root.to_owned(),
        client: client(),
        environment: Environment::new(environment),
        now: None,
        limits: Limits::default(),
    }
}

fn driver(name: &str, table: &str) -> Box<dyn SourceDriver> {
    made(name, &setup(table, Path::new("."), &[]))
}

fn made(name: &str, setup: &Setup) -> Box<dyn SourceDriver> {
    (source::find(name).unwrap().make)(setup).map_err(|mistakes| format!("{mistakes:#?}")).unwrap()
}

/// The mistakes of a table: code, marked text, message.
fn mistakes(
    name: &str,
    table: &str,
    environment: &[(&str, &str)],
) -> Vec<(String, String, String)> {
    let setup = setup(table, Path::new("."), environment);
    let Err(found) = (source::find(name).unwrap().make)(&setup) else { panic!("no mistake") };
    let marked = |mistake: &Mistake| {
        let (start, length) = mistake.span;
        table[start..start + length].to_owned()
    };
    found.iter().map(|m| (m.code.to_string(), marked(m), m.message.clone())).collect()
}

async fn rows(driver: &dyn SourceDriver) -> Result<Vec<Row>, SourceError> {
    Ok(driver.releases(None).await?.expect("nothing was said of an earlier state").rows)
}

fn upstreams(rows: &[Row]) -> Vec<&str> {
    rows.iter().map(|row| row.upstream.as_str()).collect()
}

async fn read(mut stream: ByteStream) -> Result<Vec<u8>, StreamError> {
    let mut all = Vec::new();
    while let Some(chunk) = stream.next().await? {
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// The whole text of an error and of what lies below it.
fn story(error: &dyn std::error::Error) -> String {
    let mut text = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(error) = next {
        text += " ";
        text += &error.to_string();
        next = error.source();
    }
    text
}
