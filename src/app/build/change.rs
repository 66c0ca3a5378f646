//! What a person can do with the rows: take a preset, append, move, change and remove one.

use std::rc::Rc;

use super::{
    message::Message,
    preset::Preset,
    robot::joining,
    row::{FIRST_TEXT, FileId, Fill, Given, Kind, MAX_REPEAT, MAX_TEXT, Row, RowId},
};
use crate::{
    app::{effect::Effect, problem::Problem, selection::Selection, state::State},
    given::{
        About, Reading,
        values::{Pasted, of_paste},
    },
    ledger::Place,
    live::Robot,
    message::{PixelFormat, Schema, Way},
    run::Scenario,
    segment::{Element, Mode, Unsupported},
};

/// One change to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Another name.
    Name(String),
    /// Typed arrays of this element type, or a message or typed values with elements of it.
    Element(Element),
    /// Typed arrays of this element type, whatever it was.
    Array(Element),
    /// A message of this schema, whatever it was.
    Schema(Schema),
    /// Another way to get its arrays into its message.
    Way(Way),
    /// Another shape of its message: see [`Message::shape`].
    Shape(Vec<u32>),
    /// Another format of its frame's pixels.
    Format(PixelFormat),
    /// Another kind of memory. A file's kind is given with the file.
    Kind(Kind),
    /// Another way to read its file.
    Reading(Reading),
    /// A row for each column of its file, in place of the row.
    Columns,
    /// So many elements of the buffer in front of each array.
    Before(usize),
    /// So many elements of the buffer behind each array.
    After(usize),
    /// Another way to treat a mode that cannot take the row.
    Unsupported(Unsupported),
    /// Another number of elements.
    Length(usize),
    /// Another number of arrays.
    Repeat(usize),
    /// Another pattern.
    Fill(Fill),
    /// Arrays in another place.
    Place(Place),
    /// Another mode.
    Mode(Mode),
}

/// Which way a row moves in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards the beginning of the payload.
    Up,
    /// Towards its end.
    Down,
}

impl State {
    /// Replaces all rows.
    pub(in crate::app) fn take_preset(&mut self, preset: Preset) -> Vec<Effect> {
        self.rows = preset.rows(self.next_row);
        self.next_row += self.rows.len() as RowId;
        let mut effects = self.rows_changed();
        self.preset = Some(preset);
        let is_typed = Preset::ALL.iter().all(|one| one.put_key() != self.key);
        if !is_typed && self.key != preset.put_key() && !self.api.rate.is_running() {
            self.key = preset.put_key().to_owned();
            effects.extend(self.key_changed());
        }
        // The proposal's benchmark is a preset; what else is chosen has other rows to show, or
        // none.
        match (preset, self.cost.scenario) {
            (Preset::Message, _) => self.cost.scenario = Scenario::Message,
            (_, Scenario::Message) => self.cost.scenario = Scenario::Payload,
            _ => {}
        }
        self.selected = self.rows.first().map(Selection::of);
        self.window = None;
        effects
    }

    /// Appends a row of typed arrays.
    pub(in crate::app) fn add_array(&mut self, element: Element) -> Vec<Effect> {
        let row = Row::array(self.fresh_row(), format!("array {}", self.rows.len()), element, 1024);
        self.append(row)
    }

    /// Appends a row of text.
    pub(in crate::app) fn add_text(&mut self) -> Vec<Effect> {
        let row = Row::text(self.fresh_row(), format!("text {}", self.rows.len()), FIRST_TEXT);
        self.append(row)
    }

    /// Appends a Cap'n Proto message.
    pub(in crate::app) fn add_message(&mut self, schema: Schema) -> Vec<Effect> {
        let name = format!("message {}", self.rows.len());
        let element = if schema == Schema::CameraFrame { Element::Uint8 } else { Element::Float32 };
        let row = Row::message(self.fresh_row(), name, element, Message::first(schema));
        self.append(row)
    }

    /// Appends a row of typed values.
    pub(in crate::app) fn add_values(&mut self) -> Vec<Effect> {
        let row = Row::values(self.fresh_row(), format!("values {}", self.rows.len()));
        self.append(row)
    }

    /// Appends a row of what a person pasted outside of any field.
    pub(in crate::app) fn paste(&mut self, text: String) -> Vec<Effect> {
        let (id, at) = (self.fresh_row(), self.rows.len());
        // Rows are seen in Build and in the drawing.
        self.stage.large = self.stage.large.filter(|large| large.shows_rows());
        self.append(match of_paste(&text, MAX_TEXT) {
            Pasted::Values(element) => Row::values_of(id, format!("values {at}"), element, text),
            _ => Row::text(id, format!("text {at}"), text),
        })
    }

    /// Appends a file that was looked at: a row, or one for each of its columns.
    pub(in crate::app) fn file_read(&mut self, file: FileId, about: About) -> Vec<Effect> {
        // An engine that was started again has looked at it once more.
        if self.rows.iter().any(|row| row.kind.given().is_some_and(|given| given.file == file)) {
            return Vec::new();
        }
        let about = Rc::new(about);
        let rows: Vec<Row> =
            about.first().iter().map(|offer| Row::file(self.fresh_row(), file, &about, offer)).collect();
        self.selected = rows.first().map(Selection::of);
        // Rows are seen in Build and in the drawing.
        self.stage.large = self.stage.large.filter(|large| large.shows_rows());
        self.rows.extend(rows);
        self.rows_changed()
    }

    /// Puts a row for each column of its file in the place of a row.
    fn spread(&mut self, at: usize) {
        let Some(Given { file, about, .. }) = self.rows[at].kind.given().cloned() else { return };
        let columns = about.offers.iter().filter(|offer| matches!(offer.reading, Reading::Column(_)));
        let rows: Vec<Row> = columns
            .map(|offer| {
                let (row, old) = (Row::file(self.fresh_row(), file, &about, offer), &self.rows[at]);
                Row { repeat: old.repeat, place: old.place, mode: old.mode, unsupported: old.unsupported, ..row }
            })
            .collect();
        if let Some(first) = rows.first() {
            self.selected = Some(Selection::of(first));
            self.rows.splice(at..=at, rows);
        }
    }

    /// All files that were given together were read, but for those of the problem.
    pub(in crate::app) fn files_ended(&mut self, problem: Option<Problem>) -> Vec<Effect> {
        self.file_problem = problem.or(self.file_problem.take());
        Vec::new()
    }

    /// Inserts a copy of a row after it.
    pub(in crate::app) fn duplicate(&mut self, row: RowId) -> Vec<Effect> {
        let Some(at) = self.position(row) else { return Vec::new() };
        let id = self.fresh_row();
        let twin = Row { id, ..self.rows[at].clone() };
        self.selected = Some(Selection::of(&twin));
        self.rows.insert(at + 1, twin);
        self.rows_changed()
    }

    /// Removes a row; its neighbour is selected.
    pub(in crate::app) fn remove(&mut self, row: RowId) -> Vec<Effect> {
        let Some(at) = self.position(row) else { return Vec::new() };
        self.rows.remove(at);
        let neighbour = self.rows.get(at).or(self.rows.last());
        self.selected = neighbour.map(Selection::of);
        self.rows_changed()
    }

    /// Removes all rows: a beginning for rows of one's own.
    pub(in crate::app) fn remove_all(&mut self) -> Vec<Effect> {
        self.rows.clear();
        (self.selected, self.window) = (None, None);
        self.rows_changed()
    }

    /// Moves a row by one.
    pub(in crate::app) fn move_by_one(&mut self, row: RowId, direction: Direction) -> Vec<Effect> {
        let Some(at) = self.position(row) else { return Vec::new() };
        let to = match direction {
            Direction::Up => at.checked_sub(1),
            Direction::Down => Some(at + 1).filter(|to| *to < self.rows.len()),
        };
        let Some(to) = to else { return Vec::new() };
        self.rows.swap(at, to);
        self.rows_changed()
    }

    /// Changes a row.
    pub(in crate::app) fn edit(&mut self, row: RowId, edit: Edit) -> Vec<Effect> {
        let Some(at) = self.position(row) else { return Vec::new() };
        if edit == Edit::Columns {
            self.spread(at);
            self.spread_code(at);
            return self.rows_changed();
        }
        if let Edit::Kind(Kind::Captured(capture)) = edit {
            self.capture(at, capture);
            return self.rows_changed();
        }
        let joining = joining(&self.rows, at);
        let code = self.edited_code(at, &edit);
        let row = &mut self.rows[at];
        let schema = row.spec().map(|spec| spec.schema());
        match edit {
            Edit::Name(name) => row.name = name.into(),
            Edit::Element(element) => row.become_element(element),
            Edit::Array(element) => row.become_array(element),
            Edit::Schema(schema) => row.become_message(schema),
            Edit::Way(way) => row.change_message(|message| message.way = way),
            Edit::Shape(shape) => row.change_message(|message| message.shape = shape),
            Edit::Format(format) => row.change_message(|message| message.format = format),
            Edit::Kind(Kind::Robot(robot)) => row.become_robot(joining.unwrap_or(robot)),
            Edit::Kind(kind) => row.become_kind(kind),
            Edit::Reading(reading) => row.become_reading(reading),
            // Done above: it changes more than one row.
            Edit::Columns => {}
            Edit::Before(before) => row.before = before,
            Edit::After(after) => row.after = after,
            Edit::Unsupported(unsupported) => row.unsupported = unsupported,
            Edit::Length(length) => row.length = length,
            Edit::Repeat(_) if row.way().is_some() => {}

            Edit::Repeat(repeat) => row.repeat = repeat.min(MAX_REPEAT),
            Edit::Fill(fill) => row.fill = fill,
            Edit::Place(place) => row.place = place,
            Edit::Mode(mode) => row.mode = mode,
        }
        // What is captured has the size that it has.
        if let Some(capture) = row.kind.captured() {
            row.become_captured(capture);
        }
        // One camera sees all planes of a frame, and decides how long they are.
        let robot = row.kind.robot();
        // Another kind of message has other segments.
        if row.spec().map(|spec| spec.schema()) != schema
            && self.selected.is_some_and(|selected| selected.row == row.id)
        {
            self.selected = Some(Selection::of(row));
        }
        if let Some(Robot { camera, .. }) = robot {
            for row in &mut self.rows {
                if let Some(robot) = row.kind.robot() {
                    row.become_robot(Robot { camera, ..robot });
                }
            }
        }
        if let Some(text) = code {
            self.share_code(&text);
        }
        self.rows_changed()
    }

    /// Gives every row this mode.
    pub(in crate::app) fn mode_for_all(&mut self, mode: Mode) -> Vec<Effect> {
        for row in &mut self.rows {
            row.mode = mode;
        }
        self.rows_changed()
    }

    pub(super) fn append(&mut self, row: Row) -> Vec<Effect> {
        self.selected = Some(Selection::of(&row));
        self.rows.push(row);
        self.rows_changed()
    }

    fn position(&self, row: RowId) -> Option<usize> {
        self.rows.iter().position(|candidate| candidate.id == row)
    }

    pub(super) fn fresh_row(&mut self) -> RowId {
        self.next_row += 1;
        self.next_row - 1
    }
}
