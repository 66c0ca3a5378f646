//! What is drawn once: a part of the page that depends on nothing. One component draws all of them.
//! Each component of its own would add about a kilobyte to the program.

use yew::prelude::*;

use crate::ui::kit::html::html;

/// What to draw.
#[derive(Clone, Properties)]
pub(crate) struct StillProps {
    pub(crate) draw: fn() -> Html,
}

impl PartialEq for StillProps {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.draw, other.draw)
    }
}

#[component]
fn Still(props: &StillProps) -> Html {
    (props.draw)()
}

/// Draws this when the parent is drawn first, and never again.
pub(crate) fn still(draw: fn() -> Html) -> Html {
    html! { <Still {draw} /> }
}
