//! The native face: a zenoh router, and the page that uses it, on this machine.
//!
//! [`Lab`] is the whole in one value, so that a test can run it in its own process; [`main`] is the
//! command line. Three ports are opened and no other: the page's (which also carries `/zenoh`, see
//! [`ENDPOINT`]), the ws port, and the router's own tcp port. All three are on loopback unless the
//! user asks for something else.
//!
//! This module never looks into a batch: it passes on as it came.
//!
//! | File | What is in it |
//! |---|---|
//! | `lab`, `error` | what is started and stopped, and why it did not start |
//! | `run`, `options`, `bounds` | the command line, its options, how many connections |
//! | `front`, `door`, `origin`, `class` | who may come in: accepting, waiting, from which pages, with which code |
//! | `tls` | the page's port by https |
//! | `page`, `files`, `inside` | what the page's port answers with, from a folder or from the program itself |
//! | `endpoint`, `pipe`, `backlog` | `/zenoh` and the ws port: a WebSocket as a way to the router |
//! | `router`, `private` | the router itself, and the listener that only the lab can reach |

mod backlog;
mod bounds;
mod class;
mod door;
mod endpoint;
mod error;
mod files;
mod front;
mod inside;
mod lab;
mod options;
mod origin;
mod page;
mod pipe;
mod private;
mod router;
mod run;
mod tls;

pub use self::{
    bounds::Bounds,
    error::{Error, Port},
    lab::Lab,
    options::{DEFAULT_PAGE, DEFAULT_TCP, DEFAULT_WS, DEVELOPMENT_ORIGINS, Options},
    origin::Origin,
    page::{ENDPOINT, HEADERS},
    run::main,
};
pub use crate::wire::ZENOH_VERSION;
