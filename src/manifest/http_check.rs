//! `test.http`: what a server under test must answer.

use url::Host;

use super::{
    collect::{Collector, Extra as _, mistake, range},
    fields::{Value, bad_value, line, missing, string, table, whole, wrong_type},
    keys::shorten,
    keys_build,
    templates::is_template,
};
use crate::{
    model::{Code, HttpCheckRule, Located},
    template::Scope,
};

const EXAMPLE: &str = "url = \"http://127.0.0.1:8080/\"";

/// Reads the table.
pub(super) fn http(all: &mut Collector<'_>, value: &Value<'_>) -> Option<HttpCheckRule> {
    if !value.get_ref().is_table() {
        let help = match value.get_ref().as_str() {
            Some(text) => format!("write `http = {{ url = \"{}\" }}`", shorten(text)),
            None => format!("write `http = {{ {EXAMPLE} }}`"),
        };
        wrong_type(all, "http", value, "a table", Some(help));
        return None;
    }
    let fields = table(all, "http", value)?;
    keys_build::HTTP.check(all, fields.keys);
    let status = fields.get("status").map_or(Some(200), |value| status(all, value));
    let contains = fields.get("contains").and_then(|value| {
        let text = string(all, "contains", value)?;
        all.template(&text, Scope::Published);
        Some(text)
    });
    let Some(url) = fields.get("url") else {
        missing(all, fields, "`http`", "url", EXAMPLE);
        return None;
    };
    let url = line(all, "url", url)?;
    all.template(&url, Scope::Published);
    if let Some((message, help)) = wrong(&url) {
        all.add(mistake(Code::BAD_VALUE, range(&url), message).help(help));
        return None;
    }
    Some(HttpCheckRule { url, status: status?, contains })
}

fn status(all: &mut Collector<'_>, value: &Value<'_>) -> Option<u16> {
    let help = || Some("write the number alone: `status = 200`".to_owned());
    if !value.get_ref().is_integer() {
        wrong_type(all, "status", value, "a whole number", help());
        return None;
    }
    let read = whole(value.get_ref()).filter(|n| (100..=599).contains(n));
    let read = read.and_then(|n| u16::try_from(n).ok());
    if read.is_none() {
        bad_value(all, value.span(), "`status` is no status of HTTP", help());
    }
    read
}

/// Tells whether a host is a loopback address of version 4, plainly written.
fn here(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Ipv4(address)) => host.starts_with("127.") && address.is_loopback(),
        Ok(Host::Domain(_) | Host::Ipv6(_)) | Err(_) => false,
    }
}

/// Says what is wrong with an address, as far as its template lets it be known.
fn wrong(url: &Located<String>) -> Option<(String, String)> {
    let shown = shorten(&url.value);
    let help = format!("write an address of this machine: `{EXAMPLE}`");
    let Some(rest) = url.value.strip_prefix("http://") else {
        let message = match url.value.split_once("://") {
            Some((scheme, _)) if !is_template(scheme) => {
                format!("`{shown}` is not asked by plain http")
            }
            Some(_) | None => format!("`{shown}` does not begin with `http://`"),
        };
        return Some((message, help));
    };
    let place = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // An address of version 6 has colons of its own.
    let (host, port) = match place.split_once(']') {
        Some((host, port)) => (host.strip_prefix('[').unwrap_or_default(), port.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    if host != "localhost" && host != "::1" && !here(host) {
        return Some((format!("`{shown}` is not on this machine"), help));
    }
    let bad = port
        .is_some_and(|port| !is_template(port) && !port.parse::<u16>().is_ok_and(|port| port > 0));
    bad.then(|| (format!("`{shown}` has no port that there is"), help))
}
