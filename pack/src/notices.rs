//! The notices of others that belong to the page: of every package that is linked into the page's
//! program or into the router, its licence, and the text that its licence asks to be handed on.
//!
//! Which packages are linked, cargo says; the texts stand in the packages, as they came from the
//! registry.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The file of the page that has the notices.
pub(crate) const FILE: &str = "notices.txt";

/// What files with a licence, or with a notice that it asks to be handed on, begin with.
const TEXTS: [&str; 7] = ["license", "licence", "copying", "copyright", "notice", "unlicense", "third"];

/// The two programs: what each is, and how cargo is asked for what is linked into it.
const PROGRAMS: [(&str, &[&str]); 2] = [
    ("the page", &["--target", "wasm32-unknown-unknown", "--features", "split"]),
    ("the router that serves it", &["--target", "host-tuple"]),
];

/// A package, as cargo knows it.
#[derive(Debug, Default)]
struct Package {
    folder: PathBuf,
    licence: String,
    authors: String,
    repository: String,
}

/// Name and version.
type Id = (String, String);

/// The notices of the programs as cargo would build them now.
pub(crate) fn notices() -> Result<String> {
    let packages = packages()?;
    let mut linked = BTreeMap::<Id, Vec<&str>>::new();
    for (program, arguments) in PROGRAMS {
        for id in
            names(&cargo(&[&["tree", "--prefix", "none", "--edges", "normal,no-proc-macro"], arguments].concat())?)
        {
            linked.entry(id).or_default().push(program);
        }
    }
    let mut head = String::from(
        "ZBytes Lab is licensed under EPL-2.0 OR Apache-2.0.\n\
         It is linked with the packages below, by their authors, each under its own licence. Behind the list are the texts.\n\
         The fonts have theirs beside them, in fonts/.\n\
         The standard library of Rust is linked too: Copyright (c) The Rust Project Contributors, MIT OR Apache-2.0.\n",
    );
    // The same text, apart from where its lines end, stands once.
    let mut texts = BTreeMap::<String, (String, BTreeSet<&str>)>::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for (name, file) in [("Apache-2.0", "LICENSE-APACHE"), ("EPL-2.0", "LICENSE-EPL-2.0")] {
        let text = fs::read_to_string(own.join(file)).with_context(|| format!("cannot read {file}"))?;
        texts.insert(folded(&text), (text, BTreeSet::from([name])));
    }
    for (id @ (name, version), programs) in &linked {
        let package = packages.get(id).with_context(|| format!("cargo metadata does not know {name} {version}"))?;
        write!(head, "\n{name} {version}, in {}\n  {}\n", programs.join(" and in "), package.licence)?;
        for (what, text) in [("by", &package.authors), ("from", &package.repository)] {
            if !text.is_empty() {
                writeln!(head, "  {what} {text}")?;
            }
        }
        let mut found = texts_of(&package.folder)?;
        if found.is_empty() {
            head.push_str("  The package holds no licence text.\n");
            found = stand_in(name, package, &packages)?;
        }
        for text in found {
            texts.entry(folded(&text)).or_insert((text, BTreeSet::new())).1.insert(name);
        }
    }
    for (text, names) in texts.values() {
        let names = names.iter().copied().collect::<Vec<_>>().join(", ");
        write!(head, "\n\n======== {names}\n\n{}\n", text.trim_end())?;
    }
    Ok(head)
}

/// What cargo says when it is asked this of the lab.
fn cargo(arguments: &[&str]) -> Result<String> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let output = Command::new(program).args(arguments).args(["--locked", "--manifest-path", manifest]).output();
    let output = output.context("cargo does not start")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {} failed: {said}", arguments.join(" "));
    String::from_utf8(output.stdout).context("cargo's answer is not UTF-8")
}

/// The packages in a list by `cargo tree`, without the lab itself, which comes first.
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
    let metadata: Value = serde_json::from_str(&cargo(&[&arguments[..], &platforms].concat())?)?;
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

/// The texts that stand in a package's folder.
fn texts_of(folder: &Path) -> Result<Vec<String>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
        if path.is_file() && !name.ends_with(".rs") && TEXTS.iter().any(|begin| name.starts_with(begin)) {
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

/// What stands for the text of a package that holds none: that of its licence, or that of a package
/// from the same repository. Nothing under Apache-2.0, whose text is the same whoever the author
/// is.
fn stand_in(name: &str, package: &Package, all: &BTreeMap<Id, Package>) -> Result<Vec<String>> {
    if package.licence.contains("Apache-2.0") {
        return Ok(Vec::new());
    }
    if package.licence.contains("MIT") {
        let holders =
            if package.authors.is_empty() { format!("the authors of {name}") } else { package.authors.clone() };
        return Ok(vec![format!("Copyright (c) {holders}\n\n{MIT}")]);
    }
    let kin = |other: &&Package| other.repository == package.repository && other.licence == package.licence;
    for other in all.values().filter(kin) {
        let found = texts_of(&other.folder)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// The MIT licence, without the line that says whose it is.
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

/// A text without what editors change in it.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_named_with_its_licence_and_a_text_of_it() {
        let notices = notices().unwrap();
        let (list, texts) = notices.split_at(notices.find("\n\n======== ").unwrap());
        for of_page in ["yew", "zenoh-codec", "capnp", "wasm-bindgen"] {
            assert!(list.contains(&format!("\n{of_page} ")), "{of_page}");
        }
        assert!(list.contains("\nzenoh 1.10.2, in the router that serves it\n  EPL-2.0 OR Apache-2.0\n"), "{list}");
        assert!(list.contains("\nzenoh-codec 1.10.2, in the page and in the router that serves it\n"), "{list}");
        // Neither what is used while building or testing, nor the lab itself.
        for other in ["proptest", "criterion", "serde_derive", "syn", "zbytes-lab", "windows-sys"] {
            assert!(!list.contains(&format!("\n{other} ")), "{other}");
        }
        let packages: Vec<&str> = list.split("\n\n").skip(1).collect();
        assert!(packages.len() > 200, "{} packages", packages.len());
        for package in packages {
            let mut lines = package.lines();
            let (name, licence) = (lines.next().unwrap().split(' ').next().unwrap(), lines.next().unwrap_or_default());
            assert!(!licence.trim().is_empty(), "{package}");
            // The text of Apache-2.0 is here, whoever the author is.
            let heads = texts.lines().filter_map(|line| line.strip_prefix("======== "));
            let has_text = heads.flat_map(|names| names.split(", ")).any(|other| other == name);
            assert!(has_text || licence.contains("Apache-2.0"), "{package}");
        }
        assert!(texts.contains("\n======== lz4_flex\n\nCopyright (c) Pascal Seitz"), "it holds no text of MIT");
        for text in ["Apache License", "Eclipse Public License", "Permission is hereby granted"] {
            assert!(texts.contains(text), "{text}");
        }
    }

    #[test]
    fn a_list_by_cargo_is_read() {
        let tree = "lab v0.1.0 (/home/lab)\na v1.0.0+x\nb v0.2.0 (*)\n\na v1.0.0+x (*)\n";
        let id = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        assert_eq!(names(tree), BTreeSet::from([id("a", "1.0.0+x"), id("b", "0.2.0")]));
    }
}
