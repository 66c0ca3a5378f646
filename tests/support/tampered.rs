//! Copies of the built page whose engines play tricks when a test tells them to.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{browser::Page, lab::options};

/// What stands before the script that loads an engine. A channel of the browser reaches every
/// engine of the page, and every Worker that an engine starts by this script.
const TRICKS: &str = "
const untouched = { structuredClone, Worker };
// Counts the WebSockets that the engine tries to open.
let tried = 0;
globalThis.WebSocket = class extends WebSocket { constructor(...given) { super(...given); tried++; } };
const tricks = {
    // The program traps.
    die() { throw new WebAssembly.RuntimeError('unreachable: a trick of the test'); },
    'stand still'(millis) {
        const end = performance.now() + millis;
        while (performance.now() < end);
    },
    tell() { tricky.postMessage({ told: { memory: program.memory.buffer.byteLength, tried } }); },
    // Nothing is detached any more.
    'clone nothing'() { globalThis.structuredClone = () => undefined; },
    'start no worker'() {
        globalThis.Worker = class extends EventTarget { constructor() { super(); throw new Error('none today'); } };
    },
    'be yourself'() { Object.assign(globalThis, untouched); },
};
const tricky = new BroadcastChannel('tricks');
tricky.onmessage = ({ data: { trick, argument } }) => trick && tricks[trick](argument);
";

/// A copy of the built page, in a folder of the test's own.
pub(crate) fn copied_page(name: &str) -> PathBuf {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let to = to.join(entry.file_name());
            if entry.path().is_dir() {
                copy(&entry.path(), &to);
            } else {
                fs::copy(entry.path(), to).unwrap();
            }
        }
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // The folder of an earlier run may still exist.
    let _ = fs::remove_dir_all(&folder);
    copy(&options().dist.unwrap(), &folder);
    folder
}

/// A copy of the built page whose engines know the tricks.
pub(crate) fn tricky_page(name: &str) -> PathBuf {
    let folder = copied_page(name);
    let script = folder.join("start-engine.js");
    let own = fs::read_to_string(&script).unwrap();
    let kept = own.replace("await init(", "globalThis.program = await init(");
    assert_ne!(own, kept);
    fs::write(&script, format!("{TRICKS}{kept}")).unwrap();
    folder
}

/// Has the engines of a page play a trick.
pub(crate) async fn play(page: &Page, trick: &str) {
    play_with(page, trick, 0).await;
}

/// The same, with a number.
pub(crate) async fn play_with(page: &Page, trick: &str, argument: u32) {
    let script = "new BroadcastChannel('tricks').postMessage({ trick: arguments[0], argument: arguments[1] })";
    page.run(script, vec![trick.into(), argument.into()]).await;
}

/// What the engine tells of itself: the length of its wasm `memory`, or how many WebSockets it has
/// `tried` to open.
pub(crate) async fn told_by_the_engine(page: &Page, what: &str) -> u64 {
    let script = "
        const [what, done] = arguments, channel = new BroadcastChannel('tricks');
        channel.onmessage = ({ data: { told } }) => told && done(told[what]);
        channel.postMessage({ trick: 'tell' });";
    page.client.execute_async(script, vec![what.into()]).await.unwrap().as_u64().unwrap()
}
