//! By which names operations, queries and what is declared are spoken of.

/// Names an operation; chosen by the caller, who should not use one twice in a session.
pub type OpId = u64;

/// Names something that the caller declares, in one numbering for all: a subscriber, a queryable, a
/// token, a watch. A publisher that numbers its samples has a numbering of its own. The caller
/// chooses it.
pub type EntityId = u32;

/// Names a subscriber.
pub type SubscriberId = EntityId;

/// Names a query that a queryable of ours has to answer.
pub type QueryId = u64;
