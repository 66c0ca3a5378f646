//! What a program of own code made, or why it made nothing.

use super::format;
use crate::{
    app::{Found, OwnCode, Problem, Row},
    outside::shown,
    segment::Element,
};

/// What ends a program: a word of the scripts around it, a title and what it means. `#` stands for the line, and
/// `%` for what the word is about. The last one is for anything else.
const ENDS: [(&str, &str, &str); 13] = [
    ("throw", "The program has stopped#.", "It threw: %."),
    (
        "unread",
        "The program cannot be read.",
        "It is not JavaScript: a sign is missing, or one too many. This browser says only in its console where.",
    ),
    (
        "late",
        "The program took too long.",
        "It was ended after 5 s. Have it make less, or look for a loop or a promise without an end.",
    ),
    (
        "place",
        "Programs cannot run here.",
        "The frame or the Worker for them did not start within 20 s. The policy of the host, or the browser, may forbid it. %",
    ),
    (
        "nothing",
        "The program returned no array.",
        "It returned %. Return a typed array, several as { name: array }, or a function that makes them.",
    ),
    (
        "kind",
        "The program returned something else.",
        "It returned %. Expected a typed array, a DataView or an ArrayBuffer.",
    ),
    (
        "shared",
        "The program returned shared memory.",
        "The buffer of % is shared, so the page cannot take it over. Return a copy of it, by slice().",
    ),
    (
        "detached",
        "The program returned an array without its bytes.",
        "The buffer of % is detached: it was handed over before. Make a new array for each result.",
    ),
    ("many", "The program returned too many arrays.", "It returned %; the page takes at most 64 of one result."),
    (
        "name",
        "The page cannot take the name of an array.",
        "It begins with %. A name has one line of at most 64 characters.",
    ),
    ("long", "The program returned too many bytes.", "It returned % B; the page takes at most 256 MiB of one result."),
    ("read", "The program cannot be read#.", "The browser said: %."),
    ("", "The program was ended.", "It sent the engine something that is not a result of it."),
];

/// What the engine has to say of a program that has ended: a word of the scripts around it, what that is
/// about, and the line of the program, or 0.
#[must_use]
pub fn problem(word: &str, about: &str, line: u32) -> Problem {
    let word = if about.starts_with("SyntaxError") { "read" } else { word };
    let place = if line > 0 { format!(" in line {line}") } else { String::new() };
    let [.., last] = &ENDS;
    let (_, title, detail) = ENDS.iter().find(|end| end.0 == word).unwrap_or(last);
    Problem::new(title.replace('#', &place), detail.replace('%', about))
}

/// The next result is under way.
#[must_use]
pub fn not_there() -> Problem {
    Problem::new("The program is at work.", "Its next arrays are not there yet. Try again in a moment.")
}

/// A later result is not as the first one.
#[must_use]
pub fn changed(row: &Row, now: Option<&Found>) -> Problem {
    let now = now.map_or_else(|| "nothing".to_owned(), |now| words(now.element, now.length));
    Problem::new(
        "The program has changed its arrays.",
        format!(
            "{} was {} in its first result, and is {now} now. Return arrays of the same types and lengths each time.",
            row.name.shown(),
            words(row.element, row.length)
        ),
    )
}

fn words(element: Element, length: usize) -> String {
    format!("{} × {}", element.name(), format::count(length))
}

/// What became of the program, in a line: of the text that is there now.
#[must_use]
pub fn status(own: &OwnCode, text: &str) -> String {
    if !own.has_run() {
        return "Not run yet. A program runs only when you press Run.".to_owned();
    }
    if own.runs {
        return "running …".to_owned();
    }
    if own.text != text {
        return "Changed since it ran.".to_owned();
    }
    if own.problem.is_some() {
        return String::new();
    }
    let then = if own.each { " It makes others for each put." } else { "" };
    format!("Made {}.{then}", format::plural(own.arrays.len(), "array"))
}

/// An array of a result, as in `values: Float64 × 10`.
#[must_use]
pub fn array_words(one: &Found) -> String {
    format!("{}: {}", shown(&one.name), words(one.element, one.length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{MAX_ARRAY_NAME, MAX_ARRAYS, MAX_RESULT, PLACE_MILLIS, RUN_MILLIS, not_run},
        present::texts::review,
    };

    #[test]
    fn what_ends_a_program_is_said_in_reviewed_words() {
        let words = [
            ("throw", "SyntaxError: Unexpected token", 3),
            ("throw", "RangeError: Invalid array length", 1),
            ("throw", "null", 0),
            ("unread", "", 0),
            ("late", "", 0),
            ("place", "SecurityError: not here", 0),
            ("nothing", "Number", 0),
            ("kind", "Array as image", 0),
            ("shared", "image", 0),
            ("detached", "its result", 0),
            ("many", "65", 0),
            ("name", "abc", 0),
            ("long", "2147483648", 0),
            ("unasked", "", 0),
        ];
        let mut all: Vec<Problem> = words.into_iter().map(|(word, about, line)| problem(word, about, line)).collect();
        let row = Row { length: 5, ..Row::code(1, "depth") };
        all.extend([
            not_run(),
            not_there(),
            changed(&row, None),
            changed(&row, Some(&Found { name: String::new(), element: Element::Float32, length: 1000 })),
        ]);
        let lines: Vec<String> = all.iter().map(|problem| format!("{} {}", problem.title, problem.detail)).collect();
        review("own-code", &lines.join("\n"));
    }

    #[test]
    fn a_line_says_what_became_of_the_program() {
        let mut own = OwnCode::default();
        assert!(status(&own, "a").starts_with("Not run yet."));
        (own.text, own.runs) = ("a".to_owned(), true);
        assert_eq!(status(&own, "a"), "running …");
        let one = Found { name: "x".to_owned(), element: Element::Float64, length: 1000 };
        (own.runs, own.arrays) = (false, vec![one.clone()]);
        assert_eq!(status(&own, "a"), "Made 1 array.");
        own.each = true;
        assert_eq!(status(&own, "a"), "Made 1 array. It makes others for each put.");
        assert_eq!(status(&own, "b"), "Changed since it ran.");
        let problem = Some(problem("late", "", 0));
        assert_eq!(status(&OwnCode { problem, ..own }, "a"), "", "the problem stands below");
        assert_eq!(array_words(&one), "x: Float64 × 1,000");
    }

    #[test]
    fn the_words_have_the_bounds() {
        let has = |word: &str, bound: String| {
            let (.., detail) = ENDS.iter().find(|end| end.0 == word).unwrap();
            assert!(detail.contains(&bound), "{word}: {bound}");
        };
        has("late", format!("{} s", RUN_MILLIS / 1000));
        has("place", format!("{} s", PLACE_MILLIS / 1000));
        has("many", format!("{MAX_ARRAYS} of"));
        has("name", format!("{MAX_ARRAY_NAME} characters"));
        has("long", format::size(MAX_RESULT));
    }
}
