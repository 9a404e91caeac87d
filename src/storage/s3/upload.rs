//! A large object on its way into the bucket.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_s3::{
    primitives::ByteStream as SdkStream,
    types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart},
};
use bytes::{Bytes, BytesMut};
use tokio::{sync::OwnedSemaphorePermit, task::JoinSet};

use super::{
    Bucket,
    checksum::{self, Crc},
    error::{Asked, Failure},
    write::{cache_control, conditions, content_type},
};
use crate::{
    model::{ObjectKey, ObjectMeta},
    storage::{Precondition, PutError, StorageError, Upload, UploadRef},
};

const MIB: usize = 1024 * 1024;

/// What [`ROOM`] is counted in, in bytes.
pub(super) const UNIT: usize = MIB;

/// How much the parts of all uploads of a store may take, in [`UNIT`]s, filling or in flight.
pub(super) const ROOM: usize = 80;

/// Parts of one upload that are in flight at once.
const IN_FLIGHT: usize = 4;

/// The size of the first parts, in bytes.
const PART: usize = 8 * MIB;

/// After so many parts their size doubles. An upload may have 10,000 parts, and how large the
/// object will be is not known: so 10 GiB go in parts of 8 MiB, 30 GiB need some of 16, and the
/// largest object that fits has 2.4 TiB.
const DOUBLED_AFTER: usize = 1_250;

/// The largest number of parts.
const MOST_PARTS: usize = 10_000;

/// A multipart upload. Dropping it stops what is in flight; what was sent stays for the collector.
pub(super) struct S3Upload {
    bucket: Arc<Bucket>,
    key: ObjectKey,
    id: String,
    /// The part that fills, and its share of the room.
    filling: Option<(BytesMut, OwnedSemaphorePermit)>,
    /// Parts that were sent, answered or not.
    begun: usize,
    in_flight: JoinSet<Result<CompletedPart, StorageError>>,
    done: Vec<CompletedPart>,
    /// Of all parts that were sent.
    crc: Crc,
}

impl S3Upload {
    pub(super) async fn begin(bucket: Arc<Bucket>, key: &ObjectKey) -> Result<Self, StorageError> {
        let connection = bucket.connection().await?;
        let full = bucket.config.full(key.as_str());
        let asked = Asked { operation: "CreateMultipartUpload", key: &full };
        let checksums = bucket.config.checksums;
        let answer = bucket
            .tried(connection, |connection| {
                connection
                    .client
                    .create_multipart_upload()
                    .bucket(&bucket.config.bucket)
                    .key(&full)
                    .content_type(content_type(key))
                    .cache_control(cache_control(key))
                    .set_checksum_algorithm(checksums.then_some(ChecksumAlgorithm::Crc64Nvme))
                    .set_checksum_type(checksums.then_some(ChecksumType::FullObject))
                    .send()
            })
            .await
            .map_err(|failure| bucket.explain(connection, &asked, &failure))?;
        let Some(id) = answer.upload_id else {
            let failure = Failure::unreadable("it names no upload".to_owned());
            return Err(bucket.explain(connection, &asked, &failure));
        };
        Ok(Self {
            bucket: Arc::clone(&bucket),
            key: key.clone(),
            id,
            filling: None,
            begun: 0,
            in_flight: JoinSet::new(),
            done: Vec::new(),
            crc: Crc::default(),
        })
    }

    /// Waits for room for the next part.
    async fn make_room(&self) -> Result<(BytesMut, OwnedSemaphorePermit), StorageError> {
        let size = part_size(self.begun);
        // A part that is larger than all the room takes all of it.
        let units = u32::try_from((size / UNIT).min(ROOM)).unwrap_or(u32::MAX);
        let permit = Arc::clone(&self.bucket.room).acquire_many_owned(units).await;
        let permit = permit.map_err(|_| self.lost("the store is closed"))?;
        Ok((BytesMut::with_capacity(size), permit))
    }

    /// Sends the part that fills, once fewer than [`IN_FLIGHT`] are on their way.
    async fn send(&mut self) -> Result<(), StorageError> {
        let (bytes, permit) = match self.filling.take() {
            Some(filled) => filled,
            None => self.make_room().await?,
        };
        while self.in_flight.len() >= IN_FLIGHT {
            self.take_one().await?;
        }
        if self.begun == MOST_PARTS {
            return Err(self.lost("the object has more bytes than an upload can take"));
        }
        self.begun += 1;
        let bytes = bytes.freeze();
        let crc = self.bucket.config.checksums.then(|| Crc::of(&bytes));
        self.crc.append(crc.unwrap_or_else(|| Crc::unknown(bytes.len())));
        let number = i32::try_from(self.begun).unwrap_or(i32::MAX);
        let (bucket, id) = (Arc::clone(&self.bucket), self.id.clone());
        let full = bucket.config.full(self.key.as_str());
        self.in_flight.spawn(async move {
            let part = bucket.send_part(&full, &id, number, bytes, crc).await;
            drop(permit);
            part
        });
        Ok(())
    }

    /// Waits until one more part is answered.
    async fn take_one(&mut self) -> Result<(), StorageError> {
        match self.in_flight.join_next().await {
            None => Ok(()),
            Some(Ok(part)) => {
                self.done.push(part?);
                Ok(())
            }
            Some(Err(e)) => Err(self.lost(&e.to_string())),
        }
    }

    fn lost(&self, why: &str) -> StorageError {
        let place = self.bucket.config.full(self.key.as_str());
        let message = format!("upload of `s3://{}/{place}`: {why}", self.bucket.config.bucket);
        StorageError::Failed { message, help: None }
    }

    async fn throw_away(&mut self) -> Result<(), StorageError> {
        self.in_flight.shutdown().await;
        self.filling = None;
        let upload = UploadRef { key: self.key.clone(), id: self.id.clone(), begun: None };
        self.bucket.discard(&upload).await
    }

    async fn complete(&mut self, precondition: Precondition) -> Result<ObjectMeta, PutError> {
        if self.filling.as_ref().is_some_and(|(bytes, _)| !bytes.is_empty()) || self.begun == 0 {
            self.send().await?;
        }
        self.filling = None;
        while !self.in_flight.is_empty() {
            self.take_one().await?;
        }
        let mut parts = std::mem::take(&mut self.done);
        parts.sort_by_key(|part| part.part_number);
        let connection = self.bucket.connection().await?;
        let config = &self.bucket.config;
        let full = config.full(self.key.as_str());
        let asked = Asked { operation: "CompleteMultipartUpload", key: &full };
        let (absent, matches) = conditions(&precondition);
        let expects = matches.is_some();
        let outcome =
            |failure: &Failure| failure.outcome(config, &connection.source, &asked, expects);
        let whole = config.checksums.then(|| self.crc.text());
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let answer = self
            .bucket
            .once(connection, || {
                connection
                    .client
                    .complete_multipart_upload()
                    .bucket(&config.bucket)
                    .key(&full)
                    .upload_id(&self.id)
                    .set_if_none_match(absent.clone())
                    .set_if_match(matches.clone())
                    .set_checksum_type(whole.is_some().then_some(ChecksumType::FullObject))
                    .set_checksum_crc64_nvme(whole.clone())
                    .multipart_upload(parts.clone())
                    .customize()
                    .config_override(connection.patient())
                    .send()
            })
            .await
            .map_err(|failure| outcome(&failure))?;
        let Some(tag) = answer.e_tag() else {
            return Err(outcome(&Failure::unreadable("it lacks `ETag`".to_owned())));
        };
        if let (Some(sent), Some(stored)) = (&whole, answer.checksum_crc64_nvme())
            && sent != stored
        {
            let detail = "the store has stored other bytes than were sent".to_owned();
            return Err(outcome(&Failure::unreadable(detail)));
        }
        let revision = checksum::revision(tag);
        Ok(ObjectMeta { size: self.crc.size, revision, modified: None, checksum: None })
    }
}

/// Returns the size in bytes of the part that follows so many.
fn part_size(begun: usize) -> usize {
    PART << (begun / DOUBLED_AFTER)
}

#[async_trait]
impl Upload for S3Upload {
    async fn write(&mut self, mut bytes: Bytes) -> Result<(), StorageError> {
        while !bytes.is_empty() {
            let (mut part, permit) = match self.filling.take() {
                Some(filling) => filling,
                None => self.make_room().await?,
            };
            let size = part_size(self.begun);
            let fits = bytes.len().min(size.saturating_sub(part.len()));
            part.extend_from_slice(&bytes.split_to(fits));
            let full = part.len() >= size;
            self.filling = Some((part, permit));
            if full {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn finish(
        mut self: Box<Self>,
        precondition: Precondition,
    ) -> Result<ObjectMeta, PutError> {
        let outcome = self.complete(precondition).await;
        if let Err(error) = &outcome
            && !matches!(error, PutError::Unknown(_))
        {
            // Whether it worked changes nothing: the collector finds what is left.
            let _left_to_the_collector = self.throw_away().await;
        }
        outcome
    }

    async fn abort(mut self: Box<Self>) -> Result<(), StorageError> {
        self.throw_away().await
    }
}

impl Bucket {
    async fn send_part(
        &self,
        full: &str,
        id: &str,
        number: i32,
        bytes: Bytes,
        crc: Option<Crc>,
    ) -> Result<CompletedPart, StorageError> {
        let connection = self.connection().await?;
        let asked = Asked { operation: "UploadPart", key: full };
        let checksum = crc.map(Crc::text);
        let answer = self
            .tried(connection, |connection| {
                connection
                    .client
                    .upload_part()
                    .bucket(&self.config.bucket)
                    .key(full)
                    .upload_id(id)
                    .part_number(number)
                    .set_checksum_crc64_nvme(checksum.clone())
                    .body(SdkStream::from(bytes.clone()))
                    .customize()
                    .disable_payload_signing()
                    .config_override(connection.patient())
                    .send()
            })
            .await
            .map_err(|failure| self.explain(connection, &asked, &failure))?;
        let wrong = match (&answer.e_tag, &checksum, answer.checksum_crc64_nvme()) {
            (None, _, _) => Some("it lacks `ETag`"),
            (_, Some(sent), Some(stored)) if sent != stored => {
                Some("the store has stored other bytes than were sent")
            }
            _ => None,
        };
        if let Some(wrong) = wrong {
            let failure = Failure::unreadable(wrong.to_owned());
            return Err(self.explain(connection, &asked, &failure));
        }
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(answer.e_tag)
            .set_checksum_crc64_nvme(checksum)
            .build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_so_that_their_number_suffices() {
        let gib = |parts: usize| (0..parts).map(part_size).sum::<usize>() / (1024 * MIB);
        assert_eq!(part_size(0), 8 * MIB);
        assert_eq!((gib(1_250), gib(2_500)), (9, 29));
        assert_eq!(gib(MOST_PARTS), 2_490);
        // No part is larger than S3 takes.
        assert!(part_size(MOST_PARTS - 1) <= 5 * 1024 * MIB);
    }
}
