//! The scripts of a build without what is for readers alone: comments on lines of their own, and the space before
//! each line. trunk takes these from styles, but leaves the scripts of wasm-bindgen and of packages as they are.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::offline::walk;

/// Programs to start from: a person reads them in the page.
const READ: &str = "programs";

/// Shortens every script in `folder` that a person does not read.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn shorten(folder: &Path) -> Result<()> {
    let mut paths = Vec::new();
    walk(folder, &mut paths)?;
    for path in paths {
        let is_read = path.strip_prefix(folder)?.starts_with(READ);
        if is_read || path.extension().is_none_or(|extension| extension != "js") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        fs::write(&path, shortened(&text)).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// A script without comments on lines of their own, and without indentation. The lines of a template are its text,
/// and stay as they are.
fn shortened(script: &str) -> String {
    let (mut text, mut in_template, mut in_comment) = (String::with_capacity(script.len()), false, false);
    for line in script.lines() {
        let (mut line, mut bare) = (line, line.trim());
        if !in_template && (in_comment || bare.starts_with("/*")) {
            let Some((_, behind)) = bare.split_once("*/") else {
                in_comment = true;
                continue;
            };
            // What runs behind a comment stays.
            (in_comment, line, bare) = (false, behind, behind.trim());
        }
        if !in_template && (bare.is_empty() || bare.starts_with("//")) {
            continue;
        }
        let begins_in_template = in_template;
        in_template ^= bare.replace("\\`", "").matches('`').count() % 2 == 1;
        text.push_str(match (begins_in_template, in_template) {
            (false, false) => bare,
            (false, true) => line.trim_start(),
            (true, _) => line,
        });
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_keeps_all_that_runs_and_its_templates() {
        let script = "// head\n/**\n * @param {string} a\n */\nfunction f(a) {\n    /* one line */\n    /* named */ b();\n    /* two\n    lines */ c();\n    return `a\n    // not a comment\n\n  b \\` ${a} ` + 'x'; // stays\n\n}\n";
        let short =
            "function f(a) {\nb();\nc();\nreturn `a\n    // not a comment\n\n  b \\` ${a} ` + 'x'; // stays\n}\n";
        assert_eq!(shortened(script), short);
        assert_eq!(shortened(short), short);
    }

    #[test]
    fn programs_that_a_person_reads_stay() {
        let folder = std::env::temp_dir().join(format!("zbytes-scripts-{}", std::process::id()));
        fs::create_dir_all(folder.join(READ)).unwrap();
        for name in ["a.js", "programs/b.js", "c.txt"] {
            fs::write(folder.join(name), "// words\n  1\n").unwrap();
        }
        shorten(&folder).unwrap();
        let read = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        assert_eq!(["a.js", "programs/b.js", "c.txt"].map(read), ["1\n", "// words\n  1\n", "// words\n  1\n"]);
        fs::remove_dir_all(folder).unwrap();
    }
}
