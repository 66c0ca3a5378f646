//! Rows of what a browser captures: planes of one picture, or channels of one sound. They follow what
//! the device gives.

use super::row::{Kind, Row, RowId};
use crate::{
    app::state::State,
    ledger::Place,
    live::{Capture, Plane, Sensor},
    segment::{Element, Mode, Unsupported},
};

impl Kind {
    /// What it is of what a browser captures, if it is.
    #[must_use]
    pub const fn captured(&self) -> Option<Capture> {
        if let Self::Captured(capture) = self { Some(*capture) } else { None }
    }

    /// Whether each put is another frame: of a robot, or of what a browser captures.
    #[must_use]
    pub const fn makes_frames(&self) -> bool {
        matches!(self, Self::Robot(_) | Self::Captured(_))
    }

    /// What it is of a device, if it is.
    #[must_use]
    pub fn of_device(&self, device: Sensor) -> Option<Capture> {
        self.captured().filter(|capture| capture.device == device)
    }
}

impl Row {
    /// A plane of what a device gives, taken by borrow.
    #[must_use]
    pub fn captured(id: RowId, capture: Capture) -> Self {
        let mut row = Self { mode: Mode::Borrow, ..Self::array(id, capture.plane.name(), Element::Uint8, 0) };
        row.become_captured(capture);
        row
    }

    /// Makes it a plane of what a device gives.
    pub(super) fn become_captured(&mut self, capture: Capture) {
        let old = self.kind.captured();
        // A name that the plane gave it goes along.
        if old.is_some_and(|old| self.name.raw() == old.plane.name()) {
            self.name = capture.plane.name().into();
        }
        // A plane is a part of a buffer, which cannot be moved. A stream whose modes change goes on.
        if old.is_none() {
            self.unsupported = Unsupported::Copy;
        }
        (self.kind, self.element, self.length) = (Kind::Captured(capture), capture.plane.element(), capture.length());
        (self.before, self.after) = capture.around();
        (self.repeat, self.place) = (1, Place::JsHeap);
    }

    /// Whether a person could have made it, as this plane.
    pub(super) fn is_possible_capture(&self, capture: Capture) -> bool {
        capture.is_possible()
            && (self.element, self.length, self.repeat) == (capture.plane.element(), capture.length(), 1)
            && (self.before, self.after) == capture.around()
    }
}

/// The rows of a device: what it is to give, when it is started. `None` without such rows.
#[must_use]
pub fn wanted(rows: &[Row], device: Sensor) -> Option<Capture> {
    rows.iter().find_map(|row| row.kind.of_device(device))
}

impl State {
    /// Makes row `at` a plane of what a device gives, and adds those that belong to it.
    pub(super) fn capture(&mut self, at: usize, capture: Capture) {
        self.rows[at].become_captured(capture);
        let formats = capture.device.formats();
        if let Some(planes) = formats.iter().find(|planes| planes.contains(&capture.plane)) {
            self.take_planes(capture, planes, true);
        }
    }

    /// Makes the rows of a device these planes, of this size. Planes that it does not give any more
    /// become those that it gives instead, or go. Others are added if `whole`, or if one has become
    /// another one. Returns whether that changed the rows.
    pub(in crate::app) fn take_planes(&mut self, size: Capture, planes: &[Plane], mut whole: bool) -> bool {
        let of = |row: &Row| row.kind.of_device(size.device);
        let there = self.rows.iter().filter_map(of).fold(0u32, |there, one| there | 1 << one.plane as u32);
        let mut missing = planes.iter().filter(move |plane| there & 1 << **plane as u32 == 0);
        // Behind the last one of the device, and the row before.
        let (mut at, mut end, mut changed) = (0, 0, false);
        while let Some(row) = self.rows.get_mut(at) {
            at += 1;
            let Some(old) = of(row) else { continue };
            let mut plane = old.plane;
            if !planes.contains(&plane) {
                (whole, changed) = (true, true);
                let Some(instead) = missing.next() else {
                    at -= 1;
                    self.rows.remove(at);
                    continue;
                };
                plane = *instead;
            }
            let new = Capture { plane, ..size };
            changed |= new != old;
            row.become_captured(new);
            end = at;
        }
        while let (true, Some(before), Some(plane)) = (whole, end.checked_sub(1), missing.next()) {
            let mut row = Row { id: self.fresh_row(), ..self.rows[before].clone() };
            row.name = plane.name().into();
            row.become_captured(Capture { plane: *plane, ..size });
            self.rows.insert(end, row);
            end += 1;
            changed = true;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Direction, Edit, Preset, head};

    fn planes(state: &State) -> String {
        let plane = |row: &Row| row.kind.captured().map_or("-", |capture| capture.plane.name());
        state.rows.iter().map(plane).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rows_of_a_camera_are_the_planes_of_one_buffer() {
        let mut state = State::of(Preset::Camera);
        assert_eq!(planes(&state), "y u v");
        assert!(state.rows.iter().all(Row::is_possible));
        assert!(state.rows.iter().all(|row| row.buffer_bytes() == 460_800 && row.refusal(Mode::Move).is_some()));
        let found = head(&state.rows).unwrap();
        let starts = [Plane::Y, Plane::U, Plane::V, Plane::Uv].map(|plane| found.start(plane));
        assert_eq!((found.width, found.height, starts), (640, 480, [Some(0), Some(307_200), Some(384_000), None]));
        // Their size is that of all.
        let id = state.rows[1].id;
        let capture = state.rows[1].kind.captured().unwrap();
        state.apply(Action::Edit(id, Edit::Kind(Kind::Captured(Capture { width: 320, ..capture }))));
        assert_eq!(state.rows.iter().map(Row::bytes).sum::<usize>(), 320 * 480 * 3 / 2);
        // Neither length nor what lies around is a person's to choose.
        for edit in [Edit::Length(5), Edit::Repeat(5), Edit::Before(5), Edit::After(5), Edit::Place(Place::Linear)] {
            state.apply(Action::Edit(id, edit));
            assert!(state.rows.iter().all(Row::is_possible));
        }
        // One plane of red, green, blue and opacity instead, and back.
        state.apply(Action::Edit(id, Edit::Kind(Kind::Captured(Capture { plane: Plane::Image, ..capture }))));
        assert_eq!((planes(&state), state.rows[0].refusal(Mode::Move)), ("image".to_owned(), None));
        let (id, first) = (state.rows[0].id, Capture::first(Sensor::Camera));
        state.apply(Action::Edit(id, Edit::Kind(Kind::Captured(first))));
        assert_eq!(planes(&state), "y u v");
        assert_eq!(state.rows.iter().map(|row| row.name.raw()).collect::<Vec<_>>(), ["y", "u", "v"]);
        state.apply(Action::Edit(id, Edit::Array(Element::Uint8)));
        assert_eq!((planes(&state), state.rows[0].is_part()), ("- u v".to_owned(), false));
    }

    #[test]
    fn rows_follow_what_the_device_gives() {
        let mut state = State::of(Preset::Framed);
        let id = state.rows[1].id;
        let camera = Capture::first(Sensor::Camera);
        state.apply(Action::Edit(id, Edit::Kind(Kind::Captured(camera))));
        assert_eq!(planes(&state), "- y u v -");
        let nv12 = Sensor::Camera.formats()[2];
        let size = Capture { width: 1280, height: 720, ..camera };
        state.take_planes(size, nv12, false);
        assert_eq!((planes(&state), state.rows[2].bytes()), ("- y uv -".to_owned(), 1280 * 720 / 2));
        state.take_planes(camera, Sensor::Camera.formats()[0], false);
        assert_eq!(planes(&state), "- y u v -");
        // A person who sends the brightness alone goes on with it.
        for at in [3, 2] {
            state.apply(Action::Remove(state.rows[at].id));
        }
        state.take_planes(size, nv12, false);
        assert_eq!(planes(&state), "- y -");
        state.take_planes(size, Sensor::Camera.formats()[1], false);
        assert_eq!((planes(&state), state.rows[1].bytes()), ("- image -".to_owned(), 1280 * 720 * 4));
        // Another device has rows of its own.
        let id = state.rows[0].id;
        state.apply(Action::Edit(id, Edit::Kind(Kind::Captured(Capture::first(Sensor::Microphone)))));
        assert_eq!(planes(&state), "left image -");
        state.take_planes(
            Capture { width: 100, ..Capture::first(Sensor::Microphone) },
            &[Plane::Left, Plane::Right],
            true,
        );
        state.apply(Action::Move(state.rows[1].id, Direction::Up));
        assert_eq!(planes(&state), "right left image -");
        assert_eq!(state.rows[0].bytes(), 400);
        assert!(state.rows.iter().all(Row::is_possible));
    }
}
