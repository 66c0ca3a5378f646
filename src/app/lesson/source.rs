//! Where a lesson comes from, and its link.

use crate::{
    app::problem::Problem,
    outside::{LINE, shown},
};

/// What the link of a lesson begins with, behind the address of the page.
pub const PREFIX: &str = "#l=";

/// The most characters of an address in a link.
const MAX_ADDRESS: usize = 400;

/// Where a lesson comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The lab has it, under this name.
    Own(String),
    /// It is at this address.
    Address(String),
    /// The person has given it as a file of this name.
    File(String),
}

impl Source {
    /// The link of a step, from 0. `None` for a file: no other page has it.
    #[must_use]
    pub fn link(&self, step: usize) -> Option<String> {
        match self {
            Self::Own(name) | Self::Address(name) => Some(format!("{PREFIX}{name}/{}", step + 1)),
            Self::File(_) => None,
        }
    }

    /// What the page asks for, from its own folder.
    #[must_use]
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Own(name) => Some(format!("lessons/{name}/lesson.md")),
            Self::Address(address) => Some(address.clone()),
            Self::File(_) => None,
        }
    }

    /// What a person calls it.
    #[must_use]
    pub fn shown(&self) -> String {
        let (Self::Own(name) | Self::Address(name) | Self::File(name)) = self;
        shown(name)
    }
}

/// Whether the lab may have a lesson of this name: it is also that of its folder.
fn is_name(name: &str) -> bool {
    (1..=40).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-')
}

/// Reads the link of a step: the lesson, and the step from 0. `None` when it is none of a lesson.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_link(hash: &str) -> Option<Result<(Source, usize), Problem>> {
    let text = hash.strip_prefix(PREFIX)?;
    let (lesson, step) = match text.rsplit_once('/') {
        Some((lesson, step)) if step.bytes().all(|c| c.is_ascii_digit()) && step.len() <= 3 => {
            (lesson, step.parse().unwrap_or(1))
        }
        _ => (text, 1),
    };
    let is_address = lesson.starts_with("https://") || lesson.starts_with("http://");
    let plain = lesson.bytes().all(|c| c.is_ascii_graphic()) && lesson.len() <= MAX_ADDRESS;
    let source = if is_name(lesson) {
        Source::Own(lesson.to_owned())
    } else if is_address && plain {
        Source::Address(lesson.to_owned())
    } else {
        let lesson: String = lesson.chars().take(LINE).collect();
        return Some(Err(Problem::new(
            "The link names no lesson.",
            format!(
                "It says “{}”. Expected the name of a lesson, as in {PREFIX}tour/1, or an address of at most {MAX_ADDRESS} \
                 characters that begins with https://.",
                shown(&lesson)
            ),
        )));
    };
    Some(Ok((source, step.max(1) - 1)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn link_of_a_step_leads_to_that_step() {
        for source in [Source::Own("tour".to_owned()), Source::Address("https://example.org/a/lesson.md".to_owned())] {
            for step in [0, 1, 11] {
                assert_eq!(read_link(&source.link(step).unwrap()), Some(Ok((source.clone(), step))));
            }
        }
        assert_eq!(read_link("#l=tour"), Some(Ok((Source::Own("tour".to_owned()), 0))));
        assert_eq!(read_link("#l=tour/0"), Some(Ok((Source::Own("tour".to_owned()), 0))));
        assert_eq!(Source::File("a.md".to_owned()).link(0), None);
        assert_eq!(read_link("#s=tour"), None);
    }

    #[test]
    fn link_that_leads_elsewhere_is_told_in_words() {
        let long = format!("#l=https://{}", "a".repeat(MAX_ADDRESS));
        for link in ["#l=", "#l=../lab.json", "#l=javascript:alert(1)", "#l=data:text/plain,x", "#l=Tour", &long] {
            let problem = read_link(link).unwrap().expect_err(link);
            assert!(problem.detail.contains("Expected the name of a lesson"), "{problem:?}");
        }
    }

    proptest! {
        #[test]
        fn property_any_link_is_read_or_refused(text in "\\PC{0,60}") {
            if let Some(Ok((source, step))) = read_link(&format!("{PREFIX}{text}")) {
                prop_assert!(source.address().is_some_and(|address| !address.contains("..") || address.starts_with("http")));
                prop_assert!(step < 999);
            }
        }
    }
}
