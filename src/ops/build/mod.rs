//! Building and trying artifacts: for `apply`, and on a workstation.

mod bench;
mod files;
mod log;
mod make;
mod trial;

pub(crate) use bench::{Bench, Needs, made_file, source_of};
pub(crate) use files::NeedFile;
pub(crate) use make::{Made, Origin};
