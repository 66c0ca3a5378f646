//! How many connections the lab accepts: as many as the system's limit of open files allows.

use super::error::Error;

/// Files that the program needs for itself: its listeners, its runtimes, the files of the page.
const RESERVE: u64 = 128;
/// With fewer files the lab cannot start.
const NEEDED: u64 = 256;
/// More files than this would not raise any bound. The number is below 10,240, the most that macOS
/// gives a program.
const WANTED: u64 = RESERVE + 8 * MOST.tcp_handshakes as u64;
/// The bounds when the limit of open files does not matter.
const MOST: Bounds = Bounds { waiting: 1_200, handshakes: 400, tcp_handshakes: 1_200, sessions: 1_000 };
/// Open files of a WebSocket that has reached the router: the client's connection, and both ends of
/// the connection to the router.
const FILES_OF_A_SESSION: u64 = 3;

/// How many connections of each kind the lab accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at the page's port, and as many at the ws port. They have not sent a request or
    /// a zenoh message yet, or are idle between two requests.
    pub waiting: usize,
    /// WebSockets of both ports together during zenoh's handshake.
    pub handshakes: usize,
    /// Connections of the tcp port during zenoh's handshake, including those that have sent nothing
    /// yet.
    pub tcp_handshakes: usize,
    /// WebSockets of both ports together that have a session or are in zenoh's handshake. It is
    /// also the router's own limit of sessions.
    pub sessions: usize,
}

impl Bounds {
    /// Raises the system's limit of open files as far as useful, and derives the bounds from it.
    ///
    /// # Errors
    /// [`Error::OpenFiles`] when the limit is too low.
    pub(crate) fn claim() -> Result<Self, Error> {
        let limit = raise_limit();
        Self::of(limit).ok_or(Error::OpenFiles { limit, needed: NEEDED })
    }

    /// Three eighths of the files are for waiting connections of the three ports, an eighth for
    /// handshakes of WebSockets, and half for sessions.
    fn of(limit: u64) -> Option<Self> {
        if limit < NEEDED {
            return None;
        }
        let files = limit - RESERVE;
        let part = |most: usize, of: u64| most.min(usize::try_from(files / of).unwrap_or(most));
        Some(Self {
            waiting: part(MOST.waiting, 8),
            handshakes: part(MOST.handshakes, 8 * FILES_OF_A_SESSION),
            tcp_handshakes: part(MOST.tcp_handshakes, 8),
            sessions: part(MOST.sessions, 2 * FILES_OF_A_SESSION),
        })
    }
}

/// Raises the soft limit of open files as far as useful, and at most to the hard limit. Returns the
/// resulting limit.
#[cfg(unix)]
fn raise_limit() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means that the system sets no limit.
    let Some(current) = current else { return WANTED };
    let wanted = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    if wanted <= current {
        return current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        Ok(()) => wanted,
        Err(_) => current,
    }
}

/// Other systems do not count sockets as open files.
#[cfg(not(unix))]
fn raise_limit() -> u64 {
    WANTED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_connections_together_leave_the_reserve() {
        for limit in [NEEDED, 1_000, 1_024, 4_096, WANTED, 20_000, u64::MAX] {
            let bounds = Bounds::of(limit).expect("enough");
            let waiting = (2 * bounds.waiting + bounds.tcp_handshakes) as u64;
            let files = waiting + FILES_OF_A_SESSION * (bounds.handshakes + bounds.sessions) as u64;
            assert!(files + RESERVE <= limit, "{bounds:?} at {limit}");
            assert!(bounds.waiting >= 16 && bounds.handshakes >= 5 && bounds.sessions >= 21, "{bounds:?} at {limit}");
        }
        assert_eq!(Bounds::of(WANTED), Some(MOST));
        assert_eq!(Bounds::of(NEEDED - 1), None);
    }
}
