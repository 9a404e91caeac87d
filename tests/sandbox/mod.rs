//! What a step can do, and what it can't: real commands in every tier that works on this machine.

mod attacks;
mod running;
mod scripts;
mod support;
mod victim;
