//! What the pages of a class say.
//!
//! | file | what is in it |
//! |---|---|
//! | [`wall`] | the teacher's wall: words and the geometry of a tile |
//! | [`strip`] | what a student's page says of its class |

pub mod strip;
pub mod wall;
