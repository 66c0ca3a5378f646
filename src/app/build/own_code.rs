//! Rows of own code: arrays that a program in JavaScript makes. All of them share one program, which
//! runs only after a press, in the engine's care and with nothing of the page.

use super::{
    change::Edit,
    outcome::Build,
    program::{Code, FIRST_PROGRAM, Found, MAX_ARRAY_NAME, MAX_PROGRAM, OwnCode, found},
    row::{Kind, Row, RowId},
};
use crate::{
    app::{command::Command, effect::Effect, problem::Problem, selection::Selection, state::State},
    ledger::Place,
    segment::{Element, Mode},
};

impl Kind {
    /// The program, if it is an array of one.
    #[must_use]
    pub const fn code(&self) -> Option<&Code> {
        if let Self::Code(code) = self { Some(code) } else { None }
    }
}

impl Row {
    /// The first array of a program, taken by borrow.
    #[must_use]
    pub fn code(id: RowId, name: impl Into<crate::outside::Outside>) -> Self {
        let mut row = Self { mode: Mode::Borrow, ..Self::array(id, name, Element::Uint8, 0) };
        row.become_code(Code { text: FIRST_PROGRAM.to_owned(), ..Code::default() });
        row
    }

    /// Makes it an array of a program. It stands once, in the JavaScript heap. How long it is only the
    /// program knows.
    pub(super) fn become_code(&mut self, code: Code) {
        if self.kind.code().is_none() {
            (self.element, self.length) = (Element::Uint8, 0);
        }
        self.kind = Kind::Code(code);
        (self.before, self.after, self.repeat, self.place) = (0, 0, 1, Place::JsHeap);
    }

    /// Whether a person could have made it, as an array of this program.
    pub(super) fn is_possible_code(&self, code: &Code) -> bool {
        let fits = |text: &str, most| text.encode_utf16().count() <= most;
        fits(&code.text, MAX_PROGRAM) && fits(&code.array, MAX_ARRAY_NAME) && self.repeat == 1
    }
}

/// Nothing has run yet.
#[must_use]
pub fn not_run() -> Problem {
    Problem::new("The program has not run.", "Nothing was built. It runs when you press Run in its row.")
}

/// The program that rows share.
fn shared(rows: &[Row]) -> Option<&str> {
    rows.iter().find_map(|row| row.kind.code()).map(|code| code.text.as_str())
}

impl State {
    /// Appends a row of own code.
    pub(in crate::app) fn add_code(&mut self) -> Vec<Effect> {
        let there = shared(&self.rows).map(str::to_owned);
        let row = Row::code(self.fresh_row(), format!("program {}", self.rows.len()));
        let effects = self.append(row);
        match there {
            Some(text) => {
                self.share_code(&text);
                self.rows_changed()
            }
            None => effects,
        }
    }

    /// The program that all rows of own code have after this edit of row `at`, if the edit is about it.
    /// A row that becomes own code beside others takes theirs.
    pub(super) fn edited_code(&self, at: usize, edit: &Edit) -> Option<String> {
        let Edit::Kind(Kind::Code(code)) = edit else { return None };
        let is_one = self.rows.get(at).is_some_and(|row| row.kind.code().is_some());
        let there = shared(&self.rows).filter(|_| !is_one);
        Some(there.unwrap_or(&code.text).to_owned())
    }

    /// Gives all rows of own code this program.
    pub(super) fn share_code(&mut self, text: &str) {
        for row in &mut self.rows {
            if let Kind::Code(code) = &mut row.kind {
                text.clone_into(&mut code.text);
            }
        }
    }

    /// Runs the program of the rows. A person has asked for it.
    pub(in crate::app) fn run_code(&mut self) -> Vec<Effect> {
        let Some(text) = shared(&self.rows).map(str::to_owned) else { return Vec::new() };
        let run = self.own_code.run.wrapping_add(1);
        self.own_code = OwnCode { run, text: text.clone(), runs: true, ..OwnCode::default() };
        self.build = Build::Pending;
        vec![Effect::Engine(Command::Run(run, text))]
    }

    /// The program was run, or has failed since in this line.
    pub(in crate::app) fn code_ran(
        &mut self,
        run: u32,
        each: bool,
        line: u32,
        result: Result<String, Problem>,
    ) -> Vec<Effect> {
        let own = &mut self.own_code;
        if run != own.run || !own.has_run() {
            return Vec::new();
        }
        (own.runs, own.each, own.line) = (false, each, line);
        match result {
            // The engine has read it before.
            Ok(text) => own.arrays = found(&text).unwrap_or_default(),
            Err(problem) => (own.problem, own.arrays) = (Some(problem), Vec::new()),
        }
        self.rows_changed()
    }

    /// The engine that has run the program is gone.
    pub(in crate::app) fn code_lost(&mut self) {
        self.own_code = OwnCode { run: self.own_code.run, ..OwnCode::default() };
    }

    /// Puts a row for each array of the program in the place of row `at`, but for those that other rows
    /// take.
    pub(super) fn spread_code(&mut self, at: usize) {
        let Some(Code { text, .. }) = self.rows[at].kind.code().cloned() else { return };
        let row = self.rows.remove(at);
        let mut place = at;
        for Found { name: array, .. } in self.own_code.arrays.clone() {
            if self.rows.iter().any(|row| row.kind.code().is_some_and(|code| code.array == array)) {
                continue;
            }
            let (id, name) = (self.fresh_row(), array.as_str().into());
            let row = Row { id, name, kind: Kind::Code(Code { text: text.clone(), array }), ..row.clone() };
            self.rows.insert(place, row);
            place += 1;
        }
        if place == at {
            self.rows.insert(at, row);
        }
        self.selected = self.rows.get(at).map(Selection::of);
    }

    /// Gives rows of own code what their program makes. Says what becomes of building them without it.
    pub(in crate::app) fn fit_code(&mut self) -> Option<Build> {
        let Some(text) = shared(&self.rows).map(str::to_owned) else {
            self.code_lost();
            return None;
        };
        // Rows that came from outside may name several.
        self.share_code(&text);
        if !self.own_code.is_of(&text) {
            return Some(Build::Failed(not_run()));
        }
        if self.own_code.runs {
            return Some(Build::Pending);
        }
        if let Some(problem) = &self.own_code.problem {
            return Some(Build::Failed(problem.clone()));
        }
        let arrays = &self.own_code.arrays;
        let mut missing = None;
        for row in &mut self.rows {
            let Kind::Code(Code { array, .. }) = &row.kind else { continue };
            match arrays.iter().find(|one| array.is_empty() || one.name == *array) {
                Some(one) => (row.element, row.length, row.repeat) = (one.element, one.length, 1),
                None => missing = Some(array.clone()),
            }
        }
        missing.map(|array| {
            Build::Failed(Problem::new(
                format!("The program returns no array {array}."),
                "Nothing was built. Choose another array in the row, or have the program return this one.",
            ))
        })
    }

    /// Whether a stream goes on with the arrays that it has, while a person changes their program.
    pub(in crate::app) fn code_is_edited(&self) -> bool {
        self.own_code.runs
            || self.own_code.has_arrays() && shared(&self.rows).is_some_and(|text| text != self.own_code.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{
        Action, EXAMPLES, Event, MAX_ARRAYS, MAX_RESULT, PLACE_MILLIS, Preset, RUN_MILLIS, Report, Setup, link, session,
    };

    fn told(state: &mut State, result: Result<String, Problem>) -> Vec<Effect> {
        state.apply(Action::Engine(Event::Ran(state.own_code.run, false, 0, result)))
    }

    fn arrays(names: &[&str]) -> Result<String, Problem> {
        let line = |(at, name): (usize, &&str)| format!("Int16Array {} {name}", 10 + at);
        Ok(names.iter().enumerate().map(line).collect::<Vec<_>>().join("\n"))
    }

    /// A page whose only row is a program.
    fn page() -> (State, RowId) {
        let mut state = State::default();
        state.apply(Action::Empty);
        state.apply(Action::AddCode);
        let id = state.rows[0].id;
        (state, id)
    }

    fn text(state: &mut State, id: RowId, text: &str) -> Vec<Effect> {
        let code = Code {
            text: text.to_owned(),
            ..state.rows.iter().find(|row| row.id == id).unwrap().kind.code().unwrap().clone()
        };
        state.apply(Action::Edit(id, Edit::Kind(Kind::Code(code))))
    }

    fn failed(state: &State) -> &str {
        if let Build::Failed(problem) = &state.build { &problem.title } else { "" }
    }

    fn built(effects: &[Effect]) -> bool {
        effects.iter().any(|effect| matches!(effect, Effect::Engine(Command::Build { .. })))
    }

    #[test]
    fn a_program_runs_only_after_a_press_for_its_text() {
        let (mut state, id) = page();
        assert_eq!(failed(&state), "The program has not run.");
        let effects = text(&mut state, id, "return a");
        assert!(!built(&effects), "{effects:?}");
        let effects = state.apply(Action::RunCode);
        let [Effect::Engine(Command::Run(run, ran))] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!((*run, ran.as_str(), &state.build), (state.own_code.run, "return a", &Build::Pending));
        let effects = told(&mut state, arrays(&["a"]));
        assert!(built(&effects), "{effects:?}");
        assert_eq!((state.rows[0].element, state.rows[0].length, state.rows[0].bytes()), (Element::Int16, 10, 20));
        // Another text waits again, and the same one does not.
        text(&mut state, id, "return b");
        assert_eq!((failed(&state), state.rows[0].bytes()), ("The program has not run.", 20));
        assert!(built(&text(&mut state, id, "return a")));
        // An answer about an earlier run says nothing.
        let late = Event::Ran(state.own_code.run.wrapping_sub(1), false, 0, arrays(&["b", "c"]));
        assert_eq!(state.apply(Action::Engine(late)), []);
        // Undo takes the program away, and brings it back as it was.
        state.apply(Action::Empty);
        assert_eq!(state.own_code.text, "");
        state.apply(Action::Undo);
        assert_eq!(failed(&state), "The program has not run.");
    }

    #[test]
    fn a_program_from_elsewhere_is_shown_and_waits() {
        let (mut state, _) = page();
        state.apply(Action::RunCode);
        told(&mut state, arrays(&["a"]));
        let link = link::of(&state).unwrap();
        let mut other = State::default();
        let found = link::read(&link).unwrap();
        let effects = other.apply(Action::Browser(Report::Link(Box::new(found))));
        assert_eq!(effects, []);
        assert_eq!((other.rows[0].length, failed(&other)), (10, "The program has not run."));
        assert_eq!(other.rows[0].kind.code().unwrap().text, FIRST_PROGRAM);
        // A page that is loaded again is the same.
        let setup = Setup::from_json(&Setup::of(&state).to_json().unwrap()).unwrap();
        let effects = State::default().apply(Action::Browser(Report::Setup(Box::new(setup))));
        assert_eq!(effects, []);
    }

    #[test]
    fn a_program_that_fails_says_where_and_is_not_built() {
        let (mut state, id) = page();
        state.apply(Action::RunCode);
        let problem = Problem::new("The program has stopped.", "It threw.");
        let failing = Event::Ran(state.own_code.run, false, 3, Err(problem));
        assert!(!built(&state.apply(Action::Engine(failing))));
        assert_eq!((failed(&state), state.own_code.line), ("The program has stopped.", 3));
        // The engine that ran it is gone: nothing has run any more.
        state.apply(Action::RunCode);
        told(&mut state, arrays(&["a"]));
        state.apply(Action::Browser(Report::EngineLost(Problem::new("The engine has stopped.", "Out of memory."))));
        assert_eq!(failed(&state), "The program has not run.");
        state.apply(Action::RunCode);
        told(&mut state, arrays(&["a"]));
        let kind = Kind::Code(Code { array: "b".to_owned(), ..state.rows[0].kind.code().unwrap().clone() });
        state.apply(Action::Edit(id, Edit::Kind(kind)));
        assert_eq!(failed(&state), "The program returns no array b.");
    }

    #[test]
    fn rows_of_own_code_share_a_program_and_take_its_arrays() {
        let (mut state, id) = page();
        text(&mut state, id, "return { a, b, c }");
        state.apply(Action::AddCode);
        state.apply(Action::Add(Element::Uint8));
        let last = state.rows[2].id;
        state.apply(Action::Edit(last, Edit::Kind(Row::code(0, "").kind)));
        assert!(state.rows.iter().all(|row| row.kind.code().unwrap().text == "return { a, b, c }"));
        state.apply(Action::Remove(last));
        let second = state.rows[1].id;
        state.apply(Action::Remove(second));
        state.apply(Action::RunCode);
        told(&mut state, arrays(&["a", "b", "c"]));
        assert_eq!(state.rows[0].length, 10);
        assert!(built(&state.apply(Action::Edit(id, Edit::Columns))));
        let rows: Vec<_> = state.rows.iter().map(|row| (row.name.raw(), row.length)).collect();
        assert_eq!(rows, [("a", 10), ("b", 11), ("c", 12)]);
        assert!(state.rows.iter().all(Row::is_possible));
        let mut wrong = state.rows[0].clone();
        wrong.kind = Kind::Code(Code { text: "x".repeat(MAX_PROGRAM + 1), array: String::new() });
        assert!(!wrong.is_possible());
        wrong.kind = Kind::Code(Code { text: "x".repeat(MAX_PROGRAM), array: String::new() });
        assert!(wrong.is_possible());
        assert!(!Row { repeat: 2, ..wrong }.is_possible());
    }

    #[test]
    fn a_stream_goes_on_while_its_program_is_changed() {
        let (mut state, id) = page();
        state.apply(Action::RunCode);
        told(&mut state, arrays(&["a"]));
        state.apply(Action::Connect);
        state.apply(Action::Engine(Event::Opened(crate::app::tests::info())));
        state.apply(Action::Session(session::Change::Start));
        assert!(state.api.rate.is_running());
        let touches = |effects: &[Effect]| effects.iter().any(|one| matches!(one, Effect::Engine(Command::Session(_))));
        assert!(!touches(&text(&mut state, id, "return b")));
        state.apply(Action::RunCode);
        assert!(touches(&told(&mut state, arrays(&["b"]))) && state.api.rate.is_running());
        // It ends with the program.
        let problem = Problem::new("The program took too long.", "It was ended.");
        assert!(touches(&told(&mut state, Err(problem))) && !state.api.rate.is_running());
        assert!(Preset::ALL.iter().all(|preset| preset.rows(0).iter().all(|row| row.kind.code().is_none())));
    }

    #[test]
    fn the_script_of_the_engine_has_the_same_bounds() {
        let bounds = format!(
            "const MOST = {{ run: {RUN_MILLIS}, place: {PLACE_MILLIS}, bytes: {MAX_RESULT}, arrays: {MAX_ARRAYS}, \
             letters: {MAX_ARRAY_NAME} }};"
        );
        assert!(include_str!("../../engine/own_code.js").contains(&bounds), "{bounds}");
    }

    #[test]
    fn code_is_kept_as_one_text_and_read_again() {
        for (array, text) in [("", ""), ("", "a\nb"), ("größe of it", "return 1\n")] {
            let code = Code { text: text.to_owned(), array: array.to_owned() };
            assert_eq!(Code::from(String::from(code.clone())), code);
        }
        // Of another hand, without a line break.
        assert_eq!(Code::from("return 1".to_owned()), Code { text: "return 1".to_owned(), array: String::new() });
        assert_eq!(found("Float16Array 3 a b\nUint8Array 0 ").unwrap()[1].name, "");
        for text in ["Float16Array", "Float16Array x a", "Float16Array 3", "Float80Array 3 a"] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn every_example_is_there_and_short_enough() {
        for name in EXAMPLES {
            let path = format!("{}/programs/{name}.js", env!("CARGO_MANIFEST_DIR"));
            let text = std::fs::read_to_string(&path).expect(&path);
            assert!(text.starts_with("// ") && text.len() < 1000, "{name}");
        }
    }
}
