//! The film of a put: how building and putting go on, one after the other, as a position on a time
//! line. The drawing in Layout shows it.
//!
//! A film is made of the [`Plan`] alone, so its counts are the plan's. Its time is the film's own:
//! it shows what happens in which order, and how much of it, not how long it takes.

use super::{build::Piece, build::Plan, effect::Effect, session::Put, state::State};
use crate::segment::Mode;

/// Seconds for what costs the same at any length: a tie, a hand-over.
const CONSTANT: f64 = 0.9;

/// Seconds for a copy of no bytes.
const LEAST: f64 = 0.7;

/// Seconds that copies of the whole payload add to [`LEAST`].
const COPYING: f64 = 2.2;

/// Seconds that building takes at most. Beyond that, every piece gets less.
const BUILDING: f64 = 10.0;

/// Seconds for each of the first batches, so that a batch is seen to fill and leave.
const BATCH: f64 = 0.7;

/// Batches that a person sees one by one.
const SINGLE: usize = 2;

/// Seconds for all other batches.
const BATCHES: f64 = 3.0;

/// Seconds for putting the whole payload, in a demonstration.
const PUTTING: f64 = 1.5;

/// Seconds for what a demonstration does to arrays, and what comes of it.
const BREAKING: f64 = 4.0;

/// How much slower a slow film is.
const SLOW: f64 = 0.25;

/// Where a film is, and whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Film {
    /// Seconds from its beginning.
    pub at: f64,
    /// Whether it goes on by itself.
    pub going: bool,
}

/// What a person does with the film.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// Begin, or go on; while it goes on, pause.
    PlayOrPause,
    /// Begin from the start.
    Play,
    /// To the end of the scene, or of the one before.
    Step(Forward),
    /// To this part of the whole, from 0 to 1.
    Seek(f64),
    /// Play slowly, or as usual.
    Slow(bool),
    /// So many seconds have passed.
    Passed(f64),
    /// Show the drawing as it is without a film.
    End,
}

/// The direction of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forward {
    /// To what comes next.
    Next,
    /// Back to what was before.
    Before,
}

/// What a scene shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Shows {
    /// Building takes this piece, by its position.
    Taking(usize),
    /// Payload bytes up to this one go into batches.
    Gathering(usize),
    /// An experiment goes on.
    Breaking,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scene {
    shows: Shows,
    begins: f64,
    lasts: f64,
}

/// A film of a plan: its scenes, in the order in which they happen.
#[derive(Clone, Debug, PartialEq)]
pub struct Reel {
    scenes: Vec<Scene>,
    len: f64,
    /// How many pieces are taken when it begins.
    taken: usize,
}

/// What a film shows at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// Seconds from the beginning.
    pub at: f64,
    /// How many pieces building has taken.
    pub taken: usize,
    /// How much of the next piece building has taken, from 0 to 1.
    pub part: f64,
    /// Payload bytes that are in batches.
    pub gathered: usize,
    /// How far an experiment is that breaks arrays, from 0 to 1.
    pub broken: f64,
}

/// Payload bytes that were copied, by the stage that copied them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Copied {
    /// Into messages.
    pub filling: usize,
    /// Into the payload's block.
    pub building: usize,
    /// Into batches.
    pub gathering: usize,
}

impl Copied {
    /// What building and one put copy in all.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        Self { filling: plan.filling, building: plan.building - plan.filling, gathering: plan.gathering }
    }
}

impl Moment {
    /// How much of a piece building has taken, from 0 to 1.
    #[must_use]
    pub fn part_of(&self, position: usize) -> f64 {
        match position.cmp(&self.taken) {
            std::cmp::Ordering::Less => 1.0,
            std::cmp::Ordering::Equal => self.part,
            std::cmp::Ordering::Greater => 0.0,
        }
    }

    /// Where a put is that has `gathered` bytes in batches: everything is built.
    #[must_use]
    pub fn of_put(plan: &Plan, gathered: usize) -> Self {
        Self { at: 0.0, taken: plan.pieces.len(), part: 0.0, gathered: gathered.min(plan.len), broken: 0.0 }
    }

    /// What was copied up to here.
    #[must_use]
    pub fn copied(&self, plan: &Plan) -> Copied {
        let mut copied = Copied { gathering: self.gathered, ..Copied::default() };
        for piece in plan.pieces.iter().take(self.taken.saturating_add(1)) {
            let [filled, taken] = parts(piece, self.part_of(piece.position));
            copied.filling += share(piece.filled(), filled);
            if piece.mode == Mode::Copy {
                copied.building += share(piece.bytes(), taken);
            }
        }
        copied
    }
}

/// How much of a piece is filled into its message, and how much of it the payload has: an array is
/// copied into its message first.
#[must_use]
pub fn parts(piece: &Piece, part: f64) -> [f64; 2] {
    if piece.filled() > 0 { [(part * 2.0).min(1.0), (part * 2.0 - 1.0).max(0.0)] } else { [1.0, part] }
}

/// A part of `bytes`, from 0 to 1.
fn share(bytes: usize, part: f64) -> usize {
    if part >= 1.0 { bytes } else { (bytes as f64 * part) as usize }
}

impl Reel {
    /// The film of `plan`.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let whole = plan.len.max(1) as f64;
        let lasts = |piece: &Piece| {
            let copied = piece.filled() + if piece.mode == Mode::Copy { piece.bytes() } else { 0 };
            if copied > 0 { LEAST + COPYING * copied as f64 / whole } else { CONSTANT }
        };
        let building: f64 = plan.pieces.iter().map(lasts).sum();
        let shrink = (BUILDING / building.max(1.0)).min(1.0);
        let mut reel = Self { scenes: Vec::new(), len: 0.0, taken: 0 };
        for piece in &plan.pieces {
            reel.add(Shows::Taking(piece.position), lasts(piece) * shrink);
        }
        let count = plan.batches.count;
        let single = SINGLE.min(count);
        for batch in 0..single {
            reel.add(Shows::Gathering(plan.batches.end(batch)), BATCH);
        }
        let seen = if single == 0 { 0 } else { plan.batches.end(single - 1) };
        let rest = plan.len.saturating_sub(seen).max(1) as f64;
        let mut from = seen;
        for piece in plan.pieces.iter().filter(|piece| piece.end() > seen && piece.bytes() > 0) {
            // A scene ends with the batch that carries the last byte of the piece.
            let end = plan.batches.end(plan.batches.batch_of(piece.end() - 1)).min(plan.len);
            if end > from {
                reel.add(Shows::Gathering(end), 0.3 + BATCHES * (end - from) as f64 / rest);
                from = end;
            }
        }
        reel
    }

    /// The film of a demonstration: the payload of `plan` is there, it is put if it `was_put`, and
    /// then arrays are broken.
    #[must_use]
    pub fn of_demonstration(plan: &Plan, was_put: bool) -> Self {
        let mut reel = Self { scenes: Vec::new(), len: 0.0, taken: plan.pieces.len() };
        if was_put {
            reel.add(Shows::Gathering(plan.len), PUTTING);
        }
        reel.add(Shows::Breaking, BREAKING);
        reel
    }

    fn add(&mut self, shows: Shows, lasts: f64) {
        self.scenes.push(Scene { shows, begins: self.len, lasts });
        self.len += lasts;
    }

    /// How long it is, in seconds.
    #[must_use]
    pub fn len(&self) -> f64 {
        self.len
    }

    /// Whether it has no scene.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.scenes.is_empty()
    }

    /// What it shows at this time.
    #[must_use]
    pub fn moment(&self, at: f64) -> Moment {
        let mut moment = Moment { at, taken: self.taken, part: 0.0, gathered: 0, broken: 0.0 };
        for scene in self.scenes.iter().take_while(|scene| scene.begins <= at) {
            let over = at >= scene.begins + scene.lasts;
            let part = if over { 1.0 } else { (at - scene.begins) / scene.lasts };
            match scene.shows {
                Shows::Taking(position) if part >= 1.0 => (moment.taken, moment.part) = (position + 1, 0.0),
                Shows::Taking(_) => moment.part = part,
                Shows::Breaking => moment.broken = part,
                Shows::Gathering(end) => {
                    moment.gathered += share(end.saturating_sub(moment.gathered), part);
                }
            }
        }
        moment
    }

    /// The end of the scene that `at` is in, or of the one before.
    #[must_use]
    pub fn step(&self, at: f64, forward: Forward) -> f64 {
        // A step from within a thousandth of a second would not be seen.
        const NEAR: f64 = 0.001;
        let ends = || self.scenes.iter().map(|scene| scene.begins + scene.lasts);
        match forward {
            Forward::Next => ends().find(|end| *end > at + NEAR).unwrap_or(self.len),
            Forward::Before => ends().rfind(|end| *end < at - NEAR).unwrap_or(0.0),
        }
    }

    /// The same without motion: as far as the last scene that has ended.
    #[must_use]
    pub fn still(&self, at: f64) -> f64 {
        let ends = self.scenes.iter().map(|scene| scene.begins + scene.lasts);
        ends.take_while(|end| *end <= at).last().unwrap_or(0.0)
    }
}

impl State {
    /// The film of the rows as the layout shows them, or of an experiment on them; `None` if no
    /// payload could be built of them.
    #[must_use]
    pub fn reel(&self) -> Option<Reel> {
        let plan = self.plan().ok()?;
        if let Some(reel) = self.demonstrated_reel(&plan) {
            return Some(reel);
        }
        let refused = plan.pieces.iter().any(|piece| piece.refused.is_some());
        Some(Reel::of(&plan)).filter(|reel| !refused && !reel.is_empty())
    }

    /// What the drawing shows: a moment of the film, else of the put that is under way, else the
    /// whole.
    #[must_use]
    pub fn moment(&self, plan: &Plan, still: bool) -> Option<Moment> {
        let demonstrated = self.demonstrated_reel(plan);
        if let Some(film) = self.film {
            let reel = demonstrated.unwrap_or_else(|| Reel::of(plan));
            return Some(reel.moment(if still { reel.still(film.at) } else { film.at }));
        }
        // What came out of an experiment stays in the drawing.
        if let Some(reel) = demonstrated {
            return Some(reel.moment(reel.len()));
        }
        match self.put {
            Put::UnderWay { handed, total, .. } if self.put_revision == self.revision && total == plan.len => {
                Some(Moment::of_put(plan, handed))
            }
            _ => None,
        }
    }

    /// A person does something with the film, or its time passes.
    pub(super) fn film_changed(&mut self, change: Change) -> Vec<Effect> {
        if let Change::Slow(slow) = change {
            self.slow = slow;
            return Vec::new();
        }
        let Some(reel) = self.reel() else {
            self.film = None;
            return Vec::new();
        };
        if change == Change::End {
            self.demonstrated = None;
        }
        let film = self.film;
        // Without a film the drawing is as at its end.
        let at = film.map_or(reel.len(), |film| film.at);
        let paused = |at: f64| Some(Film { at, going: false });
        self.film = match change {
            Change::PlayOrPause => {
                Some(film.map_or(Film { at: 0.0, going: true }, |film| Film { going: !film.going, ..film }))
            }
            Change::Play => Some(Film { at: 0.0, going: true }),
            Change::Step(Forward::Next) => paused(if film.is_none() { 0.0 } else { reel.step(at, Forward::Next) }),
            Change::Step(Forward::Before) => paused(reel.step(at, Forward::Before)),
            Change::Seek(part) => paused((reel.len() * part).max(0.0)),
            Change::Passed(seconds) => {
                let seconds = if self.slow { seconds * SLOW } else { seconds };
                film.map(|film| if film.going { Film { at: film.at + seconds.max(0.0), ..film } } else { film })
            }
            Change::Slow(_) | Change::End => None,
        };
        self.film = self.film.filter(|film| film.at < reel.len());
        Vec::new()
    }

    /// The rows or their modes are others: a film that goes on begins again.
    pub(super) fn film_begins_again(&mut self) {
        self.film = self.film.filter(|film| film.going).map(|_| Film { at: 0.0, going: true });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Preset, View, build::Edit};

    fn plans() -> Vec<Plan> {
        let views = |preset| View::ALL.map(|view| State { view, ..State::of(preset) });
        let states = Preset::ALL.into_iter().flat_map(views);
        states.filter(|state| state.reel().is_some()).filter_map(|state| state.plan().ok()).collect()
    }

    fn play(state: &mut State, change: Change) {
        let effects = state.apply(Action::Film(change));
        assert_eq!(effects, Vec::new(), "a film does nothing outside of the page");
    }

    #[test]
    fn film_begins_with_no_copy_and_ends_with_those_of_the_plan() {
        let plans = plans();
        assert!(plans.len() > 12, "{} plans", plans.len());
        for plan in plans {
            let reel = Reel::of(&plan);
            assert_eq!(reel.moment(0.0).copied(&plan), Copied::default());
            assert_eq!(reel.moment(reel.len()).copied(&plan), Copied::of(&plan));
        }
    }

    #[test]
    fn film_counts_never_decrease_and_build_before_they_gather() {
        for plan in plans() {
            let reel = Reel::of(&plan);
            let mut before = Copied::default();
            for step in 0..=500 {
                let copied = reel.moment(reel.len() * f64::from(step) / 500.0).copied(&plan);
                assert!(copied.filling >= before.filling && copied.building >= before.building);
                assert!(copied.gathering >= before.gathering);
                let built = Copied { gathering: 0, ..copied } == Copied { gathering: 0, ..Copied::of(&plan) };
                assert!(built || copied.gathering == 0, "{copied:?}");
                before = copied;
            }
        }
    }

    #[test]
    fn film_steps_forwards_and_backwards_over_the_same_scenes() {
        for plan in plans() {
            let reel = Reel::of(&plan);
            let mut there = vec![0.0];
            while there.last().is_some_and(|at| *at < reel.len()) {
                there.push(reel.step(there[there.len() - 1], Forward::Next));
                assert!(there.len() < 1000, "no end");
            }
            assert!(there.len() > plan.pieces.len(), "a scene for each piece, and for batches");
            let mut back = vec![reel.len()];
            while back.last().is_some_and(|at| *at > 0.0) {
                back.push(reel.step(back[back.len() - 1], Forward::Before));
            }
            back.reverse();
            assert_eq!(there, back);
            // Without motion, only the ends of scenes are seen.
            for step in 0..100 {
                let still = reel.still(reel.len() * f64::from(step) / 100.0);
                assert!(there.contains(&still), "{still}");
            }
        }
    }

    #[test]
    fn film_goes_on_by_time_and_ends_by_itself() {
        let mut state = State::default();
        play(&mut state, Change::Passed(1.0));
        assert_eq!(state.film, None);
        play(&mut state, Change::PlayOrPause);
        play(&mut state, Change::Passed(1.0));
        assert_eq!(state.film, Some(Film { at: 1.0, going: true }));
        play(&mut state, Change::PlayOrPause);
        play(&mut state, Change::Passed(1.0));
        assert_eq!(state.film, Some(Film { at: 1.0, going: false }));
        play(&mut state, Change::Slow(true));
        play(&mut state, Change::PlayOrPause);
        play(&mut state, Change::Passed(1.0));
        assert_eq!(state.film, Some(Film { at: 1.25, going: true }));
        play(&mut state, Change::Passed(1000.0));
        assert_eq!(state.film, None);
    }

    #[test]
    fn film_begins_again_when_rows_or_modes_change() {
        let mut state = State::default();
        play(&mut state, Change::Play);
        play(&mut state, Change::Passed(2.0));
        state.apply(Action::View(View::AllCopy));
        assert_eq!(state.film, Some(Film { at: 0.0, going: true }));
        play(&mut state, Change::Passed(2.0));
        let row = state.rows[0].id;
        state.apply(Action::Edit(row, Edit::Mode(Mode::Copy)));
        assert_eq!(state.film, Some(Film { at: 0.0, going: true }));
        // A film that stands still has nothing to say of other rows.
        play(&mut state, Change::Seek(0.5));
        state.apply(Action::View(View::AllMove));
        assert_eq!(state.film, None);
    }

    #[test]
    fn film_of_rows_that_are_refused_does_not_begin() {
        let mut refused = State::default();
        let row = refused.rows[1].id;
        // A part of a buffer cannot be moved.
        refused.apply(Action::Edit(row, Edit::Before(8)));
        refused.apply(Action::Edit(row, Edit::Mode(Mode::Move)));
        assert!(refused.plan().unwrap().pieces[1].refused.is_some());
        play(&mut refused, Change::Play);
        assert_eq!(refused.film, None);
    }

    #[test]
    fn drawing_follows_what_has_left_of_a_put_of_its_rows() {
        let mut state = State::default();
        let plan = state.plan().unwrap();
        assert_eq!(state.moment(&plan, false), None);
        state.put = Put::UnderWay { id: 1, handed: 100, total: plan.len };
        let moment = state.moment(&plan, false).unwrap();
        assert_eq!(moment.copied(&plan), Copied { gathering: 100, ..Copied::of(&plan) });
        // Of other rows than these, nothing is known.
        state.revision += 1;
        assert_eq!(state.moment(&plan, false), None);
    }
}
