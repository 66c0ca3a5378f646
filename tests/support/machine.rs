//! A second machine: a network of its own (a namespace of Linux), with a wire to this one.

use std::{
    net::Ipv4Addr,
    process::{Child, Command, Stdio},
};

/// Ends with this value.
pub(crate) struct Machine {
    /// A process that does nothing there, so that there is such a network.
    holder: Child,
    /// Its address on the wire.
    pub(crate) address: Ipv4Addr,
}

impl Machine {
    /// Needs Linux, `ip` and the rights to change the network.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn start() -> Result<Self, String> {
        let mut command = Command::new("unshare");
        command.args(["--net", "cat"]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let holder = command.spawn().map_err(|error| format!("unshare: {error}"))?;
        let id = holder.id();
        // A net of four addresses, which no other test has at the same time.
        let [.., high, low] = id.to_be_bytes();
        let net = |last| Ipv4Addr::new(10, 128 | (high >> 2), (high << 6) | (low >> 2), ((low & 3) << 6) | last);
        let machine = Self { holder, address: net(2) };
        let (here, there, wire) = (format!("{}/30", net(1)), format!("{}/30", net(2)), format!("lab{id}"));
        // The process may not have its network yet.
        let begun = std::time::Instant::now();
        while machine.run(&["ip", "link", "show", "lo"]).is_ok_and(|links| links.contains(",UP"))
            && begun.elapsed() < super::GUARD
        {
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        let peer = id.to_string();
        run(Command::new("ip").args(["link", "add", &wire, "type", "veth", "peer", "name", "lab0", "netns", &peer]))?;
        run(Command::new("ip").args(["address", "add", &here, "dev", &wire]))?;
        run(Command::new("ip").args(["link", "set", &wire, "up"]))?;
        machine.run(&["ip", "address", "add", &there, "dev", "lab0"])?;
        machine.run(&["ip", "link", "set", "lab0", "up"])?;
        machine.run(&["ip", "link", "set", "lo", "up"])?;
        Ok(machine)
    }

    /// A program on it.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args([&format!("--net=/proc/{}/ns/net", self.holder.id()), program]);
        command
    }

    fn run(&self, words: &[&str]) -> Result<String, String> {
        run(self.command(words[0]).args(&words[1..]))
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // The wire goes with its other end.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

fn run(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
