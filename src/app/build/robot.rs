//! Rows of a robot: planes of what one camera sees, made anew for each frame.

use super::row::{Kind, Row, RowId};
use crate::{
    live::{Camera, Capture, Head, Plane, Robot},
    segment::{Element, Mode},
};

/// The camera of a new robot.
const FIRST: Camera = Camera { width: 640, height: 480, seed: 2 };

impl Kind {
    /// What it is of a robot's frame, if it is.
    #[must_use]
    pub const fn robot(&self) -> Option<Robot> {
        if let Self::Robot(robot) = self { Some(*robot) } else { None }
    }
}

impl Robot {
    /// A plane of the first robot.
    #[must_use]
    pub const fn first(plane: Plane) -> Self {
        Self { plane, camera: FIRST }
    }
}

impl Row {
    /// A plane of a robot's frame, taken by borrow.
    #[must_use]
    pub fn robot(id: RowId, robot: Robot) -> Self {
        let mut row = Self { mode: Mode::Borrow, ..Self::array(id, robot.plane.name(), Element::Uint8, 0) };
        row.become_robot(robot);
        row
    }

    /// Makes it a plane of a robot's frame. It stands once, because a frame has each plane once.
    pub(super) fn become_robot(&mut self, robot: Robot) {
        // A name that the plane gave it goes along.
        if self.kind.robot().is_some_and(|old| self.name.raw() == old.plane.name()) {
            self.name = robot.plane.name().into();
        }
        (self.kind, self.element, self.length) = (Kind::Robot(robot), robot.plane.element(), robot.length());
        (self.before, self.after, self.repeat) = (0, 0, 1);
    }

    /// Whether a person could have made it, as a plane of this robot's frame.
    pub(super) fn is_possible_robot(&self, robot: Robot) -> bool {
        robot.camera.is_possible()
            && (self.element, self.length, self.repeat) == (robot.plane.element(), robot.length(), 1)
    }
}

/// The plane that row `at` becomes among the rows of a robot, if it is none of them yet: one that
/// they do not have, seen by their camera.
pub(super) fn joining(rows: &[Row], at: usize) -> Option<Robot> {
    if rows.get(at).is_some_and(|row| row.kind.robot().is_some()) {
        return None;
    }
    let there = || rows.iter().filter_map(|row| row.kind.robot());
    let camera = there().next()?.camera;
    let plane = Plane::ALL.into_iter().find(|plane| !there().any(|robot| robot.plane == *plane));
    Some(Robot { plane: plane.unwrap_or(Plane::Image), camera })
}

/// What a frame of `rows` says of itself, without stream, number and time, and without what is known
/// of a captured one alone. `None` when no row is one of a robot, and none is captured.
#[must_use]
pub fn head(rows: &[Row]) -> Option<Head> {
    let mut head: Option<Head> = None;
    let mut end = 0usize;
    for row in rows {
        let seen = match row.kind {
            Kind::Robot(Robot { plane, camera }) => Some((plane, camera.width, camera.height)),
            Kind::Captured(Capture { plane, width, height, .. }) => Some((plane, width, height)),
            _ => None,
        };
        if let Some((plane, width, height)) = seen {
            let head = head.get_or_insert(Head { width, height, ..Head::default() });
            // A head tells of one size: a picture and a sound, or two cameras, are not one frame.
            let is_of_it = (head.width, head.height) == (width, height);
            if let Some(start) = head.planes.get_mut(plane as usize).filter(|_| is_of_it) {
                start.get_or_insert(end);
            }
        }
        end = end.saturating_add(row.bytes());
    }
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::{Action, Edit, Preset, State};

    #[test]
    fn a_head_says_where_each_plane_begins() {
        assert_eq!(head(&Preset::Framed.rows(0)), None);
        let mut rows = Preset::Robot.rows(0);
        let pixels = 640 * 480;
        let found = head(&rows).unwrap();
        assert_eq!((found.width, found.height), (640, 480));
        let starts = |head: Head| Plane::ALL.map(|plane| head.start(plane));
        assert_eq!(starts(found), [Some(0), Some(4 * pixels), Some(8 * pixels)]);
        rows.insert(0, Row::text(9, "t", "größer"));
        rows.remove(2);
        rows.push(Row::robot(10, Robot::first(Plane::Image)));
        assert_eq!(starts(head(&rows).unwrap()), [Some(8), None, Some(8 + 4 * pixels)]);
        let len = rows.iter().map(Row::bytes).sum();
        let read = Head::read(head(&rows).unwrap().text().as_bytes(), len);
        assert_eq!(read, head(&rows));
    }

    #[test]
    fn planes_of_a_robot_share_its_camera_and_stand_once() {
        let mut state = State::of(Preset::Robot);
        let ids: Vec<_> = state.rows.iter().map(|row| row.id).collect();
        let camera = Camera { width: 1920, height: 1536, seed: 9 };
        state.apply(Action::Edit(ids[1], Edit::Kind(Kind::Robot(Robot { plane: Plane::Depth, camera }))));
        assert!(state.rows.iter().all(|row| row.kind.robot().unwrap().camera == camera && row.is_possible()));
        assert_eq!(state.rows[0].bytes(), 11_796_480);
        state.apply(Action::Edit(ids[0], Edit::Repeat(5)));
        state.apply(Action::Edit(ids[0], Edit::Length(5)));
        assert!(state.rows.iter().all(Row::is_possible), "neither length nor repeat is a person's to choose");
        state.apply(Action::Edit(ids[0], Edit::Kind(Kind::Robot(Robot { plane: Plane::Mask, camera }))));
        assert_eq!((state.rows[0].name.raw(), state.rows[0].element), ("mask", Element::Uint8));
        // It can become something else, and that is not a plane any more.
        state.apply(Action::Edit(ids[0], Edit::Array(Element::Int16)));
        assert_eq!((state.rows[0].kind.robot(), state.rows[0].length), (None, 1920 * 1536));
        state.apply(Action::Edit(ids[0], Edit::Kind(Kind::Robot(Robot::first(Plane::Image)))));
        let joined = Robot { plane: Plane::Image, camera };
        assert_eq!(state.rows[0].kind.robot(), Some(joined), "it joins the robot that is there");
        let mut wrong = state.rows[1].clone();
        wrong.length += 1;
        assert!(!wrong.is_possible());
        let none = Camera { width: 0, ..camera };
        assert!(!Row::robot(1, Robot { plane: Plane::Mask, camera: none }).is_possible());
    }
}
