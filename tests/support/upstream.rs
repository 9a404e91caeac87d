//! An upstream in this process: real HTTP, with scripted answers.
