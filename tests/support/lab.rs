//! The lab itself, for tests that drive its page, and the `zenoh` crate as a client of its router.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use tokio::sync::{Mutex, MutexGuard};
use zbytes_lab::server::{Lab, Options};
use zbytes_lab_notices::plain::Host;

/// Browsers are heavy: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// Waits until no other test uses a browser.
pub(crate) async fn turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().await
}

pub(crate) fn options() -> Options {
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    Options { page: any, ws: any, tcp: any, dist: Some(dist()), ..Options::default() }
}

pub(crate) async fn lab() -> Lab {
    Lab::start(options()).await.expect("the lab starts; scripts/test builds the page first")
}

/// The built page.
pub(crate) fn dist() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("dist")
}

/// A plain host that has a folder under a path.
pub(crate) fn host(path: &str, folder: &Path) -> Host {
    Host::start(SocketAddr::from(([127, 0, 0, 1], 0)), path, folder).unwrap()
}

/// The address of the lab's page.
pub(crate) fn url(lab: &Lab) -> String {
    format!("http://{}/", lab.page_addr())
}

/// Joins a router as a client.
pub(crate) async fn joined(endpoint: &str) -> zenoh::Session {
    let mut config = zenoh::Config::default();
    config.insert_json5("mode", r#""client""#).unwrap();
    config.insert_json5("connect/endpoints", &format!(r#"["{endpoint}"]"#)).unwrap();
    config.insert_json5("scouting/multicast/enabled", "false").unwrap();
    zenoh::open(config).await.unwrap()
}
