//! Checks over the sources which modules may depend on each other: a rule without a check is only a
//! wish.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed expectation must stop the test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The modules in the order of the data flow: each may use those before it.
const MODULES: [&str; 12] =
    ["given", "live", "run", "app", "present", "protocol", "browser", "hub", "engine", "web", "ui", "server"];

/// Modules of page and engine, which know each other by their protocol only.
const APART: [(&str, &[&str]); 3] = [("engine", &["web", "ui"]), ("web", &["engine"]), ("ui", &["engine"])];

/// Modules of libraries, which every module may use. Cargo keeps their order.
const LIBRARIES: [&str; 9] =
    ["number", "ledger", "segment", "payload", "message", "measure", "outside", "wire", "client"];

/// Crates that give access to the browser.
const BROWSER: [&str; 8] = [
    "js_sys",
    "web_sys",
    "wasm_bindgen",
    "wasm_bindgen_futures",
    "gloo_events",
    "gloo_timers",
    "yew",
    "console_error_panic_hook",
];

/// Files that may use those crates, besides everything in `browser`, `hub`, `engine`, `web` and `ui`, and the driver of
/// `zbytes-session`.
const BROWSER_FILES: [&str; 4] =
    ["zbytes/src/segment/js.rs", "zbytes/src/segment/run.rs", "zbytes/src/segment/source.rs", "main.rs"];

/// Names of the browser that every file of `ui` may use: elements, their events, and conversions
/// between them. None of them has an effect.
const HANDLES: [&str; 16] = [
    "wasm_bindgen::JsCast",
    "web_sys::DragEvent",
    "web_sys::Element",
    "web_sys::Event",
    "web_sys::File",
    "web_sys::FileList",
    "web_sys::HtmlCanvasElement",
    "web_sys::HtmlDialogElement",
    "web_sys::HtmlElement",
    "web_sys::HtmlInputElement",
    "web_sys::HtmlSelectElement",
    "web_sys::HtmlTextAreaElement",
    "web_sys::KeyboardEvent",
    "web_sys::Node",
    "web_sys::PointerEvent",
    "web_sys::window",
];

/// Further names of the browser and of `web` that each file of `ui` may use, and its calls of the
/// window. Effects belong to `web`. The names in this list serve the visible page: focus, sizes,
/// and settings of its look that the browser keeps.
const UI_EFFECTS: &[(&str, &[&str])] = &[
    (
        "ui/kit/back.rs",
        &[
            "gloo_events::EventListener",
            "js_sys::Array::of2",
            "wasm_bindgen::JsValue",
            "wasm_bindgen::closure::Closure",
            "web_sys::Document",
            "web_sys::History",
            "web_sys::MutationObserver",
            "web_sys::MutationObserverInit",
            "window.document",
            "window.history",
        ],
    ),
    (
        "ui/kit/paper.rs",
        &["gloo_events::EventListener", "gloo_timers::callback::Timeout", "window.dispatch_event", "window.print"],
    ),
    ("ui/layout/film.rs", &["window.match_media"]),
    ("ui/class/experiment.rs", &["window.inner_height"]),
    ("ui/class/teacher.rs", &["web::address"]),
    (
        "ui/share.rs",
        &[
            "gloo_timers::callback::Timeout",
            "wasm_bindgen_futures::spawn_local",
            "web::address",
            "web::clipboard::to_clipboard",
            "web::drawing",
            "web::drawing::Taken",
        ],
    ),
    (
        "ui/app.rs",
        &[
            "gloo_events::EventListener",
            "web::Errands",
            "window.document",
            "window.inner_height",
            "window.match_media",
            "window.scroll_y",
        ],
    ),
    (
        "ui/build/taken.rs",
        &[
            "gloo_events::EventListener",
            "gloo_events::EventListenerOptions",
            "web::Errands",
            "web_sys::ClipboardEvent",
            "web_sys::DataTransfer",
            "window.and_then",
            "window.as_ref",
            "window.document",
            "window.inner_height",
        ],
    ),
    (
        "ui/bytes/dialog.rs",
        &["web::bytes::Held", "web::clipboard::Promised", "web::tasks::Task", "window.as_ref", "window.document"],
    ),
    ("ui/bytes/dialog/moves.rs", &["web::bytes::Held"]),
    ("ui/bytes/dialog/search.rs", &["web::bytes::Held"]),
    ("ui/bytes/dialog/take.rs", &["wasm_bindgen_futures::spawn_local", "web::bytes::Held", "web::clipboard::Promised"]),
    ("ui/bytes/dialog/view.rs", &["web::clipboard::Promised"]),
    (
        "ui/bytes/dialog/watch.rs",
        &[
            "gloo_events::EventListener",
            "gloo_events::EventListenerOptions",
            "gloo_timers::callback::Timeout",
            "wasm_bindgen::closure::Closure",
            "web_sys::ResizeObserver",
            "window.inner_width",
            "window.is_some_and",
        ],
    ),
    (
        "ui/kit/animation.rs",
        &["wasm_bindgen::closure::Closure", "window.cancel_animation_frame", "window.request_animation_frame"],
    ),
    ("ui/cost/history.rs", &["web::runs"]),
    (
        "ui/kit/keys.rs",
        &[
            "gloo_events::EventListener",
            "gloo_events::EventListenerOptions",
            "gloo_timers::callback::Timeout",
            "web_sys::Storage",
            "window.document",
            "window.into",
            "window.local_storage",
        ],
    ),
    (
        "ui/layout/pane.rs",
        &[
            "gloo_events::EventListener",
            "gloo_events::EventListenerOptions",
            "gloo_timers::callback::Timeout",
            "wasm_bindgen::closure::Closure",
            "web::Errands",
            "web_sys::ResizeObserver",
            "window.inner_width",
            "window.is_some_and",
        ],
    ),
    ("ui/layout/details.rs", &["window.document"]),
    ("ui/layout/values.rs", &["web::Errands", "web::bytes::Held", "web::tasks::Task"]),
    ("ui/message/picture.rs", &["web::pictures"]),
    (
        "ui/kit/notes.rs",
        &["gloo_events::EventListener", "gloo_timers::callback::Timeout", "web_sys::Document", "window.document"],
    ),
    ("ui/kit/pointing.rs", &["gloo_events::EventListener", "window.document"]),
    ("ui/dialogs.rs", &["gloo_timers::callback::Timeout", "window.document"]),
    ("ui/kit/dialog.rs", &["window.document", "window.get_computed_style"]),
    ("ui/kit/border.rs", &["web_sys::Storage", "window.document", "window.get_computed_style", "window.local_storage"]),
    (
        "ui/router/pane.rs",
        &[
            "gloo_timers::callback::Timeout",
            "wasm_bindgen_futures::spawn_local",
            "web::address",
            "web::clipboard::to_clipboard",
        ],
    ),
    (
        "ui/kit/scroller.rs",
        &["gloo_timers::callback::Timeout", "wasm_bindgen::closure::Closure", "web_sys::ResizeObserver"],
    ),
    ("ui/router/tabs.rs", &["window.document"]),
    ("ui/router/tabs/live.rs", &["web::Errands", "web::tasks::Task"]),
    ("ui/router/tabs/put.rs", &["web::Errands"]),
    ("ui/router/tabs/samples.rs", &["web::Errands"]),
    ("ui/kit/theme.rs", &["window.document", "window.local_storage"]),
    (
        "ui/kit/widgets.rs",
        &[
            "gloo_timers::callback::Timeout",
            "wasm_bindgen::closure::Closure",
            "web::Errands",
            "web_sys::ResizeObserver",
            "window.document",
        ],
    ),
    ("ui/wire/dialog/list.rs", &["web::Errands"]),
    (
        "ui/wire/dialog.rs",
        &["gloo_events::EventListener", "web::Errands", "web::tasks::Task", "window.document", "window.inner_width"],
    ),
    ("ui/kit/text_field.rs", &["web_sys::ClipboardEvent"]),
];

/// Crates that give access to sockets, threads and a file system.
const NATIVE: [&str; 5] = ["zenoh", "tokio", "axum", "hyper", "anyhow"];

/// Every source file: its path from `src`, and its tokens.
fn sources() -> Vec<(String, Vec<TokenTree>)> {
    let files = sources_in("src");
    assert!(files.len() > 30, "the sources were not found");
    files
}

/// The same for the libraries, with paths such as `zbytes/src/ledger.rs`.
fn sources_of_libraries() -> Vec<(String, Vec<TokenTree>)> {
    let files = sources_in("crates");
    assert!(files.len() > 15, "the sources of the libraries were not found");
    files
}

/// Every file in a folder, and in those below it.
fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, into) } else { into.push(path) }
    }
}

/// Every Rust file in a folder of the repository, tests included.
fn files_in(folder: &str) -> (PathBuf, Vec<PathBuf>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    (root, files)
}

/// The path of a file from `root`, as this test writes paths.
fn name_in(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/")
}

fn sources_in(folder: &str) -> Vec<(String, Vec<TokenTree>)> {
    let (root, files) = files_in(folder);
    let read = |path: &PathBuf| {
        let name = name_in(&root, path);
        let tokens: TokenStream = fs::read_to_string(path).unwrap().parse().unwrap_or_else(|e| panic!("{name}: {e}"));
        (name, without_tests(tokens))
    };
    // Tests and examples may use what they like.
    let tests =
        |path: &Path| path.ends_with("tests.rs") || path.iter().any(|part| part == "tests" || part == "examples");
    files.iter().filter(|path| !tests(path.strip_prefix(&root).unwrap())).map(read).collect()
}

/// Everything but the modules under `#[cfg(test)]`.
fn without_tests(tokens: TokenStream) -> Vec<TokenTree> {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let attribute = matches!(&token, TokenTree::Punct(hash) if hash.as_char() == '#');
        if attribute && tokens.peek().is_some_and(|group| group.to_string().replace(' ', "") == "[cfg(test)]") {
            for token in tokens.by_ref() {
                let end = match &token {
                    TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
                    TokenTree::Punct(punct) => punct.as_char() == ';',
                    _ => false,
                };
                if end {
                    break;
                }
            }
            continue;
        }
        kept.push(token);
    }
    kept
}

fn is_ident(token: Option<&TokenTree>, word: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(ident)) if ident == word)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    colon(at) && colon(at + 1)
}

/// Calls `see` with every list of tokens, those of groups included.
fn each_list(tokens: &[TokenTree], see: &mut dyn FnMut(&[TokenTree])) {
    see(tokens);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each_list(&group.stream().into_iter().collect::<Vec<_>>(), see);
        }
    }
}

/// The names that follow `root::`, also those in `root::{one, two::three}`.
fn names_after(tokens: &[TokenTree], root: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    each_list(tokens, &mut |list| {
        for at in 0..list.len() {
            if !is_ident(list.get(at), root) || !is_colons(list, at + 1) {
                continue;
            }
            match list.get(at + 3) {
                Some(TokenTree::Ident(name)) => {
                    names.insert(name.to_string());
                }
                Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                    let mut first = true;
                    for token in group.stream() {
                        match &token {
                            TokenTree::Ident(name) if first => {
                                names.insert(name.to_string());
                                first = false;
                            }
                            TokenTree::Punct(comma) if comma.as_char() == ',' => first = true,
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
    });
    names
}

/// The crates and modules with which paths begin.
fn roots(tokens: &[TokenTree]) -> BTreeSet<String> {
    // A name in `path::{...}` does not begin a path.
    let mut groups = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token
            && (at < 2 || !is_colons(tokens, at - 2))
        {
            groups.extend(roots(&group.stream().into_iter().collect::<Vec<_>>()));
        }
    }
    roots_of(tokens).into_iter().chain(groups).collect()
}

fn roots_of(list: &[TokenTree]) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for at in 0..list.len() {
        let begins = at < 2 || !is_colons(list, at - 2);
        if let Some(TokenTree::Ident(name)) = list.get(at)
            && begins
            && is_colons(list, at + 1)
        {
            roots.insert(name.to_string());
        }
    }
    roots
}

/// The paths that begin with `root`, without `root` itself, also those in
/// `root::{one, two::three}`.
fn paths_after(tokens: &[TokenTree], root: &str) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    each_list(tokens, &mut |list| {
        for at in 0..list.len() {
            // A name behind colons is a part of another path.
            if is_ident(list.get(at), root) && is_colons(list, at + 1) && (at < 2 || !is_colons(list, at - 2)) {
                paths.extend(paths_from(list.get(at + 3..).unwrap_or_default()));
            }
        }
    });
    paths
}

/// The paths at the beginning of a list: one, or several in braces.
fn paths_from(list: &[TokenTree]) -> Vec<String> {
    match list.first() {
        Some(TokenTree::Ident(name)) if is_colons(list, 1) && !matches!(list.get(3), Some(TokenTree::Punct(_))) => {
            let rest = paths_from(list.get(3..).unwrap_or_default());
            rest.into_iter()
                .map(|path| if path == "self" { name.to_string() } else { format!("{name}::{path}") })
                .collect()
        }
        Some(TokenTree::Ident(name)) => vec![name.to_string()],
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
            let inner: Vec<_> = group.stream().into_iter().collect();
            let comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
            inner.split(comma).flat_map(paths_from).collect()
        }
        _ => Vec::new(),
    }
}

/// Calls of the browser's window, as in `window.document`. Code that gets the window has to name it
/// `window`, or this function cannot see its calls.
fn of_window(file: &str, tokens: &[TokenTree]) -> BTreeSet<String> {
    let dot = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == '.');
    let mut asked = BTreeSet::new();
    each_list(tokens, &mut |list| {
        for at in 0..list.len() {
            if !is_ident(list.get(at), "window") {
                continue;
            }
            let from_browser = at >= 3 && is_colons(list, at - 2) && is_ident(list.get(at - 3), "web_sys");
            let mut next = at + 1;
            if from_browser {
                // Skips the call: `web_sys::window()?.document()`,
                // `web_sys::window().and_then(|window| ...)`.
                next += 1;
                if matches!(list.get(next), Some(TokenTree::Punct(punct)) if punct.as_char() == '?') {
                    next += 1;
                }
                let name = at.checked_sub(5).and_then(|at| list.get(at));
                let bound = is_ident(name, "window") || named_in(name);
                let seen = dot(list.get(next)) || bound;
                assert!(seen, "src/{file}: call what web_sys::window() gives `window`, so that this test sees its use");
            }
            if !dot(list.get(next)) {
                continue;
            }
            let Some(TokenTree::Ident(name)) = list.get(next + 1) else { continue };
            let name = name.to_string();
            if from_browser && ["and_then", "map", "is_none_or", "is_some_and"].contains(&name.as_str()) {
                let closure = list.get(next + 2).map(ToString::to_string).unwrap_or_default().replace(' ', "");
                let named = closure.starts_with("(|window|");
                assert!(named, "src/{file}: call the window `window`, so that this test sees what is done with it");
            } else {
                asked.insert(format!("window.{name}"));
            }
        }
    });
    asked
}

/// Whether this is `(window)`, as in `Some(window)`.
fn named_in(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.stream().to_string() == "window")
}

/// The names of the browser and of `web` in a file of `ui`, apart from [`HANDLES`].
fn effects(file: &str, tokens: &[TokenTree]) -> BTreeSet<String> {
    let gets_it = paths_after(tokens, "web_sys").contains("window");
    let mut named = if gets_it { of_window(file, tokens) } else { BTreeSet::new() };
    for root in BROWSER {
        let paths = paths_after(tokens, root).into_iter().map(|path| format!("{root}::{path}"));
        // The components consist of Yew's own types. Only `yew::platform` can start tasks and
        // timers.
        named.extend(paths.filter(|path| !path.starts_with("yew::") || path.starts_with("yew::platform")));
    }
    named.extend(paths_after(tokens, "crate").into_iter().filter(|path| path.starts_with("web::")));
    named.retain(|path| !HANDLES.contains(&path.as_str()));
    named
}

/// The module of a file; `None` for the crate's own two files.
fn module(file: &str) -> Option<&str> {
    match file.split_once('/') {
        Some((folder, _)) => Some(folder),
        None => file.strip_suffix(".rs").filter(|name| !["lib", "main", "worker"].contains(name)),
    }
}

#[test]
fn modules_are_those_of_the_map_in_its_order() {
    let map = include_str!("../src/lib.rs");
    let named: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "))
        .filter_map(|line| line.trim_start_matches('[').strip_prefix('`')?.split('`').next())
        .collect();
    assert_eq!(named, MODULES);
    let mut declared: Vec<&str> =
        map.lines().filter_map(|line| line.trim().strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    declared.sort_unstable();
    let mut modules = MODULES;
    modules.sort_unstable();
    assert_eq!(declared, modules);
}

#[test]
fn modules_use_only_those_above_them() {
    for (file, tokens) in sources() {
        let Some(own) = module(&file) else { continue };
        let rank = MODULES.iter().position(|name| *name == own).unwrap_or_else(|| panic!("{file} is in no module"));
        let mut used = names_after(&tokens, "crate");
        if file.ends_with("/mod.rs") || !file.contains('/') {
            // In these files, `super` is the crate.
            used.extend(names_after(&tokens, "super").into_iter().filter(|name| MODULES.contains(&name.as_str())));
        }
        for name in used.iter().filter(|name| !LIBRARIES.contains(&name.as_str())) {
            let other = MODULES.iter().position(|module| module == name);
            assert!(
                other.is_some_and(|other| other <= rank),
                "src/{file} uses crate::{name}, which is not above {own}"
            );
            let apart = APART.iter().any(|(one, others)| *one == own && others.contains(&name.as_str()));
            assert!(!apart, "src/{file} of one program uses crate::{name} of the other one");
        }
        assert!(!names_after(&tokens, "super").contains("super"), "src/{file}: say crate:: instead of super::super::");
    }
}

#[test]
fn the_guide_has_the_librarys_table_of_the_modes() {
    let table = include_str!("../crates/zbytes/src/segment/modes.md");
    assert!(include_str!("../docs/guide.md").contains(table.trim()));
}

#[test]
fn no_library_names_the_lab() {
    for (file, tokens) in sources_of_libraries().into_iter().chain(sources_in("js/binding")) {
        for name in ["zbytes_lab", "yew"] {
            assert!(!roots(&tokens).contains(name), "{file} uses {name}");
        }
    }
}

#[test]
fn the_browser_is_known_only_where_it_must_be() {
    for (file, tokens) in sources().into_iter().chain(sources_of_libraries()) {
        let free = module(&file).is_some_and(|own| ["browser", "hub", "engine", "web", "ui"].contains(&own));
        let driver = file.starts_with("zbytes-session/src/web/") && file != "zbytes-session/src/web/command.rs";
        if free || driver || BROWSER_FILES.contains(&file.as_str()) {
            continue;
        }
        let roots = roots(&tokens);
        for name in BROWSER {
            assert!(!roots.contains(name), "{file} uses {name}");
        }
    }
}

#[test]
fn ui_has_no_effect_but_those_that_are_listed() {
    let mut found = BTreeSet::new();
    for (file, tokens) in sources() {
        if module(&file) == Some("ui") {
            found.extend(effects(&file, &tokens).into_iter().map(|name| format!("src/{file} uses {name}")));
        }
    }
    let lines =
        UI_EFFECTS.iter().flat_map(|(file, names)| names.iter().map(move |name| format!("src/{file} uses {name}")));
    let listed: BTreeSet<String> = lines.collect();
    let lines =
        |names: std::collections::btree_set::Difference<'_, String>| names.cloned().collect::<Vec<_>>().join("\n");
    let (new, gone) = (lines(found.difference(&listed)), lines(listed.difference(&found)));
    assert!(
        new.is_empty(),
        "an effect belongs to web; one that serves what is seen may be listed in UI_EFFECTS:\n{new}"
    );
    assert!(gone.is_empty(), "UI_EFFECTS lists what is not so any more:\n{gone}");
}

#[test]
fn the_modules_files_use_those_above_them() {
    // In the order of the data flow: each may import those before it. The rest is made by scripts/module.
    const FILES: [&str; 16] = [
        "error", "why", "options", "load", "tasks", "bytes", "capnp", "channel", "values", "link", "session", "port",
        "slim", "embedded", "index", "node",
    ];
    const MADE: [[&str; 2]; 2] = [["load", "binding"], ["embedded", "packed"]];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("js/src");
    for (rank, name) in FILES.iter().enumerate() {
        let text = fs::read_to_string(root.join(format!("{name}.js"))).unwrap();
        for other in text.split("from \"./").skip(1).filter_map(|rest| rest.split(".js\"").next()) {
            let above = FILES.iter().position(|file| *file == other).is_some_and(|at| at < rank);
            assert!(above || MADE.contains(&[*name, other]), "js/src/{name}.js imports {other}.js");
        }
    }
    let sources = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    assert_eq!(sources.filter(|path| path.extension().is_some_and(|kind| kind == "js")).count(), FILES.len());
}

#[test]
fn sockets_threads_and_files_are_the_servers_alone() {
    for (file, tokens) in sources().into_iter().chain(sources_of_libraries()) {
        if module(&file) == Some("server") || file == "main.rs" {
            continue;
        }
        let roots = roots(&tokens);
        for name in NATIVE {
            assert!(!roots.contains(name), "{file} uses {name}");
        }
        let std = names_after(&tokens, "std");
        for name in ["fs", "net", "thread", "process", "env"] {
            assert!(!std.contains(name), "{file} uses std::{name}");
        }
    }
}

#[test]
fn unsafe_is_in_two_files() {
    let mut found = Vec::new();
    for (file, tokens) in sources().into_iter().chain(sources_of_libraries()) {
        each_list(&tokens, &mut |list| {
            found.extend(list.iter().filter(|token| is_ident(Some(token), "unsafe")).map(|_| file.clone()));
        });
    }
    // The implementation of `capnp`'s allocator in arena.rs has two of them. js.rs has one block.
    assert_eq!(found, ["zbytes/src/segment/js.rs", "zbytes-capnp/src/arena.rs", "zbytes-capnp/src/arena.rs"]);
}

/// Files of `ui` and `present` that may use a text from outside as it arrived, with the number of
/// uses. Everywhere, raw text is allowed in attributes that the page does not show (`data-`,
/// `key`). It is also allowed in a field where the person edits it. These files cut it into pieces,
/// or join it into a text that is shown as one. Others write it as a literal or an identifier of a
/// program.
const RAW: [(&str, usize); 6] = [
    ("present/heard.rs", 2),
    ("ui/router/pane.rs", 2),
    ("ui/router/tabs/answer.rs", 2),
    ("present/snippet.rs", 2),
    ("present/program.rs", 1),
    ("ui/kit/widgets.rs", 1),
];

#[test]
fn texts_from_outside_are_not_printed_as_they_came() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (file, _) in sources().iter().filter(|(file, _)| file.starts_with("ui/") || file.starts_with("present/")) {
        let text = fs::read_to_string(root.join(file)).unwrap();
        let found = raw_lines(&text);
        let allowed = RAW.iter().find(|(name, _)| name == file).map_or(0, |(_, count)| *count);
        assert_eq!(found.len(), allowed, "src/{file} uses a text from outside as it came: {found:#?}");
    }
}

/// The lines that use a text from outside as it arrived. Attributes that the page does not show are
/// allowed, and so are fields where the person edits the text.
fn raw_lines(text: &str) -> Vec<&str> {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let raw = |line: &&str| line.contains(".raw()") || line.contains("Outside::raw");
    let unread = |line: &str| {
        line.split(".raw()").next().is_some_and(|before| {
            let attribute =
                before.rsplit_once("={").map_or("", |(name, _)| name.rsplit(' ').next().unwrap_or_default());
            attribute.starts_with("data-")
                || attribute.ends_with("<tr key")
                || attribute == "key"
                || attribute == "value"
        })
    };
    code.lines().filter(raw).filter(|line| !unread(line)).collect()
}

/// Files of this repository that a document names in backticks, as in `src/lib.rs`: whole paths
/// from the root.
fn named_files(text: &str) -> Vec<&str> {
    const FOLDERS: [&str; 9] =
        ["src/", "crates/", "tests/", "benches/", "examples/", "scripts/", "www/", "docs/", "js/"];
    let quoted = text.split('`').skip(1).step_by(2);
    let path = |name: &&str| {
        FOLDERS.iter().any(|folder| name.starts_with(folder))
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c))
    };
    quoted.filter(path).collect()
}

/// The links of a document to files of this repository, without anchors.
fn linked_files(text: &str) -> Vec<&str> {
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links
        .filter(|link| !link.contains("://"))
        .filter_map(|link| link.split('#').next())
        .filter(|l| !l.is_empty())
        .collect()
}

#[test]
fn documents_name_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut documents: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"]
            .map(|name| root.join(name))
            .into();
    for folder in ["docs", "docs/decisions"] {
        let files = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        documents.extend(files.filter(|file| file.extension().is_some_and(|extension| extension == "md")));
    }
    documents.push(root.join("js/README.md"));
    assert!(documents.len() > 30, "the documents were not found");
    let mut names = 0;
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        // A code block may name files of other projects.
        let prose: String = text.split("```").step_by(2).collect();
        let named = named_files(&prose);
        names += named.len();
        for name in named {
            assert!(root.join(name).exists(), "{} names {name}", document.display());
        }
        for link in linked_files(&prose) {
            assert!(document.parent().unwrap().join(link).exists(), "{} links to {link}", document.display());
        }
    }
    assert!(names > 100, "{names} files are named");
}

#[test]
fn every_style_is_joined_and_has_no_colour_of_its_own() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let build = fs::read_to_string(root.join("Trunk.toml")).unwrap();
    let files: Vec<PathBuf> = fs::read_dir(root.join("www/style")).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 10);
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        assert!(build.contains(&format!(" {name} ")), "Trunk.toml does not join www/style/{name}");
        // The theme's colours stand in one place, each once.
        let text = fs::read_to_string(&file).unwrap();
        let colours = text.split(|c: char| !(c == '#' || c.is_ascii_alphanumeric() || c == '-'));
        let is_colour = |word: &&str| {
            word.strip_prefix('#').is_some_and(|digits| {
                matches!(digits.len(), 3 | 6 | 8) && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
            })
        };
        let found: Vec<&str> = colours.filter(is_colour).collect();
        let once: BTreeSet<&str> = found.iter().copied().collect();
        assert_eq!(found.len(), once.len(), "{name} writes a colour twice: {found:?}");
        // Paper and QR codes are black and white. A picture in ink is inverted on a dark ground, with its outline.
        let is_known = |colour: &&str| ["#fff", "#000", "#d2cec8"].contains(colour);
        assert!(name == "ground.css" || found.iter().all(is_known), "{name}: {found:?}");
    }
}

#[test]
fn the_readme_is_short() {
    assert!(include_str!("../README.md").len() <= 8_000, "what is longer belongs to a document of its own");
}

/// The most lines of a file, and of a `mod.rs`, which only says what is where.
const MOST_LINES: [usize; 2] = [800, 150];

/// Made by a program, so its length is not a choice.
const GENERATED: [&str; 1] = ["crates/zbytes-capnp/src/lab_capnp.rs"];

/// Whether a file has more lines than it may have.
fn is_too_long(name: &str, text: &str) -> bool {
    let [file, joiner] = MOST_LINES;
    let most = if name.ends_with("/mod.rs") { joiner } else { file };
    text.lines().count() > most && !GENERATED.contains(&name)
}

#[test]
fn no_file_is_too_long() {
    let mut long = Vec::new();
    for folder in ["src", "crates"] {
        let (root, files) = files_in(folder);
        for path in files {
            let name = format!("{folder}/{}", name_in(&root, &path));
            if is_too_long(&name, &fs::read_to_string(&path).unwrap()) {
                long.push(name);
            }
        }
    }
    assert!(long.is_empty(), "cut by topic what is too long: {long:?}");
}

/// Files that circles go through: what joins parts that have to know the whole. Without these, and
/// without each `mod.rs` and `lib.rs`, no files use each other in a circle. A file that no circle
/// needs any more has to leave the list.
const JOINERS: [&str; 17] = [
    "crates/zbytes-capnp/src/received.rs",
    "crates/zbytes-hub/src/hub.rs",
    "crates/zbytes-session/src/client/event.rs",
    "crates/zbytes-session/src/client/machine.rs",
    "crates/zbytes-session/src/web/driver.rs",
    "crates/zbytes/src/payload/bytes.rs",
    "crates/zbytes/src/segment/run.rs",
    "crates/zbytes/src/segment/source.rs",
    "src/app/action.rs",
    "src/app/command.rs",
    "src/app/effect.rs",
    "src/app/session/change.rs",
    "src/app/state.rs",
    "src/server/lab.rs",
    "src/ui/bytes/dialog.rs",
    "src/ui/wire/dialog.rs",
    "src/web/errands.rs",
];

/// Which file uses which, in one crate: `files` are named from its `src`.
fn graph(files: &[(String, Vec<TokenTree>)]) -> BTreeMap<String, BTreeSet<String>> {
    let parts = |path: &str| path.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let module = |file: &str| {
        let path = file.trim_end_matches(".rs").replace('/', "::");
        let path = path.strip_suffix("::mod").unwrap_or(&path);
        if path == "lib" { Vec::new() } else { parts(path) }
    };
    let join = |above: &[String], below: &[String]| above.iter().chain(below).cloned().collect::<Vec<_>>();
    let homes: BTreeMap<Vec<String>, &str> = files.iter().map(|(file, _)| (module(file), file.as_str())).collect();
    // What a file takes from its own folder, which it may show as its own.
    let children = |own: &[String], tokens: &[TokenTree]| -> Vec<Vec<String>> {
        paths_after(tokens, "self").iter().map(|path| join(own, &parts(path))).collect()
    };
    let shown: BTreeMap<Vec<String>, Vec<Vec<String>>> =
        files.iter().map(|(file, tokens)| (module(file), children(&module(file), tokens))).collect();
    let home = |path: Vec<String>| {
        let mut path = path;
        // Nothing is shown again more often than there are folders above it.
        for _ in 0..8 {
            let at = (0..=path.len()).rev().find(|at| homes.contains_key(&path[..*at]))?;
            let (own, rest) = path.split_at(at);
            let again = rest.first().and_then(|name| shown[own].iter().find(|other| other.last() == Some(name)));
            match again {
                Some(other) => path = join(other, &rest[1..]),
                None => return homes.get(own).copied(),
            }
        }
        None
    };
    let uses = |file: &str, tokens: &[TokenTree]| {
        let own = module(file);
        let above = own.split_last().map_or(&[][..], |(_, above)| above);
        let named = [("crate", &[][..]), ("super", above), ("self", own.as_slice())];
        let paths = named
            .iter()
            .flat_map(|(root, from)| paths_after(tokens, root).into_iter().map(move |path| join(from, &parts(&path))));
        paths.filter_map(home).filter(|other| *other != file).map(str::to_owned).collect::<BTreeSet<_>>()
    };
    files.iter().map(|(file, tokens)| (file.clone(), uses(file, tokens))).collect()
}

/// The circles of a graph without `joiners`, and what lies between them. It takes away every file
/// that uses none of the rest, or that none of the rest uses.
fn circles(graph: &BTreeMap<String, BTreeSet<String>>, joiners: &[&str]) -> BTreeSet<String> {
    let joins =
        |file: &str| joiners.contains(&file) || ["mod.rs", "lib.rs"].contains(&file.rsplit('/').next().unwrap());
    let mut left: BTreeSet<String> = graph.keys().filter(|file| !joins(file)).cloned().collect();
    loop {
        let uses = |file: &String| graph[file].iter().any(|other| left.contains(other));
        let used = |file: &String| left.iter().any(|other| graph[other].contains(file));
        let rest: BTreeSet<String> = left.iter().filter(|file| uses(file) && used(file)).cloned().collect();
        if rest.len() == left.len() {
            return rest;
        }
        left = rest;
    }
}

/// A list of files with their tokens.
type Files = Vec<(String, Vec<TokenTree>)>;

#[test]
fn files_use_each_other_in_a_circle_only_through_joiners() {
    let mut crates: BTreeMap<String, Files> = BTreeMap::new();
    for (file, tokens) in sources() {
        crates.entry("src/".to_owned()).or_default().push((file, tokens));
    }
    for (file, tokens) in sources_of_libraries() {
        let Some((name, rest)) = file.split_once("/src/") else { continue };
        crates.entry(format!("crates/{name}/src/")).or_default().push((rest.to_owned(), tokens));
    }
    let mut wrong = Vec::new();
    for (root, files) in crates {
        let graph = graph(&files);
        let joiners: Vec<&str> = JOINERS.iter().filter_map(|joiner| joiner.strip_prefix(root.as_str())).collect();
        let found = circles(&graph, &joiners);
        wrong.extend(found.iter().map(|file| {
            let others = graph[file].intersection(&found).cloned().collect::<Vec<_>>().join(", ");
            format!("{root}{file} is in a circle; it uses {others}")
        }));
        for joiner in &joiners {
            let others: Vec<&str> = joiners.iter().filter(|other| *other != joiner).copied().collect();
            if circles(&graph, &others).is_empty() {
                wrong.push(format!("no circle goes through {root}{joiner} any more: take it from JOINERS"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The most characters in the name of a test: subject, condition, result.
const LONGEST_NAME: usize = 60;

/// The names of the tests among some tokens, also of those in the body of a macro.
fn names_of_tests(tokens: &[TokenTree]) -> Vec<String> {
    let is_hash = |token: &TokenTree| matches!(token, TokenTree::Punct(hash) if hash.as_char() == '#');
    // The last name of an attribute's path: `test` of `tokio::test(flavor = "multi_thread")`.
    let marks = |token: &TokenTree| {
        let TokenTree::Group(attribute) = token else { return false };
        let path = attribute.stream().into_iter().take_while(|token| !matches!(token, TokenTree::Group(_)));
        let last = path.filter(|token| matches!(token, TokenTree::Ident(_))).last();
        ["test", "wasm_bindgen_test"].iter().any(|word| is_ident(last.as_ref(), word))
    };
    let mut names = Vec::new();
    each_list(tokens, &mut |list| {
        for (at, pair) in list.windows(2).enumerate() {
            if !is_hash(&pair[0]) || !marks(&pair[1]) {
                continue;
            }
            let rest = &list[at + 2..];
            if let Some(function) = rest.iter().position(|token| is_ident(Some(token), "fn")) {
                // In a macro, `$` stands there, and its calls have the name.
                let name = rest.get(function + 1).filter(|name| matches!(name, TokenTree::Ident(_)));
                names.extend(name.map(ToString::to_string));
            }
        }
    });
    names
}

#[test]
fn names_of_tests_are_short() {
    let (mut seen, mut long) = (0, Vec::new());
    for folder in ["src", "crates", "html", "tests", "notices"] {
        let (root, files) = files_in(folder);
        for path in files {
            let tokens: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
            let names = names_of_tests(&tokens.into_iter().collect::<Vec<_>>());
            seen += names.len();
            let of_file = |name: &String| format!("{folder}/{}: {name}", name_in(&root, &path));
            long.extend(names.iter().filter(|name| name.len() > LONGEST_NAME).map(of_file));
        }
    }
    assert!(seen > 800, "{seen} tests were found");
    assert!(long.is_empty(), "at most {LONGEST_NAME} characters: subject, condition, result\n{}", long.join("\n"));
}

/// Words that hide who acts. CONTRIBUTING.md has the rule.
const HIDING: [&str; 8] = ["anybody", "anyone", "everybody", "everyone", "nobody", "somebody", "someone", "whoever"];

/// Two words one after the other, also over the end of a line: "is not a" says it, or a named
/// actor.
const HIDING_PAIRS: [[&str; 2]; 3] = [["are", "no"], ["is", "no"], ["no", "one"]];

/// Where such words may stand: the file, the words, how often, and why.
const MAY_HIDE: [(&str, &str, usize, &str); 5] = [
    ("CONTRIBUTING.md", "is no", 1, "the rule itself"),
    ("CONTRIBUTING.md", "nobody", 1, "the rule itself"),
    ("CONTRIBUTING.md", "somebody", 1, "the rule itself"),
    ("CONTRIBUTING.md", "whoever", 1, "the rule itself"),
    ("src/ui/layout/values.rs", "somebody", 1, "whose write it was cannot be told"),
];

/// The words of a text that hide who acts, each with its line. Marks of comments, and what joins
/// the lines of a long string, do not part two words.
fn hiding_words(text: &str) -> Vec<(usize, String)> {
    let of_line = |(number, line): (usize, &str)| {
        let line = line.trim_start().trim_start_matches(['/', '!', '#', '*', '>']).trim_end_matches('\\');
        line.split_whitespace().map(|word| (number + 1, word.to_lowercase())).collect::<Vec<_>>()
    };
    let words: Vec<(usize, String)> = text.lines().enumerate().flat_map(of_line).collect();
    let mut found = Vec::new();
    for (number, word) in &words {
        let parts = word.split(|c: char| !c.is_alphabetic()).filter(|part| HIDING.contains(part));
        found.extend(parts.map(|part| (*number, part.to_owned())));
    }
    let ends = |c: char| !c.is_alphabetic();
    for pair in words.windows(2) {
        let two = [pair[0].1.trim_start_matches(ends), pair[1].1.trim_end_matches(ends)];
        if HIDING_PAIRS.contains(&two) {
            found.push((pair[0].0, two.join(" ")));
        }
    }
    found
}

/// Yew's own macro makes the page longer (decision 44).
#[test]
fn views_are_written_in_the_pages_own_html() {
    let (_, files) = files_in("src/ui");
    let views = files.iter().filter(|file| !file.ends_with("kit/html.rs"));
    let sources = views.map(|file| (file, fs::read_to_string(file).unwrap()));
    let views: Vec<_> = sources.filter(|(_, source)| source.contains("html! {")).collect();
    assert!(views.len() > 30, "{} views", views.len());
    let other = views.iter().filter(|(_, source)| !(source.contains("html::html") || source.contains("html::{html")));
    let other: Vec<_> = other.map(|(file, _)| file).collect();
    assert!(other.is_empty(), "these need `use crate::ui::kit::html::html;`: {other:?}");
}

/// The bodies of functions with this name.
fn bodies(name: &str, tokens: &[TokenTree]) -> Vec<String> {
    let mut found = Vec::new();
    each_list(tokens, &mut |list| {
        for (at, _) in
            list.iter().enumerate().filter(|(at, one)| is_ident(Some(one), "fn") && is_ident(list.get(at + 1), name))
        {
            let body = list[at..].iter().find_map(|token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.to_string()),
                _ => None,
            });
            found.extend(body);
        }
    });
    found
}

/// Yew runs `update` after the event has ended, where the browser is slow: `kit::keys::claim`.
#[test]
fn defaults_are_prevented_in_the_handler_itself() {
    let all: Vec<_> = sources().into_iter().filter(|(file, _)| file.starts_with("ui/")).collect();
    let updates: Vec<_> = all
        .iter()
        .flat_map(|(file, tokens)| bodies("update", tokens).into_iter().map(move |body| (file, body)))
        .collect();
    assert!(updates.len() > 5, "{} updates", updates.len());
    let late: Vec<_> =
        updates.iter().filter(|(_, body)| body.contains("prevent_default")).map(|(file, _)| file).collect();
    assert!(late.is_empty(), "too late in `update` of {late:?}");
}

#[test]
fn sentences_name_who_acts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file());
    for folder in [
        "src",
        "crates",
        "docs",
        "tests",
        "benches",
        "examples",
        "html",
        "notices",
        "schema",
        "lessons",
        "scripts",
        "fuzz/fuzz_targets",
        "js/src",
        "js/binding",
        "js/examples",
    ] {
        walk(&root.join(folder), &mut files);
    }
    let mut allowed: BTreeMap<(String, String), usize> =
        MAY_HIDE.iter().map(|(file, words, times, _)| (((*file).to_owned(), (*words).to_owned()), *times)).collect();
    let (mut seen, mut wrong) = (0, Vec::new());
    for path in files {
        let file = name_in(root, &path);
        if !is_written(&file) {
            continue;
        }
        seen += 1;
        for (line, words) in hiding_words(&fs::read_to_string(&path).unwrap()) {
            let message = format!("{file}:{line}: “{words}”");
            match allowed.get_mut(&(file.clone(), words)) {
                Some(left) if *left > 0 => *left -= 1,
                _ => wrong.push(message),
            }
        }
    }
    assert!(seen > 300, "{seen} files were read");
    assert!(wrong.is_empty(), "name the actor; write “is not a”, or that something lacks it:\n{}", wrong.join("\n"));
    let gone: Vec<_> = allowed.iter().filter(|(_, left)| **left > 0).map(|(which, _)| which).collect();
    assert!(gone.is_empty(), "take what is not so any more from MAY_HIDE: {gone:?}");
}

/// Whether sentences of a file are ours: not licences, nor what tools have written, nor this list.
fn is_written(file: &str) -> bool {
    const KINDS: [&str; 11] = ["rs", "md", "js", "json", "snap", "py", "sh", "toml", "html", "capnp", "yml"];
    let kind = file.rsplit_once('.').map_or("", |(_, kind)| kind);
    let ours = KINDS.contains(&kind) || file.starts_with("scripts/");
    ours && file != "tests/architecture.rs" && !GENERATED.contains(&file)
}

#[test]
fn these_checks_can_fail() {
    {
        let hides = "fn a_nobody_b() {} // Nobody's. This is no\n    /// array, there are \\\n  no more; no one.\n is not a no, one";
        let found: Vec<_> = hiding_words(hides);
        let of = |line, words: &str| (line, words.to_owned());
        assert_eq!(found, [of(1, "nobody"), of(1, "nobody"), of(1, "is no"), of(2, "are no"), of(3, "no one")]);
        assert!(is_written("scripts/test") && !is_written("LICENSE-EPL-2.0") && !is_written(GENERATED[0]));
    }
    {
        let source = "#[test] fn a() {} mod m { #[tokio::test(flavor = \"x\")] #[ignore] async fn b() {} }
            proptest! { #[test] fn c(n in 0..test) {} } #[wasm_bindgen_test] fn d() {} #[cfg(test)] fn e() {}";
        let tokens: Vec<TokenTree> = source.parse::<TokenStream>().unwrap().into_iter().collect();
        let mut names = names_of_tests(&tokens);
        names.sort();
        assert_eq!(names, ["a", "b", "c", "d"]);
    }
    {
        let text = "in `src/lib.rs`, `src/…` and `lib.rs`, [there](docs/a.md#b), [here](#c), [away](https://h/d.md)";
        assert_eq!((named_files(text), linked_files(text)), (vec!["src/lib.rs"], vec!["docs/a.md"]));
    }
    let text = |lines: usize| "a\n".repeat(lines);
    assert!(!is_too_long("src/a.rs", &text(800)) && is_too_long("src/a.rs", &text(801)));
    assert!(!is_too_long("src/a/mod.rs", &text(150)) && is_too_long("src/a/mod.rs", &text(151)));
    assert!(!is_too_long(GENERATED[0], &text(5000)));
    let files = |sources: &[(&str, &str)]| -> Files {
        let read = |(file, source): &(&str, &str)| {
            ((*file).to_owned(), source.parse::<TokenStream>().unwrap().into_iter().collect())
        };
        sources.iter().map(read).collect()
    };
    // `a` and `b` use each other, once by what `mod.rs` shows; `c` uses both and nothing uses it.
    let circle = graph(&files(&[
        ("lib.rs", "mod m;"),
        ("m/mod.rs", "mod a; mod b; mod c; pub use self::{a::A, b::B};"),
        ("m/a.rs", "use crate::m::B;"),
        ("m/b.rs", "fn f() { super::a::g() }"),
        ("m/c.rs", "use super::{A, b};"),
    ]));
    assert_eq!(circles(&circle, &[]), ["m/a.rs", "m/b.rs"].map(str::to_owned).into());
    assert!(circles(&circle, &["m/b.rs"]).is_empty());
    let printed = ["{ sample.key.raw() }", "title={token.key.raw().to_owned()}", "format!(\"{}\", key.raw())"];
    for line in printed {
        assert_eq!(raw_lines(line), [line]);
    }
    assert!(raw_lines("<tr data-key={key.raw().to_owned()} value={name.raw().to_owned()}>").is_empty());
    let tokens = |source: &str| source.parse::<TokenStream>().unwrap().into_iter().collect::<Vec<_>>();
    let source = tokens("fn f() { html! { <p>{ crate::ui::x() }</p> } } use crate::{app::{a, b}, web, wire::{self}};");
    let used: Vec<_> = names_after(&source, "crate").into_iter().collect();
    assert_eq!(used, ["app", "ui", "web", "wire"]);
    let roots = roots(&tokens("use js_sys::{Array, zenoh::b}; fn f(x: web_sys::Event) { a::yew::b() }"));
    assert_eq!(roots.into_iter().collect::<Vec<_>>(), ["a", "js_sys", "web_sys"]);
    let source =
        tokens("use web_sys::{Element as Node, a::{self, b::C}}; fn f() { x::web_sys::no(); web_sys::Blob::new() }");
    let paths: Vec<_> = paths_after(&source, "web_sys").into_iter().collect();
    assert_eq!(paths, ["Blob::new", "Element", "a", "a::b::C"]);
    let source = tokens(
        "use crate::{web::rest, app}; use gloo_timers::callback::Timeout; use wasm_bindgen::JsCast; use yew::{html, platform::time};
         fn f() { web_sys::window()?.fetch(); web_sys::window().and_then(|window| window.local_storage().ok());
         let Some(window) = web_sys::window() else { return }; window.open(); let window = web_sys::window()?; window.print() }",
    );
    let named: Vec<_> = effects("a.rs", &source).into_iter().collect();
    assert_eq!(
        named,
        [
            "gloo_timers::callback::Timeout",
            "web::rest",
            "window.fetch",
            "window.local_storage",
            "window.open",
            "window.print",
            "yew::platform::time"
        ]
    );
    for hidden in
        ["let w = web_sys::window()?; w.fetch()", "web_sys::window().map(|w| w.fetch())", "g(web_sys::window())"]
    {
        assert!(std::panic::catch_unwind(|| effects("a.rs", &tokens(hidden))).is_err(), "{hidden}");
    }
    let kept = without_tests("mod a { x } #[cfg(test)] mod tests { y } #[cfg(test)] mod more; z".parse().unwrap());
    assert_eq!(kept.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").replace(' ', ""), "moda{x}z");
}
