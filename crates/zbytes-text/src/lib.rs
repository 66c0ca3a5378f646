#![doc = include_str!("../README.md")]
//!
//! [`Outside`] holds a text from outside, unchanged, and shows it only with every unseen character
//! named. It has no `Display`, so a program cannot print it by mistake. A program that sends or
//! compares the text uses [`Outside::raw`], which never changes it.
#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests copy what they compare"))]

use std::{borrow::Cow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use zbytes::number::count;

/// One line shows at most so many characters of a text.
pub const LINE: usize = 120;

/// The page shows at most so many characters of an error, which is a few sentences.
pub const SENTENCES: usize = 1_200;

/// The page shows at most so many characters of a text of many lines, such as a panic's.
pub const LINES: usize = 4_000;

/// After this first strong isolate, the text up to [`PDI`] has a direction of its own.
pub const FSI: char = '\u{2068}';

/// This pop directional isolate ends the text that [`FSI`] began.
pub const PDI: char = '\u{2069}';

/// The most marks that one letter may carry. Further marks are shown as a notation, because they
/// would cover the lines above.
const MARKS: usize = 2;

/// Holds a text from outside, unchanged. Clones share its bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outside(Arc<str>);

impl Outside {
    /// Returns the text, unchanged: to send, compare or edit it. Never show it.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// Returns the text for a line: at most [`LINE`] characters, with names for unseen ones. A
    /// right-to-left text does not reorder the line around it.
    #[must_use]
    pub fn shown(&self) -> String {
        shown(&self.0)
    }

    /// Returns the same as [`Outside::shown`], with at most `most` characters.
    #[must_use]
    pub fn shown_at_most(&self, most: usize) -> String {
        shown_at_most(&self.0, most)
    }

    /// Returns whether the text has no characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Outside {
    fn default() -> Self {
        Self(Arc::from(""))
    }
}

impl From<&str> for Outside {
    fn from(text: &str) -> Self {
        Self(Arc::from(text))
    }
}

impl From<String> for Outside {
    fn from(text: String) -> Self {
        Self(Arc::from(text))
    }
}

impl fmt::Debug for Outside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown(), f)
    }
}

/// Serialized as the text itself, unchanged.
impl Serialize for Outside {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Outside {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

/// Holds a part of a text, as the page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Characters that can be seen, unchanged.
    Plain(&'a str),
    /// A name for characters that cannot be seen, or for a part that was left out.
    Notation(String),
}

/// Says where the text of a field may have spaces and line breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Spaces at the ends belong to the text, as in a key.
    Kept,
    /// As [`Ends::Kept`], for a text of words. A space that the user has just typed causes no
    /// notice yet. The page shows it when the user types more or leaves the field.
    Words,
    /// The program removes spaces at the ends.
    LeftOut,
    /// A text of several lines: spaces and line breaks belong to it.
    Lines,
}

/// Returns a text for a line: see [`Outside::shown`].
#[must_use]
pub fn shown(text: &str) -> String {
    written(&pieces(text, LINE))
}

/// Returns a text for a line of at most `most` characters: see [`Outside::shown_at_most`].
#[must_use]
pub fn shown_at_most(text: &str, most: usize) -> String {
    written(&pieces(text, most))
}

/// Returns one character for a line, or its name if it cannot be seen.
#[must_use]
pub fn shown_char(c: char) -> String {
    written(&pieces(c.encode_utf8(&mut [0; 4]), LINE))
}

/// Returns sentences of this program with texts from outside in them, at most `most` characters.
///
/// It names every unseen character that is still in them, and keeps the isolates that [`shown`]
/// added. Applied twice it changes nothing more.
#[must_use]
pub fn sentences(text: &str, most: usize) -> String {
    let isolates = if are_balanced(text) { &[FSI, PDI][..] } else { &[] };
    let mut text = plain(&pieces_of(text, most, isolates));
    // The cut at `most` may have fallen inside of an isolate.
    let (mut depth, mut turns) = (0usize, false);
    for c in text.chars() {
        match c {
            FSI => depth += 1,
            PDI => depth = depth.saturating_sub(1),
            c => turns |= depth == 0 && is_right_to_left(c),
        }
    }
    text.extend(std::iter::repeat_n(PDI, depth));
    if turns { isolated(&text) } else { text }
}

/// Whether every [`FSI`] has its [`PDI`], and their number is at most that of this program's own
/// texts. A pair around the whole text does not count.
fn are_balanced(text: &str) -> bool {
    const MOST: usize = 32;
    let pairs = |text: &str| {
        let (mut depth, mut count) = (0usize, 0);
        for c in text.chars() {
            match c {
                FSI => (depth, count) = (depth + 1, count + 1),
                PDI => depth = depth.checked_sub(1)?,
                _ => {}
            }
        }
        (depth == 0).then_some(count)
    };
    let inner = text.strip_prefix(FSI).and_then(|text| text.strip_suffix(PDI)).and_then(pairs);
    inner.or_else(|| pairs(text)).is_some_and(|count| count <= MOST)
}

/// Returns a text of several lines, at most [`LINES`] characters. Its line breaks and spaces
/// remain.
#[must_use]
pub fn lines(text: &str) -> String {
    plain(&pieces_of(text, LINES, &[' ', '\n']))
}

/// Returns the parts of a text for a line, at most `most` characters together. A page can draw the
/// notations in another style. For plain text use [`shown`].
#[must_use]
pub fn pieces(text: &str, most: usize) -> Vec<Piece<'_>> {
    pieces_of(text, most, &[])
}

/// Returns the notice of a field about the text that the user typed or pasted; `None` if all of it
/// can be seen.
#[must_use]
pub fn noticed(text: &str, ends: Ends) -> Option<String> {
    let taken = if ends == Ends::LeftOut { text.trim() } else { text };
    let unseen = match ends {
        Ends::Lines => text.chars().any(|c| is_unseen(c) && !matches!(c, '\n' | '\t')),
        _ => pieces(taken, usize::MAX).iter().any(|piece| matches!(piece, Piece::Notation(_))),
    };
    if unseen {
        return Some(match ends {
            Ends::Lines => {
                let count = text.chars().filter(|c| is_unseen(*c) && !matches!(c, '\n' | '\t')).count();
                let characters = if count == 1 { "1 character" } else { "characters" };
                format!("It has {characters} that cannot be seen, and they are part of it.")
            }
            _ => format!("What cannot be seen is part of it: {}", shown(taken)),
        });
    }
    (taken.len() < text.len()).then(|| "Spaces at its ends are left out.".to_owned())
}

/// Returns the notice about text that a one-line field discards when the user pastes it; `None` if
/// it discards nothing. A browser discards line breaks and the text beyond the limit without a
/// notice.
///
/// `room` holds two numbers of UTF-16 code units: how many more the field takes, and how many in
/// all.
#[must_use]
pub fn lost_in_pasting(pasted: &str, room: Option<(usize, usize)>) -> Option<String> {
    let breaks = pasted.contains(['\n', '\r']);
    let length: usize = pasted.chars().filter(|c| !matches!(c, '\n' | '\r')).map(char::len_utf16).sum();
    let mut lost = Vec::new();
    lost.extend(breaks.then(|| "The line breaks of what was pasted were left out.".to_owned()));
    lost.extend(
        room.filter(|(room, _)| length > *room)
            .map(|(_, most)| format!("What was pasted was cut: the field takes at most {} characters.", count(most))),
    );
    (!lost.is_empty()).then(|| lost.join(" "))
}

/// Returns a text without unseen characters: without spaces at the ends, and with single spaces
/// inside.
#[must_use]
pub fn cleaned(text: &str) -> String {
    let seen: String =
        text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_unseen(*c)).collect();
    seen.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Returns whether a character is invisible, or looks like an ordinary space. The ordinary space
/// itself does not count.
#[must_use]
pub const fn is_unseen(c: char) -> bool {
    matches!(c,
        // Control characters.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Spaces other than the ordinary one, and separators.
        | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{2800}'
        // Format characters: joiners, marks of direction, invisible operators.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        // Letters that are never drawn, and selectors that choose between drawings of the letter
        // before.
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether the character is drawn onto the letter before it, in any number.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Whether the character is written from right to left. It then reorders the text beside it.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// The name of a character that cannot be seen.
fn name(c: char) -> Cow<'static, str> {
    Cow::Borrowed(match c {
        ' ' => "space",
        '\t' => "tab",
        '\n' => "line break",
        '\r' => "carriage return",
        '\u{a0}' => "no-break space",
        '\u{200b}' => "zero-width space",
        '\u{200c}' => "zero-width non-joiner",
        '\u{200d}' => "zero-width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202d}' => "left-to-right override",
        '\u{202e}' => "right-to-left override",
        '\u{feff}' => "byte order mark",
        c => return Cow::Owned(format!("U+{:04X}", u32::from(c))),
    })
}

/// The notation for a character that repeats `times` times.
fn notation(c: char, times: usize) -> String {
    let name = name(c);
    if times == 1 { format!("‹{name}›") } else { format!("‹{name} ×{}›", count(times)) }
}

/// Cuts `text` into pieces of at most `most` characters together. Characters in `passes` stay
/// unchanged.
fn pieces_of<'a>(text: &'a str, most: usize, passes: &[char]) -> Vec<Piece<'a>> {
    let (pieces, whole) = pieces_up_to(text, most, passes);
    if whole {
        return pieces;
    }
    let rest = format!("… ‹of {} B›", count(text.len()));
    let (mut pieces, _) = pieces_up_to(text, most.saturating_sub(rest.chars().count()), passes);
    pieces.push(Piece::Notation(rest));
    pieces
}

/// The pieces up to `most` characters, and whether they hold the whole text. A longer text takes no
/// more time, unless it is one run of the same unseen character.
fn pieces_up_to<'a>(text: &'a str, most: usize, passes: &[char]) -> (Vec<Piece<'a>>, bool) {
    let (mut pieces, mut begun, mut left, mut marks) = (Vec::new(), 0, most, MARKS);
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        marks = if is_mark(c) { marks + 1 } else { 0 };
        let isolate = matches!(c, FSI | PDI) && passes.contains(&c);
        let may_be_unseen = (c == ' ' || marks > MARKS || is_unseen(c)) && !passes.contains(&c);
        let mut words = None;
        if may_be_unseen {
            let mut run = 1;
            let mut ahead = rest.clone();
            while ahead.next().is_some_and(|(_, next)| next == c) {
                run += 1;
                rest.next();
            }
            let until = rest.clone().next().map_or(text.len(), |(next, _)| next);
            if c != ' ' || run > 1 || at == 0 || until == text.len() {
                words = Some((notation(c, run), until));
            }
        }
        let cost = words.as_ref().map_or(usize::from(!isolate), |(words, _)| words.chars().count());
        if left < cost {
            push(&mut pieces, text.get(begun..at));
            return (pieces, false);
        }
        left -= cost;
        if let Some((words, until)) = words {
            push(&mut pieces, text.get(begun..at));
            pieces.push(Piece::Notation(words));
            begun = until;
        }
    }
    push(&mut pieces, text.get(begun..));
    (pieces, true)
}

fn push<'a>(pieces: &mut Vec<Piece<'a>>, plain: Option<&'a str>) {
    if let Some(plain) = plain.filter(|plain| !plain.is_empty()) {
        pieces.push(Piece::Plain(plain));
    }
}

/// The pieces as one text.
fn plain(pieces: &[Piece<'_>]) -> String {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Plain(plain) => plain,
        Piece::Notation(words) => words.as_str(),
    });
    texts.collect()
}

/// The pieces as one text that does not reorder the text around it.
fn written(pieces: &[Piece<'_>]) -> String {
    isolated(&plain(pieces))
}

/// Returns a text with a direction of its own, if it has right-to-left letters. Other texts are
/// unchanged.
#[must_use]
pub fn isolated(text: &str) -> String {
    if text.contains(is_right_to_left) { format!("{FSI}{text}{PDI}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_cannot_be_seen_has_a_name() {
        for (text, expected) in [
            ("lab/tensor", "lab/tensor"),
            ("lab/größe 東京", "lab/größe 東京"),
            ("lab/tensor ", "lab/tensor‹space›"),
            ("  a b  c ", "‹space ×2›a b‹space ×2›c‹space›"),
            (" ", "‹space›"),
            ("a\nb\r\n\tc\0", "a‹line break›b‹carriage return›‹line break›‹tab›c‹U+0000›"),
            ("a\u{a0}b\u{200b}\u{200b}\u{200b}", "a‹no-break space›b‹zero-width space ×3›"),
            ("\u{202e}gpj.exe", "‹right-to-left override›gpj.exe"),
            ("a\u{2066}\u{feff}\u{e0041}", "a‹U+2066›‹byte order mark›‹U+E0041›"),
            ("e\u{301}a\u{301}\u{302}", "e\u{301}a\u{301}\u{302}"),
            ("a\u{301}\u{301}\u{301}\u{301}b", "a\u{301}\u{301}‹U+0301 ×2›b"),
            ("\u{301}x", "‹U+0301›x"),
            ("", ""),
        ] {
            assert_eq!(shown(text), expected, "{text:?}");
        }
        assert_eq!(shown_char('\u{202e}'), "‹right-to-left override›");
        assert_eq!(shown_char('x'), "x");
    }

    #[test]
    fn two_texts_that_look_alike_do_not_any_more() {
        let alike = ["lab/a", "lab/a ", "lab/a\u{a0}", "lab/a\u{200b}", "lab/\u{2060}a", "\u{feff}lab/a", "lab/a\n"];
        let shown: std::collections::BTreeSet<String> = alike.iter().map(|text| shown(text)).collect();
        assert_eq!(shown.len(), alike.len(), "{shown:?}");
    }

    #[test]
    fn a_text_from_right_to_left_leaves_its_line_as_it_is() {
        assert_eq!(shown("lab/שלום"), "\u{2068}lab/שלום\u{2069}");
        assert_eq!(shown("مرحبا"), "\u{2068}مرحبا\u{2069}");
        // The page draws each piece in an element of its own, and that element isolates.
        assert_eq!(pieces("שלום", 9), [Piece::Plain("שלום")]);
    }

    #[test]
    fn what_is_long_is_cut_and_says_so() {
        let million = "x".repeat(1_000_000);
        let text = shown(&million);
        assert_eq!(text.chars().count(), LINE);
        assert!(text.starts_with("xxx") && text.ends_with("x… ‹of 1,000,000 B›"), "{text}");
        assert_eq!(shown(&"x".repeat(LINE)), "x".repeat(LINE), "what just fits is whole");
        let spaces = shown(&" ".repeat(1_000_000));
        assert_eq!(spaces, "‹space ×1,000,000›");
        let mixed: String = "a\u{200b}".repeat(500_000);
        assert!(shown(&mixed).chars().count() <= LINE);
        // Notations and letters are never cut in the middle, wherever the limit falls.
        for most in 0..60 {
            let text = Outside::from("aé\u{200b}日本 \u{202e}bcdefghijklmnopqrstuvwxyz").shown_at_most(most);
            assert_eq!(text.matches('‹').count(), text.matches('›').count(), "{text}");
        }
    }

    #[test]
    fn sentences_keep_the_isolates_that_are_ours() {
        let ours = format!("The key {} is not one.", shown("שלום"));
        assert_eq!(sentences(&ours, SENTENCES), ours);
        let theirs = "The file שלום\u{202e}\u{2068} is not one.";
        let text = sentences(theirs, SENTENCES);
        assert_eq!(text, "\u{2068}The file שלום‹right-to-left override›‹U+2068› is not one.\u{2069}");
        // An isolate that the limit cuts is closed.
        let cut = sentences(&format!("\u{2068}{}\u{2069}.", "ש".repeat(90)), 50);
        assert!(cut.ends_with(PDI) && cut.matches(FSI).count() == 1, "{cut}");
        let many = "\u{2068}\u{2069}".repeat(100_000);
        assert!(sentences(&many, 100).chars().count() <= 100);
        assert_eq!(lines("a\n  b\u{7}\n"), "a\n  b‹U+0007›\n");
    }

    #[test]
    fn a_field_says_what_it_took() {
        for (text, ends, expected) in [
            ("lab/tensor", Ends::Kept, None),
            ("lab/שלום", Ends::Kept, None),
            ("", Ends::Kept, None),
            ("lab/tensor ", Ends::Kept, Some("What cannot be seen is part of it: lab/tensor‹space›")),
            ("lab/\u{200b}a", Ends::Kept, Some("What cannot be seen is part of it: lab/‹zero-width space›a")),
            (" /zenoh", Ends::LeftOut, Some("Spaces at its ends are left out.")),
            (" ws/\u{200b}a:1 ", Ends::LeftOut, Some("What cannot be seen is part of it: ws/‹zero-width space›a:1")),
            ("two\n  lines ", Ends::Lines, None),
            ("a\u{200b}b", Ends::Lines, Some("It has 1 character that cannot be seen, and they are part of it.")),
        ] {
            assert_eq!(noticed(text, ends).as_deref(), expected, "{text:?}");
        }
        for text in ["lab/tensor \n", "\u{feff}lab/ten\u{200b}sor", "\u{a0} lab/tensor\t"] {
            assert_eq!(cleaned(text), "lab/tensor");
        }
        assert_eq!(cleaned("two  words"), "two words");
        assert_eq!(lost_in_pasting("a b", Some((3, 40))), None);
        assert_eq!(lost_in_pasting("a\r\n", None).unwrap(), "The line breaks of what was pasted were left out.");
        assert_eq!(
            lost_in_pasting("\u{1f600}a\n", Some((2, 4_000))).unwrap(),
            "The line breaks of what was pasted were left out. What was pasted was cut: the field takes at most 4,000 characters."
        );
        assert_eq!(lost_in_pasting("\u{1f600}a\n", Some((3, 40))).unwrap().matches('.').count(), 1);
    }

    proptest! {
        #[test]
        fn whatever_comes_is_bounded_seen_and_closed(text in any::<String>(), extra in "[ \u{200b}\u{202e}\u{2068}\u{2069}שa]{0,200}", most in 30usize..200) {
            let text = text + &extra;
            let outside = Outside::from(text.as_str());
            prop_assert_eq!(outside.raw(), &text);
            for shown in [outside.shown_at_most(most), sentences(&text, most)] {
                let seen: Vec<char> = shown.chars().filter(|c| !matches!(*c, FSI | PDI)).collect();
                prop_assert!(seen.len() <= most, "{} of {most}: {shown:?}", seen.len());
                prop_assert!(!seen.iter().any(|c| is_unseen(*c)), "{shown:?}");
                prop_assert!(are_balanced(&shown), "{shown:?}");
                prop_assert_eq!(&sentences(&shown, most), &shown);
            }
            if !text.contains(is_mark) {
                prop_assert_eq!(noticed(&cleaned(&text), Ends::Kept), None);
            }
        }
    }
}
