//! Servers and sandboxes that the tests run against.

pub(crate) mod s3;
pub(crate) mod upstream;
