//! The JavaScript module, packed and installed as any other package: on a page, in a Worker and in Node.
#![allow(clippy::panic, reason = "a failed expectation must stop the test")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tempfile::TempDir;
use zbytes_lab::server::{Lab, Options};

use super::{
    GUARD,
    browser::{Engine, Page, SOCKET_FAILED},
    lab::options,
    python::Program,
};

pub(crate) const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What a handler of a test throws, as a page has it on its console.
pub(crate) const FAILING: &str = "nothing is here";

/// What Firefox says of a WebSocket whose router has gone.
const REFUSED_IN_FIREFOX: &str = "establish a connection to the server at ws://";
const CUT_IN_FIREFOX: &str = "was interrupted while the page was loading";

/// What the scripts have installed from npm.
pub(crate) fn from_npm() -> PathBuf {
    std::env::var_os("LAB_NPM").map_or_else(|| Path::new(ROOT).join(".tools/npm"), PathBuf::from)
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy(&path, &target) } else { fs::copy(&path, &target).map(drop).unwrap() }
    }
}

/// A folder for the page: the module beside the files of the test.
pub(crate) fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(ROOT).join("tests/module"), folder.path());
    let dist = Path::new(ROOT).join("js/dist");
    assert!(dist.join("packed.js").exists(), "js/dist is missing; scripts/module builds it");
    copy(&dist, &folder.path().join("zbytes"));
    folder
}

/// Bytes by gzip at its best.
pub(crate) fn gzip(bytes: &[u8]) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap().len()
}

pub(crate) fn run(what: &mut Command) -> String {
    let output = what.output().unwrap_or_else(|error| panic!("{what:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{what:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Whether Node can be had, of version 20 or newer. `scripts/test` says so if not.
pub(crate) fn has_node() -> bool {
    let output = Command::new("node").arg("--version").output();
    let version = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    version.trim_start_matches('v').split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0) >= 20
}

/// A project for Node with the package in it, as `npm install` puts it there.
pub(crate) fn project() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let js = Path::new(ROOT).join("js");
    run(Command::new("npm").args(["pack", "--silent", "--pack-destination"]).arg(folder.path()).arg(&js));
    let modules = folder.path().join("node_modules");
    fs::create_dir(&modules).unwrap();
    let packed = folder.path().join("zbytes-0.2.0.tgz");
    run(Command::new("tar").arg("xzf").arg(packed).arg("-C").arg(&modules));
    fs::rename(modules.join("package"), modules.join("zbytes")).unwrap();
    for name in ["ws", "typescript", "@types"] {
        let installed = from_npm().join("node_modules").join(name);
        if installed.exists() {
            std::os::unix::fs::symlink(installed, modules.join(name)).unwrap();
        }
    }
    fs::write(folder.path().join("package.json"), r#"{ "type": "module" }"#).unwrap();
    copy(&Path::new(ROOT).join("tests/module"), folder.path());
    copy(&js.join("examples"), &folder.path().join("examples"));
    folder
}

/// Where the module runs.
pub(crate) enum Place {
    Page(Page),
    Node(Program),
}

impl Place {
    pub(crate) async fn tried(&mut self, command: Value) -> Value {
        match self {
            Self::Page(page) => page.run("return window.ask(arguments[0])", vec![command]).await,
            Self::Node(program) => {
                program.tell(&command).await;
                serde_json::from_str(&program.line(2 * GUARD).await).unwrap()
            }
        }
    }

    pub(crate) async fn ask(&mut self, command: Value) -> Value {
        let answer = self.tried(command.clone()).await;
        assert!(answer.get("ok").is_some(), "{command}: {answer}");
        answer["ok"].clone()
    }

    pub(crate) async fn leave(self) {
        match self {
            Self::Page(page) => {
                page.close_with(&[], &[SOCKET_FAILED, FAILING, REFUSED_IN_FIREFOX, CUT_IN_FIREFOX]).await
            }
            Self::Node(program) => program.leave().await,
        }
    }
}

/// A router, and the folders that the module is served and installed in.
pub(crate) struct World {
    pub(crate) lab: Lab,
    _site: TempDir,
    pub(crate) project: Option<TempDir>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let site = site();
        let lab = Lab::start(Options { dist: Some(site.path().to_owned()), ..options() }).await.unwrap();
        Self { lab, _site: site, project: has_node().then(project) }
    }

    pub(crate) async fn page(&self, of: &str) -> Place {
        self.page_in(Engine::Chromium, of).await
    }

    pub(crate) async fn page_in(&self, engine: Engine, of: &str) -> Place {
        let page = Page::at_with(engine, &format!("http://{}/{of}", self.lab.page_addr())).await;
        page.until("return document.title", json!("ready")).await;
        Place::Page(page)
    }

    pub(crate) fn node(&self) -> Option<Place> {
        self.node_by("node")
    }

    /// In Node by this program.
    pub(crate) fn node_by(&self, program: impl AsRef<std::ffi::OsStr>) -> Option<Place> {
        let project = self.project.as_ref()?;
        let mut command = tokio::process::Command::new(program);
        command.args(["--expose-gc", "node.js"]).current_dir(project.path());
        Some(Place::Node(Program::run(command)))
    }

    /// Every place that there is, with a session that is open.
    pub(crate) async fn places(&self) -> Vec<Place> {
        let mut places = vec![self.page("").await, self.page("#worker").await];
        places.extend(self.node());
        for place in &mut places {
            let routers = place.ask(json!({ "do": "open", "where": self.lab.ws_locator() })).await;
            assert_eq!(routers.as_array().map(Vec::len), Some(1));
        }
        places
    }

    pub(crate) async fn end(self, places: Vec<Place>) {
        for mut place in places {
            assert_eq!(place.ask(json!({ "do": "close" })).await, json!(true));
            place.leave().await;
        }
        self.lab.stop().await;
    }
}

/// A program of the project, with the locator as its argument.
pub(crate) fn program(project: &TempDir, file: &str, arguments: &[&str]) -> Program {
    let mut command = tokio::process::Command::new("node");
    command.arg(file).args(arguments).current_dir(project.path());
    Program::run(command)
}
