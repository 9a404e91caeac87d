//! Tests: version schemes, constraints and deps.lock.
