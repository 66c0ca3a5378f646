//! Why the lab did not start, in words that say what to do.

use std::{fmt, io, net::SocketAddr, path::PathBuf};

/// One of the lab's three ports, by the option that changes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The page's port.
    Page,
    /// The router's WebSocket port.
    Ws,
    /// The router's TCP port.
    Tcp,
}

impl Port {
    /// The option that changes it.
    pub fn option(self) -> &'static str {
        match self {
            Self::Page => "--page",
            Self::Ws => "--ws",
            Self::Tcp => "--tcp",
        }
    }
}

/// Why the lab did not start.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens there, or two of the lab's own ports are the same.
    PortInUse {
        /// Which of the lab's ports.
        port: Port,
        /// The address that is taken.
        addr: SocketAddr,
    },
    /// The system does not let the lab listen there.
    Listen {
        /// Which of the lab's ports.
        port: Port,
        /// The address that was asked for.
        addr: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// The folder holds no built page.
    NoPage(PathBuf),
    /// The system lets this program open too few files: every connection is one, or three.
    OpenFiles {
        /// How many it may open.
        limit: u64,
        /// How many it needs.
        needed: u64,
    },
    /// The router did not start, although its port was free a moment ago.
    Router {
        /// Its tcp port.
        tcp: SocketAddr,
        /// What zenoh or the system says.
        cause: String,
    },
    /// The page's port cannot have https: why, in a sentence.
    Tls(String),
    /// The system refused something that never fails in practice.
    Io(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PortInUse { port, addr } => write!(
                f,
                "port {} on {} is in use: stop the program that uses it, or choose another with {} {}:PORT",
                addr.port(),
                addr.ip(),
                port.option(),
                Bracketed(addr),
            ),
            Self::Listen { port, addr, error } => {
                write!(f, "cannot listen on {addr} ({error}): choose another address with {} ADDR:PORT", port.option())
            }
            Self::NoPage(dist) => write!(
                f,
                "no built page: {} does not exist. Run scripts/serve, or `trunk build`, or name the folder with --dist, \
                 or leave the page out with --router-only",
                dist.join("index.html").display()
            ),
            Self::OpenFiles { limit, needed } => write!(
                f,
                "the system lets this program open {limit} files, and it needs {needed}: every connection is one or more. \
                 Raise the limit, for example with `ulimit -n 4096` in the shell that starts it",
            ),
            Self::Router { tcp, cause } => write!(f, "the router did not start on tcp/{tcp}: {cause}"),
            Self::Tls(cause) => write!(f, "no https: {cause}"),
            Self::Io(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Listen { error, .. } | Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

/// The host part of an address as a command line takes it.
struct Bracketed<'a>(&'a SocketAddr);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SocketAddr::V4(addr) => write!(f, "{}", addr.ip()),
            SocketAddr::V6(addr) => write!(f, "[{}]", addr.ip()),
        }
    }
}
