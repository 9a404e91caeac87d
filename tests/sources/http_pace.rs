//! Servers that want to be waited for: trickled heads and bodies, and indexes without an end.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use depstate::{
    model::Code,
    net::{Client, ClientConfig, LeastPace, NetError, Request, TransportKind},
};

use super::{config, read, story};
use crate::support::upstream::{Answer, Upstream};

/// A server that sends a beginning at once, and then a letter every so often.
fn drip(beginning: &str, every: Duration) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let beginning = beginning.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, beginning) = (stream.unwrap(), beginning.clone());
            std::thread::spawn(move || {
                let _asked = stream.read(&mut [0; 4096]);
                let mut sent = stream.write_all(beginning.as_bytes());
                while sent.is_ok() {
                    std::thread::sleep(every);
                    sent = stream.write_all(b"x");
                }
            });
        }
    });
    address
}

fn ask(address: SocketAddr) -> Request {
    Request { insecure: true, ..Request::new(format!("http://{address}/i").parse().unwrap()) }
}

fn impatient() -> Client {
    let least_pace = LeastPace { within: Duration::from_millis(400), bytes: 400 };
    Client::new(ClientConfig { least_pace, tries: 2, ..config() })
}

#[tokio::test]
async fn a_body_that_drips_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\netag: \"a\"\r\n\r\n";
    let address = drip(head, Duration::from_millis(20));
    let begun = Instant::now();
    let error = impatient().index(&ask(address)).await.unwrap_err();
    assert_eq!(error.code(), Code::TOO_SLOW, "{error}");
    let text = error.to_string();
    let bytes = text.strip_prefix(&format!("`http://{address}/i` sends too slowly: ")).unwrap();
    assert!(bytes.contains(" bytes arrived in "), "{text}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());

    // The same of a file, which is not taken up again either.
    let url = format!("http://{address}/f").parse().unwrap();
    let stream = impatient().open(&url, 0, true).await.unwrap();
    let error = read(stream).await.unwrap_err();
    assert!(story(&error).contains("sends too slowly"), "{}", story(&error));
}

#[tokio::test]
async fn a_body_that_flows_is_read_however_long_it_takes() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::generated(3_000_000).chunked());
    let least_pace = LeastPace { within: Duration::from_millis(1), bytes: 1 };
    let client = Client::new(ClientConfig { least_pace, ..config() });
    // Whoever reads slowly is not taken for a sender who sends slowly.
    let mut stream = client.open(&upstream.url("/i").parse().unwrap(), 0, true).await.unwrap();
    let mut got = 0;
    while let Some(chunk) = stream.next().await.unwrap() {
        got += chunk.len();
        if got % 5 == 0 {
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
    }
    assert_eq!(got, 3_000_000);
}

#[tokio::test]
async fn a_head_that_drips_is_given_up() {
    let address = drip("HTTP/1.1 200 OK\r\nx-endless: ", Duration::from_millis(20));
    let read_timeout = Duration::from_millis(300);
    let begun = Instant::now();
    let client = Client::new(ClientConfig { read_timeout, tries: 2, ..config() });
    let error = client.index(&ask(address)).await.unwrap_err();
    let timeout =
        matches!(error, NetError::Transport { kind: TransportKind::Timeout, tries: 2, .. });
    assert!(timeout, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_words_of_an_error_are_not_waited_for_long() {
    let head = "HTTP/1.1 403 Forbidden\r\ncontent-length: 100000\r\n\r\n";
    let address = drip(head, Duration::from_millis(500));
    let begun = Instant::now();
    let error = impatient().index(&ask(address)).await.unwrap_err();
    assert!(matches!(error, NetError::Status { status: 403, .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn an_index_that_announces_5_gb_is_not_begun() {
    let upstream = Upstream::start();
    upstream.route("/i", Answer::generated(5 << 30));
    let begun = Instant::now();
    let request = Request { insecure: true, ..Request::new(upstream.url("/i").parse().unwrap()) };
    let error = Client::new(config()).index(&request).await.unwrap_err();
    let told = format!(
        "`{}` is too large: it announces 5120 MiB, and at most 256 MiB are read",
        upstream.url("/i")
    );
    assert_eq!((error.to_string(), error.code()), (told, Code::ANSWER_TOO_LARGE));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(upstream.asked("/i"), 1);
}
