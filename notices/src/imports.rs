//! What the program imports from its script, under short names. wasm-bindgen names each import with a hash of 16
//! digits, in the program and in the script, and brotli cannot shorten digits of chance: 400 names take 10 kB.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::{
    ImportSection, Module, RawSection,
    reencode::{Reencode, RoundtripReencoder},
};
use wasmparser::{Parser, Payload};

/// What the name of each import of wasm-bindgen begins with.
const PREFIX: &str = "__wb";
/// What names the program's own functions, for a debugger. wasm-bindgen writes it for its closures.
const NAMES: &str = "name";

/// Gives the imports of the one program in `folder` short names, there and in its script.
///
/// # Errors
/// There is not one program with one script, it is not WebAssembly, or its script does not know an import.
pub(crate) fn shorten(folder: &Path) -> Result<()> {
    let (wasm, script) = program(folder)?;
    let bytes = fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    let text = fs::read_to_string(&script).with_context(|| format!("cannot read {}", script.display()))?;
    let (bytes, names) = in_program(&bytes)?;
    let text = in_script(&text, &names)?;
    fs::write(wasm, bytes)?;
    Ok(fs::write(script, text)?)
}

/// The program and its script. wasm-bindgen writes `NAME_bg.wasm` and `NAME.js`.
fn program(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        let stem = path.to_str().and_then(|path| path.strip_suffix("_bg.wasm"));
        if let Some(stem) = stem {
            found.push((path.clone(), PathBuf::from(format!("{stem}.js"))));
        }
    }
    match <[_; 1]>::try_from(found) {
        Ok([program]) => Ok(program),
        Err(found) => bail!("{} has {} programs of wasm-bindgen. Expected one.", folder.display(), found.len()),
    }
}

/// The program with short names, and the short name of each import.
fn in_program(wasm: &[u8]) -> Result<(Vec<u8>, BTreeMap<String, String>)> {
    let (mut module, mut names) = (Module::new(), BTreeMap::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.context("the program is not WebAssembly")? {
            Payload::ImportSection(imports) => {
                let mut section = ImportSection::new();
                for import in imports.into_imports() {
                    let import = import?;
                    let mut name = import.name.to_owned();
                    if name.starts_with(PREFIX) {
                        let next = short(names.len());
                        name = names.entry(name).or_insert(next).clone();
                    }
                    section.import(import.module, &name, RoundtripReencoder.entity_type(import.ty)?);
                }
                module.section(&section);
            }
            Payload::CustomSection(custom) if custom.name() == NAMES => {}
            payload => {
                if let Some((id, range)) = payload.as_section() {
                    let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
                    let data = wasm.get(range).context("a section ends behind the program")?;
                    module.section(&RawSection { id, data });
                }
            }
        }
    }
    Ok((module.finish(), names))
}

/// The script with short names.
fn in_script(script: &str, names: &BTreeMap<String, String>) -> Result<String> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let (mut text, mut known) = (String::with_capacity(script.len()), 0);
    let mut rest = script;
    while let Some(at) = rest.find(PREFIX) {
        let (before, from) = rest.split_at(at);
        let end = from.find(|c| !is_of_name(c)).unwrap_or(from.len());
        let (name, after) = from.split_at(end);
        text.push_str(before);
        match names.get(name) {
            Some(short) if !before.ends_with(is_of_name) => {
                text.push_str(short);
                known += 1;
            }
            _ => text.push_str(name),
        }
        rest = after;
    }
    text.push_str(rest);
    // wasm-bindgen names each import once in its script, as a property of one object.
    ensure!(known == names.len(), "the script names {known} imports, and the program {}", names.len());
    Ok(text)
}

/// `a` to `z`, `aa`, and so on.
fn short(at: usize) -> String {
    let letter = char::from(b'a' + (at % 26) as u8);
    match at / 26 {
        0 => letter.to_string(),
        more => format!("{}{letter}", short(more - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CustomSection, EntityType, TypeSection};

    const HASHED: &str = "__wbg_bottom_fd840749aac1de6e";

    fn wasm() -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = ImportSection::new();
        for name in [HASHED, "memory_of", "__wbindgen_throw_0123456789abcdef"] {
            imports.import("./lab_bg.js", name, EntityType::Function(0));
        }
        module.section(&imports);
        module.section(&CustomSection { name: NAMES.into(), data: b"long".into() });
        module.section(&CustomSection { name: "producers".into(), data: b"\0".into() });
        module.finish()
    }

    fn imports(wasm: &[u8]) -> Vec<String> {
        let sections = Parser::new(0).parse_all(wasm).map(Result::unwrap);
        let imports = sections.filter_map(|section| match section {
            Payload::ImportSection(imports) => Some(imports),
            _ => None,
        });
        imports
            .flat_map(wasmparser::ImportSectionReader::into_imports)
            .map(|one| one.unwrap().name.to_owned())
            .collect()
    }

    #[test]
    fn imports_have_the_same_short_names_on_both_sides() {
        let (program, names) = in_program(&wasm()).unwrap();
        assert_eq!(imports(&program), ["a", "memory_of", "b"]);
        let script =
            format!("{{ {HASHED}: f, __wbindgen_throw_0123456789abcdef: g }}; wasm.__wbindgen_malloc(my{HASHED})");
        let text = in_script(&script, &names).unwrap();
        assert_eq!(text, format!("{{ a: f, b: g }}; wasm.__wbindgen_malloc(my{HASHED})"));
        let customs: Vec<_> = Parser::new(0)
            .parse_all(&program)
            .filter_map(|section| match section.unwrap() {
                Payload::CustomSection(custom) => Some(custom.name().to_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(customs, ["producers"]);
        // A second time changes nothing.
        assert_eq!(in_program(&program).unwrap(), (program.clone(), BTreeMap::new()));
    }

    #[test]
    fn a_script_that_lacks_an_import_is_refused() {
        let (_, names) = in_program(&wasm()).unwrap();
        let error = in_script(&format!("{{ {HASHED}: f }}"), &names).unwrap_err().to_string();
        assert_eq!(error, "the script names 1 imports, and the program 2");
        assert!(in_program(b"\0asm\x01\0\0\0\x02").is_err());
        assert!(program(Path::new(env!("CARGO_MANIFEST_DIR"))).is_err());
    }

    #[test]
    fn short_names_are_all_different() {
        let mut names: Vec<String> = (0..1000).map(short).collect();
        assert_eq!([&names[25], &names[26], &names[701], &names[702]], ["z", "aa", "zz", "aaa"]);
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 1000);
    }
}
