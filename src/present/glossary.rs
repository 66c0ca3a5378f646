//! The words that a newcomer may not know, each with what it means. The help lists them, and the page
//! explains them where they stand.

/// A list of the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Words about a payload.
    Payload,
    /// Words about a session.
    Session,
    /// Words about a measurement.
    Measurement,
}

/// A word.
#[derive(Debug, PartialEq, Eq)]
pub struct Term {
    /// The word.
    pub name: &'static str,
    /// How the page writes it where it explains it.
    forms: &'static [&'static str],
    /// The list of the help that has it, if one has.
    pub group: Option<Group>,
    /// What it means.
    pub means: &'static str,
}

impl Term {
    /// The `id` of the text that says what it means.
    #[must_use]
    pub fn id(&self) -> String {
        format!("term-{}", self.name.replace([' ', ','], ""))
    }
}

const fn term(name: &'static str, forms: &'static [&'static str], group: Option<Group>, means: &'static str) -> Term {
    Term { name, forms, group, means }
}

const PAYLOAD: Option<Group> = Some(Group::Payload);
const SESSION: Option<Group> = Some(Group::Session);
const MEASUREMENT: Option<Group> = Some(Group::Measurement);

/// All of them, in the order of the help.
pub const TERMS: &[Term] = &[
    term("segment", &["segment", "segments"], PAYLOAD, "A run of bytes in memory, for example one array."),
    term(
        "owner",
        &["owner"],
        PAYLOAD,
        "What keeps the bytes of a segment alive, for example the JavaScript array that they belong to.",
    ),
    term(
        "payload",
        &["payload"],
        PAYLOAD,
        "What is sent: a list of segments, in order. The subscriber sees one run of bytes.",
    ),
    term(
        "batch",
        &["batch", "batches"],
        PAYLOAD,
        "What one message on the network connection carries: at most 65,535 bytes. It holds whole \
         messages of the session (a frame), or a part of one that is too long for it (a \
         fragment).",
    ),
    term(
        "gather",
        &["gather", "gathering", "gathered"],
        PAYLOAD,
        "Filling a batch with the next bytes, from whichever segments they are in. Every byte \
         that is sent is copied here once.",
    ),
    term(
        "contiguous copy",
        &["contiguous copy"],
        PAYLOAD,
        "What the payload has copied of segments in copy mode when it was built. Of the others \
         there is none: the gather reads them where they are.",
    ),
    term(
        "scatter-gather",
        &[],
        PAYLOAD,
        "The name for all of it: data scattered over memory is gathered only on its way out.",
    ),
    term(
        "message",
        &[],
        PAYLOAD,
        "Here one of Cap’n Proto: a struct with its fields, laid out so that it can be read where \
         it lies. It consists of segments already, which become segments of the payload.",
    ),
    term(
        "segment of a message",
        &[],
        PAYLOAD,
        "One of the runs of whole words, 8 B each, that a message consists of. A table in front \
         says how many there are and how long each is. The first, here called head, has the \
         fields and the pointers.",
    ),
    term(
        "far pointer",
        &[],
        PAYLOAD,
        "A pointer to something in another segment of the message. It leads to a landing pad.",
    ),
    term(
        "landing pad",
        &[],
        PAYLOAD,
        "A word in front of the object, or two words anywhere, which say where and what the \
         object is. With two the pointer is called double-far, and the object’s own segment holds \
         nothing but the object.",
    ),
    term(
        "adopted",
        &["adopted"],
        PAYLOAD,
        "Of an array that is a segment of a message itself: a double-far pointer leads to it, and \
         no byte was copied. An array can also be copied into the message (filled), or be written \
         there to begin with (in place).",
    ),
    term(
        "router",
        &[],
        SESSION,
        "The program in the middle: it hands what is put on to those who subscribe. It sees \
         batches, and puts them together to a key and one run of bytes. Neither the router nor a \
         subscriber sees segments, owners or modes.",
    ),
    term("session", &[], SESSION, "What the page has with a router, over one WebSocket, from Connect to Disconnect."),
    term(
        "lane",
        &[],
        SESSION,
        "A line of frames with numbers of their own: one for each priority, reliable or not. \
         Within a lane nothing overtakes.",
    ),
    term("sample", &[], SESSION, "What a subscriber gets: a key with a payload, or that there is none any more."),
    term(
        "key",
        &["key"],
        SESSION,
        "The name under which something is put, as in lab/tensor. A key expression stands for \
         many: lab/* for one more part, lab/** for any number of them.",
    ),
    term(
        "BLOCK, DROP",
        &["BLOCK", "DROP", "block", "drop"],
        SESSION,
        "What happens to a put when the link is full: it waits, or it is dropped. The publisher \
         cannot see what a router drops; numbered samples let a subscriber count what it missed.",
    ),
    term(
        "selector",
        &[],
        SESSION,
        "What a get asks for: a key expression, and after a question mark parameters for the \
         queryable.",
    ),
    term(
        "queryable",
        &[],
        SESSION,
        "What answers gets under a key expression, each with any number of replies or errors.",
    ),
    term("token", &[], SESSION, "A key that is alive as long as the session that has declared it."),
    term(
        "fence",
        &[],
        SESSION,
        "A question that a router answers once it has handed on everything that was put before \
         it.",
    ),
    term("lease", &[], SESSION, "For how long one side may be silent before the other takes it for gone."),
    term(
        "quartiles",
        &[],
        MEASUREMENT,
        "A quarter of the samples took less time than the lower one, a quarter more than the \
         upper one.",
    ),
    term(
        "MAD",
        &[],
        MEASUREMENT,
        "Median absolute deviation: half of the samples are at most this far from the median. It \
         says how much they scatter, and a few that took very long do not change it.",
    ),
    term(
        "outlier",
        &[],
        MEASUREMENT,
        "A sample farther beyond a quartile than one and a half times the distance between the \
         two. It is counted and never left out.",
    ),
    term(
        "seed",
        &[],
        MEASUREMENT,
        "The number from which the order of the turns was drawn: the same seed gives the same \
         order.",
    ),
    term(
        "isolated",
        &[],
        MEASUREMENT,
        "Said of a page that shares its process with no page of another origin. The browser gives \
         it a finer clock.",
    ),
    term(
        "copy",
        &["copy", "copied"],
        None,
        "The bytes are copied into memory that the payload owns. The caller may do anything with \
         its array afterwards.",
    ),
    term(
        "borrow",
        &["borrow", "borrowed"],
        None,
        "The payload keeps a reference to the caller’s memory. No byte is copied, and what the \
         caller writes afterwards shows in the payload.",
    ),
    term(
        "move",
        &["move", "moved"],
        None,
        "The payload takes the memory over. No byte is copied, and the caller’s array is empty \
         afterwards.",
    ),
    term(
        "detached",
        &["detached"],
        PAYLOAD,
        "Said of a JavaScript array whose memory was handed to another owner. It has length 0: \
         nothing can be read from it or written to it.",
    ),
    term(
        "wasm",
        &["wasm", "wasm memory"],
        PAYLOAD,
        "WebAssembly. The page’s programs are compiled to it, and wasm memory is the one block of \
         memory that such a program works in.",
    ),
    term(
        "JS heap",
        &["JS heap", "js"],
        PAYLOAD,
        "The memory in which JavaScript keeps its arrays, each in a buffer of its own.",
    ),
    term(
        "fragment",
        &["fragment", "fragments"],
        SESSION,
        "A part of a message that is too long for one batch. The receiver puts the fragments \
         together again.",
    ),
    term(
        "ramp",
        &["ramp"],
        PAYLOAD,
        "The elements count up: 0, 1, 2 and so on. It makes a byte that is out of place easy to \
         see.",
    ),
    term(
        "locator",
        &["locator"],
        SESSION,
        "The address of a router. /zenoh is the lab’s own, through this page’s port; ws/HOST:PORT \
         is another one; hub is a router inside this browser.",
    ),
    term(
        "scale",
        &["1 px ="],
        PAYLOAD,
        "How many bytes one pixel of the drawing stands for. Each segment has a scale of its own, \
         so that a small one can be seen beside a large one.",
    ),
    term(
        "express",
        &["express", "express: alone, at once"],
        SESSION,
        "An express put does not wait for others to share a batch with: it leaves alone, at once.",
    ),
];

/// The term that a label of the page names, if it is one.
#[must_use]
pub fn known(label: &str) -> Option<&'static Term> {
    TERMS.iter().find(|term| term.forms.contains(&label))
}

/// Where a text first has a form as whole words.
fn place(text: &str, form: &str) -> Option<usize> {
    let at = text.find(form)?;
    let inside = text.get(..at)?.ends_with(char::is_alphanumeric)
        || text.get(at + form.len()..)?.starts_with(char::is_alphanumeric);
    (!inside).then_some(at)
}

/// Cuts a text of the page at the terms that it names, each at its first place.
#[must_use]
pub fn parts(text: &str) -> Vec<(&str, Option<&'static Term>)> {
    let (mut parts, mut rest): (Vec<(&str, Option<&'static Term>)>, &str) = (Vec::new(), text);
    loop {
        let mut next: Option<(usize, usize, &'static Term)> = None;
        for term in TERMS {
            if parts.iter().any(|(_, named)| named.is_some_and(|named| named.name == term.name)) {
                continue;
            }
            for form in term.forms {
                let Some(at) = place(rest, form) else { continue };
                // Of two that begin together, the longer one.
                if next.is_none_or(|(first, len, _)| at < first || (at == first && form.len() > len)) {
                    next = Some((at, form.len(), term));
                }
            }
        }
        let Some((at, len, term)) = next else { break };
        let (before, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let (word, behind) = behind.split_at_checked(len).unwrap_or((behind, ""));
        if !before.is_empty() {
            parts.push((before, None));
        }
        parts.push((word, Some(term)));
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push((rest, None));
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::present::texts::review;

    #[test]
    fn what_words_mean_is_as_reviewed() {
        let said = |term: &Term| format!("{}: {} {:?}\n\n", term.name, term.means, term.forms);
        review("glossary", &TERMS.iter().map(said).collect::<String>());
    }

    #[test]
    fn every_form_names_one_term_and_every_term_has_an_id() {
        let forms: Vec<&str> = TERMS.iter().flat_map(|term| term.forms).copied().collect();
        assert_eq!(forms.iter().collect::<BTreeSet<_>>().len(), forms.len());
        assert_eq!(TERMS.iter().map(Term::id).collect::<BTreeSet<_>>().len(), TERMS.len());
        assert!(TERMS.iter().all(|term| term.group.is_some() || !term.forms.is_empty()));
        assert!(forms.iter().all(|form| known(form).is_some_and(|term| term.forms.contains(form))));
        assert_eq!(known("Put"), None);
    }

    #[test]
    fn text_is_cut_at_whole_words_and_each_term_once() {
        let cut = |text: &'static str| -> Vec<(&str, &str)> {
            parts(text).into_iter().map(|(words, term)| (words, term.map_or("", |term| term.name))).collect()
        };
        assert_eq!(cut("out of segments"), [("out of ", ""), ("segments", "segment")]);
        assert_eq!(
            cut("wasm memory, no batches, one batch"),
            [("wasm memory", "wasm"), (", no ", ""), ("batches", "batch"), (", one batch", "")]
        );
        assert_eq!(cut("removed, copycat"), [("removed, copycat", "")]);
        assert_eq!(cut(""), []);
    }
}
