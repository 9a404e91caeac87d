//! `gitlab-releases`: the releases of a GitLab project and their files.

use super::{Setup, SourceDriver, fields::Fields};
use crate::model::{Code, Mistake};

pub(super) const FIELDS: &[&str] = &["repo", "api"];

pub(super) fn make(setup: &Setup) -> Result<Box<dyn SourceDriver>, Vec<Mistake>> {
    let mut fields = Fields::new(setup, FIELDS);
    let message = "`gitlab-releases` is not there yet".to_owned();
    fields.add(Code::UNKNOWN_DRIVER, message, setup.table.span(), None);
    fields.finish()?;
    Err(Vec::new())
}
