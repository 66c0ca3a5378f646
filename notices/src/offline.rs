//! The service worker of a build: `www/service-worker.js`, with the build's files in it.
//!
//! A build is known by all of its files together, and its page names it. So the browser meets another worker and
//! another page after each build that changes anything, and a worker takes files of its own build only.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest, Sha256};

/// The worker's name in the folder, and where it is written by hand.
const WORKER: &str = "service-worker.js";
const SOURCE: &str = include_str!("../../www/service-worker.js");

/// What the lab sends beside each file; `trunk serve` sends the same.
const TRUNK: &str = include_str!("../../Trunk.toml");

/// The worker is the browser's own business, and a lab answers `lab.json` itself. The page is listed apart.
const LEFT_OUT: [&str; 3] = [WORKER, "lab.json", "index.html"];
/// Pictures are for systems and other sites. The page shows none of them.
const PICTURES: &str = ".png";

/// What stands before the name of the build in the page, and behind it.
const MARK: [&str; 2] = ["<meta name=build content=", "></head>"];

/// Writes the worker for the files that are in `folder` now, and names the build in its page. No file may change
/// afterwards.
///
/// # Errors
/// A file cannot be read or written, or has a name that is not UTF-8. The page has no end of a head.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let page = folder.join("index.html");
    let html = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let (before, after) = html.split_once("</head>").context("the page has no end of a head")?;
    // Of an earlier time.
    let before = before.split(MARK[0]).next().unwrap_or(before);
    let mut files = files(folder)?;
    files.insert(PAGE.to_owned(), integrity(format!("{before}{after}").as_bytes()));
    let build: String = HEXLOWER.encode(&Sha256::digest(serde_json::to_string(&files)?)).chars().take(16).collect();
    let html = format!("{before}{}{build}{}{after}", MARK[0], MARK[1]);
    files.insert(PAGE.to_owned(), integrity(html.as_bytes()));
    fs::write(page, html)?;
    fs::write(folder.join(WORKER), worker(&files, &build)?).context("cannot write the service worker")
}

/// The address of the page in the worker's list.
const PAGE: &str = "./";

/// The SHA-256 of a file, as `integrity` takes it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(bytes)))
}

/// Every file that the page may ask for, but the page itself, by its address and with its SHA-256.
fn files(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    let mut files = BTreeMap::new();
    for path in paths {
        let name = path.strip_prefix(folder)?.to_str().context("a name is not UTF-8")?.replace('\\', "/");
        if LEFT_OUT.contains(&name.as_str()) || name.ends_with(PICTURES) {
            continue;
        }
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        files.insert(name, integrity(&bytes));
    }
    Ok(files)
}

/// Adds every file in a folder, and in those below it; not those by brotli, which are the same files again.
pub(crate) fn walk(folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, into)?;
        } else if path.extension().is_none_or(|extension| extension != "br") {
            into.push(path);
        }
    }
    Ok(())
}

/// The text of the worker, without what is for readers alone.
fn worker(files: &BTreeMap<String, String>, build: &str) -> Result<String> {
    let trunk: toml::Table = TRUNK.parse()?;
    let headers = trunk.get("serve").and_then(|serve| serve.get("headers")).context("Trunk.toml has no headers")?;
    let files = serde_json::to_string(files)?;
    let mut text: String =
        SOURCE.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
    for (name, empty, value) in [
        ("BUILD", r#""""#, format!("{build:?}")),
        ("FILES", "{}", files),
        ("HEADERS", "{}", serde_json::to_string(headers)?),
    ] {
        let place = format!("const {name} = {empty};");
        ensure!(text.contains(&place), "www/{WORKER} has no `{place}`");
        text = text.replace(&place, &format!("const {name} = {value};"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &BTreeMap<String, String>) -> Vec<&str> {
        files.keys().map(String::as_str).collect()
    }

    #[test]
    fn a_worker_knows_every_file_of_its_build_and_no_other() {
        let folder = std::env::temp_dir().join(format!("zbytes-lab-offline-{}", std::process::id()));
        fs::create_dir_all(folder.join("fonts")).unwrap();
        for (name, text) in [
            ("index.html", "<title>a</title></head><body></body>"),
            ("boot.js", "1"),
            ("fonts/a.woff2", "2"),
            ("og.png", "3"),
            ("lab.json", "null"),
            ("service-worker.js", "an earlier one"),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let first = files(&folder).unwrap();
        assert_eq!(names(&first), ["boot.js", "fonts/a.woff2"]);
        // The SHA-256 of "1", as other tools print it.
        assert_eq!(first["boot.js"], "sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=");
        let read = |name| fs::read_to_string(folder.join(name)).unwrap();
        let build = || {
            write(&folder).unwrap();
            let (worker, page) = (read(WORKER), read("index.html"));
            let name = worker.split('"').nth(1).unwrap().to_owned();
            // The page names its build, and the worker knows that very page.
            assert!(page == format!("<title>a</title><meta name=build content={name}></head><body></body>"), "{page}");
            assert!(worker.contains(&format!(r#""./":"{}""#, integrity(page.as_bytes()))), "{worker}");
            name
        };
        let first = build();
        assert_eq!(build(), first, "nothing has changed");
        let text = read(WORKER);
        assert!(text.contains("\"fonts/a.woff2\":\"sha256-"), "{text}");
        assert!(text.contains("\"cross-origin-embedder-policy\":\"require-corp\""), "{text}");
        assert!(!text.contains("\n//") && !text.contains("= {};"), "{text}");
        // One more byte anywhere is another build.
        fs::write(folder.join("fonts/a.woff2"), "21").unwrap();
        assert_ne!(build(), first);
        fs::remove_dir_all(folder).unwrap();
    }
}
