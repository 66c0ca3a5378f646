//! The visible page: Yew components that get the state and send actions.
//!
//! `App` holds the state and the way to the engine. Every pane gets `state` and `send`. A folder
//! is a pane or a dialog. `kit` holds the parts that they share, and depends on none of them.
//! [`crate::present`] makes the words and the geometry.
//!
//! Ink is copying: hatched means that the bytes live here, outlined means referred to, solid means
//! copied. Hue identifies the segment and has no other meaning. The page has classes and SVG
//! attributes only: its security policy forbids inline styles.

#![allow(clippy::disallowed_methods, reason = "html! moves lists of nodes this way; no payload byte gets here")]

mod app;
mod build;
mod bytes;
mod class;
mod cost;
mod dialogs;
mod help;
mod kit;
mod layout;
mod lesson;
mod message;
mod notice;
mod ownership;
mod router;
mod share;
mod wire;

pub use self::app::App;

/// Starts the page. Panics are written to the console, the page shows the stored theme, and [`App`]
/// takes over the body.
pub fn start() {
    crate::browser::panic::watch();
    kit::theme::restore();
    yew::Renderer::<App>::new().render();
}
