//! How long the built page is as a browser downloads it: the program and all other files.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a failed expectation must stop the test")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use brotli::enc::BrotliEncoderParams;

/// The most bytes that all files may take together, compressed by brotli.
const MOST: usize = 1_000_000;

/// The most bytes of all lessons together. The page loads one when a person opens it (decision 40).
const MOST_LESSONS: usize = 40_000;

/// The most bytes of all programs to start from together. The page loads one when a person chooses it.
const MOST_PROGRAMS: usize = 8_000;

/// The picture that other sites show beside a link. No visit of the page loads it.
const PICTURE: &str = "og.png";

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("scripts/test builds the page first") {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

/// The length by brotli at its best, or as it is where that is shorter: the lab's server does the
/// same.
fn packed(bytes: &[u8]) -> usize {
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params).unwrap();
    packed.len().min(bytes.len())
}

#[test]
fn page_and_engine_take_at_most_a_megabyte() {
    let dist = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist");
    let mut all = Vec::new();
    files(&dist, &mut all);
    // Those by brotli are the same files again.
    all.retain(|path| !path.ends_with(PICTURE) && path.extension().is_none_or(|extension| extension != "br"));
    let mut lens: Vec<(usize, usize, String)> = all
        .iter()
        .map(|path| {
            let bytes = fs::read(path).unwrap();
            (packed(&bytes), bytes.len(), path.strip_prefix(&dist).unwrap().display().to_string())
        })
        .collect();
    lens.sort_unstable_by(|a, b| b.cmp(a));
    println!("Bytes of the built page {:>38} {:>10}", "raw", "brotli");
    for (packed, raw, name) in &lens {
        println!("  {name:<48} {raw:>10} {packed:>10}");
    }
    let (lessons, lens): (Vec<_>, Vec<_>) = lens.into_iter().partition(|(.., name)| name.starts_with("lessons/"));
    let (programs, lens): (Vec<_>, Vec<_>) = lens.into_iter().partition(|(.., name)| name.starts_with("programs/"));
    let [sum, raw] = [lens.iter().map(|(packed, ..)| packed).sum::<usize>(), lens.iter().map(|(_, raw, _)| raw).sum()];
    println!("  {:<48} {raw:>10} {sum:>10}", "in all");
    let [texts, raw] =
        [lessons.iter().map(|(packed, ..)| packed).sum::<usize>(), lessons.iter().map(|(_, raw, _)| raw).sum()];
    println!("  {:<48} {raw:>10} {texts:>10}", "lessons, loaded when opened");
    let starts: usize = programs.iter().map(|(packed, ..)| packed).sum();
    println!("  {:<48} {:>10} {starts:>10}", "programs, loaded when chosen", "");
    assert!(sum <= MOST, "{sum} B are more than {MOST} B");
    assert!(lessons.len() > 10, "the lessons are not there");
    assert_eq!(programs.len(), 12, "the programs are not there");
    assert!(starts <= MOST_PROGRAMS, "{starts} B of programs are more than {MOST_PROGRAMS} B");
    assert!(texts <= MOST_LESSONS, "{texts} B of lessons are more than {MOST_LESSONS} B");
    for file in ["boot.js", "index.html", "service-worker.js", "start-engine.js"] {
        assert!(lens.iter().any(|(_, _, name)| name == file), "{file} is not there");
    }
}
