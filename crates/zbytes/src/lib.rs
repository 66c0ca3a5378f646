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
//!
//! # zenoh's own buffers
//!
//! A segment in linear memory is a slice of `zenoh-buffers`, because a client hands it to zenoh's
//! codec as it is. The types of that crate are in no signature but three conversions, which are
//! there for programs that have such buffers or need them: `Segment::from(ZSlice)`,
//! `ZBytes::from(ZBuf)` and `ZBuf::try_from(&ZBytes)`. None of them copies a byte.
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

pub mod ledger;
pub mod number;
pub mod payload;
pub mod segment;
