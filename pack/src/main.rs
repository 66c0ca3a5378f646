//! Packs the page in two parts. trunk runs it over the folder of a build before that becomes `dist` (see `Trunk.toml`).
//!
//! trunk has the page's program built and packed as one file. What the first view needs is less than half of it, so this packs it
//! anew: the linked program, which still has its names and relocations, is split where its functions say so (`#[wasm_split]`), and
//! wasm-bindgen gets the first part only. The files are named after what they were made of, so they may be kept for ever.
//!
//! ```text
//!   target/wasm32-unknown-unknown/page/zbytes-lab.wasm ──split──> first part ──wasm-bindgen──> NAME_bg.wasm, NAME.js
//!                                                           └──> NAME_rest.wasm, fetched by NAME_parts.js
//! ```

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

/// The name of the program, as cargo and trunk have it.
const PROGRAM: &str = "zbytes-lab";

/// Raised when other files are made of the same program: they must not have the old names.
const FORMAT: u32 = 1;

/// Custom sections that nobody reads in a browser.
const UNREAD: [&str; 3] = ["name", "producers", "target_features"];

fn main() -> Result<()> {
    let variable = |name| env::var(name).with_context(|| format!("{name} is not set; trunk sets it for its hooks"));
    let staging = PathBuf::from(variable("TRUNK_STAGING_DIR")?);
    let program = target_folder()?.join("wasm32-unknown-unknown/page").join(PROGRAM).with_extension("wasm");
    let program =
        fs::read(&program).with_context(|| format!("cannot read {}, which trunk has built", program.display()))?;
    pack(&program, &staging)
}

/// Where cargo builds, which its configuration and its environment may say.
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

/// Replaces what trunk has packed in `staging` by `program` in two parts.
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
        fs::write(staging.join(renamed), without_sections(&fs::read(path)?, &UNREAD)?)?;
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

/// The name that trunk has given to the program in `html`, with its hash and without an ending.
fn packed_name(html: &str) -> Result<String> {
    let mark = "data-js=\"";
    let address = html.split_once(mark).and_then(|(_, rest)| rest.split_once('"')).map(|(address, _)| address);
    let address = address.with_context(|| format!("index.html has no {mark}...\" that says where the program is"))?;
    let file = address.rsplit('/').next().unwrap_or(address);
    Ok(file.strip_suffix(".js").with_context(|| format!("{address} is no script"))?.to_owned())
}

/// `html` with the new names, and with the loader of the parts fetched early: the program imports it.
fn linked(html: &str, old: &str, new: &str) -> Result<String> {
    let html = html.replace(old, new);
    let mark = "<link rel=\"modulepreload\" href=\"";
    let (before, after) = html.split_once(mark).with_context(|| format!("index.html has no {mark}"))?;
    let address = after.split('"').next().unwrap_or_default();
    let parts = address.replace(&format!("{new}.js"), &format!("{new}_parts.js"));
    Ok(format!("{before}{mark}{parts}\">{mark}{after}"))
}

/// Sixteen digits that change with `program`, and with how it is packed.
fn hash(program: &[u8]) -> String {
    let digest = Sha256::new().chain_update(FORMAT.to_le_bytes()).chain_update(program).finalize();
    digest.iter().take(8).fold(String::new(), |mut digits, byte| {
        // Writing to a string cannot fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

/// A wasm module without the custom sections of these names.
fn without_sections(module: &[u8], names: &[&str]) -> Result<Vec<u8>> {
    const HEAD: usize = 8;
    ensure!(module.starts_with(b"\0asm\x01\0\0\0"), "this is no wasm module of version 1");
    let mut kept = module[..HEAD].to_vec();
    let mut at = HEAD;
    while at < module.len() {
        let start = at;
        let kind = module[at];
        at += 1;
        let len = number(module, &mut at)?;
        let end =
            at.checked_add(len).filter(|end| *end <= module.len()).context("a section is longer than the module")?;
        let custom = kind == 0 && {
            let len = number(module, &mut at)?;
            let name =
                at.checked_add(len).and_then(|end| module.get(at..end)).context("a section's name is cut off")?;
            names.iter().any(|unread| unread.as_bytes() == name)
        };
        if !custom {
            kept.extend_from_slice(&module[start..end]);
        }
        at = end;
    }
    Ok(kept)
}

/// An unsigned number in LEB128 at `at`, which is moved behind it.
fn number(module: &[u8], at: &mut usize) -> Result<usize> {
    let mut value = 0usize;
    for shift in (0..35).step_by(7) {
        let byte = *module.get(*at).context("the module is cut off")?;
        *at += 1;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    bail!("a number is longer than 32 bits")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use super::*;

    const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

    /// A custom section.
    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        let mut body = vec![name.len() as u8];
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(content);
        let mut section = vec![0, body.len() as u8 | 0x80, 0];
        section.extend_from_slice(&body);
        section
    }

    #[test]
    fn only_the_named_sections_go() {
        // A section of types that is empty.
        let types = [1, 1, 0];
        let module = [EMPTY, &types, &custom("name", b"main"), &custom("kept", b"name"), &custom("producers", b"")].concat();
        let left = without_sections(&module, &UNREAD).unwrap();
        assert_eq!(left, [EMPTY, &types, &custom("kept", b"name")].concat());
        assert_eq!(without_sections(&left, &UNREAD).unwrap(), left);
        assert_eq!(without_sections(EMPTY, &UNREAD).unwrap(), EMPTY);
    }

    #[test]
    fn what_is_no_module_is_refused_wherever_it_breaks_off() {
        let module = [EMPTY, &custom("name", b"main")].concat();
        for len in 0..module.len() {
            let whole = len == EMPTY.len();
            assert_eq!(without_sections(&module[..len], &UNREAD).is_ok(), whole, "{len} bytes");
        }
        assert!(without_sections(&[EMPTY, &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]].concat(), &UNREAD).is_err());
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
