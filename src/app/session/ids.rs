//! By which names puts and samples are spoken of.

/// Names a put of this page.
pub type PutId = u64;

/// Names a sample that the page received.
pub type SampleId = u64;
