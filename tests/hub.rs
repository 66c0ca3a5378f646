//! What clients see of a hub is what they see of a router: one table of behaviours, played with
//! official clients of each version against both. What they saw must be equal, value by value.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation must stop the test"
)]

mod support;
#[path = "hub/table.rs"]
mod table;

use std::{collections::BTreeMap, net::SocketAddr, panic::AssertUnwindSafe, path::PathBuf};

use futures_util::FutureExt;
use serde_json::{Value, json};
use support::{
    hub::{Listening, Wire},
    lab::{joined, options},
    python::hex,
    session_peers::Peer,
};
use table::{ROLES, Step, behaviours};
use zbytes_lab::server::{Lab, Options};

/// Where clients find a router, and its id.
struct Router {
    tcp: SocketAddr,
    ws: SocketAddr,
    zid: String,
}

impl Router {
    async fn at(tcp: SocketAddr, ws: SocketAddr) -> Self {
        let session = joined(&format!("tcp/{tcp}")).await;
        let zid = session.info().routers_zid().await.next().expect("a client knows its router").to_string();
        session.close().await.unwrap();
        Self { tcp, ws, zid }
    }
}

/// Which client plays a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cast {
    Native,
    Python,
    /// The client in Python of an earlier version. It lacks some of what the table does.
    Earlier(&'static str),
}

/// The folder with an earlier client in Python.
fn earlier(version: &str) -> PathBuf {
    let here = || concat!(env!("CARGO_MANIFEST_DIR"), "/.tools/zenohs").into();
    let folder = PathBuf::from(std::env::var_os("LAB_ZENOHS").unwrap_or_else(here)).join(version);
    assert!(folder.is_dir(), "{} is missing; scripts/test makes it", folder.display());
    folder
}

/// Why a step of a behaviour could not be played: the client lacks something.
#[derive(Debug)]
struct Lacks(String);

/// The clients that play the roles.
struct Stage<'a> {
    router: &'a Router,
    casts: [Cast; ROLES.len()],
    peers: BTreeMap<&'static str, Peer>,
    /// What is between each client and the router.
    wires: BTreeMap<&'static str, Wire>,
    /// What the clients have looked at.
    seen: Vec<Value>,
}

impl Stage<'_> {
    async fn join(&mut self, role: &'static str) {
        let at = ROLES.iter().position(|one| *one == role).unwrap();
        // One role over ws, the others over tcp.
        let (scheme, address) = if at == 0 { ("ws", self.router.ws) } else { ("tcp", self.router.tcp) };
        let wire = Wire::to(address).await;
        let endpoint = format!("{scheme}/{}", wire.address);
        self.wires.insert(role, wire);
        let peer = match self.casts[at] {
            Cast::Native => Peer::joined_natively(&endpoint).await,
            Cast::Python => Peer::joined_in_python(&endpoint).await,
            Cast::Earlier(version) => Peer::joined_in_python_of(&earlier(version), &endpoint).await,
        };
        self.peers.insert(role, peer);
    }

    async fn settle(&mut self) {
        // Each in turn, so that the router has handled what all of them have declared, and twice,
        // so that all of them have handled what the router told them of it.
        for _ in 0..2 {
            for peer in self.peers.values_mut() {
                peer.call(json!({ "do": "alive", "key": "lab/no/such/token" })).await;
            }
        }
    }

    async fn call(&mut self, role: &'static str, command: &Value) -> Result<Value, Lacks> {
        let is_earlier = matches!(self.casts[ROLES.iter().position(|one| *one == role).unwrap()], Cast::Earlier(_));
        match self.peer(role).tried(command).await {
            Ok(answer) => Ok(answer),
            Err(error) if is_earlier && is_lack(&error) => Err(Lacks(format!("{command}: {error}"))),
            Err(error) => panic!("{command}: {error}"),
        }
    }

    async fn play(&mut self, step: &Step) -> Result<(), Lacks> {
        match step {
            Step::Do(role, command) => {
                let answer = self.call(role, command).await?;
                if !answer.is_null() {
                    self.see(role, &answer);
                }
            }
            Step::Hear(role, name, count) => {
                for _ in 0..*count {
                    let value = self.peer(role).hear(name).await;
                    self.see(role, &value);
                }
            }
            Step::HearInAnyOrder(role, name, count) => {
                let mut values = Vec::new();
                for _ in 0..*count {
                    values.push(self.peer(role).hear(name).await);
                }
                values.sort_by_key(Value::to_string);
                self.see(role, &Value::Array(values));
            }
            Step::SortedAnswer(role, command) => {
                let mut answer = self.call(role, command).await?;
                let answers = answer.as_array_mut().unwrap();
                // The router's clock and the client's own end a get at the same time. The client
                // tells of the first, or of both.
                for answer in answers.iter_mut().filter(|answer| answer["err"]["payload"] == hex(b"Timeout")) {
                    *answer = json!("Timeout");
                }
                answers.sort_by_key(Value::to_string);
                answers.dedup_by(|one, other| *one == "Timeout" && one == other);
                self.see(role, &answer);
            }
            Step::Together(first, second) => self.together(first, second).await?,
            Step::Settle => self.settle().await,
            Step::Join(role) => self.join(role).await,
            Step::Leave(role) => self.peers.remove(role).unwrap().leave().await,
            Step::Vanish(role) => {
                // Nothing that either end sends gets through any more.
                self.wires.remove(role);
                self.peers.remove(role).unwrap().abandon();
            }
        }
        Ok(())
    }

    /// A command that ends only with another step of another role.
    async fn together(&mut self, (role, command): &(&'static str, Value), second: &[Step]) -> Result<(), Lacks> {
        let mut first = self.peers.remove(role).unwrap();
        let command = command.clone();
        let first = tokio::spawn(async move {
            let answer = first.call(command).await;
            (first, answer)
        });
        for step in second {
            Box::pin(self.play(step)).await?;
        }
        let (first, answer) = first.await.unwrap();
        self.peers.insert(role, first);
        self.see(role, &answer);
        Ok(())
    }

    fn peer(&mut self, role: &str) -> &mut Peer {
        self.peers.get_mut(role).unwrap_or_else(|| panic!("{role} is not there"))
    }

    fn see(&mut self, role: &str, value: &Value) {
        self.seen.push(json!({ role: self.comparable(value) }));
    }

    /// What differs between two routers is written by its meaning: whose time it is.
    fn comparable(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match text.rsplit_once('/') {
                Some((_, id)) if id == self.router.zid => json!("stamped by the router"),
                _ => value.clone(),
            },
            Value::Array(values) => values.iter().map(|value| self.comparable(value)).collect(),
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| match (name.as_str(), value.as_array()) {
                    // The id of a session differs from run to run, its number does not.
                    ("source", Some(source)) => (name.clone(), json!(source.last())),
                    _ => (name.clone(), self.comparable(value)),
                };
                fields.iter().map(field).collect()
            }
            other => other.clone(),
        }
    }
}

/// Whether an error of a client in Python says that it does not know what it was told.
fn is_lack(error: &str) -> bool {
    ["AttributeError: ", "TypeError: "].iter().any(|kind| error.starts_with(kind))
}

/// What a client sees, behaviour by behaviour.
type Seen = BTreeMap<&'static str, Vec<Value>>;

/// What the clients of a cast see of a router in some behaviours.
async fn seen(router: &Router, casts: [Cast; ROLES.len()], wanted: &[&str]) -> Seen {
    let mut all = Seen::new();
    for (name, steps) in behaviours().into_iter().filter(|(name, _)| wanted.contains(name)) {
        let mut stage = Stage { router, casts, peers: BTreeMap::new(), wires: BTreeMap::new(), seen: Vec::new() };
        for role in ROLES {
            stage.join(role).await;
        }
        for (at, step) in steps.iter().enumerate() {
            // What stops a behaviour is told with what was seen until then.
            match AssertUnwindSafe(stage.play(step)).catch_unwind().await {
                Ok(Ok(())) => {}
                Ok(Err(Lacks(what))) => {
                    stage.seen.push(json!({ "lacks": what }));
                    break;
                }
                Err(_) => {
                    stage.seen.push(json!(format!("stopped at step {at}: {step:?}")));
                    break;
                }
            }
        }
        for peer in std::mem::take(&mut stage.peers).into_values() {
            peer.leave().await;
        }
        assert!(!stage.seen.is_empty(), "{name}: the clients saw nothing");
        all.insert(name, stage.seen);
    }
    all
}

/// The clients race with themselves: on a busy machine one may overlook what comes at once, of a router as of a hub. So
/// what differs is played again, so many times in all.
const TRIES: usize = 4;

/// Earlier clients overlook more.
const TRIES_OF_EARLIER: usize = 8;

/// What clients saw of a behaviour, each time that they played it.
#[derive(Default)]
struct Plays {
    hub: Vec<Vec<Value>>,
    router: Vec<Vec<Value>>,
}

impl Plays {
    /// What they saw of both: the whole behaviour, or where it ended each time because a client lacks something.
    fn common(&self, may_stop: bool) -> Option<&[Value]> {
        let is_stopped = |seen: &[Value]| seen.last().is_some_and(Value::is_string);
        let both = self.hub.iter().filter(|seen| self.router.contains(seen)).map(Vec::as_slice);
        // An earlier client may stop of itself, at the same step with both. What it once saw whole tells more.
        both.filter(|seen| may_stop || !is_stopped(seen)).min_by_key(|seen| is_stopped(seen))
    }
}

/// Each of them starts dozens of clients: one at a time.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Plays every behaviour against the hub and against a router, and compares what was seen. Returns how many were played to
/// their end.
async fn equal(casts: [Cast; ROLES.len()]) -> usize {
    let _turn = TURN.lock().await;
    let hub = Listening::start().await;
    let ours = Router::at(hub.tcp, hub.ws).await;
    assert_eq!(ours.zid, hub.zid);
    let lab = Lab::start(Options { router_only: true, ..options() }).await.unwrap();
    let address = |locator: String| locator.split_once('/').unwrap().1.parse().unwrap();
    let theirs = Router::at(address(lab.tcp_locator()), address(lab.ws_locator())).await;
    let is_earlier = casts.iter().any(|cast| matches!(cast, Cast::Earlier(_)));
    let tries = if is_earlier { TRIES_OF_EARLIER } else { TRIES };
    let mut plays: BTreeMap<&str, Plays> = behaviours().into_iter().map(|(name, _)| (name, Plays::default())).collect();
    let mut whole = 0;
    for attempt in 1..=tries {
        let wanted: Vec<&str> = plays.keys().copied().collect();
        let (ours, theirs) = tokio::join!(seen(&ours, casts, &wanted), seen(&theirs, casts, &wanted));
        for (name, play) in &mut plays {
            play.hub.extend(ours.get(name).cloned());
            play.router.extend(theirs.get(name).cloned());
        }
        plays.retain(|name, play| {
            let Some(seen) = play.common(is_earlier && attempt == tries) else { return true };
            match seen.last().and_then(|last| last.as_str().or_else(|| last["lacks"].as_str())) {
                Some(lack) => println!("{casts:?}: {name}: {lack}"),
                None => whole += 1,
            }
            false
        });
        if plays.is_empty() {
            return whole;
        }
        println!("{casts:?}: differ in play {attempt}: {:?}", plays.keys());
    }
    let text = |plays: &[Vec<Value>]| {
        let play = |(number, seen): (usize, &Vec<Value>)| {
            format!("\n    play {}:{}", number + 1, seen.iter().map(|one| format!("\n      {one}")).collect::<String>())
        };
        plays.iter().enumerate().map(play).collect::<String>()
    };
    let different: String = plays
        .iter()
        .map(|(name, play)| format!("{name}\n  hub:{}\n  router:{}\n", text(&play.hub), text(&play.router)))
        .collect();
    panic!("{} differ in each of {tries} plays:\n{different}", plays.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn native_subscribers_see_of_a_hub_what_they_see_of_a_router() {
    assert_eq!(equal([Cast::Native, Cast::Python, Cast::Python]).await, behaviours().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn python_subscribers_see_of_a_hub_what_they_see_of_a_router() {
    assert_eq!(equal([Cast::Python, Cast::Native, Cast::Native]).await, behaviours().len());
}

/// Clients of earlier versions: one listens, one speaks, and the one of today does the rest.
async fn earlier_clients(versions: &[&'static str]) {
    for version in versions {
        let cast = Cast::Earlier(version);
        let whole = equal([cast, cast, Cast::Native]).await;
        println!("{version}: {whole} of {} behaviours to their end", behaviours().len());
        assert!(2 * whole >= behaviours().len(), "{version} plays {whole} of {}", behaviours().len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_and_last_earlier_clients_see_the_same_of_both() {
    earlier_clients(&["1.0.4", "1.9.0"]).await;
}

/// Of the others, the last one of each; 1.8 has no package for every platform.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes: scripts/test --long"]
async fn every_earlier_client_sees_the_same_of_both() {
    earlier_clients(&["1.1.1", "1.2.1", "1.3.4", "1.4.0", "1.5.1", "1.6.2", "1.7.2"]).await;
}
