//! Whom a request may reach, and what it carries there: the user's rules, at every hop.

use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use depstate::{
    model::{Code, HostPattern},
    net::{
        Answer as Read, Client, ClientConfig, HostRule, Logins, Lookup, NetError, ProxyRule,
        Request, Rules, Secret,
    },
};
use futures::future::BoxFuture;

use super::config;
use crate::support::upstream::{Answer, Upstream};

/// Names that lead where a test wants them to lead, each time somewhere else if need be.
#[derive(Default)]
struct Names(Mutex<BTreeMap<String, Vec<IpAddr>>>, Mutex<Vec<String>>);

impl Names {
    fn new<const N: usize>(names: [(&str, &[&str]); N]) -> Arc<Self> {
        let parse = |ips: &[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        let names = names.into_iter().map(|(name, ips)| (name.to_owned(), parse(ips)));
        Arc::new(Self(Mutex::new(names.collect()), Mutex::default()))
    }

    fn asked(&self) -> Vec<String> {
        self.1.lock().unwrap().clone()
    }
}

impl Lookup for Names {
    fn lookup(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        self.1.lock().unwrap().push(name.clone());
        let mut names = self.0.lock().unwrap();
        let answer = match names.get_mut(&name) {
            None => Err(io::Error::other("no such name")),
            Some(ips) if ips.len() > 1 => Ok(vec![ips.remove(0)]),
            Some(ips) => Ok(ips.clone()),
        };
        Box::pin(async move { answer })
    }
}

fn rule(host: &str) -> HostRule {
    HostRule::new(HostPattern::new(host).unwrap())
}

fn private(host: &str) -> HostRule {
    HostRule { private: true, ..rule(host) }
}

fn token(host: &str, text: &str) -> HostRule {
    let headers = vec![("authorization".to_owned(), Secret::new(text))];
    // Plain http, as the servers of these tests have no certificates.
    HostRule { headers, insecure: true, ..private(host) }
}

fn client(hosts: Vec<HostRule>, lookup: &Arc<Names>) -> Client {
    let rules = Rules { hosts, rewrites: Vec::new() };
    Client::new(ClientConfig { rules, lookup: Some(lookup.clone()), ..config() })
}

async fn ask(client: &Client, url: &str) -> Result<Read, NetError> {
    client.index(&Request { insecure: true, ..Request::new(url.parse().unwrap()) }).await
}

fn port(upstream: &Upstream) -> String {
    upstream.url("").rsplit(':').next().unwrap().to_owned()
}

fn sent(upstream: &Upstream) -> Vec<Option<String>> {
    upstream.requests().iter().map(|it| it.header("authorization").map(str::to_owned)).collect()
}

#[tokio::test]
async fn what_is_not_public_is_not_asked() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[]"));
    let (port, names) = (port(&upstream), Names::new([]));
    let client = client(Vec::new(), &names);
    for host in [
        "127.0.0.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
        "0.0.0.0",
        "localhost",
        "169.254.169.254",
        "10.0.0.1",
        "[fd00:ec2::254]",
        "metadata.google.internal",
    ] {
        let error = ask(&client, &format!("http://{host}:{port}/i")).await.unwrap_err();
        assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{host}: {error}");
        let url = format!("http://{host}:{port}/i").parse().unwrap();
        let error = client.open(&url, 0, true).await.unwrap_err();
        assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{host}: {error}");
    }
    let error = ask(&client, &format!("http://127.0.0.1:{port}/i")).await.unwrap_err();
    let told = format!(
        "`http://127.0.0.1:{port}/i` was not asked: `127.0.0.1` is a loopback address; if you trust \
         it, write `[hosts.\"127.0.0.1:{port}\"]` and `private = true` in your `.depstate/config.toml`"
    );
    assert_eq!(error.to_string(), told);
    assert!(upstream.requests().is_empty() && names.asked().is_empty());
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_dialled() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[]"));
    let names =
        Names::new([("public.example", &["127.0.0.1"]), ("six.example", &["::ffff:a00:1"])]);
    let url = format!("http://public.example:{}/i", port(&upstream));
    let error = ask(&client(Vec::new(), &names), &url).await.unwrap_err();
    let text = error.to_string();
    assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{text}");
    assert!(text.contains("`public.example` is at 127.0.0.1, a loopback address; if"), "{text}");
    let error = ask(&client(Vec::new(), &names), "http://six.example/i").await.unwrap_err();
    assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{error}");
    assert!(upstream.requests().is_empty());
    // The user may allow it; another port of the host is another host.
    let allowed = format!("public.example:{}", port(&upstream));
    ask(&client(vec![private(&allowed)], &names), &url).await.unwrap();
    let other = ask(&client(vec![private("public.example:1")], &names), &url).await.unwrap_err();
    assert_eq!(other.code(), Code::PRIVATE_ADDRESS);
}

#[tokio::test]
async fn a_name_that_was_public_a_moment_ago_is_checked_again() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[]"));
    // A documentation address: nobody is there, so that the first connection fails.
    let names = Names::new([("rebind.example", &["203.0.113.1", "127.0.0.1"])]);
    let config = ClientConfig {
        connect_timeout: Duration::from_millis(200),
        lookup: Some(names.clone()),
        rules: Rules::default(),
        ..config()
    };
    let client = Client::new(config);
    let url = format!("http://rebind.example:{}/i", port(&upstream));
    let first = ask(&client, &url).await.unwrap_err();
    // Either the first try timed out and the second one was refused, or the system said at once that
    // there is no way there, and the next request is refused.
    let last = if first.code() == Code::PRIVATE_ADDRESS {
        first
    } else {
        ask(&client, &url).await.unwrap_err()
    };
    assert_eq!(last.code(), Code::PRIVATE_ADDRESS, "{last}");
    assert!(names.asked().len() >= 2, "{:?}", names.asked());
    assert!(upstream.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_does_not_lead_inside() {
    let upstream = Upstream::start();
    let names = Names::new([("in.example", &["127.0.0.1"]), ("out.example", &["10.1.2.3"])]);
    let host = format!("in.example:{}", port(&upstream));
    let client = client(vec![private(&host)], &names);
    for to in [
        "http://169.254.169.254/latest/meta-data/",
        &format!("http://[::ffff:127.0.0.1]:{}/secret", port(&upstream)),
        &format!("http://127.0.0.1:{}/secret", port(&upstream)),
        "http://out.example/secret",
        "http://metadata.google.internal/",
    ] {
        upstream.route("/i", Answer::redirect(to)).route("/secret", Answer::json("[1]"));
        let error = ask(&client, &format!("http://{host}/i")).await.unwrap_err();
        assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{to}: {error}");
        let told = format!(", and `http://{host}/i` redirects there");
        assert!(error.to_string().contains(&told), "{error}");
    }
    assert_eq!(upstream.asked("/secret"), 0);
}

#[tokio::test]
async fn a_header_goes_to_its_host_and_stays_there() {
    let (one, two) = (Upstream::start(), Upstream::start());
    let names = Names::new([]);
    let at = |upstream: &Upstream| format!("127.0.0.1:{}", port(upstream));
    let both = vec![token(&at(&one), "Bearer 0ne"), token(&at(&two), "Bearer tw0")];
    one.route("/i", Answer::redirect("/j"));
    one.route("/j", Answer::redirect(&two.url("/k")));
    two.route("/k", Answer::redirect(&one.url("/l")));
    one.route("/l", Answer::json("[]"));
    two.route("/i", Answer::json("[]"));
    ask(&client(both.clone(), &names), &one.url("/i")).await.unwrap();
    let own = Some("Bearer 0ne".to_owned());
    assert_eq!(sent(&one), [own.clone(), own, None], "once dropped it stays dropped");
    assert_eq!(sent(&two), [None], "a redirect does not spend another host's token");
    ask(&client(both, &names), &two.url("/i")).await.unwrap();
    assert_eq!(sent(&two)[1].as_deref(), Some("Bearer tw0"));

    // A manifest may ask for plain http; the token does not go over it unless the user says so.
    one.forget_requests();
    let careful = HostRule { insecure: false, ..token(&at(&one), "Bearer 0ne") };
    one.route("/i", Answer::json("[]"));
    ask(&client(vec![careful], &names), &one.url("/i")).await.unwrap();
    assert_eq!(sent(&one), [None]);
}

#[tokio::test]
async fn a_netrc_file_is_for_the_hosts_that_may_have_it() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[]"));
    let names = Names::new([("a.example", &["127.0.0.1"]), ("b.example", &["127.0.0.1"])]);
    let text = "machine A.example login me password pa55\ndefault login x password y\n";
    let logins = Arc::new(Logins::read(text).unwrap());
    assert!(!format!("{logins:?}").contains("pa55"));
    let with = |host: &str| HostRule {
        logins: Some(logins.clone()),
        insecure: true,
        ..private(&format!("{host}:*"))
    };
    let client = client(vec![with("a.example"), with("b.example"), private("127.0.0.1:*")], &names);
    for host in ["a.example", "b.example", "127.0.0.1"] {
        ask(&client, &format!("http://{host}:{}/i", port(&upstream))).await.unwrap();
    }
    // `me:pa55`
    assert_eq!(sent(&upstream), [Some("Basic bWU6cGE1NQ==".to_owned()), None, None]);
    assert!(Logins::read("machine a pass-word pa55").is_none());
}

#[tokio::test]
async fn an_address_is_asked_elsewhere_and_errors_name_both() {
    let mirror = Upstream::start();
    let names = Names::new([]);
    let base = mirror.url("");
    let pair = |from: &str, to: String| (from.parse().unwrap(), to.parse().unwrap());
    let rules = Rules {
        hosts: vec![token(&format!("127.0.0.1:{}", port(&mirror)), "Bearer m")],
        rewrites: vec![
            pair("https://up.example/", format!("{base}/short/")),
            pair("https://up.example/long/", format!("{base}/long/")),
        ],
    };
    let client = Client::new(ClientConfig { rules, lookup: Some(names.clone()), ..config() });
    mirror.route("/long/i", Answer::redirect("/long/j"));
    mirror.route("/long/j", Answer::json("[]").header("link", "<k?page=2>; rel=next"));
    mirror.route("/short/i", Answer::status(403));
    mirror.route("/long/f", Answer::body("bytes"));
    let bearer = Some(Secret::new("for-up-example"));
    let request = Request { bearer, ..Request::new("https://up.example/long/i".parse().unwrap()) };
    let answer = client.index(&request).await.unwrap();
    // What is said of the answer is said of the address before rewriting.
    assert_eq!(answer.url.to_string(), "https://up.example/long/j");
    assert_eq!(answer.next_link.unwrap().as_str(), "https://up.example/long/k?page=2");
    assert_eq!(sent(&mirror), vec![Some("Bearer m".to_owned()); 2], "the mirror's own, no other");
    let stream =
        client.open(&"https://up.example/long/f".parse().unwrap(), 0, false).await.unwrap();
    assert_eq!(stream.url.as_ref().unwrap().to_string(), "https://up.example/long/f");

    let error = ask(&client, "https://up.example/i").await.unwrap_err();
    let told = format!(
        "`{base}/short/i` answered 403, tried once; asked there in place of \
         `https://up.example/i`, as your configuration says"
    );
    assert_eq!(error.to_string(), told);
    let error = ask(&client, "https://up.example/gone").await.unwrap_err();
    assert!(error.is_absent(), "{error}");
    assert!(names.asked().is_empty(), "the original host is never looked up");
}

#[tokio::test]
async fn a_host_is_asked_no_faster_than_its_rate() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::json("[]"));
    let every = Some(Duration::from_millis(100));
    let hosts = vec![HostRule { every, ..private("127.0.0.1:*") }];
    let client = client(hosts, &Names::new([]));
    let begun = Instant::now();
    let url = upstream.url("/i");
    let answers = futures::future::join_all((0..5).map(|_| ask(&client, &url))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(begun.elapsed() >= Duration::from_millis(390), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_proxy_is_asked_in_place_of_the_host_and_looks_it_up() {
    let proxy = Upstream::start();
    let names = Names::new([("proxy.example", &["127.0.0.1"])]);
    let at = format!("http://proxy.example:{}/", port(&proxy));
    let through = |host: &str| HostRule { proxy: ProxyRule::At(at.parse().unwrap()), ..rule(host) };
    let client = client(
        vec![through("far.example"), through("169.254.169.254"), through("localhost")],
        &names,
    );
    // A proxy is asked for whole addresses.
    proxy.route("/i", Answer::json("[]"));
    proxy.route("http://far.example/i", Answer::json("[]"));
    ask(&client, "http://far.example/i").await.unwrap();
    assert_eq!(proxy.requests().len(), 1);
    assert_eq!(proxy.requests()[0].header("host"), Some("far.example"));
    assert_eq!(names.asked(), ["proxy.example"], "only the proxy is looked up here");
    for host in ["169.254.169.254", "localhost"] {
        let error = ask(&client, &format!("http://{host}/i")).await.unwrap_err();
        assert_eq!(error.code(), Code::PRIVATE_ADDRESS, "{host}: {error}");
    }
    assert_eq!(proxy.requests().len(), 1);
}
