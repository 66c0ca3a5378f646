//! The options of the command line, and their meaning.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::Parser;

use super::{
    class,
    error::Port,
    origin::{Origin, host_name},
};

/// The default address of the page: its port on loopback.
pub const DEFAULT_PAGE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);
/// The default address of the router's WebSocket link.
pub const DEFAULT_WS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7446);
/// The default address of the router's TCP link, on zenoh's own port.
pub const DEFAULT_TCP: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 7447);
/// Where `trunk serve` offers the page during development (see `Trunk.toml`).
pub const DEVELOPMENT_ORIGINS: [&str; 2] = ["http://127.0.0.1:8081", "http://localhost:8081"];

/// The options of the native face. Port 0 stands for any free port.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "zbytes-lab",
    version,
    about = "Serves the ZBytes Lab page, with a real zenoh router behind it.",
    after_help = "RUST_LOG=info (or debug, trace) shows what the router does."
)]
pub struct Options {
    /// Address and port of the page
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_PAGE)]
    pub page: SocketAddr,

    /// Address and port of the router's WebSocket link
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_WS)]
    pub ws: SocketAddr,

    /// Address and port of the router's TCP link
    #[arg(long, value_name = "ADDR", default_value_t = DEFAULT_TCP)]
    pub tcp: SocketAddr,

    /// Open the page's port, and only that one, to the network
    #[arg(long)]
    pub lan: bool,

    /// What a page from the network must give to use the router: 4 to 32 letters or digits, or `none`. With --lan the
    /// lab makes one if this is left out
    #[arg(long, value_name = "CODE", value_parser = class::code)]
    pub code: Option<String>,

    /// The page by https, with a certificate that the lab makes. Browsers warn of that one
    #[arg(long)]
    pub tls: bool,

    /// The page by https with this certificate, and behind it those that vouch for it, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,

    /// Only the router, /zenoh and /lab.json, no page: for `trunk serve`
    #[arg(long)]
    pub router_only: bool,

    /// Open the page in the browser
    #[arg(long, conflicts_with = "router_only")]
    pub open: bool,

    /// Folder of the built page [default: the page inside of the program, or dist]
    #[arg(long, value_name = "PATH")]
    pub dist: Option<PathBuf>,

    #[allow(rustdoc::bare_urls, reason = "this text is the program's help too, where angle brackets would be noise")]
    /// Also let pages of this origin use /zenoh, e.g. `https://lab.example.org` (repeatable)
    #[arg(long, value_name = "ORIGIN")]
    pub allow_origin: Vec<Origin>,

    /// Also answer /zenoh under this host name, e.g. `lab.example.org` (repeatable)
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub allow_host: Vec<String>,
}

impl Options {
    /// The address that the page's socket binds: with `--lan` every interface, under the same port.
    pub fn page_bind(&self) -> SocketAddr {
        if self.lan { SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), self.page.port()) } else { self.page }
    }

    /// The three addresses to listen on, each with the port that it is for.
    pub(crate) fn ports(&self) -> [(Port, SocketAddr); 3] {
        [(Port::Page, self.page_bind()), (Port::Ws, self.ws), (Port::Tcp, self.tcp)]
    }

    /// Origins that may use `/zenoh` besides the page's own.
    pub(crate) fn allowed_origins(&self) -> Vec<Origin> {
        let development =
            DEVELOPMENT_ORIGINS.iter().filter(|_| self.router_only).filter_map(|origin| origin.parse().ok());
        self.allow_origin.iter().cloned().chain(development).collect()
    }
}

impl Default for Options {
    /// The same values as a command line without any option.
    fn default() -> Self {
        Self {
            page: DEFAULT_PAGE,
            ws: DEFAULT_WS,
            tcp: DEFAULT_TCP,
            lan: false,
            code: None,
            tls: false,
            tls_cert: None,
            tls_key: None,
            router_only: false,
            open: false,
            dist: None,
            allow_origin: Vec::new(),
            allow_host: Vec::new(),
        }
    }
}
