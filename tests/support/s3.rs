//! An S3 server in this process: the real protocol over real HTTP, signatures checked, conditions
//! atomic, wrong checksums refused. Answers can be replaced by scripted faults.
//!
//! It names nothing else of the tests, so that a measuring program can include it by its path.
#![allow(
    dead_code,
    unused_imports,
    reason = "every test, and the measuring program, uses a part of it"
)]

#[path = "s3/front.rs"]
mod front;
#[path = "s3/multipart.rs"]
mod multipart;
#[path = "s3/objects.rs"]
mod objects;
#[path = "s3/store.rs"]
mod store;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use bytes::Bytes;
use s3s::{auth::SimpleAuth, service::S3ServiceBuilder};
use tokio::{net::TcpListener, sync::oneshot};

use front::Front;
pub(crate) use front::{Answer, Hold, Seen, operation};
use store::Store;
pub(crate) use store::{Digests, Keeps, Nature};

const ACCESS_KEY: &str = "depstate-test-key";
const SECRET_KEY: &str = "depstate-test-secret";
/// Another pair, as good.
const SECOND: (&str, &str) = ("depstate-test-second", "depstate-test-second-secret");
const BUCKET: &str = "deps";

/// A running server. Dropping it stops it.
pub(crate) struct S3Server {
    address: SocketAddr,
    access_key: &'static str,
    secret_key: &'static str,
    bucket: &'static str,
    store: Arc<Store>,
    front: Arc<Front>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl S3Server {
    /// Starts a server on a port that is free, with one empty bucket, in threads of its own: a
    /// test's runtime may block.
    pub(crate) fn start() -> Self {
        Self::start_as(Nature::default())
    }

    /// Starts one that does not treat its callers as S3 does.
    pub(crate) fn start_as(nature: Nature) -> Self {
        Self::on(Store::new(BUCKET, nature))
    }

    /// Starts another server whose bucket begins as this one's is now.
    pub(crate) fn fork(&self) -> Self {
        Self::on(self.store.copy())
    }

    fn on(store: Store) -> Self {
        let store = Arc::new(store);
        let mut builder = S3ServiceBuilder::new(objects::Served(Arc::clone(&store)));
        let mut auth = SimpleAuth::from_single(ACCESS_KEY, SECRET_KEY);
        auth.register(SECOND.0.to_owned(), SECOND.1.into());
        builder.set_auth(auth);
        builder.set_access(objects::Gate(Arc::clone(&store)));
        let front = Arc::new(Front::new(builder.build()));
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = {
            let front = Arc::clone(&front);
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_multi_thread()
                    .worker_threads(2)
                    .enable_all()
                    .build()
                    .unwrap();
                runtime.block_on(async move {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    tell.send(listener.local_addr().unwrap()).unwrap();
                    tokio::select! {
                        () = front::serve(listener, front) => {}
                        _ = stopped => {}
                    }
                });
                // Requests that are held would keep it waiting.
                runtime.shutdown_background();
            })
        };
        let address = told.recv().unwrap();
        Self {
            address,
            access_key: ACCESS_KEY,
            secret_key: SECRET_KEY,
            bucket: BUCKET,
            store,
            front,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Returns its address: `http://127.0.0.1:PORT`.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn access_key(&self) -> &'static str {
        self.access_key
    }

    pub(crate) fn secret_key(&self) -> &'static str {
        self.secret_key
    }

    /// Returns another pair of keys that it knows, as new credentials would be.
    pub(crate) fn second_keys() -> (&'static str, &'static str) {
        SECOND
    }

    /// Answers `ExpiredToken` to what is signed with an access key, from now on.
    pub(crate) fn expire(&self, access_key: &str) {
        self.front.expire(access_key);
    }

    /// Answers `SlowDown` to every request beyond so many under way; none: to none.
    pub(crate) fn slow_above(&self, most: Option<u64>) {
        self.front.slow_above(most);
    }

    /// Returns how many requests were told to slow down so.
    pub(crate) fn slowed(&self) -> u64 {
        self.front.slowed()
    }

    pub(crate) fn bucket(&self) -> &'static str {
        self.bucket
    }

    /// Returns every object of the bucket by its key.
    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.store.snapshot(self.bucket)
    }

    /// Returns the type and the cache rule that an object was written with.
    pub(crate) fn headers_of(&self, key: &str) -> Option<(Option<String>, Option<String>)> {
        self.store.headers_of(self.bucket, key)
    }

    /// Takes an object away, as an accident would, and tells whether it was there.
    pub(crate) fn remove(&self, key: &str) -> bool {
        self.store.remove(self.bucket, key)
    }

    /// Puts bytes in place, as somebody else would.
    pub(crate) fn put_raw(&self, key: &str, bytes: impl Into<Bytes>) {
        self.store.put_raw(self.bucket, key, bytes.into());
    }

    /// Drops the bytes of parts once they are checked, so that only their digests cost anything.
    pub(crate) fn drop_large_bodies(&self) {
        self.store.drop_bodies();
    }

    /// Lets requests without a signature read, as from a public bucket.
    pub(crate) fn let_anyone_read(&self) {
        self.store.let_anyone_read();
    }

    /// Returns how many requests of each operation came in.
    pub(crate) fn counts(&self) -> BTreeMap<String, u64> {
        self.front.counts()
    }

    /// Begins to count anew.
    pub(crate) fn clear_counts(&self) {
        self.front.clear_counts();
    }

    /// Returns how many requests of an operation were under way at once, at most.
    pub(crate) fn most_at_once(&self, operation: &str) -> u64 {
        self.front.most_at_once(operation)
    }

    /// Begins to watch how many are under way anew.
    pub(crate) fn clear_most(&self) {
        self.front.clear_most();
    }

    /// Returns the last request of an operation.
    pub(crate) fn last(&self, operation: &str) -> Option<Seen> {
        self.front.last(operation)
    }

    /// Replaces the answer to the n-th request of an operation from now on (1: the next).
    /// `applied`: it is carried out all the same.
    pub(crate) fn fail(&self, operation: &'static str, nth: u64, answer: Answer, applied: bool) {
        self.front.fail(operation, nth, answer, applied);
    }

    /// Keeps requests of an operation waiting, before their body is read, until the hold is dropped.
    pub(crate) fn hold(&self, operation: &'static str) -> Hold {
        self.front.hold(operation)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ended_already = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
