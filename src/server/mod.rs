//! The native face: a zenoh router, and the page that uses it, on this machine.
//!
//! [`Lab`] is the whole in one value, so that a test can run it in its own process; [`main`] is the command line.
//! Three ports are opened and no other: the page's (which also carries `/zenoh`, see [`ENDPOINT`]), the ws port, and the
//! router's own tcp port. All three are on loopback unless the user asks for something else.
//!
//! This module never looks into a batch: it passes on as it came.

mod backlog;
mod bounds;
mod door;
mod endpoint;
mod files;
mod front;
mod options;
mod origin;
mod page;
mod pipe;
mod private;
mod router;
mod run;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use crate::wire::ZENOH_VERSION;
pub use bounds::Bounds;
pub use options::{DEFAULT_PAGE, DEFAULT_TCP, DEFAULT_WS, DEVELOPMENT_ORIGINS, Options};
pub use origin::Origin;
pub use page::{ENDPOINT, HEADERS};
pub use run::main;

use door::Door;
use files::Files;
use origin::Rules;
use router::{Backend, Router};

/// How long connections may take to end after everything was told to stop.
const END_WITHIN: Duration = Duration::from_secs(3);

/// A running lab: the router, the page's port, and `/zenoh` between them.
///
/// Needs tokio's multi-thread runtime, because zenoh closes its links in blocking sections.
///
/// ```no_run
/// # async fn lab() -> Result<(), zbytes_lab::server::Error> {
/// use zbytes_lab::server::{Lab, Options};
///
/// let any_port = ([127, 0, 0, 1], 0).into();
/// let lab = Lab::start(Options { page: any_port, ws: any_port, tcp: any_port, ..Options::default() }).await?;
/// println!("http://{}/", lab.page_addr());
/// lab.stop().await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Lab {
    shared: Arc<Shared>,
    router: Mutex<Option<Router>>,
}

/// What the tasks of a lab have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    page: SocketAddr,
    ws: SocketAddr,
    tcp: SocketAddr,
    rules: Rules,
    /// Absent with `--router-only`.
    files: Option<Files>,
    /// Absent while the router is stopped.
    backend: RwLock<Option<Backend>>,
    bounds: Bounds,
    /// Where connections of all ports wait while they are in zenoh's handshake.
    handshakes: Arc<Door>,
    /// Places for those that are in the handshake or have a session.
    sessions: Arc<Semaphore>,
    /// Room for what waits for slow clients, in bytes.
    room: Arc<Semaphore>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Shared {
    fn ws_locator(&self) -> String {
        router::ws_locator(router::reachable(self.ws))
    }

    fn tcp_locator(&self) -> String {
        router::tcp_locator(router::reachable(self.tcp))
    }

    fn backend(&self) -> Option<Backend> {
        self.backend.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_backend(&self, backend: Option<Backend>) {
        *self.backend.write().unwrap_or_else(PoisonError::into_inner) = backend;
    }
}

impl Lab {
    /// Starts everything, or nothing.
    ///
    /// All three ports are opened before anything starts, so an error leaves nothing behind. The router opens its tcp port
    /// itself, so that one is let go just before: another program could take it in between, which then is an
    /// [`Error::Router`].
    ///
    /// # Errors
    /// Too few open files allowed, a port in use or an address that is not this machine's, no built page, or a router that
    /// does not start.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let bounds = Bounds::claim()?;
        let files = if options.router_only {
            None
        } else {
            if !options.dist.join("index.html").is_file() {
                return Err(Error::NoPage(options.dist));
            }
            Some(Files::new(options.dist.clone()))
        };
        let [page, ws, tcp] = options.ports();
        let (page, ws, tcp_port) = (listen(page).await?, listen(ws).await?, listen(tcp).await?);
        let tcp = local_addr(&tcp_port)?;
        drop(tcp_port);

        let machine = gethostname::gethostname();
        let shared = Arc::new(Shared {
            page: local_addr(&page)?,
            ws: local_addr(&ws)?,
            tcp,
            rules: Rules::new(options.allowed_origins(), &options.allow_host, &machine.to_string_lossy()),
            files,
            backend: RwLock::new(None),
            bounds,
            handshakes: Door::new(bounds.handshakes),
            sessions: Arc::new(Semaphore::new(bounds.sessions)),
            room: backlog::room(),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let lab = Self { shared, router: Mutex::new(None) };
        lab.start_router().await?;
        lab.serve(page, ws);
        Ok(lab)
    }

    /// Begins to accept connections at the page's port and the ws port. Each has a door of its own.
    fn serve(&self, page: TcpListener, ws: TcpListener) {
        let tasks = &self.shared.tasks;
        for (listener, routes) in
            [(page, page::routes(Arc::clone(&self.shared))), (ws, page::ws_routes(Arc::clone(&self.shared)))]
        {
            let shared = Arc::clone(&self.shared);
            let serve = move |stream, guest| front::http(stream, guest, routes.clone(), Arc::clone(&shared));
            tasks.spawn(front::accept(
                listener,
                Door::new(self.shared.bounds.waiting),
                Arc::clone(&self.shared),
                serve,
            ));
        }
        let shared = Arc::clone(&self.shared);
        tasks.spawn(async move {
            if let Some(files) = &shared.files {
                shared.stop.run_until_cancelled(files.warm_up()).await;
            }
        });
    }

    /// Where the page's port is bound.
    pub fn page_addr(&self) -> SocketAddr {
        self.shared.page
    }

    /// How this machine reaches the router's WebSocket link, such as `ws/127.0.0.1:7446`.
    pub fn ws_locator(&self) -> String {
        self.shared.ws_locator()
    }

    /// How this machine reaches the router's TCP link, such as `tcp/127.0.0.1:7447`.
    pub fn tcp_locator(&self) -> String {
        self.shared.tcp_locator()
    }

    /// How many connections this lab lets wait, and how many it carries.
    pub fn bounds(&self) -> Bounds {
        self.shared.bounds
    }

    /// Starts the router again after [`Lab::stop_router`], on the same ports and with a new identifier.
    ///
    /// # Errors
    /// [`Error::Router`] if it does not start, for example because its port was taken meanwhile.
    pub async fn start_router(&self) -> Result<(), Error> {
        let mut router = self.router.lock().await;
        if router.is_none() {
            let started = Router::start(self.shared.tcp, self.shared.bounds).await?;
            self.shared.set_backend(Some(started.backend()));
            *router = Some(started);
        }
        Ok(())
    }

    /// Stops the router and leaves the page's port and the ws port open. Sessions get zenoh's goodbye, then every connection
    /// to the router is cut. Until [`Lab::start_router`], `/zenoh` and the ws port answer 502.
    pub async fn stop_router(&self) {
        let mut router = self.router.lock().await;
        self.shared.set_backend(None);
        if let Some(router) = router.take() {
            router.stop().await;
        }
    }

    /// Stops everything, within a bounded time.
    pub async fn stop(self) {
        self.shared.stop.cancel();
        self.stop_router().await;
        self.shared.tasks.close();
        let _ = tokio::time::timeout(END_WITHIN, self.shared.tasks.wait()).await;
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.shared.stop.cancel();
    }
}

async fn listen((port, addr): (Port, SocketAddr)) -> Result<TcpListener, Error> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port, addr },
        _ => Error::Listen { port, addr, error },
    })
}

fn local_addr(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(Error::Io)
}

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
