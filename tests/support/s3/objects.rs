//! The operations on buckets and whole objects.

use std::sync::Arc;

use futures::stream;
use md5::Md5;
use s3s::{
    S3, S3Request, S3Response, S3Result,
    access::{S3Access, S3AccessContext},
    dto::{
        AbortMultipartUploadInput, AbortMultipartUploadOutput, CommonPrefix,
        CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CreateBucketInput,
        CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput,
        DeletedObject, ETagCondition, GetObjectInput, GetObjectOutput, HeadBucketInput,
        HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListMultipartUploadsInput,
        ListMultipartUploadsOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput,
        ListPartsOutput, Object, PutObjectInput, PutObjectOutput, StreamingBlob, UploadPartInput,
        UploadPartOutput,
    },
    s3_error,
};
use sha2::{Digest as _, Sha256};

use super::{
    multipart,
    store::{Store, Stored, collect, tag},
};

/// The server's operations.
pub(super) struct Served(pub(super) Arc<Store>);

/// Who may ask.
pub(super) struct Gate(pub(super) Arc<Store>);

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        let reads = ["GetObject", "HeadObject", "ListObjectsV2", "HeadBucket"];
        let is_read = reads.contains(&cx.s3_op().name());
        if cx.credentials().is_some() || (is_read && self.0.may_anyone_read()) {
            return Ok(());
        }
        Err(s3_error!(AccessDenied, "Access Denied"))
    }
}

type Answered<T> = S3Result<S3Response<T>>;

#[expect(clippy::unnecessary_wraps, reason = "every operation may fail")]
fn ok<T>(output: T) -> Answered<T> {
    Ok(S3Response::new(output))
}

#[async_trait::async_trait]
impl S3 for Served {
    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> Answered<CreateBucketOutput> {
        self.0.lock().buckets.entry(req.input.bucket).or_default();
        ok(CreateBucketOutput::default())
    }

    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> Answered<HeadBucketOutput> {
        self.0.lock().objects(&req.input.bucket)?;
        ok(HeadBucketOutput::default())
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answered<PutObjectOutput> {
        let input = req.input;
        let bytes = collect(input.body, input.content_length).await?;
        self.0.check(input.checksum_sha256.as_deref(), || Sha256::digest(&bytes).to_vec())?;
        self.0.check(input.content_md5.as_deref(), || Md5::digest(&bytes).to_vec())?;
        self.0.check(input.checksum_crc64nvme.as_deref(), || {
            multipart::crc64(&bytes).to_be_bytes().to_vec()
        })?;
        let stored = Stored {
            sha256: self.0.say(input.checksum_sha256),
            crc64: self.0.say(input.checksum_crc64nvme),
            content_type: input.content_type,
            cache_control: input.cache_control,
            metadata: input.metadata,
            ..Stored::of(bytes)
        };
        let etag = stored.etag.clone();
        let (checksum_sha256, checksum_crc64nvme) = (stored.sha256.clone(), stored.crc64.clone());
        self.0
            .put_if(
                &input.bucket,
                &input.key,
                stored,
                input.if_match.as_ref(),
                input.if_none_match.as_ref(),
            )
            .await?;
        ok(PutObjectOutput {
            e_tag: Some(tag(&etag)),
            checksum_sha256,
            checksum_crc64nvme,
            ..Default::default()
        })
    }

    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answered<GetObjectOutput> {
        let input = req.input;
        let stored = find(&self.0, &input.bucket, &input.key)?;
        if let Some(ETagCondition::ETag(wanted)) = &input.if_match
            && wanted.value() != stored.etag
        {
            return Err(s3_error!(PreconditionFailed));
        }
        let range = match &input.range {
            None => 0..stored.size,
            Some(range) => range.check(stored.size).map_err(|_| s3_error!(InvalidRange))?,
        };
        let length = range.end - range.start;
        let content_range = input
            .range
            .is_some()
            .then(|| format!("bytes {}-{}/{}", range.start, range.end - 1, stored.size));
        let slices = stored.slices(range).into_iter().map(Ok::<_, std::io::Error>);
        ok(GetObjectOutput {
            body: Some(StreamingBlob::wrap(stream::iter(slices.collect::<Vec<_>>()))),
            content_length: i64::try_from(length).ok(),
            content_range,
            e_tag: Some(tag(&stored.etag)),
            last_modified: Some(stored.modified.into()),
            content_type: stored.content_type,
            cache_control: stored.cache_control,
            metadata: stored.metadata,
            ..Default::default()
        })
    }

    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Answered<HeadObjectOutput> {
        let stored = find(&self.0, &req.input.bucket, &req.input.key)?;
        let checksums = req.input.checksum_mode.is_some();
        ok(HeadObjectOutput {
            content_length: i64::try_from(stored.size).ok(),
            e_tag: Some(tag(&stored.etag)),
            last_modified: Some(stored.modified.into()),
            content_type: stored.content_type,
            cache_control: stored.cache_control,
            metadata: stored.metadata,
            checksum_sha256: stored.sha256.filter(|_| checksums),
            checksum_crc64nvme: stored.crc64.filter(|_| checksums),
            ..Default::default()
        })
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> Answered<ListObjectsV2Output> {
        let input = req.input;
        let prefix = input.prefix.clone().unwrap_or_default();
        let most = input.max_keys.unwrap_or(1_000).clamp(0, 1_000);
        let after = match &input.continuation_token {
            Some(token) => hex::decode(token)
                .ok()
                .and_then(|bytes| String::from_utf8(bytes).ok())
                .ok_or_else(|| s3_error!(InvalidArgument))?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let delimiter = input.delimiter.clone().filter(|text| !text.is_empty());
        let mut contents = Vec::new();
        let mut folders: Vec<CommonPrefix> = Vec::new();
        let mut last = String::new();
        let mut truncated = false;
        {
            let mut state = self.0.lock();
            let objects = state.objects(&input.bucket)?;
            let mut from = std::ops::Bound::Included(prefix.clone().max(after.clone()));
            while let Some((key, stored)) =
                objects.range((from.clone(), std::ops::Bound::Unbounded)).next()
            {
                if !key.starts_with(&prefix) {
                    break;
                }
                from = std::ops::Bound::Excluded(key.clone());
                if *key <= after && !after.is_empty() {
                    continue;
                }
                if contents.len() + folders.len() == usize::try_from(most).unwrap_or(0) {
                    truncated = true;
                    break;
                }
                let folder = delimiter.as_ref().and_then(|delimiter| {
                    let end = key[prefix.len()..].find(delimiter.as_str())? + delimiter.len();
                    Some(key[..prefix.len() + end].to_owned())
                });
                if let Some(folder) = folder {
                    // All keys of a folder are skipped: no text is greater than this one.
                    last = format!("{folder}\u{10ffff}");
                    from = std::ops::Bound::Included(last.clone());
                    folders.push(CommonPrefix { prefix: Some(folder) });
                    continue;
                }
                last.clone_from(key);
                contents.push(Object {
                    key: Some(key.clone()),
                    size: i64::try_from(stored.size).ok(),
                    e_tag: Some(tag(&stored.etag)),
                    last_modified: Some(stored.modified.into()),
                    ..Default::default()
                });
            }
        }
        ok(ListObjectsV2Output {
            name: Some(input.bucket),
            prefix: Some(prefix),
            max_keys: Some(most),
            key_count: i32::try_from(contents.len() + folders.len()).ok(),
            is_truncated: Some(truncated),
            next_continuation_token: truncated.then(|| hex::encode(&last)),
            continuation_token: input.continuation_token,
            delimiter,
            contents: Some(contents),
            common_prefixes: Some(folders),
            ..Default::default()
        })
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> Answered<DeleteObjectOutput> {
        self.0.lock().objects(&req.input.bucket)?.remove(&req.input.key);
        ok(DeleteObjectOutput::default())
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> Answered<DeleteObjectsOutput> {
        let mut state = self.0.lock();
        let objects = state.objects(&req.input.bucket)?;
        let mut deleted = Vec::new();
        for named in req.input.delete.objects {
            objects.remove(&named.key);
            deleted.push(DeletedObject { key: Some(named.key), ..Default::default() });
        }
        ok(DeleteObjectsOutput { deleted: Some(deleted), ..Default::default() })
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answered<CreateMultipartUploadOutput> {
        ok(multipart::create(&self.0, req.input)?)
    }

    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answered<UploadPartOutput> {
        ok(multipart::upload_part(&self.0, req.input).await?)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answered<CompleteMultipartUploadOutput> {
        ok(multipart::complete(&self.0, req.input)?)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answered<AbortMultipartUploadOutput> {
        multipart::abort(&self.0, &req.input.upload_id)?;
        ok(AbortMultipartUploadOutput::default())
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> Answered<ListMultipartUploadsOutput> {
        ok(multipart::list(&self.0, req.input))
    }

    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answered<ListPartsOutput> {
        ok(multipart::list_parts(&self.0, req.input)?)
    }
}

fn find(store: &Store, bucket: &str, key: &str) -> S3Result<Stored> {
    store.lock().objects(bucket)?.get(key).cloned().ok_or_else(|| s3_error!(NoSuchKey))
}
