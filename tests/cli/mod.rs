//! What a user types, and what comes of it: the real binary in a sandbox.

mod attacks;
mod bad_input;
mod commands;
mod compiled;
mod damage;
mod doctoring;
mod extras;
mod filters;
mod interrupt;
mod live;
mod locking;
mod looking;
mod looking_back;
mod output;
mod quickstart;
mod readme;
mod rebuilding;
mod refused;
mod s3;
mod saved_plan;
mod side;
mod table;
mod time;
mod upstream;
mod validators;
mod verifying;
