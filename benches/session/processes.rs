//! Processor time by process, out of Linux's `/proc`.

use std::{collections::HashMap, fs};

/// Who used it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The page: its main thread and the engine's helpers.
    Page,
    /// The browser's process that has the sockets.
    Network,
    /// All other processes of the browser.
    Browser,
    /// The lab: the router and `/zenoh`.
    Router,
    /// This program: subscriber, publisher, the bare server.
    Peer,
}

impl Part {
    pub(crate) const ALL: [(Self, &'static str); 5] = [
        (Self::Page, "page"),
        (Self::Network, "network"),
        (Self::Browser, "browser"),
        (Self::Router, "router"),
        (Self::Peer, "peer"),
    ];
}

struct Process {
    pid: u32,
    parent: u32,
    /// Milliseconds in user and kernel mode, in steps of 10 ms.
    used: f64,
    command: String,
}

/// Linux counts in hundredths of a second, whatever its clock.
const TICK: f64 = 10.0;

fn read(pid: u32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u32>().ok());
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    Some(Process {
        pid,
        parent: number(1)?,
        used: f64::from(number(11)? + number(12)?) * TICK,
        command: String::from_utf8_lossy(&command).replace('\0', " "),
    })
}

/// Milliseconds that each part has used so far. `driver` is the process that started the browser.
pub(crate) fn used(driver: u32, router: u32) -> HashMap<Part, f64> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let all: HashMap<u32, Process> = pids.filter_map(read).map(|process| (process.pid, process)).collect();
    let of_browser = |process: &Process| {
        let mut at = process.parent;
        while at != driver {
            match all.get(&at) {
                Some(parent) => at = parent.parent,
                None => return false,
            }
        }
        true
    };
    let mut sums = HashMap::new();
    for process in all.values() {
        let part = if process.pid == router {
            Part::Router
        } else if process.pid == std::process::id() {
            Part::Peer
        } else if !of_browser(process) {
            continue;
        } else if process.command.contains("--type=renderer") {
            Part::Page
        } else if process.command.contains("network.mojom.NetworkService") {
            Part::Network
        } else {
            Part::Browser
        };
        *sums.entry(part).or_insert(0.0) += process.used;
    }
    sums
}
