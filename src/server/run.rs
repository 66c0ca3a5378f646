//! The command line: options in, a lab running until it is told to stop, an exit code out.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;

use clap::Parser;

use super::router::reachable;
use super::{Error, Lab, Options, Port, ZENOH_VERSION};

/// Runs the native face: exit code 0 after Ctrl+C or SIGTERM, 1 for an error, 2 for bad options (clap's own).
pub fn main() -> ExitCode {
    let options = Options::parse();
    zenoh::try_init_log_from_env();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::Io(error)),
    };
    let outcome = runtime.block_on(run(options));
    // Nothing that is still blocked may keep the process alive.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

fn failed(error: &Error) -> ExitCode {
    warn(&format!("error: {error}"));
    ExitCode::FAILURE
}

async fn run(options: Options) -> Result<(), Error> {
    // Listening for signals comes first: one that arrives while the router starts must not be lost.
    let mut signals = Signals::new().map_err(Error::Io)?;
    let lab = Lab::start(options.clone()).await?;
    say(&greeting(&lab, &options));
    for warning in warnings(&lab, &options) {
        warn(&warning);
    }
    if options.open {
        let url = url(reachable(lab.page_addr()));
        if let Err(error) = open::that_detached(&url) {
            warn(&format!("warning: no browser could be opened ({error}); open {url} yourself"));
        }
    }
    signals.next().await;
    lab.stop().await;
    say("stopped");
    Ok(())
}

/// Writes a line for whoever reads. Nobody may: a router goes on when the pipe behind its output is closed, where `println!` would panic.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// The same for what needs attention.
fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn greeting(lab: &Lab, options: &Options) -> String {
    let page = lab.page_addr();
    let (ws, tcp) = (lab.ws_locator(), lab.tcp_locator());
    let mut text = format!("ZBytes Lab {} with a zenoh router {ZENOH_VERSION}\n", env!("CARGO_PKG_VERSION"));
    let _ = if options.router_only {
        writeln!(text, "  no page; /zenoh and /lab.json at {}", url(reachable(page)))
    } else {
        writeln!(text, "  page    {}", url(reachable(page)))
    };
    let _ = writeln!(text, "  router  {ws}  {tcp}");
    let _ = writeln!(text, "  Python and Rust programs on this machine join with");
    let _ = writeln!(text, "          connect/endpoints: [\"{tcp}\"]");
    text.push_str("Ctrl+C stops it.");
    text
}

/// What is open to others, in plain words.
fn warnings(lab: &Lab, options: &Options) -> Vec<String> {
    let page = lab.page_addr();
    let mut warnings = Vec::new();
    if !page.ip().is_loopback() {
        let mut text = format!(
            "warning: port {} is open to the network. Anyone who reaches it can load the page and, through it, publish and \
             subscribe on this router. It is plain http: others on the network can read along.",
            page.port()
        );
        if options.lan {
            text.push_str(" The router's own ports are not opened by --lan.");
        }
        let addresses = addresses(page);
        text.push_str(if addresses.is_empty() {
            "\nThis machine has no address other than its own loopback."
        } else {
            "\nAddresses to give to a class:"
        });
        for (address, interface) in addresses {
            let _ = write!(text, "\n  {}  ({interface})", url(address));
        }
        warnings.push(text);
    }
    for (port, addr) in options.ports() {
        if port != Port::Page && !addr.ip().is_loopback() {
            warnings.push(format!(
                "warning: {} {addr} opens the router itself to the network: anyone who reaches it can publish and \
                 subscribe, without any check of who they are.",
                port.option()
            ));
        }
    }
    warnings
}

/// Under which addresses other machines reach the page, with the interface of each.
fn addresses(page: SocketAddr) -> Vec<(SocketAddr, String)> {
    // Without the list the warning is still right, only less helpful.
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    interfaces
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local())
        .filter(|interface| match page.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => interface.ip().is_ipv4(),
            IpAddr::V6(ip) if ip.is_unspecified() => true,
            ip => interface.ip() == ip,
        })
        .map(|interface| (SocketAddr::new(interface.ip(), page.port()), interface.name))
        .collect()
}

fn url(addr: SocketAddr) -> String {
    format!("http://{addr}/")
}

/// The ways in which the user, or the system, says that it is enough.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
