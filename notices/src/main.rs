//! Writes the notices of third-party packages of one program: every package that is linked into it,
//! each licence, and the text that the licence requires. A build of the page gets those of the page
//! and its engine, before its folder becomes `dist`; trunk runs it (see `Trunk.toml`). Those of the
//! router are for who passes the router on: with the argument `router`, they go to standard output. With
//! `module` those of the JavaScript module do. A visitor of the page does not load them.
//!
//! A build of the page gets shorter scripts ([`scripts`]) and short names of imports ([`imports`]), its service worker
//! behind them ([`offline`]), and its files by brotli ([`compressed`]). `offline FOLDER` writes the worker of a folder
//! whose files were changed, and `pack FOLDER FILE` makes one file of the page, for a
//! program that has it inside ([`pack`]). `serve FOLDER ADDRESS` shows a built page while its router is still built
//! ([`plain`]).
//!
//! cargo lists the linked packages; the texts are in the packages, as the registry delivered them.

mod compressed;
mod imports;
mod offline;
mod pack;
mod scripts;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use zbytes_lab_notices::plain;

/// The file with the notices, in the page's folder.
const FILE: &str = "notices.txt";

/// The variable with the address at which a site will have the page, as in `https://example.org/lab/`. Only
/// then its picture can be named: other sites take none by a relative address.
const ADDRESS: &str = "ZBYTES_LAB_ADDRESS";

/// The beginnings of the names of files with a licence or a notice.
const TEXTS: [&str; 7] = ["license", "licence", "copying", "copyright", NOTICE, "unlicense", "third"];
const NOTICE: &str = "notice";

/// The licence of the lab and of most packages that they may be passed on under.
const APACHE: &str = "Apache-2.0";
/// What no text but that of Apache-2.0 has.
const TERMS: &str = "TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION";

/// A program: its package, what cargo calls its platform, and what else to say at the head.
struct Program {
    package: &'static str,
    platform: &'static str,
    besides: &'static str,
}

const FONTS: &str = "The fonts have theirs beside them, in fonts/.\n";

/// The page and its engine.
const PAGE: Program = Program { package: "zbytes-lab", platform: "wasm32-unknown-unknown", besides: FONTS };
const ROUTER: Program = Program { package: "zbytes-lab", platform: "host-tuple", besides: FONTS };
/// The JavaScript module.
const MODULE: Program = Program { package: "zbytes-js", platform: "wasm32-unknown-unknown", besides: "" };

/// The facts about a package that cargo reports.
#[derive(Debug, Default)]
struct Package {
    folder: PathBuf,
    licence: String,
    authors: String,
    repository: String,
}

/// The name and the version of a package.
type Id = (String, String);

fn main() -> Result<()> {
    match env::args().nth(1).as_deref() {
        Some("router") => {
            print!("{}", notices(&ROUTER)?);
            Ok(())
        }
        Some("module") => {
            print!("{}", notices(&MODULE)?);
            Ok(())
        }
        Some("offline") => offline::write(&path(2)?),
        Some("pack") => pack::write(&path(2)?, &path(3)?),
        Some("serve") => serve(&path(2)?, &env::args().nth(3).unwrap_or_default()),
        Some(other) => {
            bail!(
                "{other} is not known. Expected `router`, `module`, `offline FOLDER`, `pack FOLDER FILE`, \
                 `serve FOLDER ADDRESS`, or nothing when trunk runs this."
            )
        }
        None => {
            let staging = env::var("TRUNK_STAGING_DIR")
                .context("TRUNK_STAGING_DIR is not set: trunk sets it for its hooks. `router` needs no folder.")?;
            let staging = PathBuf::from(staging);
            fs::write(staging.join(FILE), notices(&PAGE)?)?;
            if let Ok(address) = env::var(ADDRESS) {
                name_picture(&staging.join("index.html"), &address)?;
            }
            scripts::shorten(&staging)?;
            imports::shorten(&staging)?;
            offline::write(&staging)?;
            let before = env::var_os("TRUNK_DIST_DIR").map(PathBuf::from);
            compressed::write(&staging, before.as_deref())
        }
    }
}

/// Serves the files of a folder until it is ended, and prints where.
fn serve(folder: &Path, address: &str) -> Result<()> {
    let known = address.parse().with_context(|| format!("{address:?} is not an address such as 127.0.0.1:8080"))?;
    let host = plain::Host::start(known, "/", folder).with_context(|| format!("cannot listen at {address}"))?;
    println!("{}", host.url());
    loop {
        thread::park();
    }
}

/// An argument that is a path.
fn path(at: usize) -> Result<PathBuf> {
    env::args_os().nth(at).map(PathBuf::from).with_context(|| format!("argument {at} is missing: expected a path"))
}

/// Tells other sites where the page and its picture are.
fn name_picture(page: &Path, address: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%".contains(c);
    let is_one = address.starts_with("https://") && address.ends_with('/') && address.chars().all(plain);
    ensure!(is_one, "{ADDRESS} is {address:?}. Expected an address such as https://example.org/lab/");
    let html = fs::read_to_string(page).context("cannot read the page")?;
    let named = format!(
        "<meta property=\"og:url\" content=\"{address}\"><meta property=\"og:image\" content=\"{address}og.png\">\
         <meta property=\"og:image:width\" content=\"1200\"><meta property=\"og:image:height\" content=\"630\"></head>"
    );
    ensure!(html.contains("</head>"), "{} has no end of a head", page.display());
    Ok(fs::write(page, html.replacen("</head>", &named, 1))?)
}

/// The notices of what cargo would link into this program now.
fn notices(Program { package, platform, besides }: &Program) -> Result<String> {
    let packages = packages()?;
    let tree =
        ["tree", "--prefix", "none", "--edges", "normal,no-proc-macro", "--target", platform, "--package", package];
    let linked = names(&cargo(tree.into_iter())?);
    let mut head = format!(
        "ZBytes Lab is licensed under EPL-2.0 OR Apache-2.0.\n\
         It is linked with the packages below, by their authors, each under its own licence. Behind the list are the texts.\n\
         What may be passed on under Apache-2.0 is passed on so: that text stands once, with the notices that it keeps.\n\
         {besides}\
         The standard library of Rust is linked too: Copyright (c) The Rust Project Contributors, MIT OR Apache-2.0.\n",
    );
    // The same text appears once; its line breaks do not matter.
    let mut texts = BTreeMap::<String, (String, BTreeSet<&str>)>::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = "LICENSE-APACHE";
    let text = fs::read_to_string(own.join(file)).with_context(|| format!("cannot read {file}"))?;
    texts.insert(folded(&text), (text, BTreeSet::from([APACHE])));
    for id @ (name, version) in &linked {
        let package = packages.get(id).with_context(|| format!("cargo metadata does not know {name} {version}"))?;
        write!(head, "\n{name} {version}\n  {}\n", package.licence)?;
        for (what, text) in [("by", &package.authors), ("from", &package.repository)] {
            if !text.is_empty() {
                writeln!(head, "  {what} {text}")?;
            }
        }
        if is_under_apache(&package.licence) {
            for text in texts_of(&package.folder, &[NOTICE])? {
                texts.entry(folded(&text)).or_insert((text, BTreeSet::new())).1.insert(name);
            }
            continue;
        }
        let mut found = texts_of(&package.folder, &TEXTS)?;
        if found.is_empty() {
            head.push_str("  The package holds no licence text.\n");
            found = stand_in(name, package, &packages)?;
        }
        // That text stands already.
        for text in found.into_iter().filter(|text| !text.contains(TERMS)) {
            texts.entry(folded(&text)).or_insert((text, BTreeSet::new())).1.insert(name);
        }
    }
    for (text, names) in texts.values() {
        let names = names.iter().copied().collect::<Vec<_>>().join(", ");
        write!(head, "\n\n======== {names}\n\n{}\n", text.trim_end())?;
    }
    Ok(head)
}

/// cargo's output for these arguments, run on the lab.
fn cargo<'a>(arguments: impl Iterator<Item = &'a str>) -> Result<String> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments: Vec<&str> = arguments.collect();
    let output = Command::new(program).args(&arguments).args(["--locked", "--manifest-path", manifest]).output();
    let output = output.context("cargo does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {} failed: {said}", arguments.join(" "));
    String::from_utf8(output.stdout).context("cargo's answer is not UTF-8")
}

/// The packages in a list by `cargo tree`, without the lab itself, which is the first line.
fn names(tree: &str) -> BTreeSet<Id> {
    let mut names = BTreeSet::new();
    for line in tree.lines().skip(1) {
        let mut words = line.split(' ');
        if let (Some(name), Some(version)) = (words.next(), words.next().and_then(|word| word.strip_prefix('v'))) {
            names.insert((name.to_owned(), version.to_owned()));
        }
    }
    names
}

/// Every package that either program may need.
fn packages() -> Result<BTreeMap<Id, Package>> {
    let arguments = ["metadata", "--format-version", "1", "--all-features"];
    let platforms = ["--filter-platform", "wasm32-unknown-unknown", "--filter-platform", "host-tuple"];
    let metadata: Value = serde_json::from_str(&cargo(arguments.into_iter().chain(platforms))?)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
    let read = |package: &Value| {
        let folder = Path::new(&text(&package["manifest_path"])).parent().map(Path::to_owned).unwrap_or_default();
        let authors = package["authors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let authors = authors.iter().map(text).collect::<Vec<_>>().join(", ");
        let repository = text(&package["repository"]);
        let id = (text(&package["name"]), text(&package["version"]));
        (id, Package { folder, licence: text(&package["license"]), authors, repository })
    };
    Ok(metadata["packages"].as_array().context("cargo metadata lists no packages")?.iter().map(read).collect())
}

/// Whether a package may be passed on under Apache-2.0 alone, by the expression of SPDX that is its licence.
fn is_under_apache(licence: &str) -> bool {
    licence.contains(APACHE) && !licence.contains(" AND ") && !licence.contains(" WITH ")
}

/// The texts in a package's folder whose names begin so.
fn texts_of(folder: &Path, begins: &[&str]) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && !name.ends_with(".rs") && begins.iter().any(|begin| name.starts_with(begin)) {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &PathBuf| {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
    };
    files.iter().map(read).collect()
}

/// The replacement for the text of a package that holds none: the text of its licence, or that of a
/// package from the same repository.
fn stand_in(name: &str, package: &Package, all: &BTreeMap<Id, Package>) -> Result<Vec<String>> {
    if package.licence.contains("MIT") {
        let holders =
            if package.authors.is_empty() { format!("the authors of {name}") } else { package.authors.clone() };
        return Ok(vec![format!("Copyright (c) {holders}\n\n{MIT}")]);
    }
    let kin = |other: &&Package| other.repository == package.repository && other.licence == package.licence;
    for other in all.values().filter(kin) {
        let found = texts_of(&other.folder, &TEXTS)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The MIT licence, without its copyright line.
const MIT: &str = "\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
\"Software\"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED \"AS IS\", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY
CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE
SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.";

/// A text without its line breaks and repeated spaces, for comparison.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_named_with_its_licence_and_a_text_of_it() {
        let page = ["yew 0.", "zenoh-codec 1.10.2\n", "capnp 0.", "wasm-bindgen 0."];
        let router = ["zenoh 1.10.2\n  EPL-2.0 OR Apache-2.0\n", "zenoh-codec 1.10.2\n", "tokio 1.", "lz4_flex 0."];
        holds(&notices(&PAGE).unwrap(), page, "zenoh 1.10.2\n", 60);
        let module = ["zbytes-session 0.", "zenoh-codec 1.10.2\n", "zenoh-keyexpr 1.10.2\n", "wasm-bindgen 0."];
        holds(&notices(&MODULE).unwrap(), module, "yew 0.", 30);
        let router_notices = notices(&ROUTER).unwrap();
        holds(&router_notices, router, "yew 0.", 200);
        assert!(
            router_notices.contains("\n======== lz4_flex\n\nCopyright (c) Pascal Seitz"),
            "it holds no text of MIT"
        );
    }

    /// Each of `linked` is among the packages, `elsewhere` is not, and each has a text of its licence.
    fn holds(notices: &str, linked: [&str; 4], elsewhere: &str, least: usize) {
        let (list, texts) = notices.split_at(notices.find("\n\n======== ").unwrap());
        for package in linked {
            assert!(list.contains(&format!("\n{package}")), "{package}: {list}");
        }
        assert!(!list.contains(&format!("\n{elsewhere}")), "{elsewhere}: {list}");
        // Neither packages for building or testing alone, nor the lab itself.
        for other in ["proptest", "criterion", "serde_derive", "syn", "zbytes-lab", "windows-sys"] {
            assert!(!list.contains(&format!("\n{other} ")), "{other}");
        }
        let packages: Vec<&str> = list.split("\n\n").skip(1).collect();
        assert!(packages.len() > least, "{} packages", packages.len());
        for package in packages {
            let mut lines = package.lines();
            let (name, licence) = (lines.next().unwrap().split(' ').next().unwrap(), lines.next().unwrap_or_default());
            assert!(!licence.trim().is_empty(), "{package}");
            // The text of Apache-2.0 is here once, for every package that may be passed on under it.
            let heads = texts.lines().filter_map(|line| line.strip_prefix("======== "));
            let has_text = heads.flat_map(|names| names.split(", ")).any(|other| other == name);
            assert!(has_text || is_under_apache(licence), "{package}");
        }
        for text in ["Apache License", "Permission is hereby granted"] {
            assert!(texts.contains(text), "{text}");
        }
        assert_eq!(texts.matches(TERMS).count(), 1, "the text of Apache-2.0 stands once");
    }

    #[test]
    fn a_package_is_under_apache_where_it_may_be() {
        for licence in ["Apache-2.0", "MIT OR Apache-2.0", "EPL-2.0 OR Apache-2.0", "Apache-2.0/MIT"] {
            assert!(is_under_apache(licence), "{licence}");
        }
        for licence in ["MIT", "(MIT OR Apache-2.0) AND Unicode-3.0", "Apache-2.0 WITH LLVM-exception", "EPL-2.0", ""] {
            assert!(!is_under_apache(licence), "{licence}");
        }
    }

    #[test]
    fn a_list_by_cargo_is_read() {
        let tree = "lab v0.1.0 (/home/lab)\na v1.0.0+x\nb v0.2.0 (*)\n\na v1.0.0+x (*)\n";
        let id = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(names(tree), BTreeSet::from([id("a", "1.0.0+x"), id("b", "0.2.0")]));
    }
}
