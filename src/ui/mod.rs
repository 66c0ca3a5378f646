//! What a person sees: Yew components that get the state and send actions.
//!
//! `App` holds the state and the way to the runtime; every pane gets `state` and `send`. A folder is a pane or a dialog; `kit`
//! has what they share and knows none of them. The words and the geometry are made in [`crate::present`].
//!
//! Ink is copying: hatched means the bytes live here, outlined means referred to, solid means copied. Hue says which segment
//! and nothing else. There is no inline style anywhere, because the page's security policy forbids it: classes and SVG
//! attributes only.

#![allow(clippy::disallowed_methods, reason = "html! moves lists of nodes this way; no payload byte gets here")]

mod app;
mod build;
mod bytes;
mod cost;
mod help;
mod kit;
mod layout;
mod message;
mod ownership;
mod rest;
mod router;
mod wire;

pub use self::app::App;

/// Shows the page: panics are told in the console, the stored theme is set, and [`App`] takes over the body.
pub fn start() {
    crate::web::crash::watch();
    kit::theme::restore();
    yew::Renderer::<App>::new().render();
}
