//! Borders that a person drags: how wide Build is, and how large the drawing. The browser keeps both.
//! Where a size has no room, the styles take less of it.

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

use crate::{given::decimal::float, ui::kit::html::html};

/// A border between two parts of the page.
struct Border {
    id: &'static str,
    label: &'static str,
    /// The `id` of the pane whose size changes.
    controls: &'static str,
    /// What is as large as the border says, as a selector.
    sized: &'static str,
    /// The property of the styles, which has the size in hundredths: 1 is 100.
    property: &'static str,
    /// Whether it stands upright, and is dragged to the side.
    upright: bool,
    least: f64,
    usual: f64,
    most: f64,
    step: f64,
}

/// Build is as wide as the usual width, times this.
static BUILD: Border = Border {
    id: "border-build",
    label: "Width of Build, in percent",
    controls: "pane-build",
    sized: "#pane-build",
    property: "--build",
    upright: true,
    least: 85.0,
    usual: 100.0,
    most: 150.0,
    step: 5.0,
};

/// The drawing is magnified by this.
static DRAWING: Border = Border {
    id: "border-drawing",
    label: "Size of the drawing, in percent",
    controls: "pane-layout",
    sized: ".layout-body",
    property: "--drawing",
    upright: false,
    least: 70.0,
    usual: 100.0,
    most: 130.0,
    step: 5.0,
};

/// Where the browser keeps the size of a border.
fn key(border: &Border) -> String {
    format!("zbytes-lab.{}", border.id)
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}

fn element(id: &str) -> Option<Element> {
    web_sys::window()?.document()?.get_element_by_id(id)
}

impl Border {
    /// Its size, as it is seen.
    fn now(&self) -> f64 {
        let now = element(self.id).and_then(|border| border.get_attribute("aria-valuenow"));
        self.inside(now.and_then(|now| float(&now)).unwrap_or(self.usual))
    }

    /// The size that the browser has kept.
    fn kept(&self) -> f64 {
        let kept = storage().and_then(|storage| storage.get_item(&key(self)).ok().flatten());
        kept.and_then(|kept| float(&kept)).unwrap_or(self.usual)
    }

    /// A size within the bounds. A low window has less room for the drawing: the styles say it.
    fn inside(&self, size: f64) -> f64 {
        let styles = root().and_then(|root| web_sys::window()?.get_computed_style(&root).ok().flatten());
        let most = styles.and_then(|styles| styles.get_property_value(&format!("{}-most", self.property)).ok());
        let most = most.and_then(|most| float(most.trim())).map_or(self.most, |most| most * 100.0);
        size.max(self.least).min(self.most.min(most))
    }

    /// Gives the styles the size.
    fn show(&self, size: f64) {
        if let Some(root) = root().and_then(|root| root.dyn_into::<HtmlElement>().ok()) {
            let _ = root.style().set_property(self.property, &(size / 100.0).to_string());
        }
    }

    /// Makes it this size, and has the browser keep that. One that refuses has it for this page.
    fn set(&self, size: f64) {
        let size = self.inside(size).round();
        self.show(size);
        if let Some(border) = element(self.id) {
            let _ = border.set_attribute("aria-valuenow", &size.to_string());
        }
        let _ = storage().map(|storage| storage.set_item(&key(self), &size.to_string()));
    }

    /// The size that brings the border to a place in the window.
    fn at(&self, x: i32, y: i32) -> Option<f64> {
        let [own, sized] = [element(self.id)?, root()?.query_selector(self.sized).ok().flatten()?]
            .map(|element| element.get_bounding_client_rect());
        let (from, long, middle, to) = if self.upright {
            (sized.left(), sized.width(), own.left() + own.width() / 2.0, x)
        } else {
            (sized.top(), sized.height(), own.top() + own.height() / 2.0, y)
        };
        // Something may lie between what is sized and its border.
        let between = middle - from - long;
        (long > 0.0).then(|| (f64::from(to) - from - between) / long * self.now())
    }

    /// What a key makes of the size.
    fn by_key(&self, key: &str) -> Option<f64> {
        Some(match key {
            "ArrowLeft" | "ArrowUp" => self.now() - self.step,
            "ArrowRight" | "ArrowDown" => self.now() + self.step,
            "Home" => self.least,
            "End" => self.most,
            "Enter" => self.usual,
            _ => return None,
        })
    }

    fn draw(&'static self) -> Html {
        let kept = self.kept();
        self.show(kept);
        let target = |event: &PointerEvent| event.target_unchecked_into::<Element>();
        let onpointerdown = Callback::from(move |event: PointerEvent| {
            // Fails only for a pointer that has gone.
            let _ = target(&event).set_pointer_capture(event.pointer_id());
        });
        let onpointermove = Callback::from(move |event: PointerEvent| {
            if target(&event).has_pointer_capture(event.pointer_id())
                && let Some(size) = self.at(event.client_x(), event.client_y())
            {
                self.set(size);
            }
        });
        let onkeydown = Callback::from(move |event: KeyboardEvent| {
            if let Some(size) = self.by_key(&event.key()) {
                event.prevent_default();
                self.set(size);
            }
        });
        let ondblclick = Callback::from(move |_: MouseEvent| self.set(self.usual));
        let title = format!("{}. Drag it, or use the arrow keys. Double-click or Enter: as at first.", self.label);
        html! {
            <div class={if self.upright { "splitter upright" } else { "splitter" }} id={self.id} role="separator" tabindex="0"
                aria-orientation={if self.upright { "vertical" } else { "horizontal" }} aria-label={self.label} aria-controls={self.controls}
                aria-valuemin={self.least.to_string()} aria-valuenow={kept.to_string()} aria-valuemax={self.most.to_string()}
                {title} {onpointerdown} {onpointermove} {onkeydown} {ondblclick}></div>
        }
    }
}

/// The border behind Build.
pub(crate) fn behind_build() -> Html {
    BUILD.draw()
}

/// The border below the drawing.
pub(crate) fn below_drawing() -> Html {
    DRAWING.draw()
}
