//! What the pages of a class say.
//!
//! | file | what is in it |
//! |---|---|
//! | [`wall`] | the teacher's wall: words and the geometry of a tile |
//! | [`experiment`] | what came of an experiment: side by side, in one drawing, in words and files |
//! | [`strip`] | what a student's page says of its class |

pub mod experiment;
pub mod strip;
pub mod wall;
