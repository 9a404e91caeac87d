//! Listings that are not what the store holds.

use futures::TryStreamExt as _;

use depstate::storage::StorageReader as _;

use super::deed::listed;
use crate::{
    contract::stores::{bucket_at, noise},
    support::{
        proxy::{Fault, Proxy},
        s3::S3Server,
    },
};

/// Changes the body of an answer.
type Change = fn(&[u8]) -> Vec<u8>;

#[tokio::test]
async fn a_listing_is_what_the_store_says_and_no_more() {
    let server = S3Server::start();
    let proxy = Proxy::start(&server.endpoint()).await;
    let store = bucket_at(&server, &proxy.endpoint(), "");
    server.put_raw("gen/a", "a");
    server.put_raw("gen/b", "b");
    assert_eq!(listed(&store).await.unwrap(), ["gen/a", "gen/b"]);
    // Stale: what was written since is not in it, and what was deleted since is.
    server.put_raw("gen/c", "c");
    server.remove("gen/a");
    proxy.spoil("ListObjectsV2", 1, Fault::Past);
    assert_eq!(listed(&store).await.unwrap(), ["gen/a", "gen/b"]);
    // An entry is missing, one comes twice, one was never there.
    let edits: [(Change, &[&str]); 3] = [
        (|body| entries(body, |all| all.into_iter().skip(1).collect()), &["gen/c"]),
        (
            |body| entries(body, |all| vec![all[0].clone(), all[0].clone(), all[1].clone()]),
            &["gen/b", "gen/b", "gen/c"],
        ),
        (
            |body| entries(body, |all| vec![all[0].replace("gen/b", "gen/a"), all[1].clone()]),
            &["gen/a", "gen/c"],
        ),
    ];
    for (edit, wanted) in edits {
        proxy.spoil("ListObjectsV2", 1, Fault::Body(edit));
        assert_eq!(listed(&store).await.unwrap(), wanted);
    }
    assert_eq!(listed(&store).await.unwrap(), ["gen/b", "gen/c"]);
}

#[tokio::test]
async fn half_of_a_listing_is_none() {
    let server = S3Server::start();
    let proxy = Proxy::start(&server.endpoint()).await;
    let store = bucket_at(&server, &proxy.endpoint(), "");
    for n in 0..1_500 {
        server.put_raw(&format!("gen/{n:05}"), noise(8));
    }
    // Cut after any entry, or in one: never a short listing. The second page as well as the first.
    for pass in [0, 1] {
        for cut in [
            (|body| body[..body.len() - 3].to_vec()) as Change,
            |body| body[..body.len() / 2].to_vec(),
            |body| entries_until(body, "</Contents>"),
            |body| entries_until(body, "</ListBucketResult>"),
            |_| Vec::new(),
            |_| b"<html>a proxy's error page</html>".to_vec(),
        ] {
            proxy.spoil_later("ListObjectsV2", pass, 1, Fault::Body(cut));
            let all: Vec<_> = store.list("gen/").try_collect().await.unwrap();
            assert_eq!(all.len(), 1_500);
        }
    }
}

/// Changes the entries of a listing.
fn entries(body: &[u8], change: impl FnOnce(Vec<String>) -> Vec<String>) -> Vec<u8> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let (start, end) = (text.find("<Contents>").unwrap(), text.rfind("</Contents>").unwrap() + 11);
    let all = text[start..end].split_inclusive("</Contents>").map(ToOwned::to_owned).collect();
    format!("{}{}{}", &text[..start], change(all).concat(), &text[end..]).into_bytes()
}

/// Returns a body up to the first place behind a word, or before the closing of the whole.
fn entries_until(body: &[u8], word: &str) -> Vec<u8> {
    let text = String::from_utf8(body.to_vec()).unwrap();
    let at = text.find(word).unwrap();
    let end = if word == "</Contents>" { at + word.len() } else { at };
    text.as_bytes()[..end].to_vec()
}
