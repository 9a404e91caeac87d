//! The executor `container`.
