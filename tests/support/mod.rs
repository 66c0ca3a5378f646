//! Helpers for tests of more than one suite, and for benchmarks. Each of these is a program of its
//! own that includes all of them.
#![allow(dead_code, reason = "no suite uses everything")]
#![allow(clippy::indexing_slicing, reason = "a failed expectation must stop the test")]

pub(crate) mod browser;
pub(crate) mod class;
pub(crate) mod files;
pub(crate) mod frames;
pub(crate) mod hub;
pub(crate) mod keyboard;
pub(crate) mod lab;
pub(crate) mod link;
pub(crate) mod machine;
pub(crate) mod module;
pub(crate) mod peers;
pub(crate) mod python;
pub(crate) mod session_peers;
pub(crate) mod tabs;
pub(crate) mod tampered;

use std::time::Duration;

/// How long any step may take. No test measures time: this only ends a test that would otherwise
/// hang.
pub(crate) const GUARD: Duration = Duration::from_secs(60);
