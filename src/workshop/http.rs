//! Asking a server under test, from within the place that it runs in.

use std::{
    ffi::OsString,
    io::Write as _,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::{Request, client::conn::http1::handshake};
use hyper_util::rt::TokioIo;
use process_wrap::tokio::{CommandWrap, KillOnDrop};
use tokio::{net::TcpStream, time::Instant};
use url::{Host, Url};

use super::archive::shown;
use crate::model::HttpCheck;

/// The first argument of the helper that runs a server and asks it.
pub(super) const NAME: &str = "http";
/// What a line begins with that says why the answer was not right.
pub(super) const MARK: &str = "depstate: http: ";
/// What the helper ends with then.
const WRONG: i32 = 1;
/// What it ends with when it was called wrongly: `EX_SOFTWARE`.
const BROKEN: i32 = 70;
/// How long a server may take until it answers as it should.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(100);
/// Bytes of an answer that are looked at.
const BODY: usize = 1 << 20;

/// Asks until the answer is right, for at most 30 s. Only this machine is asked, and no proxy; a
/// redirect is an answer like any other.
///
/// # Errors
/// What was wanted and what was answered, in words.
pub async fn probe(check: &HttpCheck) -> Result<(), String> {
    let (url, addresses) = place(&check.url)?;
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = tokio::time::timeout(ANSWER, ask(&url, &addresses, check)).await;
        let why = match answer {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(why)) => why,
            Err(_) => format!("it did not answer within {} s", ANSWER.as_secs()),
        };
        if Instant::now() >= until {
            let wanted = format!("`{url}` was to answer with status {}", check.status);
            return Err(format!("{wanted}, and after {} s {why}", PATIENCE.as_secs()));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Returns the helper's arguments, [`NAME`] first, around the server's command.
pub(super) fn arguments(check: &HttpCheck, server: Vec<String>) -> Vec<String> {
    let contains =
        check.contains.as_ref().map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
    let mut argv = vec![NAME.to_owned(), check.url.clone(), check.status.to_string(), contains];
    argv.extend(server);
    argv
}

/// Starts the server, asks it, and ends it; `argv` is what follows [`NAME`]. Returns the exit code.
pub(super) fn main(argv: &[OsString]) -> i32 {
    let text = |n: usize| argv.get(n).and_then(|text| text.to_str());
    let (Some(url), Some(status), Some(contains)) =
        (text(0), text(1).and_then(|text| text.parse().ok()), text(2))
    else {
        return BROKEN;
    };
    let contains = contains.strip_prefix('+').map(str::to_owned);
    let check = HttpCheck { url: url.to_owned(), status, contains };
    let Some(server) = argv.get(3..).filter(|server| !server.is_empty()) else {
        return BROKEN;
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return BROKEN;
    };
    let Err(why) = runtime.block_on(serve(&check, server)) else {
        return 0;
    };
    // Nobody reads it: nobody is told.
    let _closed = writeln!(std::io::stderr(), "{MARK}{why}");
    WRONG
}

async fn serve(check: &HttpCheck, server: &[OsString]) -> Result<(), String> {
    let name = server[0].to_string_lossy().into_owned();
    let mut command = CommandWrap::with_new(&server[0], |command| {
        command.args(&server[1..]).stdin(std::process::Stdio::null());
    });
    command.wrap(KillOnDrop);
    let mut child =
        command.spawn().map_err(|error| format!("`{name}` can't be started: {error}"))?;
    tokio::select! {
        ended = child.wait() => Err(match ended {
            Ok(status) => format!("`{name}` ended with {status} before it answered as it should"),
            Err(error) => format!("`{name}` can't be waited for: {error}"),
        }),
        asked = probe(check) => {
            // Whoever ran this kills what is left of it.
            let _gone = child.start_kill();
            asked
        }
    }
}

/// The addresses of this machine that a URL names.
fn place(text: &str) -> Result<(Url, Vec<IpAddr>), String> {
    let url = Url::parse(text).map_err(|error| format!("`{text}` is no URL: {error}"))?;
    if url.scheme() != "http" {
        return Err(format!("`{text}` does not begin with `http://`"));
    }
    let addresses = match url.host() {
        Some(Host::Domain("localhost")) => {
            vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]
        }
        Some(Host::Ipv4(address)) if address.is_loopback() => vec![address.into()],
        Some(Host::Ipv6(address)) if address.is_loopback() => vec![address.into()],
        Some(_) | None => {
            return Err(format!("`{text}` is not of this machine: use `127.0.0.1`"));
        }
    };
    Ok((url, addresses))
}

async fn ask(url: &Url, addresses: &[IpAddr], check: &HttpCheck) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("it said nothing that is HTTP: {error}");
    let port = url.port_or_known_default().unwrap_or(80);
    let mut connected = Err("nobody listens".to_owned());
    for address in addresses {
        match TcpStream::connect((*address, port)).await {
            Ok(stream) => {
                connected = Ok(stream);
                break;
            }
            Err(error) => connected = Err(format!("nobody listens on port {port}: {error}")),
        }
    }
    let (mut sender, connection) =
        handshake(TokioIo::new(connected?)).await.map_err(|error| failed(&error))?;
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let host = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let request = Request::get(path)
        .header("host", host)
        .header("accept", "*/*")
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(&error))?;
    let exchange = async {
        let response = sender.send_request(request).await.map_err(|error| failed(&error))?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), BODY).collect().await;
        let body = body.map_err(|error| failed(&error))?.to_bytes();
        Ok((status, body))
    };
    tokio::pin!(exchange);
    let (status, body) = tokio::select! {
        biased;
        answer = &mut exchange => answer,
        ended = connection => match ended {
            // It may have ended because the answer is there.
            Ok(()) => exchange.await,
            Err(error) => Err(failed(&error)),
        },
    }?;
    if status != check.status {
        return Err(format!("it answered with status {status}"));
    }
    match &check.contains {
        Some(text) if !String::from_utf8_lossy(&body).contains(text.as_str()) => {
            Err(format!("its answer does not contain `{text}`: it is `{}`", shown(&body)))
        }
        _ => Ok(()),
    }
}
