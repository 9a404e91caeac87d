//! Finding out whether the store checks digests.

use aws_sdk_s3::{
    primitives::ByteStream as SdkStream,
    types::{ChecksumAlgorithm, ChecksumType},
};
use bytes::Bytes;

use super::{
    Bucket,
    checksum::{self, Crc},
    connection::Connection,
    error::{Asked, Failure},
};
use crate::{
    model::{Checksums, ObjectKey, Sha256},
    storage::{StorageError, UploadRef},
};

/// What is sent, and what the digests are of.
const SENT: &[u8] = b"these bytes";
const OTHER: &[u8] = b"other bytes";

impl Bucket {
    /// Sends bytes with a digest of others: whole with SHA-256, and as a part with CRC-64/NVME. What
    /// the store does with the one that it looks at less is the verdict.
    ///
    /// # Errors
    /// When it could not be asked, or does not let us write.
    pub(super) async fn probe_checksums(&self, key: &ObjectKey) -> Result<Checksums, StorageError> {
        if !self.config.checksums {
            return Ok(Checksums::None);
        }
        let connection = self.connection().await?;
        match self.probe_whole(connection, key).await? {
            Checksums::Verified => self.probe_part(connection, key).await,
            less @ (Checksums::Echoed | Checksums::None) => Ok(less),
        }
    }

    async fn probe_whole(
        &self,
        connection: &Connection,
        key: &ObjectKey,
    ) -> Result<Checksums, StorageError> {
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "PutObject", key: &full };
        let wrong = checksum::encode(&Sha256::of(OTHER));
        let answer = self
            .tried(connection, |connection| {
                connection
                    .client
                    .put_object()
                    .bucket(&self.config.bucket)
                    .key(&full)
                    .if_none_match("*")
                    .checksum_sha256(&wrong)
                    .body(SdkStream::from_static(SENT))
                    .customize()
                    .disable_payload_signing()
                    .send()
            })
            .await;
        match answer {
            Ok(answer) => {
                // Where deleting is denied it stays.
                let _left_to_the_collector = self.delete(key).await;
                Ok(echo(answer.checksum_sha256(), &wrong))
            }
            // A try whose answer was lost was taken.
            Err(failure) if failure.status() == Some(412) => {
                let _left_to_the_collector = self.delete(key).await;
                Ok(Checksums::None)
            }
            Err(failure) => self.refusal(connection, &asked, &failure),
        }
    }

    async fn probe_part(
        &self,
        connection: &Connection,
        key: &ObjectKey,
    ) -> Result<Checksums, StorageError> {
        let full = self.config.full(key.as_str());
        let asked = Asked { operation: "CreateMultipartUpload", key: &full };
        let begun = self
            .tried(connection, |connection| {
                connection
                    .client
                    .create_multipart_upload()
                    .bucket(&self.config.bucket)
                    .key(&full)
                    .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
                    .checksum_type(ChecksumType::FullObject)
                    .send()
            })
            .await;
        let id = match begun {
            Ok(begun) => begun.upload_id.unwrap_or_default(),
            // It does not know the word.
            Err(failure) if matches!(failure.status(), Some(400 | 501)) && !failure.is_denial() => {
                return Ok(Checksums::None);
            }
            Err(failure) => return Err(self.explain(connection, &asked, &failure)),
        };
        let asked = Asked { operation: "UploadPart", key: &full };
        let wrong = Crc::of(OTHER).text();
        let answer = self
            .tried(connection, |connection| {
                connection
                    .client
                    .upload_part()
                    .bucket(&self.config.bucket)
                    .key(&full)
                    .upload_id(&id)
                    .part_number(1)
                    .checksum_crc64_nvme(&wrong)
                    .body(SdkStream::from(Bytes::from_static(SENT)))
                    .customize()
                    .disable_payload_signing()
                    .send()
            })
            .await;
        let verdict = match &answer {
            Ok(answer) => Ok(echo(answer.checksum_crc64_nvme(), &wrong)),
            Err(failure) => self.refusal(connection, &asked, failure),
        };
        let upload = UploadRef { key: key.clone(), id, begun: None };
        let _left_to_the_collector = self.discard(&upload).await;
        verdict
    }

    /// Tells a refusal of the digest from one of anything else.
    fn refusal(
        &self,
        connection: &Connection,
        asked: &Asked<'_>,
        failure: &Failure,
    ) -> Result<Checksums, StorageError> {
        // The codes differ: `BadDigest`, `XAmzContentChecksumMismatch`, `InvalidRequest`.
        if failure.status() == Some(400) && !failure.is_denial() && !failure.is_passing() {
            return Ok(Checksums::Verified);
        }
        Err(self.explain(connection, asked, failure))
    }
}

/// Reads what a store says that has taken a wrong digest.
fn echo(said: Option<&str>, wrong: &str) -> Checksums {
    if said == Some(wrong) { Checksums::Echoed } else { Checksums::None }
}
