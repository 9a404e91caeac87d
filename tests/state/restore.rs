//! A HEAD that is put back: its conditions, races and lost answers.

use depstate::{
    commit::{Restore, restored},
    model::{Code, Head, Sha256},
    state::{
        History, Restored, StateError, Step, generations, journals, lost_after, raw_head, read,
        restore, unnamed,
    },
    storage::{Op, PutError, StorageError},
    wire::objects::encode_head,
};

use super::fixture::Bucket;

/// Two commits, and the HEAD of the first put back by hand.
async fn went_back() -> (Bucket, Head) {
    let bucket = Bucket::new();
    bucket.publish(&["ruby@1/any"]).await;
    let old = bucket.storage.objects()["head.json"].clone();
    let newest = bucket.publish(&["ruby@2/any"]).await;
    bucket.storage.put_raw("head.json", old);
    (bucket, newest)
}

async fn made(bucket: &Bucket) -> (Head, Option<depstate::model::Revision>) {
    let listed = generations(&bucket.storage, None).await.unwrap();
    let (at, generation) =
        unnamed(&bucket.storage, &listed.last().unwrap().key).await.unwrap().unwrap();
    let raw = raw_head(&bucket.storage).await.unwrap();
    let now = depstate::state::head(&bucket.storage).await.unwrap().map(|base| base.head);
    let head = restored(Restore {
        now: now.as_ref(),
        previous: raw.as_ref().map(|(_, digest)| *digest),
        generation: &generation,
        at,
        highest: generation.serial,
        nonce: "fresh".to_owned(),
        tool: "depstate test",
    });
    (head, raw.map(|(revision, _)| revision))
}

async fn put(
    bucket: &Bucket,
    head: &Head,
    over: Option<depstate::model::Revision>,
) -> Result<Restored, StateError> {
    restore(&bucket.storage, &bucket.author, head, over).await
}

#[tokio::test(start_paused = true)]
async fn what_was_committed_is_reached_again_and_the_chain_goes_on() {
    let (bucket, newest) = went_back().await;
    assert_eq!(bucket.read().await.unwrap().live.len(), 1);
    let lost = lost_after(&bucket.storage, 1).await.unwrap().unwrap();
    assert_eq!(lost, (2, newest.r#gen.clone().unwrap().key));
    let (head, over) = made(&bucket).await;
    assert_eq!((head.serial, &head.r#gen), (3, &newest.r#gen));
    let old = bucket.storage.objects()["head.json"].clone();
    assert_eq!(head.prev_head_sha256, Some(Sha256::of(&old)));
    assert_eq!(put(&bucket, &head, over).await.unwrap(), Restored::Done);
    let now = bucket.read().await.unwrap();
    assert_eq!((&now.head, now.live.len()), (&head, 2));
    assert_eq!(lost_after(&bucket.storage, 3).await.unwrap(), None);
    // The next commit stands on it, and the history passes it over.
    assert_eq!(bucket.publish(&["ruby@3/any"]).await.serial, 4);
    let head = bucket.read().await.unwrap().head;
    let mut history = History::new(&bucket.storage, &head);
    let mut serials = Vec::new();
    while let Some(Step::Past(past)) = history.next().await.unwrap() {
        serials.push((past.generation.serial, past.fences()));
    }
    assert_eq!(serials, [(4, 0), (2, 1), (1, 0)]);
    assert_eq!(journals(&bucket.storage).await.unwrap().kept.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn where_there_is_no_head_it_is_created_once() {
    let (bucket, _) = went_back().await;
    bucket.storage.remove("head.json");
    let error = read(&bucket.storage, &*bucket.cache).await.unwrap_err();
    assert!(error.help().unwrap().contains("depstate doctor"), "{error:?}");
    let (head, over) = made(&bucket).await;
    assert_eq!((head.serial, &over, head.prev_head_sha256), (3, &None, None));
    assert_eq!(put(&bucket, &head, over).await.unwrap(), Restored::Done);
    let other = Head { nonce: "other".to_owned(), ..head.clone() };
    assert_eq!(put(&bucket, &other, None).await.unwrap(), Restored::Lost);
    assert_eq!(bucket.read().await.unwrap().head, head);
}

#[tokio::test(start_paused = true)]
async fn lost_answers_races_and_refusals_are_told_apart() {
    for applied in [true, false] {
        let (bucket, _) = went_back().await;
        let (head, over) = made(&bucket).await;
        bucket.lose("head.json", applied);
        assert_eq!(put(&bucket, &head, over).await.unwrap(), Restored::Done, "{applied}");
        assert_eq!(bucket.read().await.unwrap().head, head);
    }
    // Another was faster.
    let (bucket, _) = went_back().await;
    let (head, over) = made(&bucket).await;
    let other = Head { nonce: "other".to_owned(), ..head.clone() };
    bucket.storage.put_raw("head.json", encode_head(&other).unwrap());
    assert_eq!(put(&bucket, &head, over).await.unwrap(), Restored::Lost);
    assert_eq!(bucket.read().await.unwrap().head, other);
    // Refused for good.
    let (bucket, _) = went_back().await;
    let (head, over) = made(&bucket).await;
    let no = StorageError::Denied { message: "403".to_owned(), help: None };
    bucket.storage.fail_next(Op::Put, "head.json", no, false);
    assert_eq!(put(&bucket, &head, over.clone()).await.unwrap_err().code(), Code::STORAGE_DENIED);
    // Can't be told.
    bucket.lose("head.json", true);
    let down = StorageError::Failed { message: "down".to_owned(), help: None };
    bucket.storage.fail_next(Op::Get, "head.json", down, false);
    assert_eq!(put(&bucket, &head, over).await.unwrap(), Restored::Unknown);
    // A store that does not compare rightly.
    let (bucket, _) = went_back().await;
    let (head, over) = made(&bucket).await;
    for _ in 0..5 {
        let lie = PutError::Precondition("412".to_owned());
        bucket.storage.fail_next(Op::Put, "head.json", lie, false);
    }
    assert_eq!(put(&bucket, &head, over).await.unwrap_err().code(), Code::STORAGE_FAILED);
}

#[tokio::test(start_paused = true)]
async fn junk_is_no_generation_and_no_journal() {
    let (bucket, _) = went_back().await;
    bucket.storage.put_raw("gen/0000000009-01ARZ3NDEKTSV4RRFFQ69G5FAV.json", "{}");
    bucket.storage.put_raw("gen/readme.txt", "hello");
    bucket.storage.put_raw("tx/junk.json", "{");
    let listed = generations(&bucket.storage, None).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.serial).collect::<Vec<_>>(), [1, 2, 9]);
    let error = unnamed(&bucket.storage, &listed[2].key).await.unwrap_err();
    assert_eq!(error.code(), Code::STORAGE_DAMAGED);
    assert_eq!(generations(&bucket.storage, Some(1)).await.unwrap().len(), 2);
    assert_eq!(journals(&bucket.storage).await.unwrap().kept.len(), 2);
    // A generation under another's name.
    let bytes = bucket.storage.objects()[listed[0].key.as_str()].clone();
    bucket.storage.put_raw(listed[2].key.as_str(), bytes);
    let error = unnamed(&bucket.storage, &listed[2].key).await.unwrap_err();
    assert!(error.to_string().contains("says that it is serial 1"), "{error}");
}
