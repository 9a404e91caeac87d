//! Tests: what every driver of a room has to keep.

mod interop;
mod storage;
mod storage_config;
mod storage_fs;
mod storage_memory;
mod storage_s3;
mod storage_s3_faults;
mod storage_s3_pace;
mod storage_s3_renewal;
pub(crate) mod stores;
