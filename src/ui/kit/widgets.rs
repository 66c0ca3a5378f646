//! The few controls and marks that every pane uses.

use std::marker::PhantomData;

use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, ResizeObserver};
use yew::prelude::*;

use super::terms::with_terms;
use crate::present::{
    format,
    glossary::{self, Term},
};
use crate::{
    app::{
        Action, MAX_DIMENSIONS, Problem, State, keys,
        stage::{Change, Large, Pane},
    },
    given::expression::evaluate,
    outside::{self, Outside, Piece},
    ui::kit::html::html,
};

/// The properties that every pane gets.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct PaneProps {
    /// The state to show.
    pub(crate) state: std::rc::Rc<crate::app::State>,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
}

/// The properties of a pane or a dialog that also asks the engine.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct AskingProps {
    /// The state to show.
    pub(crate) state: std::rc::Rc<crate::app::State>,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
    /// The way to the engine.
    pub(crate) errands: crate::web::Errands,
}

/// By how much the page magnifies an element: a large window has a larger page, by the styles. The
/// places of a pointer are those of the window.
pub(crate) fn magnified(element: &HtmlElement) -> f64 {
    let (drawn, own) = (element.get_bounding_client_rect().width(), f64::from(element.offset_width()));
    if drawn > 0.0 && own > 0.0 { drawn / own } else { 1.0 }
}

/// A callback that sends the same action each time.
pub(crate) fn sends<E>(send: &Callback<Action>, action: Action) -> Callback<E> {
    send.reform(move |_| action.clone())
}

/// Keeps a form from leaving the page and sends an action instead. So Enter in a field does the
/// same as the form's button.
pub(crate) fn submits(send: &Callback<Action>, action: Action) -> Callback<SubmitEvent> {
    let send = send.clone();
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        send.emit(action.clone());
    })
}

/// The head of a pane: its number in a box, its name, a few words, then controls. The last one has
/// the pane fill the window.
pub(crate) fn pane_head(
    pane: Pane,
    words: &'static str,
    controls: Html,
    state: &State,
    send: &Callback<Action>,
) -> Html {
    let number = Pane::ALL.iter().position(|one| *one == pane).map_or(0, |at| at + 1);
    let name = pane.name();
    let large = state.stage.large == Some(Large::Pane(pane));
    let label = if large { "Show the whole page again".to_owned() } else { format!("Fill the window with {name}") };
    html! {
        <header class="head">
            <h2 id={pane.id().replace("pane", "head")}><span class="number" aria-hidden="true">{ number }</span>{ name }</h2>
            <span class="quiet head-words">{ with_terms(words) }</span>
            <div class="head-controls">{ controls }</div>
            <button type="button" class="icon large" id={pane.id().replace("pane", "large")} aria-pressed={if large { "true" } else { "false" }}
                aria-label={label.clone()} title={format!("{label}. {}", keys::hint("enlarge").unwrap_or_default())}
                onclick={sends(send, Action::Stage(Change::Large(Large::Pane(pane))))}>
                <svg width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
                    <path class="line" d={if large { "M5 1v4h-4M8 12v-4h4" } else { "M8 1h4v4M5 12h-4v-4" }} />
                </svg>
            </button>
        </header>
    }
}

/// A problem: a red bar, with the cause in bold and the details.
pub(crate) fn problem(id: &'static str, problem: &Problem) -> Html {
    html! {
        <p class="problem" role="alert" id={id}><strong>{ &problem.title }</strong>{ " " }{ &problem.detail }</p>
    }
}

/// A text from outside, with a text direction of its own. Invisible characters are shown in a
/// notation.
pub(crate) fn outside(text: &Outside) -> Html {
    let pieces = outside::pieces(text.raw(), outside::LINE).into_iter().map(|piece| match piece {
        Piece::Plain(plain) => html! { { plain.to_owned() } },
        Piece::Notation(words) => html! { <span class="notation">{ words }</span> },
    });
    html! { <bdi>{ for pieces }</bdi> }
}

/// One choice of a [`segmented`] control.
pub(crate) struct Choice {
    /// The `id` of its radio button.
    pub(crate) id: AttrValue,
    /// The text of the choice.
    pub(crate) label: &'static str,
    /// Whether this choice holds.
    pub(crate) chosen: bool,
    /// Called when the person chooses it.
    pub(crate) choose: Callback<Event>,
}

/// Radio buttons in a row. `legend` is for screen readers; a visible label must be beside it. A key
/// for `group` chooses the next button.
pub(crate) fn segmented(legend: &'static str, group: &'static str, choices: Vec<Choice>) -> Html {
    html! {
        <fieldset class="segmented" aria-keyshortcuts={keys::aria(group)} title={keys::hint(group)}>
            <legend class="unseen">{ legend }</legend>
            { for choices.into_iter().map(|choice| {
                let term = glossary::known(choice.label).map(Term::id);
                html! {
                    <label data-term={term.clone()}>
                        <input type="radio" name={group} id={choice.id} checked={choice.chosen} onchange={choice.choose} aria-describedby={term} />
                        <span data-label={choice.label}>{ choice.label }</span>
                    </label>
                }
            }) }
        </fieldset>
    }
}

/// A checkbox with its label.
pub(crate) fn check(id: &'static str, label: &'static str, on: bool, change: Callback<bool>) -> Html {
    let onchange = change.reform(|event: Event| event.target_unchecked_into::<HtmlInputElement>().checked());
    let term = glossary::known(label).map(Term::id);
    html! {
        <label class="check" data-term={term.clone()}>
            <input type="checkbox" {id} checked={on} {onchange} aria-describedby={term} /><span>{ label }</span>
        </label>
    }
}

/// The class that sets the hue of the segment at `position`.
pub(crate) fn hue(position: usize) -> String {
    format!("seg-{}", position % 8)
}

/// The paint of the pattern that means "lives here", for the segment at `position`. [`Patterns`]
/// defines it.
pub(crate) fn hatch(position: usize) -> String {
    format!("url(#hatch-{}-{})", position % 8, position % 7)
}

/// The paint of the pattern over solid ink for the segment at `position`.
pub(crate) fn overlay(position: usize) -> String {
    format!("url(#over-{})", position % 7)
}

/// The paint of chevrons in the hue of the segment at `position`.
pub(crate) fn chevrons(position: usize) -> String {
    format!("url(#chevrons-{})", position % 8)
}

/// A small square in a segment's colour and pattern.
pub(crate) fn swatch(position: usize) -> Html {
    html! {
        <svg class={classes!("swatch", hue(position))} width="13" height="13" viewBox="0 0 13 13" aria-hidden="true">
            <rect class="tint" width="13" height="13" />
            <rect width="13" height="13" fill={hatch(position)} />
            <rect class="edge" x="1" y="1" width="11" height="11" />
        </svg>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct PatternsProps {
    /// The number of segments to draw.
    pub(crate) count: usize,
}

/// The definitions that [`hatch`], [`overlay`] and [`chevrons`] name. The page has them once.
///
/// Each definition has a key. Without keys, Yew would match the lists from their ends. A further
/// segment would then give every element the name of its neighbour. WebKit continues to paint with
/// the element that had the name first.
#[component]
pub(crate) fn Patterns(props: &PatternsProps) -> Html {
    // Hue and pattern repeat after 56 positions.
    let hatches = (0..props.count.clamp(3, 56)).map(|position| {
        let (class, shape) = (classes!("pattern-lines", hue(position)), shape(position % 7));
        let tile = TILES[position % 7];
        let id = format!("hatch-{}-{}", position % 8, position % 7);
        html! {
            <pattern key={id.clone()} {id} {class} width={tile.0} height={tile.1} patternUnits="userSpaceOnUse">
                { shape }
            </pattern>
        }
    });
    let overlays = (0..7).map(|pattern| {
        let tile = TILES[pattern];
        let id = format!("over-{pattern}");
        html! {
            <pattern key={id.clone()} {id} class="pattern-lines pattern-over" width={tile.0} height={tile.1}
                patternUnits="userSpaceOnUse">{ shape(pattern) }</pattern>
        }
    });
    let chevrons = (0..8).map(|at| {
        let id = format!("chevrons-{at}");
        html! {
            <pattern key={id.clone()} {id} class={classes!("pattern-lines", "pattern-chevrons", hue(at))} width="16"
                height="18" patternUnits="userSpaceOnUse">
                <path d="M5 5L8 8L11 5M5 9.5L8 12.5L11 9.5" />
            </pattern>
        }
    });
    html! {
        <svg class="patterns" width="0" height="0" aria-hidden="true">
            <defs>
                { for hatches }
                { for overlays }
                { for chevrons }
                <pattern id="legend-hatch" class="pattern-lines pattern-ink" width="6" height="6" patternUnits="userSpaceOnUse">
                    { shape(0) }
                </pattern>
                <pattern id="legend-dots" class="pattern-dots pattern-ink" width="5" height="5" patternUnits="userSpaceOnUse">
                    <circle cx="2.5" cy="2.5" r="1" />
                </pattern>
            </defs>
        </svg>
    }
}

/// Width and height of each pattern's tile, in pixels.
const TILES: [(&str, &str); 7] = [("6", "6"), ("7", "7"), ("5", "5"), ("6", "6"), ("5", "5"), ("7", "7"), ("8", "6")];

fn shape(pattern: usize) -> Html {
    let path = match pattern {
        0 => "M-1 1L1 -1M0 6L6 0M5 7L7 5",
        1 => return html! { <circle cx="3.5" cy="3.5" r="1" /> },
        2 => "M2.5 0V5",
        3 => "M-1 5L1 7M0 0L6 6M5 -1L7 1",
        4 => "M0 2.5H5",
        5 => "M3.5 1.2V5.8M1.2 3.5H5.8",
        _ => "M0 4.5L2 2L4 4.5L6 2L8 4.5",
    };
    html! { <path d={path} /> }
}

#[derive(PartialEq, Properties)]
pub(crate) struct SelectProps {
    /// The `id` of the `<select>`.
    pub(crate) id: &'static str,
    /// The key of the option that holds.
    pub(crate) value: AttrValue,
    /// Key and text of every option.
    pub(crate) options: Vec<(AttrValue, AttrValue)>,
    /// Gets the key of the option that the person chooses.
    pub(crate) choose: Callback<String>,
    /// A name for screen readers, where the page shows no label beside it.
    #[prop_or_default]
    pub(crate) name: Option<AttrValue>,
}

/// A `<select>` that always shows the value that it gets. After the person has chosen once, a
/// browser ignores the `selected` attribute of the options. So the component sets the value on the
/// element itself.
#[component]
pub(crate) fn Select(props: &SelectProps) -> Html {
    let node = use_node_ref();
    {
        let (node, value) = (node.clone(), props.value.clone());
        use_effect(move || {
            if let Some(element) = node.cast::<HtmlSelectElement>() {
                element.set_value(&value);
            }
        });
    }
    let onchange = props.choose.reform(|event: Event| event.target_unchecked_into::<HtmlSelectElement>().value());
    let term = glossary::known(&props.value).map(Term::id);
    html! {
        <select id={props.id} ref={node} {onchange} aria-label={props.name.clone()} data-term={term.clone()} aria-describedby={term}
            aria-keyshortcuts={keys::aria(props.id)} title={keys::hint(props.id)}>
            { for props.options.iter().map(|(key, text)| html! { <option value={key}>{ text }</option> }) }
        </select>
    }
}

/// A value that a person can type into a [`Field`].
pub(crate) trait Typed: Clone + PartialEq + 'static {
    /// Parses a text. The bounds `least` and `most` have a meaning of their own for each type.
    /// `size` is the bytes of one of what is counted, where an amount in bytes may be typed.
    ///
    /// # Errors
    /// A text that says what is wrong.
    fn read(text: &str, least: usize, most: usize, size: usize) -> Result<Self, String>;
    /// Whether a text does not show its value by itself.
    fn is_computed(_text: &str) -> bool {
        false
    }
    /// The value as a text.
    fn show(&self) -> String;
}

/// A whole number.
impl Typed for usize {
    fn read(text: &str, least: usize, most: usize, size: usize) -> Result<Self, String> {
        format::whole_number(text, least, most, size)
    }

    fn is_computed(text: &str) -> bool {
        evaluate(text).is_ok_and(|amount| amount.computed)
    }

    fn show(&self) -> String {
        format::count(*self)
    }
}

/// The sides of a tensor; the bounds are those of its elements.
impl Typed for Vec<u32> {
    fn read(text: &str, _least: usize, most: usize, _size: usize) -> Result<Self, String> {
        format::sides(text, MAX_DIMENSIONS, most)
    }

    fn show(&self) -> String {
        format::shape(self)
    }
}

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct FieldProps<T: Typed> {
    /// The `id` of the input.
    pub(crate) id: AttrValue,
    /// The label of the field.
    pub(crate) label: AttrValue,
    /// A class for the field's own style.
    #[prop_or_default]
    pub(crate) class: Classes,
    /// A sign in front of the input, as in `×`.
    #[prop_or_default]
    pub(crate) sign: AttrValue,
    /// The value in the state. The field shows it until the person types another text.
    pub(crate) value: T,
    /// The least value that the field accepts.
    pub(crate) least: usize,
    /// The greatest value that the field accepts.
    pub(crate) most: usize,
    /// Bytes of one of what the field counts, where a person may type an amount in bytes.
    #[prop_or(1)]
    pub(crate) size: usize,
    /// Called with every valid value.
    pub(crate) change: Callback<T>,
}

pub(crate) enum FieldMsg {
    Typed(String),
    Left,
}

/// A field for a typed value. The text stays as the person typed it. For an invalid text, the field
/// shows the reason below it and does not call `change`.
pub(crate) struct Field<T: Typed> {
    text: String,
    error: Option<String>,
    value: PhantomData<T>,
}

/// A field for a whole number.
pub(crate) type NumberField = Field<usize>;

/// A field for the sides of a tensor.
pub(crate) type SidesField = Field<Vec<u32>>;

impl<T: Typed> Component for Field<T> {
    type Message = FieldMsg;
    type Properties = FieldProps<T>;

    fn create(ctx: &Context<Self>) -> Self {
        Self { text: ctx.props().value.show(), error: None, value: PhantomData }
    }

    fn update(&mut self, ctx: &Context<Self>, msg: FieldMsg) -> bool {
        let props = ctx.props();
        match msg {
            FieldMsg::Typed(text) => {
                self.text = text;
                match T::read(&self.text, props.least, props.most, props.size) {
                    Ok(value) => {
                        self.error = None;
                        if value != props.value {
                            props.change.emit(value);
                        }
                    }
                    Err(error) => self.error = Some(error),
                }
            }
            FieldMsg::Left => {
                if self.error.is_none() {
                    self.text = props.value.show();
                }
            }
        }
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &FieldProps<T>) -> bool {
        let props = ctx.props();
        let typed = T::read(&self.text, props.least, props.most, props.size);
        if props.value != old.value && typed.as_ref() != Ok(&props.value) {
            self.text = props.value.show();
            self.error = None;
        } else if (props.least, props.most, props.size) != (old.least, old.most, old.size) {
            self.error = typed.err();
        }
        true
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let oninput = ctx
            .link()
            .callback(|event: InputEvent| FieldMsg::Typed(event.target_unchecked_into::<HtmlInputElement>().value()));
        let error_id = format!("{}-error", props.id);
        html! {
            <div class={classes!("field", "numeric", props.class.clone(), self.error.is_some().then_some("wrong"))}>
                <label class="unseen" for={props.id.clone()}>{ &props.label }</label>
                <div class="input">
                    if !props.sign.is_empty() { <span class="sign" aria-hidden="true">{ &props.sign }</span> }
                    // Without `inputmode`: a keypad of digits has no `*`, `x` or `MiB`.
                    <input id={props.id.clone()} type="text" autocapitalize="none" autocomplete="off" spellcheck="false"
                        value={self.text.clone()} {oninput} onblur={ctx.link().callback(|_| FieldMsg::Left)}
                        aria-invalid={self.error.is_some().then_some("true")}
                        aria-describedby={self.error.is_some().then(|| error_id.clone())} />
                </div>
                if let Some(error) = &self.error {
                    <p class="field-error" id={error_id} role="alert">{ error }{ " It stays " }{ props.value.show() }{ "." }</p>
                } else if T::is_computed(&self.text) {
                    <p class="comes" role="status">{ "= " }{ props.value.show() }</p>
                }
            </div>
        }
    }
}

/// Gives the focus to the first element that `candidates`, a list of selectors, find. Does so only
/// when the focused element was removed: the keyboard would restart at the top of the page
/// otherwise.
pub(crate) fn keep_focus(candidates: &[&str]) {
    let Some(document) = web_sys::window().and_then(|window| window.document()) else { return };
    let lost = document.active_element().is_none_or(|active| active.tag_name() == "BODY");
    let found = candidates.iter().find_map(|selector| document.query_selector(selector).ok().flatten());
    if let Some(found) = found.filter(|_| lost).and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        // Fails for an element that cannot take the focus. The focus stays where it is then.
        let _ = found.focus();
    }
}

/// The width of an element, in pixels. 0 before the first measurement.
#[hook]
pub(crate) fn use_width(node: &NodeRef) -> f64 {
    let width = use_state_eq(|| 0.0);
    let (node, set) = (node.clone(), width.setter());
    use_effect_with((), move |()| {
        let watched = node.cast::<Element>().and_then(|element| watch(&element, set));
        move || {
            if let Some((observer, _closure)) = watched {
                observer.disconnect();
            }
        }
    });
    *width
}

fn watch(element: &Element, set: UseStateSetter<f64>) -> Option<(ResizeObserver, Closure<dyn FnMut()>)> {
    let watched = element.clone();
    let closure = Closure::<dyn FnMut()>::new(move || {
        let (watched, set) = (watched.clone(), set.clone());
        // After the observer's own round: drawing inside it would change sizes that it still has to
        // report.
        Timeout::new(0, move || {
            let width = f64::from(watched.client_width());
            // A hidden plot has no width. The old width is right when the page shows it again.
            if width > 0.0 {
                set.set(width);
            }
        })
        .forget();
    });
    let observer = ResizeObserver::new(closure.as_ref().unchecked_ref()).ok()?;
    observer.observe(element);
    Some((observer, closure))
}
