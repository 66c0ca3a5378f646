//! Programs in Python, each in a process of its own. `peer.py` is the official client, which takes
//! one command at a time.

use std::{ffi::OsStr, fmt::Display, path::Path, process::Stdio, time::Duration};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::{GUARD, peers::Seen};

/// The Python for which scripts/test has made an environment.
pub(crate) fn interpreter() -> String {
    std::env::var("LAB_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// A program that reads lines and writes lines. Dropping it ends it.
pub(crate) struct Program {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    /// Starts a script of tests/support.
    pub(crate) fn start(script: &str, arguments: &[impl AsRef<OsStr>]) -> Self {
        Self::run(Self::command(script, arguments))
    }

    fn command(script: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support");
        let mut command = Command::new(interpreter());
        command.arg(folder.join(script)).args(arguments);
        command
    }

    /// Starts any command.
    pub(crate) fn run(mut command: Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().expect("Python starts; scripts/test makes an environment for it");
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self { process, input, output }
    }

    pub(crate) async fn tell(&mut self, line: &impl Display) {
        self.input.write_all(format!("{line}\n").as_bytes()).await.unwrap();
    }

    /// Its next line. A caller may cancel this without losing a line.
    pub(crate) async fn line(&mut self, guard: Duration) -> String {
        let line = timeout(guard, self.output.next_line()).await.expect("a line from the program in Python").unwrap();
        line.expect("the program in Python is there")
    }

    /// Ends its input, and waits until it has exited with success.
    pub(crate) async fn leave(self) {
        let Self { mut process, input, .. } = self;
        drop(input);
        let status = timeout(GUARD, process.wait()).await.expect("the program in Python ends").unwrap();
        assert!(status.success(), "{status}");
    }
}

/// The official client.
pub(crate) struct Python(Program);

impl Python {
    /// Joins a router as a client.
    pub(crate) async fn join(endpoint: &str) -> Self {
        Self(Program::start("peer.py", &[endpoint]))
    }

    /// Joins as a client of another version, which is in this folder.
    pub(crate) fn join_by(folder: &Path, endpoint: &str) -> Self {
        let mut command = Program::command("peer.py", &[endpoint]);
        // What such a client overlooks is waited for no longer than that.
        command.env("PYTHONPATH", folder).env("PEER_PATIENCE", "15");
        Self(Program::run(command))
    }

    /// Has the client do a command. Returns its answer.
    pub(crate) async fn ask(&mut self, command: Value) -> Value {
        match self.tried(&command).await {
            Ok(value) => value,
            Err(error) => panic!("{command}: {error}"),
        }
    }

    /// Works like [`Python::ask`], for a command that may be refused.
    pub(crate) async fn tried(&mut self, command: &Value) -> Result<Value, String> {
        self.0.tell(command).await;
        let answer: Value = serde_json::from_str(&self.0.line(2 * GUARD).await).unwrap();
        match answer.get("error") {
            Some(error) => Err(error.as_str().unwrap().to_owned()),
            None => Ok(answer["ok"].clone()),
        }
    }

    /// Waits until the router has the declarations of this client: the router answers this after
    /// them.
    pub(crate) async fn settled(&mut self) {
        self.ask(json!({ "do": "alive", "key": "lab/no/such/token" })).await;
    }

    /// The next sample, query or status of a declaration.
    pub(crate) async fn next(&mut self, name: &str) -> Value {
        self.ask(json!({ "do": "next", "name": name })).await
    }

    /// Subscribes to `key`. [`Python::seen`] returns the samples.
    pub(crate) async fn subscribe(&mut self, key: &str) {
        self.ask(json!({ "do": "subscriber", "name": "seen", "key": key, "digests": true })).await;
        self.settled().await;
    }

    pub(crate) async fn seen(&mut self) -> Seen {
        let sample = self.next("seen").await;
        let (key, payload) = (sample["key"].as_str().unwrap().to_owned(), &sample["payload"]);
        let digest = payload["sha256"].as_str().unwrap().to_owned();
        Seen { key, len: payload["len"].as_u64().unwrap() as usize, digest }
    }

    /// Puts `len` bytes of the pattern.
    pub(crate) async fn put(&mut self, key: &str, len: usize) {
        self.ask(json!({ "do": "put", "key": key, "payload": len, "congestion_control": "BLOCK" })).await;
    }

    pub(crate) async fn leave(self) {
        self.0.leave().await;
    }
}

/// Python's own host of files. Dropping it ends it.
pub(crate) struct PythonHost {
    process: std::process::Child,
    log: tempfile::NamedTempFile,
    pub(crate) url: String,
}

impl PythonHost {
    /// Serves a folder at the root, on a port of its own.
    pub(crate) fn start(folder: &Path) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        let mut command = std::process::Command::new(interpreter());
        command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(folder);
        let mut process = command.stdout(Stdio::piped()).stderr(log.reopen().unwrap()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(process.stdout.take().unwrap()), &mut line).unwrap();
        // Serving HTTP on 127.0.0.1 port 43443 (http://127.0.0.1:43443/) ...
        let url = line.split(['(', ')']).nth(1).unwrap_or_else(|| panic!("no address in {line}")).to_owned();
        Self { process, log, url }
    }

    /// A line for each request so far, as in `"GET / HTTP/1.1" 200 -`.
    pub(crate) fn asked(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.log.path()).unwrap();
        text.lines().filter(|line| line.contains(" HTTP/")).map(str::to_owned).collect()
    }
}

impl Drop for PythonHost {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Bytes in the form of a command.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
