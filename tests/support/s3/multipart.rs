//! The operations on multipart uploads.

use std::time::SystemTime;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use crc_fast::{CrcAlgorithm, checksum, checksum_combine};
use md5::{Digest as _, Md5};
use s3s::{
    S3Result,
    dto::{
        ChecksumAlgorithm, ChecksumType, CompleteMultipartUploadInput,
        CompleteMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
        ListMultipartUploadsInput, ListMultipartUploadsOutput, ListPartsInput, ListPartsOutput,
        MultipartUpload, UploadPartInput, UploadPartOutput,
    },
    s3_error,
};

use super::store::{Part, Pending, Store, Stored, collect, tag};

/// Every part but the last has at least this many bytes.
const SMALLEST_PART: usize = 5 * 1024 * 1024;

pub(super) fn crc64(bytes: &[u8]) -> u64 {
    checksum(CrcAlgorithm::Crc64Nvme, bytes)
}

pub(super) fn create(
    store: &Store,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let mut state = store.lock();
    state.objects(&input.bucket)?;
    state.begun += 1;
    let id = format!("upload-{:08}", state.begun);
    let full_crc64 = match (&input.checksum_algorithm, &input.checksum_type) {
        (None, None) => false,
        (Some(algorithm), Some(kind)) => {
            let known = algorithm.as_str() == ChecksumAlgorithm::CRC64NVME
                && kind.as_str() == ChecksumType::FULL_OBJECT;
            if !known {
                return Err(s3_error!(InvalidRequest));
            }
            true
        }
        _ => return Err(s3_error!(InvalidRequest)),
    };
    let pending = Pending {
        bucket: input.bucket.clone(),
        key: input.key.clone(),
        begun: SystemTime::now(),
        parts: std::collections::BTreeMap::new(),
        full_crc64,
        content_type: input.content_type,
        cache_control: input.cache_control,
        metadata: input.metadata,
    };
    state.uploads.insert(id.clone(), pending);
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: input.checksum_type,
        ..Default::default()
    })
}

pub(super) async fn upload_part(
    store: &Store,
    input: UploadPartInput,
) -> S3Result<UploadPartOutput> {
    let bytes = collect(input.body, input.content_length).await?;
    let crc = crc64(&bytes);
    store.check(input.checksum_crc64nvme.as_deref(), || crc.to_be_bytes().to_vec())?;
    let md5: [u8; 16] = Md5::digest(&bytes).into();
    store.check(input.content_md5.as_deref(), || md5.to_vec())?;
    let size = bytes.len();
    // Dropped once it is checked, where nobody reads it again.
    let bytes = if store.drops_bodies() { Bytes::new() } else { bytes };
    let mut state = store.lock();
    let pending = state.uploads.get_mut(&input.upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
    if pending.full_crc64 && input.checksum_crc64nvme.is_none() {
        return Err(s3_error!(InvalidRequest, "the part lacks its checksum"));
    }
    pending.parts.insert(input.part_number, Part { bytes, size, md5, crc64: crc });
    Ok(UploadPartOutput {
        e_tag: Some(tag(&hex::encode(md5))),
        checksum_crc64nvme: store.say(input.checksum_crc64nvme),
        ..Default::default()
    })
}

pub(super) fn complete(
    store: &Store,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let mut state = store.lock();
    let pending =
        state.uploads.get(&input.upload_id).cloned().ok_or_else(|| s3_error!(NoSuchUpload))?;
    let named = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    if named.is_empty() {
        return Err(s3_error!(MalformedXML));
    }
    let mut chunks = Vec::new();
    let mut md5 = Md5::new();
    let (mut size, mut crc, mut before) = (0, 0, 0);
    for (n, part) in named.iter().enumerate() {
        let number = part.part_number.unwrap_or(0);
        if number <= before {
            return Err(s3_error!(InvalidPartOrder));
        }
        before = number;
        let found = pending.parts.get(&number).ok_or_else(|| s3_error!(InvalidPart))?;
        if part.e_tag.as_ref().is_none_or(|etag| etag.value() != hex::encode(found.md5)) {
            return Err(s3_error!(InvalidPart));
        }
        if n + 1 < named.len() && found.size < SMALLEST_PART {
            return Err(s3_error!(EntityTooSmall));
        }
        let length = found.size as u64;
        crc = if n == 0 {
            found.crc64
        } else {
            checksum_combine(CrcAlgorithm::Crc64Nvme, crc, found.crc64, length)
        };
        size += length;
        md5.update(found.md5);
        chunks.push(found.bytes.clone());
    }
    let crc64 = STANDARD.encode(crc.to_be_bytes());
    store.check(input.checksum_crc64nvme.as_deref(), || crc.to_be_bytes().to_vec())?;
    // One that does not check keeps what it was told.
    let said = store.say(Some(input.checksum_crc64nvme.unwrap_or(crc64)));
    let stored = Stored {
        chunks,
        size,
        etag: format!("{}-{}", hex::encode(md5.finalize()), named.len()),
        modified: SystemTime::now(),
        sha256: None,
        crc64: said.clone().filter(|_| pending.full_crc64),
        content_type: pending.content_type,
        cache_control: pending.cache_control,
        metadata: pending.metadata,
    };
    let etag = stored.etag.clone();
    state.put_if(
        &pending.bucket,
        &pending.key,
        stored,
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
    )?;
    state.uploads.remove(&input.upload_id);
    Ok(CompleteMultipartUploadOutput {
        bucket: Some(pending.bucket),
        key: Some(pending.key),
        e_tag: Some(tag(&etag)),
        checksum_crc64nvme: said.filter(|_| pending.full_crc64),
        ..Default::default()
    })
}

pub(super) fn abort(store: &Store, id: &str) -> S3Result<()> {
    store.lock().uploads.remove(id).map(drop).ok_or_else(|| s3_error!(NoSuchUpload))
}

pub(super) fn list(store: &Store, input: ListMultipartUploadsInput) -> ListMultipartUploadsOutput {
    let prefix = input.prefix.unwrap_or_default();
    let most = usize::try_from(input.max_uploads.unwrap_or(1_000)).unwrap_or(0).min(1_000);
    let mark = (input.key_marker.unwrap_or_default(), input.upload_id_marker.unwrap_or_default());
    let state = store.lock();
    let mut all: Vec<(&String, &String, &Pending)> = state
        .uploads
        .iter()
        .filter(|(_, pending)| pending.bucket == input.bucket && pending.key.starts_with(&prefix))
        .map(|(id, pending)| (&pending.key, id, pending))
        .filter(|(key, id, _)| (key.as_str(), id.as_str()) > (mark.0.as_str(), mark.1.as_str()))
        .collect();
    all.sort_by_key(|(key, id, _)| (*key, *id));
    let truncated = all.len() > most;
    all.truncate(most);
    let last = all.last().filter(|_| truncated);
    ListMultipartUploadsOutput {
        bucket: Some(input.bucket),
        is_truncated: Some(truncated),
        next_key_marker: last.map(|(key, _, _)| (*key).clone()),
        next_upload_id_marker: last.map(|(_, id, _)| (*id).clone()),
        uploads: Some(
            all.iter()
                .map(|(key, id, pending)| MultipartUpload {
                    key: Some((*key).clone()),
                    upload_id: Some((*id).clone()),
                    initiated: Some(pending.begun.into()),
                    ..Default::default()
                })
                .collect(),
        ),
        ..Default::default()
    }
}

pub(super) fn list_parts(store: &Store, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let state = store.lock();
    let pending = state.uploads.get(&input.upload_id).ok_or_else(|| s3_error!(NoSuchUpload))?;
    let parts = pending.parts.iter().map(|(number, part)| s3s::dto::Part {
        part_number: Some(*number),
        size: i64::try_from(part.size).ok(),
        e_tag: Some(tag(&hex::encode(part.md5))),
        ..Default::default()
    });
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(false),
        parts: Some(parts.collect()),
        ..Default::default()
    })
}
