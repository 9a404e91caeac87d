//! Tests: planner.
