//! A hub and real clients in simulated time. Nothing here has a socket.

mod bounds;
mod declarations;
mod pair;
mod queries;
mod samples;
mod session;
