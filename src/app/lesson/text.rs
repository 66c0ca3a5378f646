//! A lesson as text: what it says, and by line what is wrong with it.
//!
//! The text is a small part of Markdown, and a few words before a colon. `docs/lessons.md` tells of it.
//! It comes from anywhere, so everything about it is bounded, and none of it is code.

use super::{
    condition::Condition,
    scene::{KEYS, MAX_ROWS, Set},
};
use crate::outside::{self, Piece, shown};

/// The most bytes of a lesson.
pub const MAX_BYTES: usize = 32_768;

/// The most steps.
pub const MAX_STEPS: usize = 20;

/// The most choices of a prediction.
pub const MAX_CHOICES: usize = 6;

/// The most characters of one text: a paragraph, a question, a choice.
pub const MAX_CHARACTERS: usize = 600;

/// The most mistakes that are told at once.
pub const MAX_MISTAKES: usize = 20;

/// The most paragraphs of a step, and things that it sets up.
const MAX_PARTS: usize = 16;

/// The version of the format. Another one is not read.
const VERSION: &str = "1";

/// What may stand before a colon, beside what sets something up.
pub const WORDS: [&str; 6] = ["lesson", "minutes", "about", "done", "why", "note"];

/// A path through the page.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Lesson {
    /// Its name for people.
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// What it is about, in a sentence.
    pub about: String,
    /// Its steps, at least one.
    pub steps: Vec<Step>,
}

/// One step of it.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Step {
    /// Its name.
    pub title: String,
    /// What there is to know before, in paragraphs.
    pub text: Vec<String>,
    /// What it sets up, in order.
    pub scene: Vec<Set>,
    /// What is to be predicted.
    pub question: String,
    /// The answers to choose from, at least two.
    pub choices: Vec<Choice>,
    /// What is to be done.
    pub task: String,
    /// When it is done, and the lab knows the answer.
    pub done: Condition,
    /// What the answer means, shown with it.
    pub why: String,
    /// For the teacher.
    pub note: String,
    /// The line of its title.
    line: usize,
}

/// An answer to choose from.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// Its words.
    pub text: String,
    /// When it is what the lab found; `None` if no other choice is.
    pub when: Option<Condition>,
}

/// What is wrong with a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, what was expected, what to do.
    pub words: String,
}

/// Reads a lesson.
///
/// # Errors
/// What is wrong with it, in the order of its lines.
pub fn read(text: &str) -> Result<Lesson, Vec<Mistake>> {
    let mut reader = Reader::default();
    if text.len() > MAX_BYTES {
        reader.wrong(
            1,
            format!("The lesson has {} B. Expected at most {MAX_BYTES} B: make two lessons of it.", text.len()),
        );
        return Err(reader.mistakes);
    }
    for (line, text) in items(text) {
        if reader.mistakes.len() >= MAX_MISTAKES {
            break;
        }
        reader.item(line, &text);
    }
    reader.end()
}

/// The parts of a text, each with the line at which it begins: lines that are indented go on with the
/// one before, and lines of prose with each other.
fn items(text: &str) -> Vec<(usize, String)> {
    let mut items: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    let mut prose = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_end();
        let words = line.trim_start();
        if words.is_empty() {
            open = false;
            continue;
        }
        let indented = words.len() < line.len();
        let is_prose = !indented && kind(words) == Kind::Prose;
        match items.last_mut() {
            Some((_, item)) if open && (indented || (is_prose && prose)) => {
                item.push(' ');
                item.push_str(words);
            }
            _ => {
                items.push((at + 1, words.to_owned()));
                prose = is_prose;
            }
        }
        open = true;
    }
    items
}

/// What a part of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'a> {
    /// The title of the lesson.
    Title(&'a str),
    /// The title of a step.
    Step(&'a str),
    /// What is to be predicted.
    Question(&'a str),
    /// A choice.
    Choice(&'a str),
    /// What is to be done.
    Task(&'a str),
    /// A word, and what stands behind its colon.
    Word(&'a str, &'a str),
    /// A paragraph.
    Prose,
}

fn kind(item: &str) -> Kind<'_> {
    let after = |sign: &str| item.strip_prefix(sign).map(str::trim);
    if let Some(title) = after("## ") {
        Kind::Step(title)
    } else if let Some(title) = after("# ") {
        Kind::Title(title)
    } else if let Some(question) = after("? ") {
        Kind::Question(question)
    } else if let Some(choice) = after("- ") {
        Kind::Choice(choice)
    } else if let Some(task) = after("! ") {
        Kind::Task(task)
    } else {
        match item.split_once(':') {
            Some((word, rest)) if !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase()) => {
                Kind::Word(word, rest.trim())
            }
            _ => Kind::Prose,
        }
    }
}

/// Whether marks are in pairs: `code` and **strong**.
fn marks_are_paired(text: &str) -> bool {
    let (mut code, mut rest) = (0, String::new());
    for (at, part) in text.split('`').enumerate() {
        code = at;
        // In code, stars are stars.
        if at.is_multiple_of(2) {
            rest.push_str(part);
        }
    }
    code.is_multiple_of(2) && rest.matches("**").count().is_multiple_of(2)
}

#[derive(Default)]
struct Reader {
    lesson: Lesson,
    said: Vec<&'static str>,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn wrong(&mut self, line: usize, words: impl Into<String>) {
        if self.mistakes.len() < MAX_MISTAKES {
            let at = self.mistakes.partition_point(|before| before.line <= line);
            self.mistakes.insert(at, Mistake { line, words: words.into() });
        }
    }

    /// A text for people, if it can be shown as one.
    fn words(&mut self, line: usize, text: &str, what: &str) -> String {
        let length = text.chars().count();
        if text.is_empty() {
            self.wrong(line, format!("The {what} is empty. Write it behind the sign."));
        } else if length > MAX_CHARACTERS {
            self.wrong(
                line,
                format!("The {what} has {length} characters. Expected at most {MAX_CHARACTERS}: say less."),
            );
        } else if let Some(Piece::Notation(unseen)) =
            outside::pieces(text, MAX_CHARACTERS).into_iter().find(|piece| matches!(piece, Piece::Notation(_)))
        {
            self.wrong(line, format!("The {what} has a character that cannot be seen: {unseen}. Remove it."));
        } else if !marks_are_paired(text) {
            self.wrong(line, format!("The {what} opens `code` or **strong** and does not close it."));
        }
        // The lesson is refused; what else is wrong with it is told all the same.
        text.to_owned()
    }

    /// A text that may be there once.
    fn once(&mut self, line: usize, text: &str, what: &str, place: impl Fn(&mut Self) -> Option<&mut String>) {
        let words = self.words(line, text, what);
        match place(self) {
            None => self.wrong(line, format!("The {what} belongs to a step. Begin one before it: ## Title")),
            Some(there) if !there.is_empty() => {
                self.wrong(line, format!("The step has two of these: {what}. Make two steps of it."))
            }
            Some(there) => *there = words,
        }
    }

    fn item(&mut self, line: usize, item: &str) {
        match kind(item) {
            Kind::Title(title) => {
                if !self.lesson.title.is_empty() || !self.lesson.steps.is_empty() {
                    return self.wrong(line, "The lesson has a title already. The title of a step begins with ##.");
                }
                self.lesson.title = self.words(line, title, "title");
            }
            Kind::Step(title) => {
                if self.lesson.steps.len() == MAX_STEPS {
                    self.wrong(line, format!("The lesson has more than {MAX_STEPS} steps. Make two lessons of it."));
                }
                let title = self.words(line, title, "title");
                // Beyond the most they are read for their mistakes, and not kept.
                self.lesson.steps.truncate(MAX_STEPS);
                self.lesson.steps.push(Step { title, line, ..Step::default() });
            }
            Kind::Question(text) => {
                self.once(line, text, "question", |this| Some(&mut this.lesson.steps.last_mut()?.question));
            }
            Kind::Task(text) => self.once(line, text, "task", |this| Some(&mut this.lesson.steps.last_mut()?.task)),
            Kind::Choice(text) => self.choice(line, text),
            Kind::Word(word, text) => self.word(line, word, text),
            Kind::Prose => {
                let text = self.words(line, item, "paragraph");
                match self.lesson.steps.last_mut() {
                    None => self.wrong(line, "A paragraph belongs to a step. Begin one before it: ## Title"),
                    Some(step) if !step.question.is_empty() => self.wrong(
                        line,
                        "A paragraph stands before the question. A line that goes on with the one above begins with two spaces.",
                    ),
                    Some(step) if step.text.len() == MAX_PARTS => {
                        self.wrong(line, format!("The step has more than {MAX_PARTS} paragraphs. Say less."));
                    }
                    Some(step) => step.text.push(text),
                }
            }
        }
    }

    fn choice(&mut self, line: usize, text: &str) {
        // What cannot be read counts as a choice, so that the question is not said to lack it.
        let (words, when) = text.rsplit_once('|').unwrap_or_else(|| {
            self.wrong(line, "The choice does not say when it holds. Expected: - WORDS | CONDITION");
            (text, "puts known")
        });
        let words = self.words(line, words.trim(), "choice");
        let when = match when.trim() {
            "otherwise" => None,
            when => Some(Condition::read(when).unwrap_or_else(|why| {
                self.wrong(line, format!("When this choice holds cannot be read: {why}."));
                Condition::unread()
            })),
        };
        let wrong = match self.lesson.steps.last_mut() {
            None => "A choice belongs to a step. Begin one before it: ## Title",
            Some(step) if step.question.is_empty() => {
                "The choice stands before its question. Write that first: ? QUESTION"
            }
            Some(step) if step.choices.len() == MAX_CHOICES => "The question has more than 6 choices. Take some away.",
            Some(step) if step.choices.iter().any(|choice| choice.text == words) => {
                "The question has this choice already. Say how they differ."
            }
            Some(step) if when.is_none() && step.choices.iter().any(|choice| choice.when.is_none()) => {
                "Two choices hold otherwise. Say of one when it holds."
            }
            Some(step) => return step.choices.push(Choice { text: words, when }),
        };
        self.wrong(line, wrong);
    }

    fn word(&mut self, line: usize, word: &str, text: &str) {
        if let Some(set) = Set::read(word, text) {
            let set = match set {
                Ok(set) => set,
                Err(why) => return self.wrong(line, format!("{}.", crate::app::sentence(&why))),
            };
            let hidden = outside::pieces(text, MAX_BYTES).iter().any(|piece| matches!(piece, Piece::Notation(_)));
            let wrong = match self.lesson.steps.last_mut() {
                _ if hidden => "It has a character that cannot be seen. Remove it.",
                None => "A step sets things up. Begin one before it: ## Title",
                Some(step) if step.scene.len() == MAX_PARTS => {
                    "The step sets up more than 16 things. Use a link as its scene."
                }
                Some(step) if !step.question.is_empty() => "What is set up stands before the question. Move it up.",
                Some(step) if set.begins() && !step.scene.is_empty() => {
                    "The scene replaces what stands above it. Write it first."
                }
                Some(step) => return step.scene.push(set),
            };
            return self.wrong(line, wrong);
        }
        match word {
            "lesson" if text == VERSION => self.head(line, "lesson"),
            "lesson" => {
                self.head(line, "lesson");
                self.wrong(line, format!("The lesson is of format {}. This page reads format {VERSION}.", shown(text)));
            }
            "minutes" => {
                self.head(line, "minutes");
                match text.parse() {
                    Ok(minutes @ 1..=99) => self.lesson.minutes = minutes,
                    _ => self.wrong(line, "The minutes are not a number from 1 to 99."),
                }
            }
            "about" => {
                self.head(line, "about");
                self.lesson.about = self.words(line, text, "sentence");
            }
            "why" => self.once(line, text, "why", |this| Some(&mut this.lesson.steps.last_mut()?.why)),
            "note" => self.once(line, text, "note", |this| Some(&mut this.lesson.steps.last_mut()?.note)),
            "done" => match (Condition::read(text), self.lesson.steps.last_mut()) {
                (Err(why), step) => {
                    if let Some(step) = step {
                        step.done = Condition::unread();
                    }
                    self.wrong(line, format!("When the step is done cannot be read: {why}."));
                }
                (Ok(_), None) => self.wrong(line, "A step is done. Begin one before it: ## Title"),
                (Ok(_), Some(step)) if step.done != Condition::default() => {
                    self.wrong(line, "The step has two of these: done. Join them by “and”.");
                }
                (Ok(done), Some(step)) => step.done = done,
            },
            _ => {
                let known: Vec<&str> = WORDS.iter().copied().chain(KEYS.iter().map(|(word, _)| *word)).collect();
                self.wrong(
                    line,
                    format!(
                        "The page does not know the word “{}:”. Expected one of: {}. A paragraph begins with a capital letter.",
                        shown(word),
                        known.join(", ")
                    ),
                );
            }
        }
    }

    /// A word of the lesson as a whole.
    fn head(&mut self, line: usize, word: &'static str) {
        if !self.lesson.steps.is_empty() {
            self.wrong(line, format!("“{word}:” belongs to the lesson. Write it before the first step."));
        } else if self.said.contains(&word) {
            self.wrong(line, format!("“{word}:” is there already. Take one away."));
        }
        self.said.push(word);
    }

    /// What is missing shows at the end only.
    fn end(mut self) -> Result<Lesson, Vec<Mistake>> {
        if self.lesson.title.is_empty() {
            self.wrong(1, "The lesson has no title. Begin with: # Title");
        }
        for (word, example) in [("lesson", "1"), ("minutes", "6"), ("about", "What copying costs.")] {
            if !self.said.contains(&word) {
                self.wrong(
                    1,
                    format!("The lesson does not say “{word}:”. Write below its title, for example: {word}: {example}"),
                );
            }
        }
        if self.lesson.steps.is_empty() {
            self.wrong(1, "The lesson has no step. Begin one: ## Title");
        }
        let missing: Vec<(usize, &str)> = self.lesson.steps.iter().flat_map(missing).collect();
        for (line, words) in missing {
            self.wrong(line, format!("The step has {words}"));
        }
        if self.mistakes.is_empty() { Ok(self.lesson) } else { Err(self.mistakes) }
    }
}

/// What a step lacks, with the line of its title.
fn missing(step: &Step) -> Vec<(usize, &'static str)> {
    let rows = step.scene.iter().filter(|set| matches!(set, Set::Row(_))).count();
    [
        (step.text.is_empty(), "no paragraph. Say what there is to see."),
        (step.question.is_empty(), "nothing to predict. Add: ? QUESTION"),
        (!step.question.is_empty() && step.choices.len() < 2, "fewer than two choices. Add: - WORDS | CONDITION"),
        (step.task.is_empty(), "nothing to do. Add: ! TASK"),
        (step.done == Condition::default(), "no “done:”. Say when it is done, for example: done: puts = 1"),
        (step.why.is_empty(), "no “why:”. Say what the answer means."),
        (rows > MAX_ROWS, "more rows than 16. Use a link as its scene."),
    ]
    .into_iter()
    .filter(|(lacks, _)| *lacks)
    .map(|(_, words)| (step.line, words))
    .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: &str = "\
# Copy or borrow

lesson: 1
minutes: 5
about: Who copies what.

## Three arrays

scene: three
view: all copy

The payload has **three** arrays.
They lie in `memory`.

? How many bytes does building copy,
  if it copies everything?

- none | drawing.building = 0
- all of them | drawing.building = payload.bytes
- something else | otherwise

! Press `v`.
done: view = all borrow
why: The ledger counts them.
note: Ask
  who owns them.
";

    fn mistakes(text: &str) -> Vec<(usize, String)> {
        read(text).expect_err("mistakes").into_iter().map(|mistake| (mistake.line, mistake.words)).collect()
    }

    /// The one mistake of the small lesson with a change.
    fn changed(from: &str, to: &str) -> (usize, String) {
        assert!(SMALL.contains(from), "{from}");
        let found = mistakes(&SMALL.replacen(from, to, 1));
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().unwrap()
    }

    #[test]
    fn lesson_is_read_with_all_its_parts() {
        let lesson = read(SMALL).unwrap();
        assert_eq!((&*lesson.title, lesson.minutes, &*lesson.about), ("Copy or borrow", 5, "Who copies what."));
        let [step] = &lesson.steps[..] else { panic!("{lesson:?}") };
        assert_eq!(step.text, ["The payload has **three** arrays. They lie in `memory`."]);
        assert_eq!(step.question, "How many bytes does building copy, if it copies everything?");
        let choices: Vec<_> = step.choices.iter().map(|choice| (&*choice.text, choice.when.is_some())).collect();
        assert_eq!(choices, [("none", true), ("all of them", true), ("something else", false)]);
        assert_eq!(
            (&*step.task, &*step.why, &*step.note),
            ("Press `v`.", "The ledger counts them.", "Ask who owns them.")
        );
        assert_eq!(step.scene.len(), 2);
        assert_eq!(step.done, Condition::read("view = all borrow").unwrap());
        // As an editor of another system writes it.
        assert_eq!(read(&SMALL.replace('\n', "\r\n")), Ok(lesson));
    }

    #[test]
    fn mistake_is_told_with_its_line() {
        for (from, to, line, words) in [
            ("# Copy or borrow\n", "\n", 1, "no title"),
            ("minutes: 5", "minutes: five", 4, "not a number from 1 to 99"),
            ("lesson: 1", "lesson: 2", 3, "format"),
            ("view: all copy", "view: all", 10, "expected as set, all copy"),
            ("view: all copy", "veiw: all copy", 10, "does not know the word"),
            ("**three**", "**three", 12, "does not close it"),
            ("? How many", "?? How many", 7, "nothing to predict"),
            ("- none | drawing.building = 0", "- none", 18, "does not say when it holds"),
            ("drawing.building = 0", "drawing.built = 0", 18, "for example drawing.building"),
            ("something else", "none", 20, "has this choice already"),
            ("drawing.building = 0", "otherwise", 20, "Two choices hold otherwise"),
            ("! Press `v`.\n", "\n", 7, "nothing to do"),
            ("done: view = all borrow", "done: view = all", 23, "is not one of"),
            ("done: view = all borrow", "", 7, "no “done:”"),
            ("why: The ledger counts them.", "", 7, "no “why:”"),
            ("note: Ask", "note: Ask\nnote: Ask", 26, "two of these: note"),
            ("They lie", "They\u{202e} lie", 12, "cannot be seen"),
            ("? How", "scene: tensor\n\n? How", 15, "Write it first"),
            ("  if it copies", "if it copies", 16, "begins with two spaces"),
        ] {
            // A question that is not one leaves its choices without one.
            if from == "? How many" {
                assert!(
                    mistakes(&SMALL.replacen(from, to, 1))
                        .iter()
                        .any(|(at, found)| *at == line && found.contains(words))
                );
                continue;
            }
            let (at, found) = changed(from, to);
            assert!(at == line && found.contains(words), "{to}: {at}: {found}");
        }
    }

    #[test]
    fn lesson_beyond_a_bound_is_refused() {
        let many = |what: &str, times: usize| SMALL.replacen("? How", &format!("{}? How", what.repeat(times)), 1);
        let (_, found) = mistakes(&many("It goes on.\n\n", MAX_PARTS + 1)).remove(0);
        assert!(found.contains("paragraphs"), "{found}");
        let (line, found) = mistakes(&format!("{SMALL}{}", "x".repeat(MAX_BYTES))).remove(0);
        assert!(line == 1 && found.contains("make two lessons"), "{found}");
        let long = SMALL.replace("memory", &"m".repeat(MAX_CHARACTERS));
        assert!(mistakes(&long)[0].1.contains("characters"), "{:?}", mistakes(&long));
        let steps = SMALL.split_once("## ").unwrap().1;
        let lesson = format!("{SMALL}{}", format!("\n## {steps}").repeat(MAX_STEPS));
        assert!(mistakes(&lesson).iter().any(|(_, found)| found.contains("more than 20 steps")));
        // However many there are, a person reads the first.
        assert_eq!(mistakes(&"x: y\n".repeat(5000)).len(), MAX_MISTAKES);
    }

    #[test]
    fn code_of_other_languages_is_text_and_nothing_else() {
        let hostile =
            SMALL.replace("**three**", "<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:b)");
        assert_eq!(
            read(&hostile).unwrap().steps[0].text,
            ["The payload has <script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:b) arrays. \
              They lie in `memory`."]
        );
    }

    proptest! {
        #[test]
        fn property_any_text_is_a_lesson_or_refused_by_line(text in "([#?!-] |[a-z]{1,7}: |\\PC{0,9}|[|`*.=]|\n){0,60}") {
            match read(&text) {
                Ok(lesson) => prop_assert!(!lesson.steps.is_empty()),
                Err(mistakes) => {
                    prop_assert!((1..=MAX_MISTAKES).contains(&mistakes.len()));
                    let lines = text.lines().count().max(1);
                    prop_assert!(mistakes.iter().all(|one| (1..=lines).contains(&one.line)), "{mistakes:?}");
                    prop_assert!(mistakes.is_sorted_by_key(|one| one.line));
                }
            }
        }

        #[test]
        fn property_damaged_lesson_is_read_or_refused(at in 0usize..600, with in "\\PC{0,3}", cut in 0usize..40) {
            let chars: Vec<char> = SMALL.chars().collect();
            let at = at % chars.len();
            let text: String = chars[..at].iter().copied().chain(with.chars()).chain(chars.iter().skip(at + cut).copied()).collect();
            if let Err(mistakes) = read(&text) {
                prop_assert!(!mistakes.is_empty());
            }
        }
    }
}
