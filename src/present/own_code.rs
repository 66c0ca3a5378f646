//! What a program of own code made, or why it made nothing.

use super::format;
use crate::{
    app::{MAX_ARRAY_NAME, MAX_ARRAYS, MAX_RESULT, OwnCode, PLACE_MILLIS, Problem, RUN_MILLIS, Row},
    outside::shown,
    segment::Element,
};

/// What the engine has to say of a program that has ended: a word of the scripts around it, what that is
/// about, and the line of the program, or 0.
#[must_use]
pub fn problem(word: &str, about: &str, line: u32) -> Problem {
    let place = if line > 0 { format!(" in line {line}") } else { String::new() };
    let seconds = |millis: u32| millis / 1000;
    let of = |name: &str| if name.is_empty() { "its result".to_owned() } else { name.to_owned() };
    let (title, detail) = match word {
        "throw" if about.starts_with("SyntaxError") => {
            (format!("The program cannot be read{place}."), format!("The browser said: {about}."))
        }
        "throw" => (format!("The program has stopped{place}."), format!("It threw: {about}.")),
        "unread" => (
            "The program cannot be read.".to_owned(),
            "It is not JavaScript: a sign is missing, or one too many. This browser says only in its console where."
                .to_owned(),
        ),
        "late" => (
            "The program took too long.".to_owned(),
            format!(
                "It was ended after {} s. Have it make less, or look for a loop or a promise without an end.",
                seconds(RUN_MILLIS)
            ),
        ),
        "place" => (
            "Programs cannot run here.".to_owned(),
            format!(
                "The frame or the Worker for them did not start within {} s. The policy of the host, or the browser, may \
                 forbid it. {about}",
                seconds(PLACE_MILLIS)
            ),
        ),
        "nothing" => (
            "The program returned no array.".to_owned(),
            format!(
                "It returned {about}. Return a typed array, several as {{ name: array }}, or a function that makes them."
            ),
        ),
        "kind" => {
            let (name, what) = about.split_once('\n').unwrap_or(("", about));
            (
                format!("The program returned something else as {}.", of(name)),
                format!("It is {what}. Expected a typed array, a DataView or an ArrayBuffer."),
            )
        }
        "shared" => (
            "The program returned shared memory.".to_owned(),
            format!(
                "The buffer of {} is shared, so the page cannot take it over. Return a copy of it, by slice().",
                of(about)
            ),
        ),
        "detached" => (
            "The program returned an array without its bytes.".to_owned(),
            format!(
                "The buffer of {} is detached: it was handed over before. Make a new array for each result.",
                of(about)
            ),
        ),
        "many" => (
            "The program returned too many arrays.".to_owned(),
            format!("It returned {about}; the page takes at most {MAX_ARRAYS} of one result."),
        ),
        "name" => (
            "The name of an array is too long.".to_owned(),
            format!("It begins with {about}. Names have at most {MAX_ARRAY_NAME} characters."),
        ),
        "long" => (
            "The program returned too many bytes.".to_owned(),
            format!("It returned {about} B; the page takes at most {} of one result.", format::size(MAX_RESULT)),
        ),
        _ => {
            ("The program was ended.".to_owned(), "It sent the engine something that is not a result of it.".to_owned())
        }
    };
    Problem::new(title, detail)
}

/// The next result is under way.
#[must_use]
pub fn not_there() -> Problem {
    Problem::new("The program is at work.", "Its next arrays are not there yet. Try again in a moment.")
}

/// A later result is not as the first one.
#[must_use]
pub fn changed(row: &Row, now: Option<(Element, usize)>) -> Problem {
    let words = |element: Element, length| format!("{} × {}", element.name(), format::count(length));
    let now = now.map_or_else(|| "nothing".to_owned(), |(element, length)| words(element, length));
    Problem::new(
        "The program has changed its arrays.",
        format!(
            "{} was {} in its first result, and is {now} now. Return arrays of the same types and lengths each time.",
            row.name.shown(),
            words(row.element, row.length)
        ),
    )
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
    let ran = &own.ran;
    let then = if ran.each { " It makes others for each put." } else { "" };
    format!("Made {} in {} ms.{then}", format::plural(ran.arrays.len(), "array"), format::count(ran.millis as usize))
}

/// An array of a result, as in `values: Float64 × 10`.
#[must_use]
pub fn array_words((name, element, length): &(String, Element, usize)) -> String {
    format!("{}: {} × {}", shown(name), element.name(), format::count(*length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{Ran, not_run},
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
            ("nothing", "number", 0),
            ("kind", "image\nArray", 0),
            ("kind", "\nSet", 0),
            ("shared", "image", 0),
            ("detached", "", 0),
            ("many", "65", 0),
            ("name", "abc", 0),
            ("long", "2147483648", 0),
            ("unasked", "", 0),
        ];
        let mut all: Vec<Problem> = words.into_iter().map(|(word, about, line)| problem(word, about, line)).collect();
        let row = Row { length: 5, ..Row::code(1, "depth") };
        all.extend([not_run(), not_there(), changed(&row, None), changed(&row, Some((Element::Float32, 1000)))]);
        let lines: Vec<String> = all.iter().map(|problem| format!("{} {}", problem.title, problem.detail)).collect();
        review("own-code", &lines.join("\n"));
    }

    #[test]
    fn a_line_says_what_became_of_the_program() {
        let mut own = OwnCode::default();
        assert!(status(&own, "a").starts_with("Not run yet."));
        (own.text, own.runs) = ("a".to_owned(), true);
        assert_eq!(status(&own, "a"), "running …");
        let one = ("x".to_owned(), Element::Float64, 1000);
        own = OwnCode { runs: false, ran: Ran { arrays: vec![one.clone()], millis: 3, ..Ran::default() }, ..own };
        assert_eq!(status(&own, "a"), "Made 1 array in 3 ms.");
        own.ran.each = true;
        assert_eq!(status(&own, "a"), "Made 1 array in 3 ms. It makes others for each put.");
        assert_eq!(status(&own, "b"), "Changed since it ran.");
        assert_eq!(array_words(&one), "x: Float64 × 1,000");
    }
}
