//! Floor 3: HTTP. The only room that names reqwest.

mod body;

pub use body::{ByteStream, StreamError};
