//! The faults by the requests: one table, one runner.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use depstate::storage::S3Storage;
use futures::StreamExt as _;

use super::deed::{DEEDS, Deed};
use crate::{
    contract::stores::{bucket, setup},
    support::{
        golden::golden,
        proxy::{Fault, Proxy},
        reliability,
        s3::S3Server,
    },
};

/// How long the driver waits in the rows that are about waiting, and in all others.
const SHORT: Duration = Duration::from_millis(1500);
const LONG: Duration = Duration::from_mins(1);

/// Comes after the driver has given up.
const TOO_LATE: Duration = Duration::from_millis(2500);

/// A fault, how many requests it strikes, and the time that the driver waits.
type Row = (&'static str, Fault, u64, Duration);

fn rows(elsewhere: &str) -> Vec<Row> {
    let once = |name, fault| (name, fault, 1, LONG);
    let always = |name, fault| (name, fault, u64::MAX, LONG);
    let answer = |status, code| Fault::Answer(status, code);
    vec![
        once("dropped before", Fault::DropBefore),
        always("always dropped before", Fault::DropBefore),
        once("answer lost", Fault::DropAfter),
        ("late", Fault::Late(TOO_LATE), 1, SHORT),
        once("request cut", Fault::CutRequest),
        once("answer cut", Fault::CutAnswer),
        once("sent twice", Fault::Twice),
        once("412", answer(412, "PreconditionFailed")),
        once("412, applied", Fault::AnswerAfter(412, "PreconditionFailed")),
        once("409", answer(409, "ConditionalRequestConflict")),
        once("409 OperationAborted", answer(409, "OperationAborted")),
        once("404 NoSuchKey", answer(404, "NoSuchKey")),
        once("404 NoSuchUpload", answer(404, "NoSuchUpload")),
        once("404 NoSuchBucket", answer(404, "NoSuchBucket")),
        once("200 with an error", answer(200, "InternalError")),
        once("200 with an error, applied", Fault::AnswerAfter(200, "InternalError")),
        once("200, empty", Fault::EmptyOk),
        once("200, empty, applied", Fault::EmptyOkAfter),
        once("200, cut short", Fault::Body(|body| body[..body.len() * 2 / 3].to_vec())),
        once("500", answer(500, "InternalError")),
        always("always 500", answer(500, "InternalError")),
        once("500, applied", Fault::AnswerAfter(500, "InternalError")),
        once("502", answer(502, "")),
        once("503", answer(503, "ServiceUnavailable")),
        once("503 SlowDown", answer(503, "SlowDown")),
        once("504", answer(504, "")),
        once("400 RequestTimeout", answer(400, "RequestTimeout")),
        once("429", answer(429, "TooManyRequests")),
        once("403 RequestTimeTooSkewed", answer(403, "RequestTimeTooSkewed")),
        always("always too skewed", answer(403, "RequestTimeTooSkewed")),
        once("400 ExpiredToken", answer(400, "ExpiredToken")),
        once("400 InvalidToken", answer(400, "InvalidToken")),
        once("403 AccessDenied", answer(403, "AccessDenied")),
        once("301 elsewhere", Fault::Redirect(301, elsewhere.to_owned())),
        once("307 elsewhere", Fault::Redirect(307, elsewhere.to_owned())),
        once("other bytes", Fault::Body(|body| body.iter().map(|b| b ^ 1).collect())),
        once("another tag", Fault::Header("etag", "\"00000000000000000000000000000000\"")),
        once(
            "another SHA-256",
            Fault::Header("x-amz-checksum-sha256", "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="),
        ),
        once("another CRC-64", Fault::Header("x-amz-checksum-crc64nvme", "rosUhgp5mIg=")),
        once("another CRC-64 in the body", Fault::Body(another_crc)),
        once("a wrong clock", Fault::Header("date", "Sat, 01 Mar 2025 12:00:00 GMT")),
        once("slow answer", Fault::Trickle(Duration::from_millis(20))),
        ("stalled answer", Fault::Stall(Duration::from_secs(20)), 1, SHORT),
    ]
}

/// Opens the bucket behind an endpoint.
fn open(server: &S3Server, endpoint: &str, prefix: &str, patience: Duration) -> S3Storage {
    let keys = [
        ("AWS_ACCESS_KEY_ID", server.access_key()),
        ("AWS_SECRET_ACCESS_KEY", server.secret_key()),
    ];
    let bucket = server.bucket();
    let table = format!("bucket = \"{bucket}\"\nendpoint = \"{endpoint}\"\nprefix = \"{prefix}\"");
    S3Storage::with_patience(setup(&table, &keys), patience).unwrap()
}

/// Runs one cell, and says what came of it: the driver's word, requests, the store afterwards.
async fn cell(server: &S3Server, prefix: String, row: &Row, deed: Deed) -> String {
    let (_, fault, times, patience) = row;
    Deed::prepare(server, &prefix);
    let proxy = Proxy::start(&server.endpoint()).await;
    let store = open(server, &proxy.endpoint(), &prefix, *patience);
    proxy.spoil(deed.operation(), *times, fault.clone());
    let word = deed.act(&store).await;
    proxy.settled().await;
    let requests = proxy.count(deed.operation());
    let direct = bucket(server, &format!("prefix = \"{prefix}\""));
    let left = deed.left(server, &direct, &prefix).await;
    format!("{word} {requests} {left}").trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_fault_at_every_request() {
    let began = Instant::now();
    let server = S3Server::start();
    // Nobody may be sent there with a signature, or at all.
    let trap = S3Server::start();
    let rows = rows(&format!("{}/deps/gen/a", trap.endpoint()));
    let server = &server;
    let cells = rows.iter().enumerate().flat_map(|(n, row)| {
        DEEDS.iter().enumerate().map(move |(m, deed)| cell(server, format!("c{n}-{m}"), row, *deed))
    });
    let found: Vec<String> = futures::stream::iter(cells).buffered(24).collect().await;
    let mut table = String::from(HEADER);
    write!(table, "\n{:<28}", "fault").unwrap();
    for deed in DEEDS {
        write!(table, "| {:<23}", deed.name()).unwrap();
    }
    table.push('\n');
    for (row, cells) in rows.iter().zip(found.chunks(DEEDS.len())) {
        write!(table, "{:<28}", row.0).unwrap();
        for cell in cells {
            write!(table, "| {cell:<23}").unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    golden("http_faults", &table);
    assert!(trap.counts().is_empty(), "a redirection was followed: {:?}", trap.counts());
    reliability::record(
        "http-faults",
        &serde_json::json!({
            "cells": found.len(),
            "faults": rows.len(),
            "requests": DEEDS.len(),
            "seconds": began.elapsed().as_secs_f64(),
        }),
    );
}

/// Puts another checksum where the answer to a completion says one.
fn another_crc(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let Some((before, rest)) = text.split_once("<ChecksumCRC64NVME>") else { return body.to_vec() };
    let (_, after) = rest.split_once('<').unwrap();
    format!("{before}<ChecksumCRC64NVME>rosUhgp5mIg=<{after}").into_bytes()
}

const HEADER: &str = "\
What the driver says of a request that a fault strikes, how often it was sent, and what is in the
store afterwards (`new`, `old`, `there`: the object; `-`: none; `+open`: an unfinished upload).
";
