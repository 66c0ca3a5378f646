//! The registry of keys: which key does what, and where it holds. The page's listener, the help
//! dialog and the hints beside the controls are all made from [`SHORTCUTS`].
//!
//! Keys are written as ARIA writes them, as in `Control+Enter`, several alternatives with spaces
//! between them. A command belongs to a [`Context`]; contexts are nested, and the innermost that
//! has the key wins. While a person types in a field, only [`RUN`] counts.

use super::{
    action::Action,
    build::{Direction, Edit, RowId},
    bytes::{self, Looking},
    film::{self, Forward},
    layout::View,
    lesson, stage,
    state::State,
    wire,
};
use crate::segment::{Element, Mode};

/// Puts the payload or measures, even from within a field.
pub const RUN: &str = "Control+Enter";

/// Where a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// While the drawing in Layout has the focus.
    Drawing,
    /// While the lines of the view Bytes have the focus.
    Lines,
    /// Somewhere in the view Bytes.
    Bytes,
    /// While the frames of the view Wire have the focus.
    Frames,
    /// While the fields of a frame have it there.
    Fields,
    /// While the bytes of a frame have it there.
    FrameBytes,
    /// Somewhere in the view Wire.
    Wire,
    /// While the editor of own code has the focus.
    Program,
    /// Somewhere in Build.
    Build,
    /// Somewhere in Cost.
    Cost,
    /// Anywhere, while presenter view fills the window.
    Presenter,
    /// Anywhere, while something fills the window.
    Large,
    /// Anywhere, as long as no dialog is open.
    Page,
}

impl Context {
    /// Every context, the innermost first.
    pub const ALL: [Context; 13] = [
        Self::Drawing,
        Self::Lines,
        Self::Bytes,
        Self::Frames,
        Self::Fields,
        Self::FrameBytes,
        Self::Wire,
        Self::Program,
        Self::Build,
        Self::Cost,
        Self::Presenter,
        Self::Large,
        Self::Page,
    ];

    /// What the focus must be in, as a selector; `None` for the page as a whole.
    #[must_use]
    pub const fn selector(self) -> Option<&'static str> {
        match self {
            Self::Drawing => Some("#plot"),
            Self::Lines => Some("#bytes-grid"),
            Self::Bytes => Some("#bytes-dialog"),
            Self::Frames => Some("#wire-list"),
            Self::Fields => Some("#wire-fields"),
            Self::FrameBytes => Some("#wire-bytes"),
            Self::Wire => Some("#wire-dialog"),
            Self::Program => Some("#row-program"),
            Self::Build => Some("#pane-build"),
            Self::Cost => Some("#pane-cost"),
            // The focus may be nowhere, which is the body.
            Self::Presenter => Some("body:has(main[data-large='presenter'])"),
            Self::Large => Some("body:has(main[data-large])"),
            Self::Page => None,
        }
    }

    /// The context around it, whose keys hold in it as well.
    #[must_use]
    pub const fn around(self) -> Option<Context> {
        match self {
            Self::Presenter => Some(Self::Large),
            Self::Drawing | Self::Build | Self::Cost | Self::Large => Some(Self::Page),
            Self::Program => Some(Self::Build),
            Self::Lines => Some(Self::Bytes),
            Self::Frames | Self::Fields | Self::FrameBytes => Some(Self::Wire),
            Self::Bytes | Self::Wire | Self::Page => None,
        }
    }

    /// Where that is, as the help says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Drawing => "On the drawing in Layout",
            Self::Lines => "On the lines of Bytes",
            Self::Bytes => "In the view Bytes",
            Self::Frames => "On the frames of Wire",
            Self::Fields => "On the fields of a frame",
            Self::FrameBytes => "On the bytes of a frame",
            Self::Wire => "In the view Wire",
            Self::Program => "In the editor of a program",
            Self::Build => "In Build",
            Self::Cost => "In Cost",
            Self::Presenter => "In presenter view",
            Self::Large => "While a pane fills the window",
            Self::Page => "Everywhere",
        }
    }
}

/// What a key does to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Publish the payload.
    Put,
    /// Measure.
    Measure,
    /// Open a session.
    Connect,
    /// Declare the subscription.
    Subscribe,
    /// Take the selected row by the next mode.
    NextMode,
    /// Look at the layout with the next row's modes.
    NextView,
    /// Play the film of building and putting, or pause it.
    PlayOrPause,
    /// Move the film by a scene.
    Scene(Forward),
    /// Go to the next step of the lesson, or to the one before.
    Lesson(Forward),
    /// The same while a lesson is open; else move the film.
    Turn(Forward),
    /// Fill the window with the drawing, for a class.
    Presenter,
    /// Show the whole page again.
    Whole,
    /// Look at the bytes of the selected segment.
    Bytes,
    /// Look at the frames of the session.
    Wire,
    /// Append a typed array.
    Add,
    /// Move the selected row.
    Move(Direction),
    /// Insert a copy of the selected row.
    Duplicate,
    /// Remove the selected row.
    Remove,
    /// Undo the last change.
    Undo,
    /// Do again what was undone.
    Redo,
}

/// What a command does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Something happens to the state.
    Do(Verb),
    /// The control with this `id` is pressed, if it is there and enabled.
    Press(&'static str),
    /// The element with this `id` gets the focus.
    Focus(&'static str),
    /// The pane that has the focus fills the window, or does not any more.
    Enlarge,
    /// What has the focus listens itself; the registry only tells of it.
    Own,
}

/// A command that has a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortcut {
    /// Names it; where it has a control, the `id` of that.
    pub id: &'static str,
    /// What it does, in a few words.
    pub label: &'static str,
    /// Its keys.
    pub keys: &'static str,
    /// Where they hold.
    pub context: Context,
    /// What it does.
    pub run: Reaction,
}

const fn command(
    context: Context,
    keys: &'static str,
    id: &'static str,
    run: Reaction,
    label: &'static str,
) -> Shortcut {
    Shortcut { id, label, keys, context, run }
}

/// Every command that has a key.
pub const SHORTCUTS: &[Shortcut] = {
    use Context::{
        Build, Bytes, Cost, Drawing, Fields, FrameBytes, Frames, Large, Lines, Page, Presenter, Program, Wire,
    };
    use Reaction::{Do, Enlarge, Focus, Own, Press};
    &[
        command(Page, RUN, "put", Do(Verb::Put), "put the payload"),
        command(Page, "1", "pane-build", Focus("pane-build"), "go to Build"),
        command(Page, "2", "pane-layout", Focus("pane-layout"), "go to Layout"),
        command(Page, "3", "pane-cost", Focus("pane-cost"), "go to Cost"),
        command(Page, "4", "pane-router", Focus("pane-router"), "go to Router"),
        command(Page, "5", "pane-ownership", Focus("pane-ownership"), "go to Ownership"),
        command(Page, "p", "preset", Focus("preset"), "choose a preset"),
        command(Page, "m", "row-mode", Do(Verb::NextMode), "next mode of the selected row"),
        command(Page, "v", "view", Do(Verb::NextView), "layout as set, all copy, all borrow, all move"),
        command(Page, "k", "film-play", Do(Verb::PlayOrPause), "play building and putting, or pause"),
        command(Page, ".", "film-next", Do(Verb::Scene(Forward::Next)), "to the end of the scene"),
        command(Page, ",", "film-before", Do(Verb::Scene(Forward::Before)), "back to the scene before"),
        command(Page, "l", "lessons", Press("lessons"), "lessons"),
        command(Page, "n", "lesson-next", Do(Verb::Lesson(Forward::Next)), "next step of the lesson"),
        command(Page, "Shift+N", "lesson-before", Do(Verb::Lesson(Forward::Before)), "step before"),
        command(Page, "b", "bytes-open", Do(Verb::Bytes), "bytes of the selected segment"),
        command(Page, "w", "wire-open", Do(Verb::Wire), "frames on the wire"),
        command(Page, "c", "connect", Do(Verb::Connect), "connect"),
        command(Page, "s", "subscribe", Do(Verb::Subscribe), "subscribe"),
        command(Page, "Control+Z", "undo", Do(Verb::Undo), "undo the last change of rows, modes, view"),
        command(Page, "Control+Shift+Z", "redo", Do(Verb::Redo), "do it again"),
        command(Page, "f", "enlarge", Enlarge, "fill the window with this pane, or not"),
        command(Page, "Shift+F", "presenter", Do(Verb::Presenter), "presenter view, or not"),
        command(Large, "Escape", "whole", Do(Verb::Whole), "the whole page again"),
        command(
            Presenter,
            "PageDown",
            "presenter-next",
            Do(Verb::Turn(Forward::Next)),
            "next step of the lesson, or scene",
        ),
        command(Presenter, "PageUp", "presenter-before", Do(Verb::Turn(Forward::Before)), "step before, or scene"),
        command(Page, "t", "theme", Press("theme"), "colours: light, dark, as the system"),
        command(Page, "?", "help", Press("help"), "this help"),
        command(Cost, RUN, "measure", Do(Verb::Measure), "measure"),
        command(Program, RUN, "program-run", Press("program-run"), "run the program"),
        command(Program, "Tab", "program-indent", Own, "indent; Escape, then Tab leaves"),
        command(Build, "a", "add-array", Do(Verb::Add), "add an array"),
        command(Build, "Alt+ArrowUp", "row-up", Do(Verb::Move(Direction::Up)), "move the open row up"),
        command(Build, "Alt+ArrowDown", "row-down", Do(Verb::Move(Direction::Down)), "move it down"),
        command(Build, "d", "row-duplicate", Do(Verb::Duplicate), "duplicate it"),
        command(Build, "Delete", "row-remove", Do(Verb::Remove), "remove it"),
        command(Drawing, "ArrowLeft ArrowRight", "drawing-segment", Own, "previous, next segment; in a part, move it"),
        command(
            Drawing,
            "Shift+ArrowLeft Shift+ArrowRight",
            "drawing-step",
            Own,
            "previous, next segment, also in a part",
        ),
        command(Drawing, "+ -", "drawing-zoom", Own, "zoom in, out"),
        command(Drawing, "0", "drawing-whole", Own, "all of the payload"),
        command(Drawing, "Enter", "drawing-fit", Own, "the selected segment large; again, all of it"),
        command(Drawing, "ArrowUp ArrowDown PageUp PageDown", "drawing-row", Own, "previous, next row"),
        command(Drawing, "Home End", "drawing-ends", Own, "first, last segment"),
        command(Bytes, "g", "bytes-go", Focus("bytes-go"), "go to an offset"),
        command(Bytes, "/", "bytes-sought", Focus("bytes-sought"), "search"),
        command(Bytes, "n", "bytes-next", Press("bytes-next"), "next hit"),
        command(Bytes, "Shift+N", "bytes-previous", Press("bytes-previous"), "previous hit"),
        command(Bytes, "d", "bytes-difference-next", Press("bytes-difference-next"), "next difference"),
        command(
            Bytes,
            "Shift+D",
            "bytes-difference-previous",
            Press("bytes-difference-previous"),
            "previous difference",
        ),
        command(Bytes, "Escape", "bytes-leave", Own, "from a field back to the bytes; from there close"),
        command(
            Lines,
            "ArrowLeft ArrowRight ArrowUp ArrowDown PageUp PageDown",
            "bytes-move",
            Own,
            "move; with Shift select",
        ),
        command(Lines, "Home End", "bytes-line", Own, "ends of the line; with Ctrl of the payload"),
        command(Lines, "Control+A", "bytes-all", Own, "select all"),
        command(Wire, "r", "wire-record", Press("wire-record"), "record, or stop"),
        command(Wire, "p", "wire-pause", Press("wire-pause"), "hold the list, or let it go on"),
        command(Wire, "/", "wire-text", Focus("wire-text"), "show only some keys"),
        command(Wire, "f", "wire-follow", Press("wire-follow"), "only this message, or all"),
        command(Wire, "n", "wire-next", Press("wire-next"), "next fragment of the message"),
        command(Wire, "Shift+N", "wire-previous", Press("wire-previous"), "fragment before it"),
        command(Wire, "1", "wire-list", Focus("wire-list"), "go to the frames"),
        command(Wire, "2", "wire-fields", Focus("wire-fields"), "go to the fields"),
        command(Wire, "3", "wire-bytes", Focus("wire-bytes"), "go to the bytes"),
        command(Wire, "Escape", "wire-leave", Own, "from a field back to the frames; from there close"),
        command(Frames, "ArrowUp ArrowDown PageUp PageDown Home End", "wire-move", Own, "frame before, next frame"),
        command(Frames, "ArrowRight ArrowLeft", "wire-fold", Own, "unfold equal fragments, fold them"),
        command(Fields, "ArrowUp ArrowDown Home End", "wire-field", Own, "field before, next field"),
        command(Fields, "ArrowRight ArrowLeft", "wire-group", Own, "open a group, close it"),
        command(
            FrameBytes,
            "ArrowLeft ArrowRight ArrowUp ArrowDown PageUp PageDown Home End",
            "wire-byte",
            Own,
            "byte before, next byte",
        ),
    ]
};

impl Shortcut {
    /// Whether one of its keys is this one.
    fn has(&self, pressed: &str) -> bool {
        self.keys.split(' ').any(|key| key == pressed)
    }

    /// Whether its key is a character without Ctrl or Alt: a person who dictates, or hits keys by
    /// mistake, can turn those off.
    #[must_use]
    pub fn is_character(&self) -> bool {
        // A command may have several keys, with spaces between them.
        self.keys.split(' ').any(|keys| keys.strip_prefix("Shift+").unwrap_or(keys).chars().count() == 1)
    }
}

/// The command whose control has this `id`.
#[must_use]
pub fn of(id: &str) -> Option<&'static Shortcut> {
    SHORTCUTS.iter().find(|command| command.id == id)
}

/// The keys of the command whose control has this `id`, as the attribute `aria-keyshortcuts` wants
/// them.
#[must_use]
pub fn aria(id: &str) -> Option<&'static str> {
    of(id).map(|command| command.keys)
}

/// The keys of the command whose control has this `id`, for its title.
#[must_use]
pub fn hint(id: &str) -> Option<String> {
    of(id).map(|command| format!("Key: {}", shown(command.keys).collect::<Vec<_>>().join(", ")))
}

/// Each key as it is printed on a keyboard: `Ctrl Enter`, `↑`.
pub fn shown(keys: &'static str) -> impl Iterator<Item = String> {
    keys.split(' ').map(|key| {
        // The one key whose name is what stands between the others.
        if key == "+" {
            return key.to_owned();
        }
        let parts = key.split('+').map(|part| match part {
            "Control" => "Ctrl",
            "ArrowLeft" => "←",
            "ArrowRight" => "→",
            "ArrowUp" => "↑",
            "ArrowDown" => "↓",
            "PageUp" => "Page Up",
            "PageDown" => "Page Down",
            other => other,
        });
        parts.collect::<Vec<_>>().join(" ")
    })
}

/// A key that was pressed, written as in the registry. `key` is what a browser says; `control` also
/// stands for the command key. For the letters after which keys are named, Shift counts
/// and not Caps Lock. Of other characters the character counts, however a keyboard makes it.
#[must_use]
pub fn pressed(key: &str, control: bool, alt: bool, shift: bool) -> String {
    let mut letters = key.chars();
    let single = letters.next().filter(|_| letters.next().is_none());
    let letter = single.filter(char::is_ascii_alphabetic);
    let key = match letter {
        Some(letter) if shift || control || alt => letter.to_ascii_uppercase().to_string(),
        Some(letter) => letter.to_ascii_lowercase().to_string(),
        None => key.to_owned(),
    };
    let shift = shift && (single.is_none() || letter.is_some());
    let held = |held: bool, name: &'static str| if held { name } else { "" };
    format!("{}{}{}{key}", held(control, "Control+"), held(alt, "Alt+"), held(shift, "Shift+"))
}

/// The command for a key that was pressed where these contexts hold, the innermost first, unless
/// what has the focus listens itself.
#[must_use]
pub fn find(pressed: &str, contexts: &[Context], typing: bool) -> Option<&'static Shortcut> {
    if typing && pressed != RUN {
        return None;
    }
    let in_context =
        |context: &Context| SHORTCUTS.iter().find(|command| command.context == *context && command.has(pressed));
    contexts.iter().find_map(in_context).filter(|command| command.run != Reaction::Own)
}

/// Whether an element takes characters: its tag and, of an input, its type, both in lower case.
#[must_use]
pub fn is_typed_in(tag: &str, kind: &str) -> bool {
    match tag {
        "textarea" | "select" => true,
        "input" => !matches!(kind, "button" | "checkbox" | "file" | "image" | "radio" | "range" | "reset" | "submit"),
        _ => false,
    }
}

/// The one after `here`, around the end.
fn next<T: PartialEq + Copy>(all: &[T], here: T) -> Option<T> {
    let at = all.iter().position(|one| *one == here)?;
    all.get((at + 1) % all.len()).copied()
}

impl State {
    /// What a verb means now; `None` when there is nothing to do it to.
    pub(super) fn command(&self, verb: Verb) -> Option<Action> {
        Some(match verb {
            Verb::Put => Action::Put,
            Verb::Measure => Action::Measure,
            Verb::Connect => Action::Connect,
            Verb::Subscribe => Action::Subscribe,
            Verb::NextMode => {
                let row = self.rows.iter().find(|row| Some(row.id) == self.selected_row())?;
                Action::Edit(row.id, Edit::Mode(next(&Mode::ALL, row.mode)?))
            }
            Verb::NextView => Action::View(next(&View::ALL, self.view)?),
            Verb::Presenter => Action::Stage(stage::Change::Large(stage::Large::Presenter)),
            Verb::Whole => Action::Stage(stage::Change::Whole),
            Verb::PlayOrPause => Action::Film(film::Change::PlayOrPause),
            Verb::Scene(forward) => Action::Film(film::Change::Step(forward)),
            Verb::Lesson(forward) => {
                self.lessons.course()?;
                Action::Lesson(lesson::Change::Step(forward))
            }
            Verb::Turn(forward) => {
                let verb = if self.lessons.course().is_some() { Verb::Lesson(forward) } else { Verb::Scene(forward) };
                return self.command(verb);
            }
            Verb::Bytes => {
                let offset = self.offset_of(self.selected);
                Action::Look(Some(Looking { subject: bytes::Subject::Build, offset }))
            }
            Verb::Wire => wire::Change::Open(true).into(),
            Verb::Add => Action::Add(Element::Uint8),
            Verb::Move(direction) => Action::Move(self.selected_row()?, direction),
            Verb::Duplicate => Action::Duplicate(self.selected_row()?),
            Verb::Remove => Action::Remove(self.selected_row()?),
            Verb::Undo => Action::Undo,
            Verb::Redo => Action::Redo,
        })
    }

    fn selected_row(&self) -> Option<RowId> {
        self.selected.map(|selected| selected.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What browsers and systems do with a key, and people count on.
    const ESSENTIAL: [&str; 62] = [
        "Tab",
        "Shift+Tab",
        "Enter",
        "Shift+Enter",
        " ",
        "Shift+ ",
        "Escape",
        "Backspace",
        "ContextMenu",
        "Shift+F10",
        "F1",
        "F3",
        "F5",
        "F6",
        "F7",
        "F11",
        "F12",
        "Control+A",
        "Control+C",
        "Control+X",
        "Control+V",
        // Control+Z as well, but in fields only: there the page leaves it alone.
        "Control+Y",
        "Control+F",
        "Control+G",
        "Control+P",
        "Control+S",
        "Control+O",
        "Control+N",
        "Control+T",
        "Control+W",
        "Control+R",
        "Control+L",
        "Control+D",
        "Control+H",
        "Control+J",
        "Control+K",
        "Control+U",
        "Control+Shift+T",
        "Control+Shift+N",
        "Control+Shift+I",
        "Control+Shift+C",
        "Control+Shift+R",
        "Control++",
        "Control+-",
        "Control+0",
        "Control+1",
        "Control+9",
        "Control+Tab",
        "Control+PageUp",
        "Control+PageDown",
        "Alt+ArrowLeft",
        "Alt+ArrowRight",
        "Alt+Home",
        "Alt+F4",
        "Alt+D",
        "Alt+Tab",
        "ArrowUp",
        "ArrowDown",
        "PageUp",
        "PageDown",
        "Home",
        "End",
    ];

    fn held_in(context: Context) -> impl Iterator<Item = &'static Shortcut> {
        let around = std::iter::successors(Some(context), |context| context.around()).collect::<Vec<_>>();
        SHORTCUTS.iter().filter(move |command| around.contains(&command.context))
    }

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for context in Context::ALL {
            let mut seen = std::collections::BTreeMap::new();
            for (key, id) in held_in(context).flat_map(|command| command.keys.split(' ').map(|key| (key, command.id))) {
                if let Some(other) = seen.insert(key, id) {
                    // The one key that runs what a pane is for.
                    let runs = [(Context::Cost, RUN, "put", "measure"), (Context::Program, RUN, "put", "program-run")];
                    assert!(runs.contains(&(context, key, other, id)), "{context:?} {key} {other} {id}");
                }
            }
        }
        for command in SHORTCUTS {
            let same = SHORTCUTS.iter().filter(|other| other.id == command.id || other.label == command.label).count();
            assert_eq!(same, 1, "{} is not the only one of its name", command.id);
        }
    }

    #[test]
    fn nothing_is_taken_from_the_browser_or_the_system() {
        for command in SHORTCUTS {
            for key in command.keys.split(' ').filter(|key| ESSENTIAL.contains(key)) {
                // Where only what has the focus takes it, as lists and grids do, and where it means
                // the same. What fills the window ends by Escape, as a dialog does, and nothing
                // scrolls in presenter view.
                let fills = matches!(command.context, Context::Large | Context::Presenter);
                assert!(
                    fills || command.run == Reaction::Own,
                    "{} takes {key} from everything in {:?}",
                    command.id,
                    command.context
                );
            }
            // A browser's own keys go with Ctrl and a letter or a digit.
            let taken =
                command.keys.split(' ').any(|key| key.strip_prefix("Control+").is_some_and(|key| key.len() == 1));
            // Undo is the browser's in fields, which the page leaves alone, and the page's elsewhere.
            let undoes = command.run == Reaction::Do(Verb::Undo);
            assert!(!taken || command.run == Reaction::Own || undoes, "{}", command.id);
        }
    }

    #[test]
    fn a_key_is_written_as_the_registry_writes_it() {
        assert_eq!(pressed("Enter", true, false, false), RUN);
        assert_eq!(pressed("t", false, false, false), "t");
        // Caps Lock does not count as Shift.
        assert_eq!(pressed("T", false, false, false), "t");
        assert_eq!(pressed("n", false, false, true), "Shift+N");
        // A question mark is one on every keyboard, and a digit on one where digits need Shift.
        assert_eq!(pressed("?", false, false, true), "?");
        assert_eq!(pressed("1", false, false, true), "1");
        assert_eq!(pressed("ArrowUp", false, true, false), "Alt+ArrowUp");
        assert_eq!(pressed("a", true, false, false), "Control+A");
        assert_eq!(pressed("Tab", false, false, true), "Shift+Tab");
    }

    #[test]
    fn every_key_is_one_that_can_be_pressed() {
        for key in SHORTCUTS.iter().flat_map(|command| command.keys.split(' ')) {
            let (mut control, mut alt, mut shift, mut rest) = (false, false, false, key);
            for (name, held) in [("Control+", &mut control), ("Alt+", &mut alt), ("Shift+", &mut shift)] {
                if let Some(after) = rest.strip_prefix(name) {
                    (*held, rest) = (true, after);
                }
            }
            assert_eq!(pressed(rest, control, alt, shift), key);
        }
    }

    #[test]
    fn the_innermost_context_wins_and_a_field_keeps_its_keys() {
        let id = |key: &str, contexts: &[Context], typing| find(key, contexts, typing).map(|command| command.id);
        let (cost, build, page) =
            (&[Context::Cost, Context::Page][..], &[Context::Build, Context::Page][..], &[Context::Page][..]);
        assert_eq!(id(RUN, page, false), Some("put"));
        assert_eq!(id(RUN, build, true), Some("put"));
        assert_eq!(id(RUN, cost, true), Some("measure"));
        assert_eq!(id("1", build, false), Some("pane-build"));
        assert_eq!(id("a", page, false), None);
        assert_eq!(id("a", build, false), Some("add-array"));
        for key in SHORTCUTS.iter().flat_map(|command| command.keys.split(' ')).filter(|key| *key != RUN) {
            assert!(
                Context::ALL.iter().all(|context| find(key, &[*context], true).is_none()),
                "{key} fires in a field"
            );
        }
        // In a dialog nothing of the page holds; what the focus is in listens itself.
        assert_eq!(id(RUN, &[Context::Lines, Context::Bytes], false), None);
        assert_eq!(id("?", &[], false), None);
        assert_eq!(id("ArrowLeft", &[Context::Drawing, Context::Page], false), None);
        assert!(
            is_typed_in("input", "text")
                && is_typed_in("input", "")
                && is_typed_in("select", "")
                && is_typed_in("textarea", "")
        );
        assert_eq!(shown("+ -").collect::<Vec<_>>(), ["+", "-"]);
        assert!(!is_typed_in("input", "radio") && !is_typed_in("button", "submit"));
    }

    #[test]
    fn keys_are_shown_as_they_are_printed() {
        assert_eq!(shown("ArrowUp Alt+ArrowDown").collect::<Vec<_>>(), ["↑", "Alt ↓"]);
        assert_eq!(hint("put").as_deref(), Some("Key: Ctrl Enter"));
        assert_eq!(aria("put"), Some(RUN));
        assert!(of("row-down").is_some_and(|command| !command.is_character()));
        assert!(of("bytes-previous").is_some_and(Shortcut::is_character));
    }

    #[test]
    fn verbs_do_what_their_controls_do() {
        let mut state = State::of(crate::app::Preset::Tensor);
        let first = state.rows[0].id;
        assert_eq!(
            state.command(Verb::NextMode),
            next(&Mode::ALL, state.rows[0].mode).map(|mode| Action::Edit(first, Edit::Mode(mode)))
        );
        for view in [View::AllCopy, View::AllBorrow, View::AllMove, View::AsSet] {
            state.apply(Action::Command(Verb::NextView));
            assert_eq!(state.view, view);
        }
        state.apply(Action::Command(Verb::Duplicate));
        assert_eq!(state.rows.len(), 2);
        state.apply(Action::Command(Verb::Move(Direction::Up)));
        assert_eq!(state.rows[1].id, first);
        state.apply(Action::Command(Verb::Bytes));
        assert_eq!(state.looking, Some(Looking { subject: bytes::Subject::Build, offset: 0 }));
        state.apply(Action::Command(Verb::Remove));
        state.apply(Action::Command(Verb::Remove));
        assert!(state.rows.is_empty());
        // With nothing to do it to, nothing happens; what cannot be done is told.
        for verb in [Verb::NextMode, Verb::Duplicate, Verb::Remove, Verb::Move(Direction::Down)] {
            assert_eq!(state.command(verb), None);
        }
        state.apply(Action::Command(Verb::Put));
        assert!(matches!(&state.put, super::super::Put::Failed(problem) if problem.title == "No session."));
    }
}
