//! The planner: every row of the three-way table, its laws, and the rules one by one.

mod applying;
mod asking;
mod building;
mod commit;
mod decision_table;
mod disturb;
mod extras;
mod filters;
mod finding_files;
mod keeping;
mod laws;
mod locking;
mod making;
mod needing;
mod question;
mod selecting;
mod time;
mod world;
