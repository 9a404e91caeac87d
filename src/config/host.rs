//! `[hosts."NAME"]`: what holds for requests to a host.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    Header, HostSettings, Proxy,
    fields::{Mistakes, Value, short},
};
use crate::model::{Code, HostPattern};

const EXAMPLE: &str = "[hosts.\"github.com\"]";
const KEYS: &[&str] = &["headers", "netrc", "ca-file", "proxy", "rate", "insecure", "private"];
const HEADER: &str = "Authorization = { env = \"CORP_TOKEN\", prefix = \"Bearer \" }";
/// Most requests a second that make sense; more is the same as no limit.
const FASTEST: f64 = 10_000.0;
/// Fewest: one in a thousand seconds.
const SLOWEST: f64 = 0.001;
/// Headers that say how a request is to be understood: depstate's own words.
const OURS: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "proxy-authorization",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

pub(super) fn read(file: &DeTable<'_>, mistakes: &mut Mistakes) -> Vec<HostSettings> {
    let Some(value) = file.get("hosts") else { return Vec::new() };
    let Some(table) = mistakes.table("hosts", value, EXAMPLE) else { return Vec::new() };
    let mut hosts: Vec<HostSettings> = Vec::new();
    for (key, value) in table {
        let name: &str = key.get_ref();
        let Some(settings) = mistakes.table(name, value, EXAMPLE) else { continue };
        if is_unquoted(settings) {
            let message = format!("`{}` has no settings, only tables", short(name));
            let help = format!("a host's name stands in quotes: `{EXAMPLE}`");
            mistakes.add(Code::BAD_NAME, key.span(), message, Some(help));
            continue;
        }
        let host = match HostPattern::new(name) {
            Ok(host) => Some(host),
            Err(error) => {
                let message = format!("`{}` {error}", short(name));
                mistakes.add(Code::BAD_NAME, key.span(), message, Some(error.help.to_owned()));
                None
            }
        };
        if hosts.iter().any(|other| Some(&other.host) == host.as_ref()) {
            let message = format!("`{}` is here twice, in other letters", short(name));
            mistakes.add(Code::BAD_NAME, key.span(), message, None);
        }
        let read = one(host, settings, mistakes);
        hosts.extend(read);
    }
    hosts
}

/// `[hosts.github.com]` is a table `com` in a table `github`.
fn is_unquoted(table: &DeTable<'_>) -> bool {
    !table.is_empty()
        && table.iter().all(|(key, value)| {
            value.get_ref().is_table() && !KEYS.contains(&key.get_ref().as_ref())
        })
}

fn one(
    host: Option<HostPattern>,
    table: &DeTable<'_>,
    mistakes: &mut Mistakes,
) -> Option<HostSettings> {
    mistakes.keys("a host", table, KEYS);
    let headers = table.get("headers").map(|value| headers(value, mistakes)).unwrap_or_default();
    let netrc = mistakes.flag("netrc", table);
    if let (true, Some(value)) = (netrc, table.get("netrc"))
        && headers.iter().any(|header| header.name == "authorization")
    {
        let message = "`netrc` and the header `Authorization` are one header twice";
        let help = Some("leave one of them out".to_owned());
        mistakes.add(Code::BAD_VALUE, value.span(), message, help);
    }
    let example = "ca-file = \"corp-ca.pem\"";
    let ca_file = table
        .get("ca-file")
        .and_then(|value| mistakes.text("ca-file", value, example))
        .map(str::to_owned);
    let proxy = table.get("proxy").and_then(|value| proxy(value, mistakes));
    let rate = table.get("rate").and_then(|value| rate(value, mistakes));
    let insecure = mistakes.flag("insecure", table);
    let private = mistakes.flag("private", table);
    Some(HostSettings { host: host?, headers, netrc, ca_file, proxy, rate, insecure, private })
}

fn headers(value: &Value<'_>, mistakes: &mut Mistakes) -> Vec<Header> {
    let example = format!("headers = {{ {HEADER} }}");
    let Some(table) = mistakes.table("headers", value, &example) else { return Vec::new() };
    let mut headers: Vec<Header> = Vec::new();
    for (key, value) in table {
        let (name, written) = (key.get_ref().to_ascii_lowercase(), key.get_ref());
        let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
        if name.is_empty() || !name.bytes().all(token) {
            let message = format!("`{}` is no header's name", short(written));
            mistakes.add(Code::BAD_NAME, key.span(), message, Some(format!("write `{HEADER}`")));
            continue;
        }
        if OURS.contains(&name.as_str()) {
            let message = format!("the header `{written}` is depstate's own");
            mistakes.add(Code::BAD_NAME, key.span(), message, Some("leave it out".to_owned()));
            continue;
        }
        if headers.iter().any(|other| other.name == name) {
            let message = format!("the header `{written}` is here twice");
            mistakes.add(Code::BAD_NAME, key.span(), message, Some("leave one out".to_owned()));
        }
        headers.extend(header(name, written, value, mistakes));
    }
    headers
}

fn header(
    name: String,
    written: &str,
    value: &Value<'_>,
    mistakes: &mut Mistakes,
) -> Option<Header> {
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("the value of `{written}` does not come from a variable");
        let help = "a secret never stands in a file: write `{ env = \"NAME\" }`".to_owned();
        mistakes.add(Code::WRONG_TYPE, value.span(), message, Some(help));
        return None;
    };
    mistakes.keys("a header", table, &["env", "prefix"]);
    let env = env(written, table.get("env"), value, mistakes);
    let prefix = match table.get("prefix").map(Spanned::get_ref) {
        None => Some(String::new()),
        Some(DeValue::String(text)) if text.bytes().all(|b| matches!(b, b' '..=b'~')) => {
            Some(text.clone().into_owned())
        }
        Some(_) => {
            let span = table.get("prefix").map_or_else(|| value.span(), Spanned::span);
            let help = Some("write `prefix = \"Bearer \"`".to_owned());
            mistakes.add(Code::BAD_VALUE, span, "`prefix` is no plain text", help);
            None
        }
    };
    Some(Header { name, env: env?, prefix: prefix? })
}

fn env(
    written: &str,
    env: Option<&Value<'_>>,
    header: &Value<'_>,
    mistakes: &mut Mistakes,
) -> Option<String> {
    let Some(value) = env else {
        let message = format!("the header `{written}` needs the key `env`");
        mistakes.add(Code::MISSING_KEY, header.span(), message, Some(format!("write `{HEADER}`")));
        return None;
    };
    let name = mistakes.text("env", value, "env = \"CORP_TOKEN\"")?;
    let first = name.bytes().next().is_some_and(|b| b.is_ascii_digit());
    if first || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        // Not shown: it may be the secret itself.
        let message = "`env` is no variable's name";
        let help = Some("it names the variable that holds the value: `CORP_TOKEN`".to_owned());
        mistakes.add(Code::ENV_NAME, value.span(), message, help);
        return None;
    }
    Some(name.to_owned())
}

fn proxy(value: &Value<'_>, mistakes: &mut Mistakes) -> Option<Proxy> {
    let example = "proxy = \"http://proxy.corp.example:3128\"";
    match value.get_ref() {
        DeValue::Boolean(false) => Some(Proxy::No),
        DeValue::String(_) => mistakes.url("proxy", value, example).map(Proxy::At),
        DeValue::Boolean(true)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => {
            mistakes.wrong("proxy", value, "an address or `false`", example);
            None
        }
    }
}

fn rate(value: &Value<'_>, mistakes: &mut Mistakes) -> Option<f64> {
    let number = match value.get_ref() {
        DeValue::Integer(number) => number.as_str().parse::<f64>().ok(),
        DeValue::Float(number) => number.as_str().parse::<f64>().ok(),
        DeValue::String(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_)
        | DeValue::Array(_)
        | DeValue::Table(_) => {
            mistakes.wrong("rate", value, "a number", "rate = 5");
            return None;
        }
    };
    let fits = number.filter(|number| (SLOWEST..=FASTEST).contains(number));
    if fits.is_none() {
        let message = format!("`rate` is not between {SLOWEST} and {FASTEST}");
        let help = Some("it is the number of requests a second: `rate = 5`".to_owned());
        mistakes.add(Code::BAD_VALUE, value.span(), message, help);
    }
    fits
}
