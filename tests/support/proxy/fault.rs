//! What can happen to a request on its way, or to the answer on its way back.

use std::time::Duration;

use bytes::Bytes;
use hyper::Response;

/// A fault.
#[derive(Debug, Clone)]
pub(crate) enum Fault {
    /// The connection is closed; the server never sees the request.
    DropBefore,
    /// The server answers; the connection is closed in place of the answer.
    DropAfter,
    /// The connection is closed while the request's body is on its way.
    CutRequest,
    /// Half of the answer's body comes, then the connection is closed.
    CutAnswer,
    /// The request reaches the server so much later.
    Late(Duration),
    /// The server gets the request twice; the second answer comes back.
    Twice,
    /// An error of S3 (status and code) that the server knows nothing of.
    Answer(u16, &'static str),
    /// The same in the place of the true answer.
    AnswerAfter(u16, &'static str),
    /// A 200 without headers or body that the server knows nothing of.
    EmptyOk,
    /// The same in the place of the true answer.
    EmptyOkAfter,
    /// The true answer with another value of a header.
    Header(&'static str, &'static str),
    /// The true answer with another body, of the right length for itself.
    Body(fn(&[u8]) -> Vec<u8>),
    /// The answer that the last request of this operation got.
    Past,
    /// The true answer, in eight pieces with a pause before each.
    Trickle(Duration),
    /// Half of the true answer, then nothing for so long, then the connection is closed.
    Stall(Duration),
    /// A redirection: status and where to.
    Redirect(u16, String),
}

/// Closes the connection.
#[derive(Debug)]
pub(crate) struct Closed;

impl std::fmt::Display for Closed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("closed on purpose")
    }
}

impl std::error::Error for Closed {}

/// An error as S3 writes it.
pub(super) fn made_up(status: u16, code: &str) -> Response<Bytes> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>made up\
         </Message><RequestId>REQ-1</RequestId></Error>"
    );
    Response::builder()
        .status(status)
        .header("content-type", "application/xml")
        .header("x-amz-request-id", "REQ-1")
        .body(Bytes::from(body))
        .unwrap()
}
