//! The line below the drawing: the part in view, and the buttons that change it.

use yew::prelude::*;

use crate::{
    app::{
        Action, Plan, State,
        film::{Change, Moment},
        sight::Order,
        stage::Large,
    },
    present::{
        layout::{
            caption::caption,
            cells, demonstration, facts,
            lens::{Lens, Shown},
        },
        put::put_line,
    },
    ui::kit::{html::html, terms::with_terms, widgets::sends},
};

/// A step of the view, from a key or a button.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Look {
    In,
    Out,
    Left,
    Right,
    Whole,
    Fit,
}

/// The part in view, and the buttons that change it.
pub(super) fn zoom_bar(
    plan: &Plan,
    lens: Option<&Lens>,
    shown: &[Shown],
    moment: Option<&Moment>,
    state: &State,
    send: &Callback<Action>,
    step: &Callback<Look>,
) -> Html {
    // The view by owner is not magnified. The line stays, so that nothing below it moves.
    let owners = state.order == Order::Owners;
    let words = match lens {
        _ if owners => "bars in one scale, the heaviest owner first".to_owned(),
        Some(lens) => cells::window_words(&lens.bytes(), lens.len(), shown),
        None => String::new(),
    };
    let words = match state.view.mode() {
        Some(_) => format!("only a look, rows and puts keep their modes; {words}"),
        None => words,
    };
    let experiment = state.demonstration().filter(|shown| shown.sights().is_some() && !owners);
    let words = match (moment, experiment) {
        (Some(moment), Some(shown)) => demonstration::caption(plan, shown, moment),
        (Some(moment), None) => caption(plan, moment),
        (None, _) if state.stage.large == Some(Large::Presenter) => put_line(state),
        (None, _) => words,
    };
    let off = owners || lens.is_none();
    let whole = off || lens.is_none_or(Lens::is_whole);
    let button = |id: &'static str, name: &'static str, sign: &'static str, look: Look, off: bool| {
        let onclick = step.reform(move |_: MouseEvent| look);
        html! { <button type="button" {id} aria-label={name} title={name} disabled={off} {onclick}>{ sign }</button> }
    };
    let nothing = off || state.selected.is_none();
    html! {
        <div class="zoom-bar">
            <p id="zoom-words" role="status">{ if moment.is_some() { html! { { words } } } else { with_terms(&words) } }</p>
            if let Some(shown) = experiment {
                <p id="shown" data-experiment={shown.experiment.key()} data-held={shown.held().to_string()}>
                    <button type="button" class="link" id="shown-end" onclick={sends(send, Action::Film(Change::End))}>
                        { format!("End “{}”", shown.experiment.name()) }
                    </button>
                </p>
            }
            // The attributes are for programs that read the page: the number of batches, the
            // longest batch, and the payload bytes in the first.
            <p class="quiet" id="batches-of" data-count={plan.batches.count.to_string()}
                data-size={plan.batches.size.to_string()} data-first={plan.batches.end(0).to_string()}
                title="Batches are those of the next put as the options of Put are now. Puts that leave together may share batches.">
                { with_terms(&facts::batches_of(plan)) }
            </p>
            <p class="quiet" id="zoom-keys" hidden={off}>
                <span class="strip-words">{ "Drag over the strip for a part. " }</span>
                { "Ctrl+wheel or " }<kbd>{ "+" }</kbd>{ " " }<kbd>{ "−" }</kbd>{ " zoom, " }
                <kbd>{ "←" }</kbd>{ " " }<kbd>{ "→" }</kbd>{ " move, " }<kbd>{ "0" }</kbd>{ " shows all" }
            </p>
            <div class="zoom-buttons" role="group" aria-label="What the drawing shows">
                { button("zoom-out", "Zoom out", "−", Look::Out, whole) }
                { button("zoom-in", "Zoom in", "+", Look::In, off) }
                { button("zoom-fit", "Fit the selected segment, or show all again", "Fit", Look::Fit, nothing) }
                { button("zoom-whole", "Show all", "All", Look::Whole, whole) }
            </div>
        </div>
    }
}
