//! A batch as named spans: what each of its bytes is, down to the last one.
//!
//! zenoh's codec reads whole messages and does not say where their fields are. So this walks
//! through the same format once more, only to look: nothing of what it finds is acted upon. It
//! reads what the codec reads, which tests compare. What it cannot read is a span too, so the
//! leaves of a [`Dissection`] always cover the batch without a gap or an overlap.
//!
//! ```text
//!   FRAME                                   group
//!     header  sn                            leaves
//!     PUSH                                  group
//!       header  scope  length  key          leaves
//!       PUT                                 group
//!         header  length  payload           leaves
//! ```
//!
//! The format is that of zenoh-protocol 1.10.2; each [`Field`] names its place there.
//!
//! `span` and `summary` are what comes out, whole or in short. `walk` goes through a batch, with
//! the messages of zenoh in `messages`; `field` and `words` say what it finds.

mod field;
mod messages;
mod span;
mod summary;
#[cfg(test)]
mod tests;
mod walk;
mod words;

pub use self::{
    field::Field,
    span::{Begun, Body, Carried, Carries, Dissection, Shape, Span},
    summary::{Kind, Summary},
    walk::{dissect, summarize},
};
