//! `debian`: a package of an apt archive, its Release file's signature checked.

use super::{Setup, SourceDriver, fields::Fields};
use crate::model::{Code, Mistake};

pub(super) const FIELDS: &[&str] = &["package", "registry", "suite", "component", "keys"];

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let message = "`debian` is not there yet".to_owned();
    fields.add(Code::UNKNOWN_DRIVER, message, setup.table.span(), None);
    fields.finish()?;
    Err(Vec::new())
}
