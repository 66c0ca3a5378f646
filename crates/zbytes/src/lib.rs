#![doc = include_str!("../README.md")]
//!
//! # The modules
//!
//! | module | what it is for |
//! |---|---|
//! | [`number`] | whole numbers as a person reads them, in errors |
//! | [`ledger`] | counts every copy of payload bytes, in an explicit handle |
//! | [`segment`] | a run of bytes with one owner, in linear memory or in the JavaScript heap |
//! | [`payload`] | [`ZBytes`](payload::ZBytes), an ordered list of segments, and what building one took |
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

pub mod ledger;
pub mod number;
pub mod payload;
pub mod segment;
