//! What the page asks of the engine and of the browser. It carries out effects, and answers with
//! actions. It decides nothing, and holds no payload byte.
//!
//! | place | what it is for |
//! |---|---|
//! | [`errands`] | where effects go; questions to the engine |
//! | `link`, [`tasks`] | a Worker with an engine in it; work that its owner can drop |
//! | [`bytes`], [`frames`], [`pictures`], [`live`] | what views of these names ask of the engine, and keep of it |
//! | `files`, [`runs`], `kept`, [`clipboard`] | files that a person gave; kept runs and saved files; kept rows; the clipboard |
//! | `capture` | cameras, screens and microphones |
//! | [`drawing`] | the drawing of Layout as a picture; the fonts of saved drawings |
//! | `lessons` | lessons from the lab, an address or a file, and what was predicted in them |
//! | `own_code` | the frame in which own code runs, programs to start from |
//! | [`address`] | the scene in the address of the page |
//! | [`crash`] | what is said and kept when the page's own program dies |

pub mod address;
pub mod bytes;
mod capture;
pub mod clipboard;
pub mod crash;
pub mod drawing;
pub mod errands;
mod files;
pub mod frames;
mod hub;
mod kept;
mod lessons;
mod link;
pub mod live;
mod own_code;
pub mod pictures;
mod program;
pub mod runs;
pub mod tasks;

pub use self::errands::Errands;
