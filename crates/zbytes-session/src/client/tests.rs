//! The client against a scripted router, with simulated time.

mod api;
mod bounds;
mod capture;
mod handshake;
mod lanes;
mod lost;
mod pace;
mod pair;
mod pause;
mod progress;
mod puts;
mod receive;
mod router;
mod timers;
