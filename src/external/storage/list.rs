//! Listings, paged to the end, and held to their order.

use std::{collections::VecDeque, sync::Arc};

use futures::stream::{self, BoxStream, StreamExt as _};

use super::{ExternalStorage, answer_of, meta};
use crate::{
    external::{
        handshake::Session,
        protocol::{List, Unfinished},
        words::is_hidden,
    },
    model::{ObjectKey, ObjectMeta},
    storage::{StorageError, UploadRef},
};

/// Pages with nothing on them that may follow each other.
const MOST_EMPTY: u32 = 1_000;
/// Longest a key may be, in bytes: what S3 allows.
const LONGEST_KEY: usize = 1024;

/// What is asked for when a page is used up.
enum Next {
    /// The first page.
    First,
    /// The page behind this cursor.
    Behind(String),
    /// Nothing: that page was the last.
    Nothing,
}

/// Where a listing is.
struct Place<T> {
    session: Option<Arc<Session>>,
    page: VecDeque<T>,
    next: Next,
    empty: u32,
    last: String,
}

impl<T> Place<T> {
    fn begin(after: &str) -> Self {
        Self {
            session: None,
            page: VecDeque::new(),
            next: Next::First,
            empty: 0,
            last: after.to_owned(),
        }
    }

    /// Takes a page's cursor.
    fn turn(&mut self, asked: Option<&String>, next: Option<String>) -> Result<(), String> {
        if next.is_some() && next.as_ref() == asked {
            return Err("the pages of its listing lead round in a circle".to_owned());
        }
        self.empty = if self.page.is_empty() { self.empty + 1 } else { 0 };
        if self.empty > MOST_EMPTY {
            return Err(format!("{MOST_EMPTY} pages of its listing in a row are empty"));
        }
        self.next = next.map_or(Next::Nothing, Next::Behind);
        Ok(())
    }
}

pub(super) fn objects<'a>(
    store: &'a ExternalStorage,
    prefix: &'a str,
    after: &'a str,
) -> BoxStream<'a, Result<(ObjectKey, ObjectMeta), StorageError>> {
    let begin = Place::begin(after);
    stream::try_unfold(begin, move |mut place| async move {
        loop {
            if let Some(listed) = place.page.pop_front() {
                return Ok(Some((listed, place)));
            }
            let cursor = match std::mem::replace(&mut place.next, Next::Nothing) {
                Next::First => None,
                Next::Behind(cursor) => Some(cursor),
                Next::Nothing => return Ok(None),
            };
            let session = session(store, &mut place).await?;
            let request =
                List { prefix: prefix.to_owned(), after: after.to_owned(), cursor: cursor.clone() };
            let answer = session.connection.ask(&request).await;
            let answer = answer_of(&store.place, prefix, answer)?;
            for listed in answer.objects {
                let key = listed.key;
                check(prefix, &key).map_err(|why| store.odd(&key, &why))?;
                if key.as_str() <= place.last.as_str() && !place.last.is_empty() {
                    let why =
                        format!("it is listed after `{}`, which is not the order", place.last);
                    return Err(store.odd(&key, &why));
                }
                place.last.clone_from(&key);
                let meta = meta(listed.meta).map_err(|why| store.odd(&key, &why))?;
                place.page.push_back((ObjectKey::new(key), meta));
            }
            place.turn(cursor.as_ref(), answer.next).map_err(|why| store.odd(prefix, &why))?;
        }
    })
    .boxed()
}

pub(super) fn unfinished<'a>(
    store: &'a ExternalStorage,
    prefix: &'a str,
) -> BoxStream<'a, Result<UploadRef, StorageError>> {
    let begin = Place::begin("");
    stream::try_unfold(begin, move |mut place| async move {
        loop {
            if let Some(upload) = place.page.pop_front() {
                return Ok(Some((upload, place)));
            }
            let cursor = match std::mem::replace(&mut place.next, Next::Nothing) {
                Next::First => None,
                Next::Behind(cursor) => Some(cursor),
                Next::Nothing => return Ok(None),
            };
            let session = session(store, &mut place).await?;
            let request = Unfinished { prefix: prefix.to_owned(), cursor: cursor.clone() };
            let answer = session.connection.ask(&request).await;
            let answer = answer_of(&store.place, prefix, answer)?;
            for upload in answer.uploads {
                check(prefix, &upload.key).map_err(|why| store.odd(&upload.key, &why))?;
                let key = ObjectKey::new(upload.key);
                place.page.push_back(UploadRef { key, id: upload.id, begun: upload.begun });
            }
            place.turn(cursor.as_ref(), answer.next).map_err(|why| store.odd(prefix, &why))?;
        }
    })
    .boxed()
}

/// A cursor is of one process: a listing that loses its own begins anew, elsewhere.
async fn session<T>(
    store: &ExternalStorage,
    place: &mut Place<T>,
) -> Result<Arc<Session>, StorageError> {
    if let Some(session) = &place.session {
        return Ok(Arc::clone(session));
    }
    let session = store.session().await?;
    place.session = Some(Arc::clone(&session));
    Ok(session)
}

/// Tells what is wrong with a key that a listing has.
fn check(prefix: &str, key: &str) -> Result<(), String> {
    if key.is_empty() || key.len() > LONGEST_KEY || key.chars().any(is_hidden) {
        return Err("its key is empty, too long, or has letters that can't be seen".to_owned());
    }
    if !key.starts_with(prefix) {
        return Err(format!("it is listed, and does not begin with `{prefix}`"));
    }
    Ok(())
}
