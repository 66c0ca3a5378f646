//! Frames that are not equal: a robot that sees a room, what a browser captures, what a frame says
//! of itself, and how a frame that has arrived becomes a picture.
//!
//! | File | What is in it |
//! |---|---|
//! | `robot` | the room, and what a camera sees of it in a frame: image, depth and mask |
//! | `capture` | planes of a camera and a screen, channels of a microphone, as rows stand for them |
//! | `head` | what goes along with each frame, as its attachment |
//! | `picture` | the pixels that show a frame |
//! | `stream` | what is counted of the frames of one sender |
//!
//! Pure: the engine makes and receives the bytes, and the page draws.

mod capture;
mod head;
pub mod picture;
mod robot;
mod stream;

pub use self::{
    capture::{Capture, MAX_SHOT, Sensor},
    head::{Head, MAX_HEAD},
    robot::{Camera, MAX_SIDE, Plane, Robot, Sight},
    stream::{Figures, Stream, Told, Wanted},
};
