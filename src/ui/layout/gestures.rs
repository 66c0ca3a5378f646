//! Turns the moves of a pointer, of two fingers and of a wheel into the view of the layout. Events
//! only record what happened. The pane asks once a frame for the resulting view.

use yew::prelude::*;

use crate::app::Window;
use crate::{
    present::layout::{lens::Lens, scale},
    ui::layout::drawing,
};

/// In pixels: a pointer that moves less than this counts as still.
const STILL: f64 = 4.0;

/// In pixels: so near to an end of the part in the strip, a pointer takes the end and not the part.
/// A finger is less exact.
const NEAR: f64 = 6.0;

/// A place in the drawing, in its pixels.
pub(crate) type Place = (f64, f64);

/// What the pointer holds.
enum Grab {
    /// The drawing, from a place in this view.
    Drawing(Lens, f64),
    /// The strip, outside of the part in view. A new part begins here.
    Strip(Lens, f64),
    /// The part of the strip that is in view. The number is the distance from the pointer to its
    /// middle.
    Part(Lens, f64),
    /// An end of that part. The number is the slot of the other end, which stays.
    End(Lens, f64),
    /// The drawing, with two fingers at these places.
    Pinch(Lens, [f64; 2]),
}

/// All pointers that are down.
#[derive(Default)]
pub(crate) struct Gestures {
    pointers: Vec<(i32, Place)>,
    grab: Option<Grab>,
    /// Where the pointer that holds something was pressed.
    begun: f64,
    /// Whether that pointer has moved since.
    moved: bool,
    /// The factor and the middle of the wheel's magnification since the last frame, and how far the
    /// wheel has moved the view.
    wheel: Option<(f64, f64, f64)>,
}

impl Gestures {
    /// Handles a pressed pointer. `minimap` is the lower end of the strip.
    pub(crate) fn down(&mut self, id: i32, (x, y): Place, lens: &Lens, minimap: f64, finger: bool) {
        self.pointers.retain(|(other, _)| *other != id);
        self.pointers.push((id, (x, y)));
        if let [(_, (a, _)), (_, (b, _))] = *self.pointers {
            self.grab = Some(Grab::Pinch(lens.clone(), [a, b]));
            self.moved = true;
            return;
        }
        (self.begun, self.moved) = (x, false);
        let near = if finger { 2.0 * NEAR } else { NEAR };
        let lens = lens.clone();
        self.grab = match (drawing::window_at(&lens), lens.window()) {
            _ if y >= minimap => Some(Grab::Drawing(lens, x)),
            (Some((left, right)), Some(window)) => {
                let wide = right - left > 3.0 * near;
                if wide && (x - left).abs() <= near {
                    Some(Grab::End(lens, window.to))
                } else if wide && (x - right).abs() <= near {
                    Some(Grab::End(lens, window.from))
                } else if (left - near..=right + near).contains(&x) {
                    Some(Grab::Part(lens, f64::midpoint(left, right) - x))
                } else {
                    Some(Grab::Strip(lens, x))
                }
            }
            _ => Some(Grab::Strip(lens, x)),
        };
    }

    /// Handles a moved pointer. Returns whether it holds something.
    pub(crate) fn moved(&mut self, id: i32, place: Place) -> bool {
        let held = self.pointers.iter_mut().find(|(other, _)| *other == id);
        held.map(|(_, at)| *at = place).is_some()
    }

    /// Handles a pointer that the person lifted, or that the browser lost.
    pub(crate) fn up(&mut self, id: i32) {
        self.pointers.retain(|(other, _)| *other != id);
        self.grab = None;
    }

    /// Whether the last pressed pointer has moved. The click after such a move does not count.
    pub(crate) fn was_drag(&self) -> bool {
        self.moved
    }

    /// Whether a pointer holds something.
    pub(crate) fn is_held(&self) -> bool {
        self.grab.is_some()
    }

    /// Handles a turn of the wheel: magnifies by a factor around `x`, and moves by pixels.
    pub(crate) fn wheel(&mut self, factor: f64, x: f64, by: f64) {
        let (before, _, moved) = self.wheel.unwrap_or((1.0, x, 0.0));
        self.wheel = Some((before * factor, x, moved + by));
    }

    /// The view that results from all of that, if it differs.
    pub(crate) fn view(&mut self, lens: &Lens) -> Option<Lens> {
        if let Some((factor, x, by)) = self.wheel.take() {
            let lens = if factor == 1.0 { lens.clone() } else { lens.zoomed(factor, x) };
            return Some(if by == 0.0 { lens } else { lens.panned(by) });
        }
        let x = self.pointers.last().map(|(_, (x, _))| *x)?;
        let grab = self.grab.as_ref()?;
        if !self.moved && (x - self.begun).abs() < STILL {
            return None;
        }
        self.moved = true;
        let part = |lens: &Lens, a: f64, b: f64| lens.with_window(Window::new(a.min(b), a.max(b)));
        match grab {
            Grab::Drawing(lens, from) => (!lens.is_whole()).then(|| lens.panned(from - x)),
            Grab::Strip(lens, from) => part(lens, lens.true_slot(*from), lens.true_slot(x)),
            Grab::Part(lens, middle) => Some(lens.centred(lens.true_slot(x + middle))),
            Grab::End(lens, other) => part(lens, lens.true_slot(x), *other),
            Grab::Pinch(lens, [a, b]) => {
                let [(_, (c, _)), (_, (d, _))] = *self.pointers else { return None };
                let (before, now) = ((a - b).abs().max(10.0), (c - d).abs().max(10.0));
                let (from, to) = (f64::midpoint(*a, *b), f64::midpoint(c, d));
                Some(lens.zoomed(now / before, from).panned(from - to))
            }
        }
    }
}

/// How much a turn of the wheel magnifies the drawing, and how far it moves it. `None` when the
/// turn scrolls the page.
pub(crate) fn turned(event: &WheelEvent, zoomed: bool) -> Option<(f64, f64)> {
    // Some browsers count in lines or in pages.
    let unit = match event.delta_mode() {
        0 => 1.0,
        1 => 16.0,
        _ => 400.0,
    };
    let (across, along) = (event.delta_x() * unit, event.delta_y() * unit);
    if event.ctrl_key() || event.meta_key() {
        // A pinch on a touchpad arrives as many small turns with this key. A wheel turns in notches
        // of 100 and more.
        let step = if along.abs() < 50.0 { 0.01 } else { 0.004 };
        Some((scale::inside(-along * step, -1.5, 1.5).exp(), 0.0))
    } else if event.shift_key() && zoomed {
        Some((1.0, across + along))
    } else if across.abs() > along.abs() && zoomed {
        Some((1.0, across))
    } else {
        None
    }
}
