//! What a person sees: Yew components that get the state and send actions, and nothing else.
//!
//! `App` holds the state and the way to the runtime; every pane gets `state` and `send`. Nothing in here knows a socket or a payload
//! byte: the drawings are made from the plan, the plots from a run. The files without web types (`format`, `scale`, `facts`, `snippet`,
//! `questions`, `reading`, `tables`, `plot`, `export`, `content`, `strip`, `hex`, `lens`, `cells`, `holders`, `rows`) hold the arithmetic and the words and are tested natively.
//!
//! Ink is copying: hatched means the bytes live here, outlined means referred to, solid means copied. Hue says which segment
//! and nothing else. There is no inline style anywhere, because the page's security policy forbids it: classes and SVG
//! attributes only.

#![cfg_attr(
    target_arch = "wasm32",
    allow(clippy::disallowed_methods, reason = "html! moves lists of nodes this way; no payload byte gets here")
)]

pub mod cells;
pub mod content;
pub mod export;
pub mod facts;
pub mod format;
pub mod hex;
pub mod holders;
pub mod lens;
pub mod plot;
pub mod questions;
pub mod reading;
pub mod rows;
pub mod scale;
pub mod snippet;
pub mod strip;
pub mod tables;

#[cfg(test)]
mod fixture;

#[cfg(target_arch = "wasm32")]
mod app;
#[cfg(target_arch = "wasm32")]
mod build;
#[cfg(target_arch = "wasm32")]
mod bytes;
#[cfg(target_arch = "wasm32")]
mod cost;
#[cfg(target_arch = "wasm32")]
mod drawing;
#[cfg(target_arch = "wasm32")]
mod frame;
#[cfg(target_arch = "wasm32")]
mod gestures;
#[cfg(target_arch = "wasm32")]
mod help;
#[cfg(target_arch = "wasm32")]
mod history;
#[cfg(target_arch = "wasm32")]
mod keys;
#[cfg(target_arch = "wasm32")]
mod layout;
#[cfg(target_arch = "wasm32")]
mod message;
#[cfg(target_arch = "wasm32")]
mod owners;
#[cfg(target_arch = "wasm32")]
mod ownership;
#[cfg(target_arch = "wasm32")]
mod particulars;
#[cfg(target_arch = "wasm32")]
mod peeks;
#[cfg(target_arch = "wasm32")]
mod picture;
#[cfg(target_arch = "wasm32")]
mod pointing;
#[cfg(target_arch = "wasm32")]
mod rest;
#[cfg(target_arch = "wasm32")]
mod results;
#[cfg(target_arch = "wasm32")]
mod router;
#[cfg(target_arch = "wasm32")]
mod scroller;
#[cfg(target_arch = "wasm32")]
mod session;
#[cfg(target_arch = "wasm32")]
mod structure;
#[cfg(target_arch = "wasm32")]
mod text_field;
#[cfg(target_arch = "wasm32")]
mod theme;
#[cfg(target_arch = "wasm32")]
mod widgets;
#[cfg(target_arch = "wasm32")]
mod wire;

#[cfg(target_arch = "wasm32")]
pub use self::app::App;

/// Shows the page: panics are told in the console, the stored theme is set, and [`App`] takes over the body.
#[cfg(target_arch = "wasm32")]
pub fn start() {
    crate::web::crash::watch();
    theme::restore();
    yew::Renderer::<App>::new().render();
}
