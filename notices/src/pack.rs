//! The built page as one file, for a program that has it inside (`src/server/inside.rs` of the lab reads it): a line of
//! JSON with the name and the packed length of each file, then the files, each by brotli. The same page gives the same
//! bytes.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{compressed, offline::walk};

/// Packs the files of `folder` into `file`.
///
/// # Errors
/// A file cannot be read or written, or has a name that is not UTF-8.
pub(crate) fn write(folder: &Path, file: &Path) -> Result<()> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    paths.sort();
    let (mut names, mut packed) = (Vec::new(), Vec::new());
    for path in paths {
        let name = path.strip_prefix(folder)?.to_str().context("a name is not UTF-8")?.replace('\\', "/");
        let plain = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let mut file = compressed::packed(&plain)?;
        names.push((name, file.len()));
        packed.append(&mut file);
    }
    let mut whole = serde_json::to_vec(&names)?;
    whole.push(b'\n');
    whole.append(&mut packed);
    fs::write(file, whole).with_context(|| format!("cannot write {}", file.display()))
}
