//! Answers that break off.

use aws_sdk_s3::{
    config::{
        ConfigBag, Intercept, RuntimeComponents,
        interceptors::AfterDeserializationInterceptorContextRef,
    },
    error::BoxError,
};

/// Refuses XML that ends before its root does. The SDK takes what it could read for all there is:
/// half of a listing would read as objects that are gone.
#[derive(Debug)]
pub(super) struct WholeAnswers;

impl Intercept for WholeAnswers {
    fn name(&self) -> &'static str {
        "WholeAnswers"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // The bytes of an object are a stream: they are not here.
        match response.body().bytes() {
            Some(body) if response.status().is_success() && !is_whole(body) => {
                Err("the answer breaks off".into())
            }
            _ => Ok(()),
        }
    }
}

/// Tells whether a document's last tag closes its root. One that is empty is the reader's business.
fn is_whole(body: &[u8]) -> bool {
    let mut rest = body.trim_ascii();
    if rest.is_empty() {
        return true;
    }
    // Declarations come before the root.
    while rest.starts_with(b"<?") || rest.starts_with(b"<!") {
        let Some(end) = rest.iter().position(|byte| *byte == b'>') else { return false };
        rest = rest[end + 1..].trim_ascii_start();
    }
    let Some(root) = rest.strip_prefix(b"<") else { return false };
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    let Some(end) = root.iter().position(ends) else { return false };
    let (name, rest) = root.split_at(end);
    let Some(last) = rest.iter().rposition(|byte| *byte == b'<') else {
        // One tag alone, which closes itself.
        return rest.ends_with(b"/>");
    };
    let closing = rest[last..].strip_prefix(b"</").and_then(|tag| tag.strip_prefix(name));
    closing.is_some_and(|tag| tag.trim_ascii() == b">")
}

#[cfg(test)]
mod tests {
    use super::is_whole;

    #[test]
    fn what_is_cut_anywhere_is_not_whole() {
        let text = b"<?xml version=\"1.0\"?>\n<List xmlns=\"x\"><Item><Key>List</Key></Item><More/></List>\n";
        assert!(is_whole(text));
        for cut in 1..text.trim_ascii().len() {
            assert!(!is_whole(&text[..cut]), "{cut}");
        }
    }

    #[test]
    fn other_forms_of_a_whole_document() {
        for text in
            ["", " \n", "<List/>", "<List a=\"b\"/>", "\n  <List></List >", "<!-- c --><L></L>"]
        {
            assert!(is_whole(text.as_bytes()), "{text}");
        }
        for text in
            ["<List><List>", "<List></Lists>", "<Lists></List>", "no document", "<html><p/>"]
        {
            assert!(!is_whole(text.as_bytes()), "{text}");
        }
    }
}
