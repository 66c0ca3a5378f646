//! What can be asked for at most, and how much is listed.

/// The most puts in a second that can be asked for.
pub const MAX_HZ: usize = 100_000;

/// The longest that a get may wait, in milliseconds: an hour.
pub const MAX_TIMEOUT_MILLIS: usize = 3_600_000;

/// How many queries, tokens and errors are listed at most.
pub const LISTED: usize = 50;
