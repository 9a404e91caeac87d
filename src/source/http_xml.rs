//! `http-xml`: the elements of an XML document: feeds, listings.

use super::{Setup, SourceDriver, fields::Fields};
use crate::model::{Code, Mistake};

pub(super) const FIELDS: &[&str] = &["url", "css", "pattern", "next"];

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let message = "`http-xml` is not there yet".to_owned();
    fields.add(Code::UNKNOWN_DRIVER, message, setup.table.span(), None);
    fields.finish()?;
    Err(Vec::new())
}
