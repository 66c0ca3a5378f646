//! What a moment of the film shows, in one sentence.

use crate::{
    app::{
        Piece, Plan,
        film::{Moment, parts},
    },
    segment::Mode,
};

/// What goes on at `moment`.
#[must_use]
pub fn caption(plan: &Plan, moment: &Moment) -> String {
    match plan.pieces.get(moment.taken) {
        Some(piece) => taking(piece, moment),
        None if moment.gathered < plan.len => {
            "Putting copies each byte once, into a batch. A full batch leaves.".to_owned()
        }
        None => "The last batch has left.".to_owned(),
    }
}

fn taking(piece: &Piece, moment: &Moment) -> String {
    let name = format!("{} {}", piece.position, piece.name);
    if piece.bytes() == 0 {
        return format!("Building takes {name}: it has no byte.");
    }
    let [filled, _] = parts(piece, moment.part);
    if filled < 1.0 {
        return format!("The builder copies the array of {name} into the message.");
    }
    match piece.mode {
        Mode::Copy => format!("Building copies {name} into the payload’s own block."),
        Mode::Borrow => format!("Building ties the payload to {name}. No byte moves."),
        Mode::Move => format!("Building takes {name} away from its owner. No byte is copied."),
    }
}
