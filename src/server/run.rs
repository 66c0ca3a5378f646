//! The command line: it parses the options, runs a lab until a signal stops it, and returns an exit
//! code.

use std::{fmt::Write as _, io::IsTerminal as _, io::Write as _, process::ExitCode};

use clap::Parser;

use super::{
    Options, ZENOH_VERSION,
    bounds::Bounds,
    class::terminal_code,
    error::{Error, Port},
    lab::Lab,
};

/// Runs the native face. The exit code is 0 after Ctrl+C, SIGTERM or SIGHUP, 1 for an error, and 2
/// for bad options (clap's own).
pub fn main() -> ExitCode {
    let options = Options::parse();
    #[cfg(unix)]
    start_again_with_threads();
    zenoh::try_init_log_from_env();
    // Before the runtimes start, because they panic when they cannot open a file.
    if let Err(error) = Bounds::claim() {
        return failed(&error);
    }
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Error::Io(error)),
    };
    let outcome = runtime.block_on(run(options));
    // A task that is still blocked must not keep the process alive.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// The variable with the thread counts of zenoh's runtimes. They read it once, when they start.
#[cfg(unix)]
const ZENOH_RUNTIME: &str = "ZENOH_RUNTIME";
/// So many threads that connections do not wait for each other.
///
/// zenoh's default is one thread that accepts connections (`acc`). Closing a silent connection
/// blocks it for 5 to 40 ms (`SO_LINGER`), and a thousand of them delay every new session. The
/// default is two threads that receive (`rx`). A message with BLOCK that waits for a frozen
/// subscriber blocks one of them.
#[cfg(unix)]
const THREADS: &str = "(acc: (worker_threads: 32), rx: (worker_threads: 8))";

/// Replaces this process by the same program with [`THREADS`] in its environment. A program cannot
/// change its own environment safely.
///
/// If that fails, the program continues with zenoh's defaults. If the user has set the variable, it
/// uses the user's values.
#[cfg(unix)]
fn start_again_with_threads() {
    use std::os::unix::process::CommandExt as _;

    if std::env::var_os(ZENOH_RUNTIME).is_some() {
        return;
    }
    if let Ok(program) = std::env::current_exe() {
        let mut arguments = std::env::args_os();
        let mut again = std::process::Command::new(program);
        if let Some(name) = arguments.next() {
            again.arg0(name);
        }
        // `exec` returns only with an error.
        let _ = again.args(arguments).env(ZENOH_RUNTIME, THREADS).exec();
    }
}

fn failed(error: &Error) -> ExitCode {
    warn(&format!("error: {error}"));
    ExitCode::FAILURE
}

async fn run(options: Options) -> Result<(), Error> {
    // Listen for signals first: a signal that arrives while the router starts must not be lost.
    let mut signals = Signals::new().map_err(Error::Io)?;
    let lab = Lab::start(options.clone()).await?;
    say(&greeting(&lab, &options));
    for warning in warnings(&lab, &options) {
        warn(&warning);
    }
    if options.open {
        let url = lab.page_url();
        if let Err(error) = open::that_detached(&url) {
            warn(&format!("warning: no browser could be opened ({error}); open {url} yourself"));
        }
    }
    signals.next().await;
    lab.stop().await;
    say("stopped");
    Ok(())
}

/// Writes a line to standard output, and ignores an error. The router continues when the pipe
/// behind its output is closed; `println!` would panic.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Writes a line to standard error, and ignores an error.
fn warn(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

fn greeting(lab: &Lab, options: &Options) -> String {
    let (page, ws, tcp) = (lab.page_url(), lab.ws_locator(), lab.tcp_locator());
    let mut text = format!("ZBytes Lab {} with a zenoh router {ZENOH_VERSION}\n", env!("CARGO_PKG_VERSION"));
    let _ = if options.router_only {
        writeln!(text, "  no page; /zenoh and /lab.json at {page}")
    } else {
        writeln!(text, "  page    {page}")
    };
    let _ = writeln!(text, "  router  {ws}  {tcp}");
    let _ = writeln!(text, "  Python and Rust programs on this machine join with");
    let _ = writeln!(text, "          connect/endpoints: [\"{tcp}\"]");
    text.push_str("Ctrl+C stops it.");
    text
}

/// Warnings about ports that the lab opens to the network, in plain words.
fn warnings(lab: &Lab, options: &Options) -> Vec<String> {
    let page = lab.page_addr();
    let mut warnings = Vec::new();
    if !page.ip().is_loopback() {
        let mut text = format!(
            "warning: port {} is open to the network. Every device that reaches it can load the page and, through it, publish and \
             subscribe on this router.",
            page.port()
        );
        if lab.https().is_none() {
            text.push_str(" It is plain http: others on the network can read along.");
        }
        if options.lan {
            text.push_str(" The router's own ports are not opened by --lan.");
        }
        text.push_str(match lab.code() {
            Some(_) => " A page needs the code of the class to use the router; this machine's own page needs none.",
            None => " No code is asked for.",
        });
        // Without the list of interfaces the warning is still right, only less helpful.
        let links = lab.links();
        text.push_str(if links.is_empty() {
            "\nThis machine has no network interface that is up."
        } else {
            "\nAddresses to give to a class:"
        });
        for (link, interface) in &links {
            let _ = write!(text, "\n  {link}  ({interface})");
        }
        let colours = std::io::stderr().is_terminal();
        if let Some(code) = links.first().and_then(|(link, _)| terminal_code(link, colours)) {
            let _ = write!(text, "\nThe first of them, for a phone:\n{code}");
        }
        warnings.push(text);
    }
    if let Some(Some(fingerprint)) = lab.https() {
        warnings.push(format!(
            "warning: the lab has made the certificate itself, so nothing vouches for it. A browser says once that the \
             connection is not private, or a risk: choose Advanced there, and continue. It keeps nothing for a visit \
             without the lab. The SHA-256 of the certificate, which browsers show too:\n  {fingerprint}"
        ));
    }
    for (port, addr) in options.ports() {
        if port != Port::Page && !addr.ip().is_loopback() {
            warnings.push(format!(
                "warning: {} {addr} opens the router itself to the network: every program that reaches it can publish and \
                 subscribe, without any check of who it is, and without the code of a class.",
                port.option()
            ));
        }
    }
    warnings
}

/// The signals by which the user or the system stops the lab.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// SIGHUP: the terminal was closed. `None` if the program must ignore it.
    #[cfg(unix)]
    hang_up: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        let hang_up = if ignores_hang_up() { None } else { Some(signal(SignalKind::hangup())?) };
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())?, hang_up })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            () = hang_up(self.hang_up.as_mut()) => {}
        }
    }
}

#[cfg(unix)]
async fn hang_up(signal: Option<&mut tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => {
            let _ = signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// Whether the program was started to outlive its terminal, as by `nohup`. If the system does not
/// show it, a program without a terminal counts as such.
#[cfg(unix)]
fn ignores_hang_up() -> bool {
    use std::io::IsTerminal as _;

    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return !std::io::stdin().is_terminal();
    };
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // SIGHUP is number 1, the lowest bit.
    ignored & 1 == 1
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
