//! An S3 server in this process, over real HTTP, with signature checks and atomic conditions.
