//! Floor 1: the catalogue: what is known of well-known products, as data, one file a product.
//!
//! An entry holds a dependency as deps.toml has it, without the lines and targets that are the
//! user's to choose; [`block`] puts those in. Nothing here asks anybody anything.

mod block;
mod entry;
mod error;
mod files;
mod find;
mod line;
mod schema;
mod targets;

pub use block::{Wish, block};
pub use entry::{Entry, KeyFile, Lines};
pub use error::CatalogError;
pub use find::{all, find, search};
pub use line::{Line, read_line};
pub use schema::schema;
pub use targets::targets;
