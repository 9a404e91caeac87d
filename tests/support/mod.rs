//! Servers and sandboxes that the tests run against.

pub(crate) mod child;
pub(crate) mod git;
pub(crate) mod golden;
pub(crate) mod model;
pub(crate) mod moto;
pub(crate) mod place;
pub(crate) mod proxy;
pub(crate) mod published;
pub(crate) mod reliability;
pub(crate) mod s3;
pub(crate) mod sandbox;
pub(crate) mod upstream;
