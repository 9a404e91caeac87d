//! Corners of the protocol that each were wrong once: as first written they break, as they are now they hold.

mod fence_faults;
mod first_apply;
mod followers;
mod history;
mod repair;
mod views;
