//! The whole in one value: the router, the ports, and what their tasks have in common.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::{Mutex, Semaphore},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    backlog,
    bounds::Bounds,
    class::{self, Class},
    door::Door,
    error::{Error, Port},
    files::Files,
    front, inside,
    options::Options,
    origin::Rules,
    page,
    router::{self, Backend, Router},
    tls::{Tls, Wanted, plain},
};

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
    pub(super) page: SocketAddr,
    pub(super) ws: SocketAddr,
    pub(super) tcp: SocketAddr,
    pub(super) rules: Rules,
    pub(super) class: Class,
    /// Absent when the page is reached by plain http.
    pub(super) tls: Option<Tls>,
    /// Absent with `--router-only`.
    pub(super) files: Option<Files>,
    /// Absent while the router is stopped.
    pub(super) backend: RwLock<Option<Backend>>,
    pub(super) bounds: Bounds,
    /// Where connections of all ports wait while they are in zenoh's handshake.
    pub(super) handshakes: Arc<Door>,
    /// Places for those that are in the handshake or have a session.
    pub(super) sessions: Arc<Semaphore>,
    /// Room for what waits for slow clients, in bytes.
    pub(super) room: Arc<Semaphore>,
    pub(super) stop: CancellationToken,
    pub(super) tasks: TaskTracker,
}

impl Shared {
    pub(super) fn ws_locator(&self) -> String {
        router::ws_locator(router::reachable(self.ws))
    }

    pub(super) fn tcp_locator(&self) -> String {
        router::tcp_locator(router::reachable(self.tcp))
    }

    /// The links by which others join, each with its interface.
    pub(super) fn links(&self) -> Vec<(String, String)> {
        let addresses = class::addresses(self.page, if_addrs::get_if_addrs().unwrap_or_default());
        addresses.into_iter().map(|(addr, interface)| (self.class.link(self.scheme(), addr), interface)).collect()
    }

    /// How the page is reached.
    fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    pub(super) fn backend(&self) -> Option<Backend> {
        self.backend.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_backend(&self, backend: Option<Backend>) {
        *self.backend.write().unwrap_or_else(PoisonError::into_inner) = backend;
    }
}

impl Lab {
    /// Starts everything, or nothing.
    ///
    /// All three ports are opened before anything starts, so an error leaves nothing behind. The
    /// router opens its tcp port itself, so the lab lets that one go just before. If another
    /// program takes it in between, that is an [`Error::Router`].
    ///
    /// # Errors
    /// The system allows too few open files, a port is in use, or an address is not this machine's.
    /// Or the page is not built, or the router does not start.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let bounds = Bounds::claim()?;
        let files = if options.router_only { None } else { Some(page_files(options.dist.clone())?) };
        let [page, ws, tcp] = options.ports();
        let (page, ws, tcp_port) = (listen(page).await?, listen(ws).await?, listen(tcp).await?);
        let tcp = local_addr(&tcp_port)?;
        drop(tcp_port);

        let machine = gethostname::gethostname();
        let rules = Rules::new(options.allowed_origins(), &options.allow_host, &machine.to_string_lossy());
        let page_addr = local_addr(&page)?;
        let tls =
            wanted(&options, &rules, page_addr).map(|wanted| Tls::new(&wanted)).transpose().map_err(Error::Tls)?;
        let shared = Arc::new(Shared {
            page: page_addr,
            ws: local_addr(&ws)?,
            tcp,
            rules,
            class: Class::new(options.lan, options.code.as_deref()),
            tls,
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
        let door = || Door::new(self.shared.bounds.waiting);
        let (shared, routes) = (Arc::clone(&self.shared), [page::routes(Arc::clone(&self.shared)), page::to_https()]);
        let serve = move |stream, guest| front::page(stream, guest, routes.clone(), Arc::clone(&shared));
        tasks.spawn(front::accept(page, door(), Arc::clone(&self.shared), serve));
        let (shared, routes) = (Arc::clone(&self.shared), page::ws_routes(Arc::clone(&self.shared)));
        let serve = move |stream, guest| front::http(plain(stream), guest, routes.clone(), Arc::clone(&shared));
        tasks.spawn(front::accept(ws, door(), Arc::clone(&self.shared), serve));
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

    /// The address of the page on this machine.
    pub fn page_url(&self) -> String {
        format!("{}://{}/", self.shared.scheme(), router::reachable(self.shared.page))
    }

    /// Whether the page's port speaks https, and if the lab has made its certificate, the SHA-256 of that.
    pub fn https(&self) -> Option<Option<&str>> {
        self.shared.tls.as_ref().map(Tls::made)
    }

    /// The code that a page of another machine must give, if it needs one.
    pub fn code(&self) -> Option<&str> {
        self.shared.class.code()
    }

    /// The links by which pages of other machines join, with the code in them, each with its interface.
    pub fn links(&self) -> Vec<(String, String)> {
        self.shared.links()
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

    /// Starts the router again after [`Lab::stop_router`], on the same ports and with a new
    /// identifier.
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

    /// Stops the router and leaves the page's port and the ws port open. Sessions get zenoh's
    /// goodbye, then every connection to the router is cut. Until [`Lab::start_router`], `/zenoh`
    /// and the ws port answer 502.
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

/// The certificate that the options want. One that the lab makes is for all names and addresses of this machine.
fn wanted(options: &Options, rules: &Rules, page: SocketAddr) -> Option<Wanted> {
    if let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) {
        return Some(Wanted::Given(certificate.clone(), key.clone()));
    }
    let addresses = || {
        let others = class::addresses(page, if_addrs::get_if_addrs().unwrap_or_default());
        let own = [page.ip(), Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        own.into_iter().filter(|ip| !ip.is_unspecified()).chain(others.into_iter().map(|(addr, _)| addr.ip()))
    };
    let names = || rules.hosts().iter().cloned().chain(addresses().map(|ip| ip.to_string()));
    // A certificate holds no others.
    let names = || names().filter(|name| name.is_ascii()).collect::<BTreeSet<_>>();
    options.tls.then(|| Wanted::Made(names().into_iter().collect()))
}

/// The page: of the folder that is named, else the one inside of the program, else of the folder that trunk builds.
fn page_files(dist: Option<PathBuf>) -> Result<Files, Error> {
    let folder = match dist {
        Some(folder) => folder,
        None => match inside::page() {
            Some(page) => return page.map_err(Error::Io),
            None => PathBuf::from("dist"),
        },
    };
    if folder.join("index.html").is_file() { Ok(Files::new(folder)) } else { Err(Error::NoPage(folder)) }
}

async fn listen((port, addr): (Port, SocketAddr)) -> Result<TcpListener, Error> {
    TcpListener::bind(addr).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => Error::PortInUse { port, addr },
        _ => Error::Listen { port, addr, error },
    })
}

pub(super) fn local_addr(listener: &TcpListener) -> Result<SocketAddr, Error> {
    listener.local_addr().map_err(Error::Io)
}
