//! The one listener for keys, and the texts that show the keys. [`crate::app::keys`] assigns the
//! keys.

use std::cell::{Cell, RefCell};

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, KeyboardEvent};
use yew::prelude::*;

use crate::ui::kit::html::html;

use super::dialog::close_view;
use crate::app::{
    Action,
    keys::{self, Context, Reaction, SHORTCUTS, Shortcut},
    stage::{Change, Large, Pane},
};

/// Where the browser stores that keys without Ctrl or Alt are off.
const STORED: &str = "zbytes-lab.keys";

thread_local! {
    /// Whether keys without Ctrl or Alt are off. The page keeps it too, because a browser may
    /// refuse to store it.
    static OFF: Cell<bool> = Cell::new(stored().is_some_and(|kept| kept == "off"));
}

thread_local! {
    /// The pane that gets the focus once the page is drawn with it. Keys that follow at once are meant for that pane.
    static COMING: Cell<Option<&'static str>> = const { Cell::new(None) };
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn stored() -> Option<String> {
    storage()?.get_item(STORED).ok().flatten()
}

/// Listens until the caller drops it.
pub(crate) fn listen(send: Callback<Action>) -> Option<EventListener> {
    let options = EventListenerOptions::enable_prevent_default();
    // On the window: the focused element and its dialog have handled the event before.
    Some(EventListener::new_with_options(&web_sys::window()?.into(), "keydown", options, move |event| {
        let Some(event) = event.dyn_ref::<KeyboardEvent>() else { return };
        // A key that the person holds down acts once. Keys that compose a character are not
        // commands.
        if event.default_prevented() || event.repeat() || event.is_composing() {
            return;
        }
        if let Some(command) = command(event) {
            event.prevent_default();
            match command.run {
                Reaction::Do(verb) => send.emit(Action::Command(verb)),
                Reaction::Press(id) => press(id, command.label),
                Reaction::Focus(id) => focus(id, &send),
                Reaction::Enlarge => {
                    let pane = pane_in_focus().unwrap_or(Pane::Layout);
                    send.emit(Action::Stage(Change::Large(Large::Pane(pane))));
                }
                // The browser closes a dialog that is over the page.
                Reaction::Own if event.key() == "Escape" => _ = close_view(),
                Reaction::Own => {}
            }
        } else if event.key() == "Escape" && close_view() {
            event.prevent_default();
        }
    }))
}

/// Leaves a key to the view that has it: neither the browser nor the page's own keys act on it.
///
/// A view calls this in the handler of the event itself. Yew stops for other work after 16 ms, and
/// then runs messages after their events have ended. It is too late there.
pub(crate) fn claim(event: &KeyboardEvent, wanted: bool) {
    if wanted {
        event.prevent_default();
    }
}

/// Whether a key moves within a view, or is one of `also`. Keys with Ctrl or Alt are not, and a
/// button inside of the view keeps its own.
pub(crate) fn moves(event: &KeyboardEvent, also: &[&str]) -> bool {
    let (key, control) = (event.key(), event.ctrl_key() || event.meta_key());
    let wanted = is_move(&key) || also.contains(&key.as_str());
    wanted && !control && !event.alt_key() && !is_on(event, &["BUTTON"])
}

/// Whether a key moves the cursor of a list, of a tree or of a grid.
pub(crate) fn is_move(key: &str) -> bool {
    matches!(key, "ArrowLeft" | "ArrowRight" | "ArrowUp" | "ArrowDown" | "PageUp" | "PageDown" | "Home" | "End")
}

/// Whether the key is the Escape of a field. It leads back to the view that the field belongs to.
pub(crate) fn leaves_field(event: &KeyboardEvent) -> bool {
    event.key() == "Escape" && is_on(event, FIELDS)
}

/// The tags of elements that a person types into, or chooses in.
pub(crate) const FIELDS: &[&str] = &["INPUT", "SELECT", "TEXTAREA"];

/// Whether the event happens on an element of such a tag.
pub(crate) fn is_on(event: &KeyboardEvent, tags: &[&str]) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| tags.contains(&target.tag_name().as_str()))
}

/// Gives the focus to an element. A pane that has no place in the window gets one first.
fn focus(id: &'static str, send: &Callback<Action>) {
    // Fails for an element that cannot take the focus. The focus stays where it is then.
    let now = move || with(id, |element| _ = element.focus());
    match Pane::of(id) {
        Some(pane) => {
            send.emit(Action::Stage(Change::Reveal(pane)));
            COMING.set(Some(id));
            // After the page was drawn with it.
            Timeout::new(0, move || {
                // A later key may have led elsewhere.
                if COMING.get() == Some(id) {
                    COMING.set(None);
                    now();
                }
            })
            .forget();
        }
        None => {
            COMING.set(None);
            now();
        }
    }
}

/// The pane that the focus is in.
fn pane_in_focus() -> Option<Pane> {
    let focus = web_sys::window()?.document()?.active_element()?;
    Pane::of(&focus.closest("section.pane").ok()??.id())
}

/// The command of an event, in the context where the event happened.
fn command(event: &KeyboardEvent) -> Option<&'static Shortcut> {
    // AltGr makes characters on some keyboards. Some systems report it as both Ctrl and Alt.
    let made = event.get_modifier_state("AltGraph");
    let control = !made && (event.ctrl_key() || event.meta_key());
    let pressed = keys::pressed(&event.key(), control, !made && event.alt_key(), event.shift_key());
    let document = web_sys::window()?.document()?;
    let coming = COMING.get().and_then(|id| document.get_element_by_id(id));
    let focus = coming.or_else(|| document.active_element());
    let inside = focus.as_ref().and_then(|focus| focus.closest("dialog[open]").ok().flatten());
    // One below the drawing leaves the page its keys.
    let dialog = inside.or_else(|| document.query_selector("dialog:modal").ok().flatten());
    // The page may have removed the focused element of a dialog.
    let here = match (&dialog, focus) {
        (Some(dialog), focus) => focus.filter(|focus| dialog.contains(Some(focus))).or_else(|| Some(dialog.clone())),
        (None, focus) => focus,
    };
    let holds = |context: &Context| match context.selector() {
        None => dialog.is_none(),
        Some(selector) => {
            let found = here.as_ref().and_then(|here| here.closest(selector).ok().flatten());
            found.is_some_and(|found| dialog.as_ref().is_none_or(|dialog| dialog.contains(Some(&found))))
        }
    };
    let contexts: Vec<Context> = Context::ALL.into_iter().filter(holds).collect();
    keys::find(&pressed, &contexts, here.as_ref().is_some_and(is_typed_in))
        .filter(|command| !(command.is_character() && OFF.get()))
}

fn is_typed_in(element: &Element) -> bool {
    let kind = element.dyn_ref::<HtmlInputElement>().map(HtmlInputElement::type_).unwrap_or_default();
    keys::is_typed_in(&element.tag_name().to_ascii_lowercase(), &kind)
        || element.dyn_ref::<HtmlElement>().is_some_and(HtmlElement::is_content_editable)
}

/// The `id` of the place that shows that a key has no effect now. It is always in the page, so that
/// a screen reader announces a change.
const SAID: &str = "key-said";

thread_local! {
    /// Removes the words after a while.
    static FADING: RefCell<Option<Timeout>> = const { RefCell::new(None) };
}

/// The place for messages about keys.
pub(crate) fn said() -> Html {
    html! { <p id={SAID} role="status"></p> }
}

/// Clicks a control, or shows that it cannot be clicked now.
fn press(id: &str, label: &str) {
    let document = web_sys::window().and_then(|window| window.document());
    let found = document.as_ref().and_then(|document| document.get_element_by_id(id));
    let can_be = found.as_ref().is_some_and(|element| !element.has_attribute("disabled"));
    let words = (!can_be).then(|| format!("Not possible now: {label}."));
    if let Some(element) = found.filter(|_| can_be).and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        element.click();
    }
    if let Some(place) = document.and_then(|document| document.get_element_by_id(SAID)) {
        place.set_text_content(words.as_deref());
        let fading = words.map(|_| Timeout::new(5_000, move || place.set_text_content(None)));
        FADING.set(fading);
    }
}

fn with(id: &str, act: impl FnOnce(&HtmlElement)) {
    let found =
        web_sys::window().and_then(|window| window.document()).and_then(|document| document.get_element_by_id(id));
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        act(&element);
    }
}

/// Draws keys as their caps are labelled.
fn caps(keys: &'static str) -> Html {
    html! { { for keys::shown(keys).map(|key| html! { <><kbd>{ key }</kbd>{ " " }</> }) } }
}

/// Every command that has a key, by context, and the switch for single-character keys.
#[component]
pub(crate) fn KeysTable() -> Html {
    let off = use_state_eq(|| OFF.get());
    let onchange = {
        let off = off.setter();
        Callback::from(move |event: Event| {
            let now = !event.target_unchecked_into::<HtmlInputElement>().checked();
            OFF.set(now);
            off.set(now);
            // If the browser refuses to store the choice, the switch still works for this page.
            let _ = storage()
                .map(|storage| if now { storage.set_item(STORED, "off") } else { storage.remove_item(STORED) });
        })
    };
    let group = |context: Context| {
        html! {
            <tbody>
                <tr><th colspan="2" scope="rowgroup">{ context.name() }</th></tr>
                { for SHORTCUTS.iter().filter(|command| command.context == context).map(|command| html! {
                    <tr data-command={command.id}><td>{ caps(command.keys) }</td><td>{ command.label }</td></tr>
                }) }
            </tbody>
        }
    };
    html! {
        <>
            <div class="table-scroll" tabindex="0" role="group" aria-label="Keys">
                <table class="keys" id="keys">
                    <thead class="unseen"><tr><th scope="col">{ "key" }</th><th scope="col">{ "what it does" }</th></tr></thead>
                    { for Context::ALL.into_iter().rev().map(group) }
                </table>
            </div>
            <label class="check">
                <input type="checkbox" id="keys-on" checked={!*off} {onchange} />
                <span>{ "keys without Ctrl or Alt work" }</span>
            </label>
        </>
    }
}

/// The keys of the view Bytes, in a line.
pub(crate) fn in_line(contexts: &[Context]) -> Html {
    let commands = SHORTCUTS.iter().filter(|command| contexts.contains(&command.context));
    html! { { for commands.map(|command| html! { <span>{ caps(command.keys) }{ command.label }</span> }) } }
}
