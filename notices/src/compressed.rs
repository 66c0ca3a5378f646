//! The files of a build by brotli, each beside itself, for the lab's server and for any host that looks for them. So a lab
//! that starts has nothing to compress.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

use crate::offline::walk;

/// What shrinks. Fonts and pictures are compressed already.
const SHRINKS: [&str; 7] = ["css", "html", "js", "svg", "txt", "wasm", "capnp"];
/// Below this size an answer fits in one packet without compression.
const WORTH_COMPRESSING: usize = 1024;
/// Brotli's best quality. It takes ten seconds for the program.
const QUALITY: i32 = 11;

/// Writes `NAME.br` beside each file of `folder` that shrinks. Of a file that is as it was in the build `before`, it takes
/// that one's.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn write(folder: &Path, before: Option<&Path>) -> Result<()> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    for path in paths {
        if !path.extension().is_some_and(|extension| SHRINKS.iter().any(|one| extension == *one)) {
            continue;
        }
        let plain = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        if plain.len() < WORTH_COMPRESSING {
            continue;
        }
        let before = before.map(|before| before.join(path.strip_prefix(folder).unwrap_or(&path)));
        let packed = match before.and_then(|before| fs::read(beside(&before)).ok()) {
            Some(packed) if is_packed(&packed, &plain) => packed,
            _ => packed(&plain)?,
        };
        let beside = beside(&path);
        fs::write(&beside, packed).with_context(|| format!("cannot write {}", beside.display()))?;
    }
    Ok(())
}

/// A file by brotli, as it is sent.
///
/// # Errors
/// None in memory.
pub(crate) fn packed(plain: &[u8]) -> Result<Vec<u8>> {
    let params = BrotliEncoderParams { quality: QUALITY, lgwin: 22, size_hint: plain.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*plain, &mut packed, &params)?;
    Ok(packed)
}

fn is_packed(packed: &[u8], plain: &[u8]) -> bool {
    let mut found = Vec::with_capacity(plain.len());
    brotli::BrotliDecompress(&mut &*packed, &mut found).is_ok() && found == plain
}

fn beside(path: &Path) -> PathBuf {
    let mut beside = OsString::from(path);
    beside.push(".br");
    beside.into()
}
