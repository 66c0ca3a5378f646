//! The Layout pane: the drawing and its controls, the ledger beside it, the facts below it, and the
//! same as a table.

use std::{
    cell::{Cell, RefCell},
    ops::Range,
    rc::Rc,
    time::Duration,
};

use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Timeout;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, HtmlElement, ResizeObserver};
use yew::prelude::*;

use crate::{
    app::{
        Action, Plan, Problem, RowId, Selection, State, View, Window,
        film::{Change, Moment},
        sight::Order,
        stage::Pane,
    },
    browser::clock,
    web::Errands,
};
use crate::{
    present::layout::{
        cells::Peek,
        facts::{self, Facts},
        lens::{Lens, Shown},
        scale::{self, Scale},
    },
    ui::{
        kit::{
            animation::Frame,
            html::html,
            keys, paper,
            widgets::{Choice, magnified, pane_head, problem, segmented, sends},
        },
        layout::{
            details::{self, piece_words, selection_facts},
            drawing::{self, Bands},
            film,
            gestures::{self, Gestures},
            ledger::{arrived, empty, ledger, legend},
            owners,
            values::{AtBuilt, Peeked},
            zoom::{Look, zoom_bar},
        },
        message::structure,
    },
};

/// What the drawing has beside the keys that move.
const KEYS: &[&str] = &["+", "=", "-", "0", "Enter"];

/// Below this width of the window, in pixels, the pane draws for a phone.
const NARROW: f64 = 700.0;

/// Pixels of a page on paper that names and ledger have beside the drawing.
const BESIDE: f64 = 128.0 + 146.0 + 2.0 * 12.0;

/// How much one step of a key or a button magnifies.
const STEP: f64 = 1.6;

/// A picture of a film shows at most so many seconds more than the one before.
const LONGEST: f64 = 0.1;

/// The part of the view by which a key moves it.
const PART: f64 = 0.2;

#[derive(Clone, PartialEq, Properties)]
pub(crate) struct LayoutProps {
    /// The state to show.
    pub(crate) state: Rc<State>,
    /// Sends actions to the root component.
    pub(crate) send: Callback<Action>,
    /// The way to the bytes of the payload.
    pub(crate) errands: Errands,
}

pub(crate) enum Msg {
    /// The browser begins to print, or has printed.
    Printing(bool),
    Measured {
        plot: f64,
        narrow: bool,
    },
    Down(PointerEvent),
    Move(PointerEvent),
    Up(PointerEvent),
    Leave,
    Wheel {
        factor: f64,
        by: f64,
        x: f64,
    },
    Frame,
    /// The browser draws the next picture of a film.
    Tick,
    Click(MouseEvent),
    Double(MouseEvent),
    Key(KeyboardEvent),
    Look(Look),
    Table,
    Span(Option<usize>),
    Peeked(Peeked),
}

/// The pane.
pub(crate) struct LayoutPane {
    plot: NodeRef,
    drawn: NodeRef,
    list: NodeRef,
    /// Pixels for the drawing on the screen. `None` before the first measurement.
    width: Option<f64>,
    narrow: bool,
    /// Whether the pane draws for paper: the whole, in the width that is there.
    printing: bool,
    _print: Vec<EventListener>,
    /// The plan of the rows. The pane makes it once, and not with every move of the pointer.
    plan: Option<Rc<Plan>>,
    axis: Option<Rc<Scale>>,
    /// Where the pointer is, in pixels of the drawing.
    hover: Option<f64>,
    /// The window that the pane requested last, until the page shows it. Keys arrive faster than
    /// the page draws, and each key moves on from the last request.
    asked: Cell<Option<Option<Window>>>,
    gestures: Gestures,
    /// The last place of the pointer, which the drawing does not show yet.
    pointer: Option<(f64, f64)>,
    frame: Option<Frame>,
    /// While a film goes on: the next picture, and when the last one was.
    tick: Option<Frame>,
    ticked: Option<Duration>,
    table: bool,
    observer: Option<Observer>,
    wheel: Option<EventListener>,
    /// The row of a message, and the selected span of its structure.
    span: Option<(RowId, usize)>,
    select_span: Callback<Option<usize>>,
    /// Reads the bytes that the pane draws one by one.
    peeker: RefCell<AtBuilt>,
}

/// Watches a size until the pane drops it.
struct Observer {
    observer: ResizeObserver,
    _closure: Closure<dyn FnMut()>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl LayoutPane {
    fn renew_plan(&mut self, state: &State) {
        self.plan = state.plan().ok().map(Rc::new);
        self.renew_axis();
    }

    fn renew_axis(&mut self) {
        let (plan, width) = (self.plan.as_ref(), self.room());
        self.axis = plan.map(|plan| Rc::new(Scale::fitted(&drawing::rooms(plan, self.narrow()), width)));
    }

    /// Pixels for the axis: the bands extend a few pixels beyond it at both ends.
    fn room(&self) -> f64 {
        let width = if self.printing { paper::WIDTH - BESIDE } else { self.width.unwrap_or(0.0) };
        (width - 16.0).max(120.0)
    }

    fn narrow(&self) -> bool {
        self.narrow && !self.printing
    }

    fn lens(&self, state: &State) -> Option<Lens> {
        if !self.printing {
            self.width?;
        }
        Some(Lens::new(self.axis.clone()?, self.room(), if self.printing { None } else { state.window }))
    }

    /// The plan, and the view of it that the pane requested last.
    fn seen(&self, state: &State) -> Option<(Rc<Plan>, Lens)> {
        self.width?;
        let window = self.asked.get().unwrap_or(state.window);
        Some((self.plan.clone()?, Lens::new(self.axis.clone()?, self.room(), window)))
    }

    /// By how much the page is magnified.
    fn magnified(&self) -> f64 {
        self.list.cast::<HtmlElement>().map_or(1.0, |list| magnified(&list))
    }

    /// A place of the window in pixels of the drawing.
    fn inside(&self, client_x: i32, client_y: i32) -> (f64, f64) {
        let Some(svg) = self.drawn.cast::<Element>() else { return (0.0, 0.0) };
        let (rect, scale) = (svg.get_bounding_client_rect(), self.magnified());
        ((f64::from(client_x) - rect.left()) / scale - 8.0, (f64::from(client_y) - rect.top()) / scale)
    }

    /// The segment at `x`, and the byte.
    fn at(plan: &Plan, lens: &Lens, x: f64) -> Option<(Selection, usize)> {
        let position = lens.position_at(x)?;
        let (piece, span) = (plan.pieces.get(position)?, lens.span(position)?);
        let index = span.unit_at(x, piece.count);
        let selection = (piece.count > 0).then(|| piece.selection(index))?;
        Some((selection, piece.offset + if piece.bytes() > 0 { span.byte_at(x) } else { 0 }))
    }

    /// Shows another part of the axis.
    fn show(&self, ctx: &Context<Self>, lens: &Lens) {
        let window = lens.window();
        if window != self.asked.get().unwrap_or(ctx.props().state.window) {
            self.asked.set(Some(window));
            ctx.props().send.emit(Action::Zoom(window));
        }
    }

    /// Runs once a frame: applies the moves of the pointers and the wheel since the last frame.
    fn framed(&mut self, ctx: &Context<Self>) -> bool {
        self.frame = None;
        let props = ctx.props();
        let Some((plan, lens)) = self.seen(&props.state) else { return false };
        let pointer = self.pointer.take();
        if let Some(view) = self.gestures.view(&lens) {
            self.show(ctx, &view);
        }
        let Some((x, _)) = pointer else { return false };
        if self.gestures.was_drag() && self.gestures.is_held() {
            return false;
        }
        self.hover = Some(x);
        // When several segments share a pixel, the pointer is at their piece.
        let under = Self::at(&plan, &lens, x).map(|(selection, _)| selection).and_then(|selection| {
            let piece = plan.piece_of(selection)?;
            let wide = lens.span(piece.position)?.width / piece.count as f64 >= 3.0;
            Some(if wide { selection } else { piece.selection(0) })
        });
        if under != props.state.hovered {
            props.send.emit(Action::Hover(under));
        }
        true
    }

    fn ask_for_frame(&mut self, ctx: &Context<Self>) {
        if self.frame.is_none() {
            let link = ctx.link().clone();
            self.frame = Frame::next(move || link.send_message(Msg::Frame));
        }
    }

    /// While a film goes on, asks for its next picture.
    fn go_on(&mut self, ctx: &Context<Self>) {
        if !ctx.props().state.film.is_some_and(|film| film.going) {
            (self.tick, self.ticked) = (None, None);
        } else if self.tick.is_none() {
            let link = ctx.link().clone();
            self.tick = Frame::next(move || link.send_message(Msg::Tick));
        }
    }

    fn click(&self, ctx: &Context<Self>, event: &MouseEvent) {
        let Some((plan, lens)) = self.seen(&ctx.props().state) else { return };
        if self.gestures.was_drag() {
            return;
        }
        let (x, y) = self.inside(event.client_x(), event.client_y());
        // The strip above the drawing is in true scale.
        let x = if y < drawing::geometry(self.narrow, &plan).minimap_end() {
            let slot = lens.true_slot(x);
            if !lens.is_whole() {
                self.show(ctx, &lens.centred(slot));
                return;
            }
            lens.x_of(slot)
        } else {
            x
        };
        if let Some((selection, _)) = Self::at(&plan, &lens, x) {
            ctx.props().send.emit(Action::Select(Some(selection)));
        }
    }

    /// Magnifies a segment until it fills the view. Shows the whole again when the segment fills
    /// the view already.
    fn fit(&self, ctx: &Context<Self>, selection: Selection) {
        let Some((plan, lens)) = self.seen(&ctx.props().state) else { return };
        let Some(piece) = plan.piece_of(selection) else { return };
        let (from, to) = Lens::slots_of(piece.position, selection.index - piece.first, piece.count);
        let fit = lens.fitting(from, to);
        let same = |slot: f64| (lens.x_of(slot) - fit.x_of(slot)).abs() < 1.0;
        self.show(ctx, &if same(from) && same(to) { lens.whole() } else { fit });
    }

    fn look(&self, ctx: &Context<Self>, look: Look) {
        let state = &ctx.props().state;
        let Some((plan, lens)) = self.seen(state) else { return };
        // Magnifies around the selected segment, where it is in view.
        let selected = state.selected.and_then(|selected| {
            let piece = plan.piece_of(selected)?;
            let (x, width) = lens.span(piece.position)?.unit(selected.index - piece.first, piece.count);
            let (left, right) = (x.max(0.0), (x + width).min(lens.width));
            (left < right).then_some(f64::midpoint(left, right))
        });
        let middle = selected.unwrap_or(lens.width / 2.0);
        let view = match look {
            Look::In => lens.zoomed(STEP, middle),
            Look::Out => lens.zoomed(1.0 / STEP, middle),
            Look::Left => lens.panned(-PART * lens.width),
            Look::Right => lens.panned(PART * lens.width),
            Look::Whole => lens.whole(),
            Look::Fit => {
                if let Some(selected) = state.selected {
                    self.fit(ctx, selected);
                }
                return;
            }
        };
        self.show(ctx, &view);
    }

    fn key(&self, ctx: &Context<Self>, event: &KeyboardEvent) {
        let props = ctx.props();
        let Some((plan, lens)) = self.seen(&props.state) else { return };
        if !keys::moves(event, KEYS) {
            return;
        }
        let key = event.key();
        // The arrows move a magnified view. A whole view has nowhere to move, so they select its
        // segments.
        let moves = !lens.is_whole() && !event.shift_key();
        let look = match key.as_str() {
            "+" | "=" => Some(Look::In),
            "-" => Some(Look::Out),
            "0" => Some(Look::Whole),
            "Enter" => Some(Look::Fit),
            "ArrowLeft" if moves => Some(Look::Left),
            "ArrowRight" if moves => Some(Look::Right),
            _ => None,
        };
        if let Some(look) = look {
            self.look(ctx, look);
            return;
        }
        let selected = props.state.selected;
        let number = selected.and_then(|selected| Facts::of(&plan, selected)).map_or(0, |facts| facts.number);
        let target = match (key.as_str(), selected) {
            ("ArrowLeft", _) => facts::numbered(&plan, number.saturating_sub(1).max(1)),
            ("ArrowRight", _) => facts::numbered(&plan, (number + 1).min(plan.segments)),
            ("ArrowUp" | "PageUp", Some(selected)) => facts::neighbour_piece(&plan, selected, false),
            ("ArrowDown" | "PageDown", Some(selected)) => facts::neighbour_piece(&plan, selected, true),
            ("Home", _) => facts::numbered(&plan, 1),
            ("End", _) => facts::numbered(&plan, plan.segments),
            ("ArrowUp" | "ArrowDown" | "PageUp" | "PageDown", None) => facts::numbered(&plan, 1),
            _ => return,
        };
        if target.is_some() {
            props.send.emit(Action::Select(target));
        }
    }

    /// Moves the view so that a segment selected in another pane is in view.
    fn follow(&self, ctx: &Context<Self>) {
        let state = &ctx.props().state;
        let Some((plan, lens)) = self.seen(state) else { return };
        let Some((selected, piece)) = state.selected.and_then(|selected| Some((selected, plan.piece_of(selected)?)))
        else {
            return;
        };
        let (from, to) = Lens::slots_of(piece.position, selected.index - piece.first, piece.count);
        let (left, right) = (lens.x_of(from), lens.x_of(to));
        if !lens.is_whole() && (right < 2.0 || left > lens.width - 2.0) {
            // A segment wider than the view is shown from its beginning.
            let slot = if right - left > lens.width { from } else { f64::midpoint(from, to) };
            self.show(ctx, &lens.centred(slot));
        }
    }

    /// The bytes of the segments that the pane draws byte by byte.
    fn peeks(&self, ctx: &Context<Self>, plan: &Plan, lens: &Lens, shown: &[Shown]) -> Rc<[(usize, Peek)]> {
        self.peeker.borrow_mut().peeks(&ctx.props().state, plan, lens, shown)
    }

    /// The bytes of the selected span, if the selected row is a message.
    fn span(&self, state: &State) -> Option<Range<usize>> {
        let (row, span) = self.span.filter(|(row, _)| state.selected.is_some_and(|selected| selected.row == *row))?;
        let structured = state.structures.iter().find(|one| one.row == row)?;
        Some(structured.structure.as_ref().ok()?.spans.get(span)?.bytes.clone())
    }

    /// Selects the part that contains the selected span.
    fn show_span(&self, ctx: &Context<Self>) {
        let props = ctx.props();
        let (Ok(plan), Some(bytes)) = (props.state.plan(), self.span(&props.state)) else { return };
        let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&bytes.start));
        if let Some(piece) = piece.filter(|piece| props.state.selected.is_none_or(|selected| !piece.holds(selected))) {
            props.send.emit(Action::Select(Some(piece.selection(0))));
        }
    }

    fn observe(&mut self, ctx: &Context<Self>) {
        let Some(plot) = self.plot.cast::<HtmlElement>() else { return };
        let link = ctx.link().clone();
        let watched = plot.clone();
        let closure = Closure::<dyn FnMut()>::new(move || {
            let (link, watched) = (link.clone(), watched.clone());
            // After the observer's own round: drawing inside it would change sizes that it still
            // has to report.
            Timeout::new(0, move || {
                let window =
                    web_sys::window().and_then(|window| window.inner_width().ok()).and_then(|width| width.as_f64());
                let narrow = window.is_some_and(|width| width < NARROW);
                link.send_message(Msg::Measured { plot: f64::from(watched.client_width()), narrow });
            })
            .forget();
        });
        if let Ok(observer) = ResizeObserver::new(closure.as_ref().unchecked_ref()) {
            observer.observe(&plot);
            self.observer = Some(Observer { observer, _closure: closure });
        }
    }
}

impl Component for LayoutPane {
    type Message = Msg;
    type Properties = LayoutProps;

    fn create(ctx: &Context<Self>) -> Self {
        let mut pane = Self {
            plot: NodeRef::default(),
            drawn: NodeRef::default(),
            list: NodeRef::default(),
            width: None,
            narrow: false,
            printing: false,
            _print: paper::listen({
                let link = ctx.link().clone();
                move |printing| link.send_message(Msg::Printing(printing))
            }),
            plan: None,
            axis: None,
            hover: None,
            asked: Cell::new(None),
            gestures: Gestures::default(),
            pointer: None,
            frame: None,
            tick: None,
            ticked: None,
            table: false,
            observer: None,
            wheel: None,
            span: None,
            select_span: ctx.link().callback(Msg::Span),
            peeker: RefCell::new(AtBuilt::new(ctx.props().errands.clone(), ctx.link().callback(Msg::Peeked))),
        };
        pane.renew_plan(&ctx.props().state);
        pane
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        match msg {
            Msg::Printing(printing) => {
                (self.printing, self.hover) = (printing, None);
                self.renew_axis();
            }
            Msg::Measured { plot, narrow } => {
                // A hidden plot has no width. The old width is right when the page shows it again.
                if plot <= 0.0 || (self.width, self.narrow) == (Some(plot), narrow) {
                    return false;
                }
                (self.width, self.narrow) = (Some(plot), narrow);
                self.renew_axis();
            }
            Msg::Down(event) => {
                if event.button() != 0 {
                    return false;
                }
                let place = self.inside(event.client_x(), event.client_y());
                if let Some((plan, lens)) = self.seen(&ctx.props().state) {
                    let minimap = drawing::geometry(self.narrow, &plan).minimap_end();
                    let finger = event.pointer_type() == "touch";
                    self.gestures.down(event.pointer_id(), place, &lens, minimap, finger);
                }
                return false;
            }
            Msg::Move(event) => {
                let place = self.inside(event.client_x(), event.client_y());
                let held = self.gestures.moved(event.pointer_id(), place);
                if held || event.pointer_type() != "touch" {
                    self.pointer = Some(place);
                    self.ask_for_frame(ctx);
                }
                return false;
            }
            Msg::Up(event) => {
                // The last moves of the pointer must not be lost.
                if self.gestures.is_held() {
                    self.framed(ctx);
                }
                self.gestures.up(event.pointer_id());
                if event.pointer_type() != "touch" {
                    return false;
                }
                (self.hover, self.pointer) = (None, None);
                ctx.props().send.emit(Action::Hover(None));
            }
            Msg::Leave => {
                (self.hover, self.pointer) = (None, None);
                ctx.props().send.emit(Action::Hover(None));
            }
            Msg::Wheel { factor, by, x } => {
                self.gestures.wheel(factor, x, by);
                self.ask_for_frame(ctx);
                return false;
            }
            Msg::Frame => return self.framed(ctx),
            Msg::Tick => {
                self.tick = None;
                let now = clock::now();
                let passed = self.ticked.replace(now).map_or(0.0, |before| now.saturating_sub(before).as_secs_f64());
                // A page that stood still goes on where it was.
                ctx.props().send.emit(Action::Film(Change::Passed(passed.min(LONGEST))));
                self.go_on(ctx);
                return false;
            }
            Msg::Click(event) => {
                self.click(ctx, &event);
                return false;
            }
            Msg::Double(event) => {
                let (x, y) = self.inside(event.client_x(), event.client_y());
                let found = self.seen(&ctx.props().state).and_then(|(plan, lens)| {
                    let strip = y < drawing::geometry(self.narrow, &plan).minimap_end();
                    Self::at(&plan, &lens, x).filter(|_| !strip)
                });
                if let Some((selection, _)) = found {
                    self.fit(ctx, selection);
                }
                return false;
            }
            Msg::Key(event) => {
                self.key(ctx, &event);
                return false;
            }
            Msg::Look(look) => {
                self.look(ctx, look);
                return false;
            }
            Msg::Table => self.table = !self.table,
            Msg::Span(span) => {
                let row = ctx.props().state.selected.map(|selected| selected.row);
                self.span = row.zip(span);
                self.show_span(ctx);
            }
            Msg::Peeked(peeked) => return self.peeker.get_mut().arrived(peeked),
        }
        true
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &LayoutProps) -> bool {
        let state = &ctx.props().state;
        let planned = |state: &State| (state.revision, state.view);
        let renewed = planned(state) != planned(&old.state) || !state.sends_like(&old.state);
        if renewed {
            self.renew_plan(state);
        }
        if renewed || self.asked.get() == Some(state.window) {
            self.asked.set(None);
        }
        // While they are looked at, a person may write bytes.
        if state.looking.is_none() && old.state.looking.is_some() {
            self.peeker.get_mut().outdate();
        }
        // A selected span is valid only for its structure, and for the part that contains it.
        if state.structures != old.state.structures {
            self.span = None;
        } else if state.selected != old.state.selected {
            let plan = self.plan.as_ref();
            let piece = plan.zip(state.selected).and_then(|(plan, selected)| plan.piece_of(selected));
            let here =
                |bytes: Range<usize>| piece.is_some_and(|piece| (piece.offset..piece.end()).contains(&bytes.start));
            if !self.span(state).is_some_and(here) {
                self.span = None;
            }
            self.follow(ctx);
        }
        true
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.observe(ctx);
        }
        self.go_on(ctx);
        // The page has the list only while it has something to draw. The pane adds the wheel's
        // listener itself, because Yew's listeners are passive.
        let there = self.list.cast::<Element>();
        if there.is_none() {
            self.wheel = None;
        } else if self.wheel.is_none() {
            self.wheel = there.map(|list| self.listen(ctx, &list));
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let (state, send) = (&ctx.props().state, &ctx.props().send);
        let views = View::ALL.into_iter().map(|view| Choice {
            id: format!("view-{}", view.name().replace(' ', "-")).into(),
            label: view.name(),
            chosen: state.view == view,
            choose: sends(send, Action::View(view)),
        });
        let orders = Order::ALL.into_iter().map(|order| Choice {
            id: format!("order-{}", order.name().replace(' ', "-")).into(),
            label: order.name(),
            chosen: state.order == order,
            choose: sends(send, Action::Order(order)),
        });
        let owners = state.order == Order::Owners;
        let controls = html! {
            <>
                { segmented("Whose modes the layout shows", "view", views.collect()) }
                { segmented("What the layout is ordered by", "order", orders.collect()) }
                <button type="button" class="link" id="table" aria-pressed={if self.table { "true" } else { "false" }} disabled={owners}
                    title={owners.then_some("By owner, the drawing is a table already")}
                    onclick={ctx.link().callback(|_| Msg::Table)}>{ "Table" }</button>
            </>
        };
        let drawable = self.plan.as_ref().filter(|plan| !plan.pieces.is_empty());
        let lens = self.lens(state);
        let shown = lens.as_ref().map(Lens::shown).unwrap_or_default();
        let as_table = !self.printing && (owners || self.table);
        let on_screen = self.plan.as_ref().filter(|_| !as_table && !self.printing);
        let moment = on_screen.and_then(|plan| state.moment(plan, film::is_still()));
        let body = match (&self.plan, &lens) {
            _ if state.rows.is_empty() => empty(),
            (None, _) => problem(
                "layout-problem",
                &Problem::new("Layout has nothing to show.", "The payload cannot be built; Build says why."),
            ),
            (Some(plan), lens) => html! {
                <>
                    if owners && as_table {
                        { owners::view(plan, send, state) }
                    } else if let Some(lens) = lens.as_ref().filter(|_| as_table) {
                        { details::table(plan, lens, &shown, send, state) }
                    }
                    { ledger(plan, moment.as_ref(), (!as_table).then(|| film::controls(state, send))) }
                </>
            },
        };
        let hidden = as_table || drawable.is_none();
        let message = state.selected.and_then(|selected| state.rows.iter().find(|row| row.id == selected.row));
        let message = message.is_some_and(|row| row.way().is_some());
        let span = self.span.filter(|(row, _)| state.selected.is_some_and(|selected| selected.row == *row));
        let span = span.map(|(_, span)| span);
        html! {
            <>
            <section class="pane layout" id="pane-layout" tabindex="-1" aria-labelledby="head-layout">
                { pane_head(Pane::Layout, "", html! { <>{ legend() }{ controls }</> }, state, send) }
                <div class={classes!("layout-body", as_table.then_some("as-table"), drawable.and_then(|plan| drawing::down_class(plan)))}>
                    if let Some(plan) = drawable.filter(|_| !as_table) { { drawing::names(plan, state.demonstration().is_some_and(|shown| shown.sights().is_some())) } }
                    // Always in the page, so that its width is known whatever the pane shows.
                    <div class="plot" ref={self.plot.clone()} {hidden}>
                        if let Some((plan, lens)) = drawable.zip(lens.as_ref()).filter(|_| !as_table) {
                            { self.drawing(ctx, plan, lens, &shown, moment) }
                        }
                    </div>
                    { body }
                </div>
                if let Some(plan) = drawable {
                    { zoom_bar(plan, lens.as_ref(), &shown, moment.as_ref().filter(|_| state.film.is_some() || state.demonstration().is_some()), state, send, &ctx.link().callback(Msg::Look)) }
                }
            </section>
            // Beside the drawing where there is room, else one of the things below it.
            <section class="pane segment" id="pane-segment" aria-label="The selected segment">
                if let Some(plan) = drawable {
                    { selection_facts(plan, send, state.selected) }
                    if message { { structure::of_message(plan, state, span, &self.select_span) } }
                }
            </section>
            </>
        }
    }
}

impl LayoutPane {
    fn listen(&self, ctx: &Context<Self>, list: &Element) -> EventListener {
        let (link, drawn, zoomed) = (ctx.link().clone(), self.drawn.clone(), list.clone());
        // Not passive: a wheel that zooms the drawing must not zoom the page.
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(list, "wheel", options, move |event| {
            let Some(event) = event.dyn_ref::<WheelEvent>() else { return };
            let Some((factor, by)) = gestures::turned(event, zoomed.has_attribute("data-zoomed")) else { return };
            event.prevent_default();
            let left = drawn.cast::<Element>().map_or(0.0, |svg| svg.get_bounding_client_rect().left());
            let scale = zoomed.dyn_ref::<HtmlElement>().map_or(1.0, magnified);
            link.send_message(Msg::Wheel { factor, by, x: (f64::from(event.client_x()) - left) / scale - 8.0 });
        })
    }

    fn drawing(
        &self,
        ctx: &Context<Self>,
        plan: &Rc<Plan>,
        lens: &Lens,
        shown: &[Shown],
        moment: Option<Moment>,
    ) -> Html {
        let state = &ctx.props().state;
        let selected = state.selected;
        let sights = state.demonstration().and_then(|shown| shown.sights().cloned());
        let height = drawing::geometry(self.narrow(), plan).with_sample(sights.is_some()).height;
        let width = lens.width + 16.0;
        let under = self.hover.and_then(|x| Self::at(plan, lens, x));
        let hovered = self.hover.and_then(|x| Some((under?.1, scale::inside(x, 0.0, lens.width))));
        let span = || {
            let start = self.span(state)?.start;
            let at = plan.pieces.iter().position(|piece| (piece.offset..piece.end()).contains(&start))?;
            let x = lens.span(at)?.at(start);
            (0.0..=lens.width).contains(&x).then_some((start, x))
        };
        // What is selected stays out of the way of what happens.
        let selected = selected.filter(|_| moment.is_none() && !self.printing);
        let cursor = hovered.or_else(span).or_else(|| drawing::cursor_at(plan, lens, selected?));
        let chosen = selected.and_then(|selected| plan.piece_of(selected)).map(|piece| piece.position);
        // Of many pieces, the ones that are drawn, and the selected one.
        let listed = shown.iter().filter_map(|one| match one {
            Shown::Piece(at, _) | Shown::Narrow(at, _) => Some(*at),
            Shown::Merged(..) => None,
        });
        let listed: Vec<usize> = listed.collect();
        let beyond = chosen.filter(|chosen| !listed.contains(chosen));
        let link = ctx.link();
        let onkeydown = link.callback(|event: KeyboardEvent| {
            keys::claim(&event, keys::moves(&event, KEYS));
            Msg::Key(event)
        });
        let onpointerdown = {
            let drawn = self.drawn.clone();
            link.callback(move |event: PointerEvent| {
                // At once: a message may come after the pointer has left. Fails for one that has left already.
                let svg = drawn.cast::<Element>().filter(|_| event.button() == 0);
                let _ = svg.map(|svg| svg.set_pointer_capture(event.pointer_id()));
                Msg::Down(event)
            })
        };
        html! {
            <div class="plot-list" role="listbox" tabindex="0" aria-label="Segments in payload order" id="plot" ref={self.list.clone()}
                aria-describedby="zoom-words zoom-keys" data-zoomed={(!lens.is_whole()).then_some("true")}
                aria-activedescendant={chosen.map(|at| format!("piece-{at}"))} {onkeydown}>
                <svg ref={self.drawn.clone()} class="drawing" width={width.to_string()} height={height.to_string()}
                    viewBox={format!("-8 0 {width} {height}")} aria-hidden="true" onclick={link.callback(Msg::Click)}
                    ondblclick={link.callback(Msg::Double)} {onpointerdown}
                    onpointermove={link.callback(Msg::Move)} onpointerup={link.callback(Msg::Up)}
                    onpointercancel={link.callback(Msg::Up)} onpointerleave={link.callback(|_| Msg::Leave)}>
                    <Bands plan={plan.clone()} lens={Rc::new(lens.clone())} narrow={self.narrow()} {selected}
                        hovered={state.hovered.filter(|_| !self.printing).and_then(|hovered| state.position_of(hovered))}
                        peeks={self.peeks(ctx, plan, lens, shown)} {moment} {sights} arrived={arrived(state, plan)} />
                    if let Some((offset, x)) = cursor { { drawing::cursor(self.narrow(), plan, lens, offset, x) } }
                </svg>
                { for listed.into_iter().chain(beyond).filter_map(|at| plan.pieces.get(at)).map(|piece| {
                    let here = selected.filter(|selected| piece.holds(*selected));
                    html! {
                        <span key={piece.position} class="unseen" role="option" id={format!("piece-{}", piece.position)}
                            aria-setsize={plan.pieces.len().to_string()} aria-posinset={(piece.position + 1).to_string()}
                            aria-selected={if here.is_some() { "true" } else { "false" }}>
                            { piece_words(piece, here) }
                        </span>
                    }
                }) }
            </div>
        }
    }
}
