//! `kill -9` at every named step of the real program, and at random moments; then the run is done
//! again and everything must be there.

mod judge;
mod points;
mod project;
mod random;
mod run;
