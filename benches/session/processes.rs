//! Processor time by process and thread, from Linux's `/proc`.

use std::{collections::HashMap, fs};

/// Milliseconds of processor time, by the part that used it and the name of the thread.
pub(crate) type Used = HashMap<(Part, String), f64>;

/// The part of the system that used the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Part {
    /// The page: its main thread and the engine's helpers.
    Page,
    /// The browser's process that owns the sockets.
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

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(part, _)| *part == self).map_or("", |(_, name)| name)
    }
}

struct Process {
    pid: u32,
    parent: u32,
    command: String,
}

/// Linux counts in hundredths of a second, whatever its clock. This is one in milliseconds.
const TICK: f64 = 10.0;

/// The content of `stat` for a process or thread: its name, and the fields behind it.
fn stat(path: &str) -> Option<(String, Vec<u32>)> {
    let text = fs::read_to_string(format!("{path}/stat")).ok()?;
    // The name is in brackets, and may itself hold brackets.
    let (before, fields) = text.rsplit_once(')')?;
    let name = before.split_once('(')?.1.to_owned();
    Some((name, fields.split_whitespace().map(|field| field.parse().unwrap_or_default()).collect()))
}

fn numbers(folder: &str) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

fn process(pid: u32) -> Option<Process> {
    let parent = *stat(&format!("/proc/{pid}"))?.1.get(1)?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    Some(Process { pid, parent, command: String::from_utf8_lossy(&command).replace('\0', " ") })
}

/// The processor time of all parts so far. `driver` is the process that started the browser.
pub(crate) fn used(driver: u32, router: u32) -> Used {
    let pids = numbers("/proc").into_iter();
    let all: HashMap<u32, Process> = pids.filter_map(process).map(|process| (process.pid, process)).collect();
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
    let mut sums = Used::new();
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
        let tasks = format!("/proc/{}/task", process.pid);
        for task in numbers(&tasks) {
            let Some((mut name, fields)) = stat(&format!("{tasks}/{task}")) else { continue };
            if task == process.pid {
                "main".clone_into(&mut name);
            }
            // Time in user mode and in kernel mode.
            let ticks = [11, 12].map(|at| fields.get(at).copied().unwrap_or_default());
            *sums.entry((part, name)).or_insert(0.0) += f64::from(ticks[0] + ticks[1]) * TICK;
        }
    }
    sums
}
