//! The `depstate` program.

fn main() {}
