//! The dialogs of the page.

use gloo_timers::callback::Timeout;
use yew::prelude::*;

use super::{
    bytes::dialog::BytesDialog,
    help::{help, modes_dialog},
    kit::{
        animation::Frame,
        dialog::show_wanted,
        html::html,
        notes::notes,
        still::still,
        widgets::{AskingProps, PaneProps},
    },
    message::dialog::MessageDialog,
    ownership::Questions,
    router::pane::Programs,
    share::LinkDialog,
    wire::dialog::WireDialog,
};

/// The dialogs. Each is closed until the person opens it. The page draws them after its first view.
#[component]
pub(super) fn Dialogs(props: &AskingProps) -> Html {
    let here = use_state_eq(|| false);
    {
        let here = here.setter();
        use_effect_with((), move |()| {
            // The callback of a frame runs before the browser paints it. The timer runs after that.
            // A hidden page is not painted.
            let hidden =
                web_sys::window().and_then(|window| window.document()).is_none_or(|document| document.hidden());
            let later = move || {
                Timeout::new(0, move || here.set(true)).forget();
            };
            let frame = if hidden {
                later();
                None
            } else {
                Frame::next(later)
            };
            move || drop(frame)
        });
    }
    use_effect_with(*here, |here| {
        if *here {
            show_wanted();
        }
    });
    if !*here {
        return html! {};
    }
    let pane = PaneProps { state: props.state.clone(), send: props.send.clone() };
    html! {
        <>
            <BytesDialog ..props.clone() />
            <WireDialog ..props.clone() />
            <MessageDialog ..pane.clone() />
            { still(help) }
            { still(notes) }
            { still(modes_dialog) }
            <Questions ..pane.clone() />
            <LinkDialog ..pane.clone() />
            <Programs state={pane.state.clone()} rows={false} />
            <Programs state={pane.state} rows=true />
        </>
    }
}
