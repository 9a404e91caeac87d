//! The chain of HEADs, walked back.

use depstate::{
    model::{Code, Head, HeadKind, Sha256},
    state::{History, StateError, Step, read_at},
    wire::objects::{decode_generation, decode_head, encode_head},
};

use super::fixture::Bucket;

async fn walk(bucket: &Bucket, head: &Head) -> (Vec<u64>, Result<Step, StateError>) {
    let mut history = History::new(&bucket.storage, head);
    let mut serials = Vec::new();
    loop {
        match history.next().await {
            Ok(Some(Step::Past(past))) => serials.push(past.generation.serial),
            Ok(Some(end)) => {
                assert_eq!(history.next().await.unwrap(), None);
                return (serials, Ok(end));
            }
            Ok(None) => panic!("a walk ends with a word"),
            Err(error) => return (serials, Err(error)),
        }
    }
}

async fn three() -> (Bucket, Vec<Head>) {
    let bucket = Bucket::new();
    let mut heads = Vec::new();
    for name in ["ruby@1/any", "ruby@2/any", "node@1/any"] {
        heads.push(bucket.publish(&[name]).await);
    }
    (bucket, heads)
}

#[tokio::test(start_paused = true)]
async fn it_goes_back_to_the_beginning() {
    let (bucket, heads) = three().await;
    let (serials, end) = walk(&bucket, &heads[2]).await;
    assert_eq!((serials, end.unwrap()), (vec![3, 2, 1], Step::Genesis));
    let mut history = History::new(&bucket.storage, &heads[2]);
    for (head, live) in heads.iter().zip([1, 2, 3]).rev() {
        let Some(Step::Past(past)) = history.next().await.unwrap() else { panic!("too short") };
        assert_eq!((&past.head, past.fences()), (head, 0));
        let then = read_at(&bucket.storage, &*bucket.cache, &past.head).await.unwrap();
        assert_eq!(then.live.len(), live);
    }
    assert!(history.is_over());
}

#[tokio::test(start_paused = true)]
async fn fences_are_passed_over() {
    let (bucket, heads) = three().await;
    let fence = Head {
        kind: HeadKind::Fence,
        serial: 4,
        nonce: "fence".to_owned(),
        prev_head_sha256: Some(Sha256::of(&encode_head(&heads[2]).unwrap())),
        ..heads[2].clone()
    };
    bucket.storage.put_raw("head.json", encode_head(&fence).unwrap());
    let (serials, end) = walk(&bucket, &fence).await;
    assert_eq!((serials, end.unwrap()), (vec![3, 2, 1], Step::Genesis));
    // A commit on top of it follows the fence.
    let head = bucket.publish(&["php@1/any"]).await;
    assert_eq!(head.serial, 5);
    let mut history = History::new(&bucket.storage, &head);
    let mut fences = Vec::new();
    while let Some(Step::Past(past)) = history.next().await.unwrap() {
        fences.push((past.generation.serial, past.fences()));
    }
    assert_eq!(fences, [(5, 0), (3, 1), (2, 0), (1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn what_was_collected_ends_it_and_what_was_changed_is_damage() {
    let (bucket, heads) = three().await;
    let key = |n: usize| heads[n].r#gen.clone().unwrap().key;
    let second = bucket.storage.objects()[key(1).as_str()].clone();
    bucket.storage.remove(key(1).as_str());
    let (serials, end) = walk(&bucket, &heads[2]).await;
    assert_eq!(serials, [3]);
    assert_eq!(end.unwrap(), Step::Collected(heads[1].r#gen.clone().unwrap()));
    for change in [&b"{}"[..], &second[..second.len() - 1], b""] {
        bucket.storage.put_raw(key(1).as_str(), change.to_vec());
        let (serials, end) = walk(&bucket, &heads[2]).await;
        assert_eq!((serials, end.unwrap_err().code()), (vec![3], Code::STORAGE_DAMAGED));
    }
    bucket.storage.put_raw(key(1).as_str(), second);
    // HEAD's own is never collected.
    bucket.storage.remove(key(2).as_str());
    let (_, end) = walk(&bucket, &heads[2]).await;
    assert_eq!(end.unwrap_err().code(), Code::STORAGE_DAMAGED);
}

#[tokio::test(start_paused = true)]
async fn a_head_that_lies_about_what_it_follows_is_damage() {
    let (bucket, heads) = three().await;
    let newest = &heads[2];
    for wrong in [
        Head { prev_head_sha256: Some(Sha256::of(b"another")), ..newest.clone() },
        Head { lineage: "another".to_owned(), ..newest.clone() },
        Head { serial: 2, ..newest.clone() },
        Head { tx: heads[1].tx.clone(), ..newest.clone() },
    ] {
        let (serials, end) = walk(&bucket, &wrong).await;
        assert_eq!(
            (serials, end.unwrap_err().code()),
            (vec![], Code::STORAGE_DAMAGED),
            "{wrong:?}"
        );
    }
    // Bytes with a right digest under a name that is not theirs.
    let bytes = bucket.storage.objects()[newest.r#gen.as_ref().unwrap().key.as_str()].clone();
    assert_eq!(decode_generation(&bytes).unwrap().serial, 3);
    bucket.storage.put_raw("gen/0000000009-x.json", bytes.clone());
    let mut moved = newest.clone();
    moved.r#gen.as_mut().unwrap().key = depstate::model::ObjectKey::new("gen/0000000009-x.json");
    let (_, end) = walk(&bucket, &moved).await;
    assert_eq!(end.unwrap_err().code(), Code::STORAGE_DAMAGED);
}

#[tokio::test(start_paused = true)]
async fn fields_of_a_newer_depstate_count_in_the_chain() {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let second = bucket.publish(&["ruby@2/any"]).await;
    // A field that this depstate does not know, in the HEAD that a generation carries.
    let key = second.r#gen.clone().unwrap().key;
    let bytes = bucket.storage.objects()[key.as_str()].clone();
    let mut json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    json["parent"]["a-new-field"] = "x".into();
    let parent = serde_json_canonicalizer::to_vec(&json["parent"]).unwrap();
    let bytes = serde_json_canonicalizer::to_vec(&json).unwrap();
    bucket.storage.put_raw(key.as_str(), bytes.clone());
    let mut head = second.clone();
    head.r#gen.as_mut().unwrap().sha256 = Sha256::of(&bytes);
    head.prev_head_sha256 = Some(Sha256::of(&parent));
    let (serials, end) = walk(&bucket, &head).await;
    assert_eq!((serials, end.unwrap()), (vec![2, 1], Step::Genesis));
    assert_eq!(decode_head(&parent).unwrap().serial, 1);
}
