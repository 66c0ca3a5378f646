//! Packs the page in two parts. trunk runs this program over the folder of a build, before that
//! folder becomes `dist` (see `Trunk.toml`).
//!
//! trunk builds the page's program and packs it as one file. The first view needs less than half of
//! it, so this program packs it again. The linked program still has its names and relocations. It
//! is split where its functions ask for it (`#[wasm_split]`), and wasm-bindgen gets the first part
//! only. The names of the files derive from their content, so a browser may keep them for ever.
//!
//! ```text
//!   target/wasm32-unknown-unknown/page/zbytes-lab.wasm
//!     └─split─┬─> first part ──wasm-bindgen──> NAME_bg.wasm, NAME.js
//!             └─> NAME_rest.wasm, fetched by NAME_parts.js
//! ```
//!
//! It writes `notices.txt` beside them: the licences of the linked packages.

mod notices;

use std::{
    convert::Infallible,
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use sha2::{Digest, Sha256};
use wasm_encoder::{
    Module,
    reencode::{self, Reencode},
};
use wasmparser::{CustomSectionReader, Parser};

/// The name of the program, as cargo and trunk use it.
const PROGRAM: &str = "zbytes-lab";

/// Raise this when the same program is packed into other files, so that they get new names.
const FORMAT: u32 = 1;

fn main() -> Result<()> {
    let variable = |name| env::var(name).with_context(|| format!("{name} is not set; trunk sets it for its hooks"));
    let staging = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    let program = target_folder()?.join("wasm32-unknown-unknown/page").join(PROGRAM).with_extension("wasm");
    let program =
        fs::read(&program).with_context(|| format!("cannot read {}, which trunk has built", program.display()))?;
    fs::write(staging.join(notices::FILE), notices::notices()?)?;
    pack(&program, &staging)
}

/// The folder where cargo builds. cargo's configuration or its environment may change it.
fn target_folder() -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", manifest];
    let output = Command::new(cargo).args(arguments).output().context("cargo does not start")?;
    ensure!(output.status.success(), "cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?;
    Ok(folder.into())
}

/// Replaces the files that trunk has packed in `staging` by `program` in two parts.
fn pack(program: &[u8], staging: &Path) -> Result<()> {
    let page = staging.join("index.html");
    let html = fs::read_to_string(&page).with_context(|| format!("cannot read {}", page.display()))?;
    let old = packed_name(&html)?;
    let new = format!("{PROGRAM}-{}", hash(program));
    ensure!(old != new, "trunk's files have the names of ours, {new}");

    let main = staging.join("first.wasm");
    let parts = format!("{new}_parts.js");
    let mut options = wasm_split_cli_support::Options::new(program);
    let (link, module) = (format!("./{parts}"), format!("./{new}.js"));
    options.output_dir = staging;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &module;
    let split = wasm_split_cli_support::transform(options).map_err(|error| anyhow::anyhow!("{error:?}"))?;

    let mut loader = fs::read_to_string(staging.join(&parts))?;
    for path in &split.split_modules {
        let name = path.file_name().and_then(|name| name.to_str()).context("a part has no name")?;
        let renamed = format!("{new}_{}", name.trim_start_matches("split_"));
        ensure!(loader.contains(name), "the loader does not fetch {name}");
        loader = loader.replace(&format!("./{name}"), &format!("./{renamed}"));
        fs::write(staging.join(renamed), compact(&fs::read(path)?)?)?;
        fs::remove_file(path)?;
    }
    fs::write(staging.join(&parts), loader)?;

    for file in [format!("{old}.js"), format!("{old}_bg.wasm")] {
        fs::remove_file(staging.join(&file)).with_context(|| format!("trunk has packed no {file}"))?;
    }
    let first = fs::read(&main)?;
    fs::remove_file(&main)?;
    wasm_bindgen_cli_support::Bindgen::new()
        .web(true)?
        .input_bytes(&new, first)
        .typescript(false)
        // The other parts import the stack, the memory and the table.
        .keep_lld_exports(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(staging)?;
    fs::write(&page, linked(&html, &old, &new)?)?;
    Ok(())
}

/// The name that trunk gave to the program in `html`, with its hash and without an ending.
fn packed_name(html: &str) -> Result<String> {
    let mark = "data-js=\"";
    let address = html.split_once(mark).and_then(|(_, rest)| rest.split_once('"')).map(|(address, _)| address);
    let address = address.with_context(|| format!("index.html has no {mark}...\" that says where the program is"))?;
    let file = address.rsplit('/').next().unwrap_or(address);
    Ok(file.strip_suffix(".js").with_context(|| format!("{address} is no script"))?.to_owned())
}

/// `html` with the new names. It also fetches the loader of the parts early, because the program
/// imports it.
fn linked(html: &str, old: &str, new: &str) -> Result<String> {
    let html = html.replace(old, new);
    let mark = "<link rel=\"modulepreload\" href=\"";
    let (before, after) = html.split_once(mark).with_context(|| format!("index.html has no {mark}"))?;
    let address = after.split('"').next().unwrap_or_default();
    let parts = address.replace(&format!("{new}.js"), &format!("{new}_parts.js"));
    Ok(format!("{before}{mark}{parts}\">{mark}{after}"))
}

/// Sixteen digits that change with `program` and with [`FORMAT`].
fn hash(program: &[u8]) -> String {
    let digest = Sha256::new().chain_update(FORMAT.to_le_bytes()).chain_update(program).finalize();
    digest.iter().take(8).fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// Writes a module again. Numbers take as few bytes as they need; the linker leaves room for any.
/// Custom sections, such as names, are dropped, because a browser does not read them.
struct Compact;

impl Reencode for Compact {
    type Error = Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut Module,
        _: CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        Ok(())
    }
}

/// The same wasm module in as few bytes as possible.
fn compact(module: &[u8]) -> Result<Vec<u8>> {
    let mut compacted = Module::new();
    Compact
        .parse_core_module(&mut compacted, Parser::new(0), module)
        .map_err(|error| anyhow::anyhow!("a part of the program is no wasm module: {error}"))?;
    Ok(compacted.finish())
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests copy what they compare")]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_same_program_in_fewer_bytes() {
        // A function that returns 7, with room for any number, and a custom section.
        let head = [b"\0asm\x01\0\0\0" as &[u8], &[1, 5, 1, 0x60, 0, 1, 0x7f], &[3, 2, 1, 0]].concat();
        let long = [
            &head as &[u8],
            &[10, 10, 1, 8, 0, 0x41, 0x87, 0x80, 0x80, 0x80, 0, 0x0b],
            &[0, 5, 4, b'n', b'a', b'm', b'e'],
        ];
        let short = [&head as &[u8], &[10, 6, 1, 4, 0, 0x41, 7, 0x0b]].concat();
        assert_eq!(compact(&long.concat()).unwrap(), short);
        assert_eq!(compact(&short).unwrap(), short);
        assert!(compact(&short[..short.len() - 1]).is_err());
        assert!(compact(b"no module").is_err());
    }

    #[test]
    fn the_page_names_the_new_files_and_fetches_the_loader_early() {
        let html = r#"<link rel="modulepreload" href="/at/lab-01.js"><script src="/at/boot.js" data-js="/at/lab-01.js" data-wasm="/at/lab-01_bg.wasm">"#;
        assert_eq!(packed_name(html).unwrap(), "lab-01");
        let linked = linked(html, "lab-01", "lab-02").unwrap();
        assert_eq!(
            linked,
            r#"<link rel="modulepreload" href="/at/lab-02_parts.js"><link rel="modulepreload" href="/at/lab-02.js"><script src="/at/boot.js" data-js="/at/lab-02.js" data-wasm="/at/lab-02_bg.wasm">"#
        );
        assert!(packed_name("<html>").is_err());
        assert!(packed_name(r#"data-js="/lab.wasm""#).is_err());
    }

    #[test]
    fn another_program_has_another_name() {
        assert_eq!(hash(b"a"), hash(b"a"));
        assert_ne!(hash(b"a"), hash(b"b"));
        assert_eq!(hash(b"a").len(), 16);
    }
}
