//! The user's own configuration: what stands in it, and that nobody else writes it.

mod broken;
mod tracked;
mod used;

use depstate::config::{Config, Proxy, read};

/// What a text says; panics with its mistakes.
fn said(text: &str) -> Config {
    let read = read(text.as_bytes());
    assert!(read.mistakes.is_empty(), "{:#?}", read.mistakes);
    read.config
}

#[test]
fn the_example_has_every_key_and_is_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/.depstate.example/config.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let config = said(&text);
    let host = |name: &str| {
        let found = config.hosts.iter().find(|host| host.host.to_string() == name);
        found.unwrap_or_else(|| panic!("no {name}"))
    };
    let proxy = host("proxy.corp.example");
    let headers: Vec<_> = proxy
        .headers
        .iter()
        .map(|it| (it.name.as_str(), it.env.as_str(), it.prefix.as_str()))
        .collect();
    assert_eq!(headers, [("authorization", "CORP_TOKEN", "Bearer "), ("x-team", "CORP_TEAM", "")]);
    assert_eq!((proxy.ca_file.as_deref(), proxy.rate), (Some("corp-ca.pem"), Some(5.0)));
    assert!(proxy.private && !proxy.insecure && !proxy.netrc && proxy.proxy.is_none());
    let below = host("*.corp.example");
    assert!(below.netrc && below.private && below.proxy == Some(Proxy::No));
    assert!(
        matches!(&host("gitlab.example:8443").proxy, Some(Proxy::At(url)) if url.port() == Some(3128))
    );
    assert!(host("mirror.lab.example").insecure);
    assert_eq!(config.rewrites[0].to.as_str(), "https://proxy.corp.example/github/");
    assert_eq!(config.drivers.len(), 1);
    // Nothing that the reader knows is missing from the example.
    for key in ["headers", "netrc", "ca-file", "proxy", "rate", "insecure", "private", "from", "to"]
    {
        assert!(text.lines().any(|line| line.starts_with(&format!("{key} ="))), "{key}");
    }
}

#[test]
fn without_a_word_nothing_is_configured() {
    assert_eq!(said(""), Config::default());
    assert_eq!(said("# only a comment\n[hosts]\n"), Config::default());
}

#[test]
fn a_driver_may_get_more_variables() {
    let digest = "00".repeat(32);
    let text = format!(
        "[drivers]\ndepstate-source-x = {{ sha256 = \"sha256:{digest}\", environment = [\"MY_TOKEN\"] }}\n"
    );
    let config = said(&text);
    assert_eq!(config.drivers["depstate-source-x"].to_string(), digest);
    assert_eq!(config.driver_variables["depstate-source-x"], ["MY_TOKEN"]);
}
