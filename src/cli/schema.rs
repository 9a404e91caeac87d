//! `depstate schema`.

use super::{
    args::{SchemaArgs, Which},
    context::{Context, pretty},
    exit::{Exit, Stop},
};
use crate::{catalog, manifest, ops::OpsError, wire};

/// Prints a schema, made from the types. The files in `schema/` are this output.
pub(super) fn run(args: &SchemaArgs, context: &Context) -> Result<Exit, Stop> {
    let schema = match args.which {
        Which::Deps => manifest::schema(),
        Which::Plan => wire::plan::plan_schema(),
        Which::Output => wire::output_schema(),
        Which::Codes => wire::plan::codes(),
        Which::Catalog => catalog::schema(),
    };
    context.output.data(&pretty(&schema)).map_err(|error| {
        OpsError::said(crate::model::Code::FILE_FAILED, format!("stdout: {error}"), None)
    })?;
    Ok(Exit::Done)
}
