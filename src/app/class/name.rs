//! Names of a class: that of the class, those of its people, the keys that these make, and the link
//! by which a page joins.
//!
//! What a person typed becomes a chunk of a key here. Nothing else in the lab makes such keys.

use data_encoding::BASE64URL_NOPAD;

use crate::{
    app::problem::Problem,
    measure::mix,
    outside::{LINE, shown_at_most},
};

/// What the link of a student begins with, behind the address of the page.
pub const PREFIX: &str = "#c=";

/// What the address of a teacher's page begins with.
pub const TEACHES: &str = "#t=";

/// The name of the teacher's own keys. No student has it.
pub const TEACHER: &str = "teacher";

/// The most characters of a person's name.
pub const MAX_NAME: usize = 24;

/// How many characters the name of a class has.
const CLASS_LENGTHS: std::ops::RangeInclusive<usize> = 4..=16;

/// How many the lab gives to one that it makes.
const MADE: usize = 5;

/// What the name of a class is made of: signs that a person does not take for each other.
const SIGNS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz234567892";

const COLOURS: [&str; 12] =
    ["amber", "black", "blue", "brown", "coral", "gold", "green", "grey", "red", "silver", "white", "yellow"];

const ANIMALS: [&str; 16] = [
    "badger", "crane", "dolphin", "falcon", "fox", "gecko", "heron", "lynx", "magpie", "marten", "otter", "owl",
    "raven", "robin", "seal", "swan",
];

/// A number that names a text, well spread.
fn number_of(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |sum, byte| mix(sum ^ u64::from(byte)))
}

/// The name of the class that a session with this zenoh id opens.
#[must_use]
pub fn class_of(zid: &str) -> String {
    let bits = number_of(zid);
    let sign = |at: usize| SIGNS.get((bits >> (5 * at)) as usize % SIGNS.len()).copied().unwrap_or(b'a');
    (0..MADE).map(|at| char::from(sign(at))).collect()
}

/// Whether a class may have this name.
#[must_use]
pub fn is_class(name: &str) -> bool {
    CLASS_LENGTHS.contains(&name.len()) && name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
}

/// What a person typed, as a chunk of a key: letters of any language and digits, and `-` between
/// them. Nothing is left of a text without any.
#[must_use]
pub fn safe(typed: &str) -> String {
    let mut name = String::new();
    for c in typed.chars() {
        if name.chars().count() == MAX_NAME {
            break;
        }
        if c.is_alphanumeric() {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(name.trim_end_matches('-').len());
    name
}

/// The name that the lab gives to a person without one.
#[must_use]
pub fn offered(zid: &str) -> String {
    let bits = number_of(zid) as usize;
    let pick = |words: &[&'static str], bits: usize| words.get(bits % words.len()).copied().unwrap_or_default();
    format!("{}-{}", pick(&COLOURS, bits), pick(&ANIMALS, bits >> 8))
}

/// `wanted`, or the first of `wanted-2`, `wanted-3`, … that is not taken. The teacher's is always.
#[must_use]
pub fn unique(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let is_taken = |name: &str| name == TEACHER || is_taken(name);
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    // One of them is free: a class has a bounded number of students.
    (2u32..).map(|number| numbered(wanted, number)).find(|name| !is_taken(name)).unwrap_or_default()
}

/// The name that a page takes when another one has `name` too and keeps it.
#[must_use]
pub fn next(name: &str) -> String {
    match name.rsplit_once('-').and_then(|(stem, end)| Some((stem, end.parse::<u32>().ok()?))) {
        Some((stem, number)) if !stem.is_empty() => numbered(stem, number.saturating_add(1)),
        _ => numbered(name, 2),
    }
}

/// The name with a number, shortened so that both have room.
fn numbered(name: &str, number: u32) -> String {
    let end = format!("-{number}");
    let stem: String = name.chars().take(MAX_NAME - end.len()).collect();
    format!("{}{end}", stem.trim_end_matches('-'))
}

/// Whether this is a name that [`safe`] makes.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && safe(name) == name
}

/// A key of a class: that of a person, or an expression with `*` for all of them.
#[must_use]
pub fn key(class: &str, name: &str, part: &str) -> String {
    format!("lab/{class}/{name}/{part}")
}

/// The person and the part of a key of this class; `None` for other keys.
#[must_use]
pub fn parts<'a>(class: &str, key: &'a str) -> Option<(&'a str, &'a str)> {
    key.strip_prefix("lab/")?.strip_prefix(class)?.strip_prefix('/')?.split_once('/').filter(|(name, _)| is_name(name))
}

/// What the address of a page in a class says: which class, and as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// The class.
    pub class: String,
    /// The name that the page had before, if any.
    pub name: String,
    /// Whether it is the teacher's page.
    pub teaches: bool,
}

impl Invited {
    /// The part of the address.
    #[must_use]
    pub fn link(&self) -> String {
        let Self { class, name, teaches } = self;
        match (teaches, name.is_empty()) {
            (true, _) => format!("{TEACHES}{class}"),
            (false, true) => format!("{PREFIX}{class}"),
            // Browsers write letters beyond ASCII differently into an address.
            (false, false) => format!("{PREFIX}{class}/{}", BASE64URL_NOPAD.encode(name.as_bytes())),
        }
    }
}

/// Reads the part of an address; `None` when it is not about a class.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read_link(hash: &str) -> Option<Result<Invited, Problem>> {
    let (text, teaches) = match hash.strip_prefix(PREFIX) {
        Some(text) => (text, false),
        None => (hash.strip_prefix(TEACHES)?, true),
    };
    let (class, name) = text.split_once('/').unwrap_or((text, ""));
    if !is_class(class) {
        return Some(Err(Problem::new(
            "The link names no class.",
            format!(
                "It says “{}”. Expected 4 to 16 small letters and digits, as in {PREFIX}k7q2m. Ask the teacher for the link again.",
                shown_at_most(class, LINE)
            ),
        )));
    }
    // A name that cannot be read is typed again.
    let name = BASE64URL_NOPAD.decode(name.as_bytes()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let name = name.map(|name| safe(&name)).unwrap_or_default();
    Some(Ok(Invited { class: class.to_owned(), name, teaches }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::client::KeyExpr;

    #[test]
    fn name_of_a_person_becomes_one_chunk_of_a_key() {
        for (typed, name) in [
            ("Ana", "Ana"),
            ("  Jean-Luc  P. ", "Jean-Luc-P"),
            ("Zoë Ñandú", "Zoë-Ñandú"),
            ("李雷", "李雷"),
            ("a/../**/$*?#b", "a-b"),
            ("\u{202e}evil\u{200b}\0", "evil"),
            ("🙂", ""),
            ("-", ""),
            ("abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwx"),
            ("abcdefghijklmnopqrstuvw xyz", "abcdefghijklmnopqrstuvw"),
        ] {
            assert_eq!(safe(typed), name, "{typed:?}");
        }
    }

    #[test]
    fn two_people_of_one_name_get_two_names() {
        let taken = ["ana", "ana-2", "abcdefghijklmnopqrstuvwx"];
        let unique = |wanted| unique(wanted, |name| taken.contains(&name));
        assert_eq!((&*unique("eva"), &*unique("ana")), ("eva", "ana-3"));
        assert_eq!(unique("abcdefghijklmnopqrstuvwx"), "abcdefghijklmnopqrstuv-2");
        assert_eq!(unique(TEACHER), "teacher-2");
        assert_eq!((&*next("ana"), &*next("ana-2"), &*next("jean-luc")), ("ana-2", "ana-3", "jean-luc-2"));
        assert!(is_name(&next("abcdefghijklmnopqrstuvwx")));
    }

    #[test]
    fn lab_makes_names_of_classes_and_of_people() {
        let zids = ["1", "2", "b4f1", "0"];
        for zid in zids {
            assert!(is_class(&class_of(zid)), "{}", class_of(zid));
            assert!(is_name(&offered(zid)), "{}", offered(zid));
        }
        assert_ne!(class_of("1"), class_of("2"));
        for wrong in ["", "abc", "ABCDE", "a/bcd", "abcd*", "abcdefghijklmnopq", "äbcd"] {
            assert!(!is_class(wrong), "{wrong}");
        }
    }

    #[test]
    fn link_of_a_class_is_read_as_it_was_made() {
        for (name, teaches) in [("", false), ("Zoë-李", false), ("", true)] {
            let invited = Invited { class: "k7q2m".to_owned(), name: name.to_owned(), teaches };
            assert_eq!(read_link(&invited.link()), Some(Ok(invited)));
        }
        assert_eq!(read_link("#s=abc"), None);
        assert_eq!(read_link("#c=k7q2m/%%%").unwrap().unwrap().name, "");
        // A name in a link is text from outside.
        let hostile = format!("#c=k7q2m/{}", BASE64URL_NOPAD.encode(b"a/**"));
        assert_eq!(read_link(&hostile).unwrap().unwrap().name, "a");
        let problem = read_link("#c=\u{202e}K7/").unwrap().unwrap_err();
        assert!(problem.detail.contains("4 to 16 small letters"), "{problem:?}");
    }

    #[test]
    fn key_of_a_class_says_whose_it_is() {
        assert_eq!(parts("k7q2m", "lab/k7q2m/ana/is"), Some(("ana", "is")));
        assert_eq!(parts("k7q2m", &key("k7q2m", TEACHER, "says")), Some((TEACHER, "says")));
        for other in ["lab/k7q2m", "lab/k7q2/ana/is", "lab/k7q2mm/ana/is", "lab/k7q2m//is", "lab/k7q2m/a-/is", "ana/is"]
        {
            assert_eq!(parts("k7q2m", other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn property_any_text_makes_a_name_that_a_key_may_have(typed in "\\PC{0,40}|.{0,40}") {
            let name = safe(&typed);
            prop_assert!(name.chars().count() <= MAX_NAME);
            prop_assert_eq!(safe(&name), name.clone());
            if !name.is_empty() {
                prop_assert!(is_name(&name));
                let numbered = unique(&name, |taken| taken == name);
                prop_assert!(is_name(&numbered) && numbered != name);
                for name in [name, numbered] {
                    let text = key("k7q2m", &name, "is");
                    prop_assert!(KeyExpr::new(text.as_str()).is_ok_and(|key| !key.as_str().contains('*')));
                    prop_assert_eq!(parts("k7q2m", &text), Some((&*name, "is")));
                }
            }
        }

        #[test]
        fn property_any_link_is_read_or_refused_in_words(text in "\\PC{0,60}", teaches: bool) {
            let hash = format!("{}{text}", if teaches { TEACHES } else { PREFIX });
            if let Ok(invited) = read_link(&hash).unwrap() {
                prop_assert!(is_class(&invited.class) && (invited.name.is_empty() || is_name(&invited.name)));
            }
        }
    }
}
