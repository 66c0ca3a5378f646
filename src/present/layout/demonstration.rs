//! What the drawing shows of an experiment on the rows at hand: where the bytes stand, and the words.

use super::scale::{Span, inside};
use crate::{
    app::{
        Plan,
        demonstration::{Demonstration, Lack, Outcome, Sight, Target},
        film::Moment,
        ownership::Experiment,
        sentence,
    },
    segment::Mode,
};

/// The width of a byte in the drawing, in pixels.
pub const CELL: f64 = 21.0;

/// By then the arrays are broken, as a part of the experiment's film.
pub const BROKEN: f64 = 0.3;

/// By then the payload shows it.
pub const REACHED: f64 = 0.55;

/// By then the sample shows it.
pub const CAME: f64 = 0.8;

/// The bytes of a window that the drawing has room for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cells {
    /// The first one, counted in the window.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// The left edge of the first one.
    pub left: f64,
}

/// Returns the bytes around the one that is written to, as near to its place as they fit.
#[must_use]
pub fn cells(target: &Target, span: &Span) -> Cells {
    let room = (span.seen() - 8.0).max(0.0);
    let count = ((room / CELL) as usize).min(target.len);
    let first = target.byte.saturating_sub(count / 2).min(target.len - count);
    let width = count as f64 * CELL;
    let place = target.offset + target.byte;
    let middle = f64::midpoint(span.at(place), span.at(place + 1));
    let left = middle - ((target.byte - first) as f64 + 0.5) * CELL;
    Cells { first, count, left: inside(left, span.left + 4.0, (span.right - 4.0 - width).max(span.left + 4.0)) }
}

/// What became of the bytes, in few words.
#[must_use]
pub const fn outcome_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Same => "as before",
        Outcome::Written => "shows the write",
        Outcome::Gone => "cannot be read",
        Outcome::Other => "other bytes",
    }
}

/// What the engine has found at one array, as in `array shows the write, payload as before`.
#[must_use]
pub fn story(sight: &Sight) -> String {
    let (array, payload, sample) = sight.outcomes();
    let array = if array == Outcome::Gone { "empty" } else { outcome_words(array) };
    let sample = sample.map_or_else(|| "no sample".to_owned(), |sample| format!("sample {}", outcome_words(sample)));
    format!("array {array}, payload {}, {sample}", outcome_words(payload))
}

/// What goes on at a moment of the film, in one sentence; at its end what came out.
#[must_use]
pub fn caption(plan: &Plan, shown: &Demonstration, moment: &Moment) -> String {
    let ties = shown.sights().is_some_and(|sights| sights.iter().any(|sight| sight.target.mode == Mode::Borrow));
    let told = match shown.experiment {
        _ if moment.broken <= 0.0 && moment.gathered < plan.len && shown.was_put() => {
            "The payload is put. A sample comes back inside of the page."
        }
        Experiment::Write if moment.broken < BROKEN => "The owner writes a byte into each array that it has.",
        Experiment::Write if moment.broken < CAME && ties => {
            "Through a tie, the write reaches what was made of the array."
        }
        Experiment::Detach if moment.broken < BROKEN => "The arrays are detached: their memory goes elsewhere.",
        _ if moment.broken < BROKEN => "A Worker gets the arrays: their memory goes there.",
        _ if moment.broken < CAME && ties => "What was borrowed had only a tie to that memory.",
        _ => return result(shown),
    };
    told.to_owned()
}

/// What came out of each mode that the rows have.
fn result(shown: &Demonstration) -> String {
    let sights = shown.sights().map(|sights| sights.iter()).into_iter().flatten();
    let mut told: Vec<(Mode, Outcome)> = Vec::new();
    for sight in sights {
        let one = (sight.target.mode, sight.outcomes().1);
        if !told.contains(&one) {
            told.push(one);
        }
    }
    let say = |(mode, outcome): (Mode, Outcome)| {
        format!("{}: payload {}.", sentence(mode.participle()), outcome_words(outcome))
    };
    told.into_iter().map(say).collect::<Vec<_>>().join(" ")
}

/// Why the rows at hand do not show all of an experiment, and which would.
#[must_use]
pub const fn lack_words(lack: Lack) -> &'static str {
    match lack {
        Lack::NotBuilt => "These rows make no payload. Three small arrays would show it.",
        Lack::NoArray => {
            "These rows have no array in the JS heap: only such an array can be written or taken away. Three small arrays would show it."
        }
        Lack::NoneBorrowed => {
            "None of these arrays is borrowed, so no tie leads to the payload. Three arrays, one for each mode, would show it."
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        app::{Action, Command, Effect, Event, Preset, State, film::Change},
        present::{
            layout::{lens::Lens, scale::Scale},
            texts::review,
        },
    };

    /// What an engine finds that does what it should.
    fn found(experiment: Experiment, target: Target, put: bool) -> Sight {
        let before: Vec<u8> = (1..=target.len as u8).collect();
        let written = |at: usize, byte: &u8| if at == target.byte { Target::other(*byte) } else { *byte };
        let written: Vec<u8> = before.iter().enumerate().map(|(at, byte)| written(at, byte)).collect();
        let now = |outcome: Outcome| match outcome {
            Outcome::Written => written.clone(),
            Outcome::Gone => Vec::new(),
            _ => before.clone(),
        };
        let (array, payload) = crate::app::demonstration::expected(experiment, target.mode);
        let lost = || Err("The buffer was detached.".to_owned());
        let payload = if payload == Outcome::Gone { lost() } else { Ok(now(payload)) };
        Sight { target, array: now(array), sample: put.then(|| payload.clone()), payload, before }
    }

    /// A page that has seen an experiment on its rows.
    fn seen(action: Action, mut state: State, put: bool) -> State {
        let effects = state.apply(action);
        let command = effects.into_iter().find_map(|effect| match effect {
            Effect::Engine(Command::Demonstrate { run, experiment, targets, .. }) => Some((run, experiment, targets)),
            _ => None,
        });
        let (run, experiment, targets) = command.unwrap();
        let sights = targets.into_iter().map(|target| found(experiment, target, put)).collect();
        state.apply(Action::Engine(Event::Demonstrated(run, Ok(sights))));
        state
    }

    #[test]
    fn what_experiments_show_in_the_drawing_is_as_reviewed() {
        let mut all = String::new();
        for experiment in Experiment::ALL.into_iter().filter(|one| one.is_about_arrays()) {
            for put in [true, false] {
                let state = seen(Action::SetUp(experiment), State::default(), put);
                let (plan, shown) = (state.plan().unwrap(), state.demonstration().unwrap());
                all.push_str(&format!("**{}**{}\n\n", experiment.name(), if put { ", put" } else { "" }));
                let reel = state.reel().unwrap();
                let mut said = String::new();
                for step in 0..=40 {
                    let moment = reel.moment(reel.len() * f64::from(step) / 40.0);
                    let words = caption(&plan, shown, &moment);
                    if words != said {
                        all.push_str(&format!("{words}\n"));
                        said = words;
                    }
                }
                all.extend(shown.sights().unwrap().iter().map(|sight| format!("- {}\n", story(sight))));
                all.push('\n');
            }
        }
        for lack in [Lack::NotBuilt, Lack::NoArray, Lack::NoneBorrowed] {
            all.push_str(&format!("{lack:?}: {}\n", lack_words(lack)));
        }
        review("demonstrations", &all);
    }

    #[test]
    fn film_of_an_experiment_stays_at_its_end_until_it_is_closed() {
        let mut state = seen(Action::SetUp(Experiment::Write), State::default(), true);
        let plan = state.plan().unwrap();
        assert!(state.film.is_some_and(|film| film.going));
        let end = |state: &State| state.moment(&plan, false).map(|moment| (moment.gathered, moment.broken));
        assert_eq!(end(&state), Some((0, 0.0)));
        state.apply(Action::Film(Change::Passed(100.0)));
        assert_eq!((state.film, end(&state)), (None, Some((plan.len, 1.0))));
        state.apply(Action::Film(Change::End));
        assert_eq!((state.demonstration(), state.moment(&plan, false)), (None, None));
        // Other rows are not those of the experiment.
        let mut state = seen(Action::Try(Experiment::Detach), state, false);
        assert!(state.demonstration().is_some());
        state.apply(Action::AddText);
        assert_eq!(state.demonstration(), None);
    }

    #[test]
    fn cells_stay_in_view_and_have_the_byte_that_is_written() {
        for preset in [Preset::Framed, Preset::Tensor, Preset::ThreeSmall, Preset::ManyTiny] {
            let state = seen(Action::Try(Experiment::Write), State::of(preset), false);
            let plan = state.plan().unwrap();
            let lengths: Vec<usize> = plan.pieces.iter().map(|piece| piece.bytes()).collect();
            for width in [260.0, 700.0, 1500.0] {
                let lens = Lens::new(Rc::new(Scale::of(&lengths, width, 74.0)), width, None);
                for sight in state.demonstration().unwrap().sights().unwrap().iter() {
                    let piece = plan.piece_of(sight.target.segment).unwrap();
                    let span = lens.span(piece.position).unwrap();
                    let Cells { first, count, left } = cells(&sight.target, &span);
                    assert!((first..first + count).contains(&sight.target.byte), "{preset:?} {width}");
                    assert!(left >= span.left && left + count as f64 * CELL <= span.right, "{preset:?} {width}");
                }
            }
        }
    }
}
