//! Servers and sandboxes that the tests run against.

pub(crate) mod golden;
pub(crate) mod model;
pub(crate) mod s3;
pub(crate) mod sandbox;
pub(crate) mod upstream;
