//! Floor 3: local files, written atomically.
