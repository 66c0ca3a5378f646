//! A moving picture of the frames that arrive, and what is counted of them.

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::{
    live::{Plane, Told},
    number::bytes,
    outside::shown_at_most,
    present::live,
    ui::kit::widgets::{Choice, Select, segmented},
    web::{Errands, tasks::Task},
};

/// So many characters of a key are shown in the list of streams.
const IN_SHORT: usize = 40;

#[derive(PartialEq, Properties)]
pub(super) struct LiveProps {
    pub(super) errands: Errands,
}

/// The picture of a stream.
#[component]
pub(super) fn Live(props: &LiveProps) -> Html {
    let (canvas, told) = (use_node_ref(), use_state_eq(|| None::<Told>));
    let (stream, plane) = (use_state_eq(|| None::<u32>), use_state_eq(|| Plane::Image));
    {
        let (errands, canvas, told) = (props.errands.clone(), canvas.clone(), told.setter());
        use_effect_with((*stream, *plane), move |(stream, plane)| {
            let task = canvas
                .cast::<HtmlCanvasElement>()
                .map(|canvas| Task::begin(errands.watch_live(canvas, *stream, *plane, move |now| told.set(now))));
            move || drop(task)
        });
    }
    let choices = Plane::ALL.into_iter().map(|one| Choice {
        id: format!("live-{}", one.name()).into(),
        label: if one == Plane::Mask { "mask over image" } else { one.name() },
        chosen: *plane == one,
        choose: {
            let plane = plane.setter();
            Callback::from(move |_| plane.set(one))
        },
    });
    let now = told.as_ref();
    let figure = |of: fn(&Told) -> u64| now.map(|told| of(told).to_string());
    let name = |(id, key): &(u32, crate::outside::Outside)| {
        (format!("{id:08x}").into(), format!("{} {id:08x}", shown_at_most(key.raw(), IN_SHORT)).into())
    };
    let choose = {
        let stream = stream.setter();
        Callback::from(move |id: String| stream.set(u32::from_str_radix(&id, 16).ok()))
    };
    html! {
        <figure class="preview live" id="live" data-frame={figure(|told| told.head.sequence)} data-arrived={figure(|told| told.figures.received)}
            data-shown={figure(|told| told.figures.shown)} data-missed={figure(|told| told.figures.missed)}>
            { segmented("What to see of the frames", "live-plane", choices.collect()) }
            if let Some(told) = now.filter(|told| told.streams.len() > 1) {
                <Select id="live-stream" name="stream" value={format!("{:08x}", told.stream)}
                    options={told.streams.iter().map(name).collect::<Vec<_>>()} {choose} />
            }
            <canvas ref={canvas} id="live-picture" class="picture" role="img" width="0" height="0"
                aria-label={now.map_or_else(|| "waits for a frame".to_owned(), |told| told.head.words())}></canvas>
            if let Some(told) = now {
                <figcaption class="quiet" title={format!("{} were copied to make the pictures", bytes(told.looked as usize))}>
                    <strong>{ told.head.words() }</strong>{ ". " }<span id="live-figures">{ live::figures(&told.figures) }</span>
                    if told.head.start(*plane).is_none() { { format!(" A frame of this stream has no {}.", plane.name()) } }
                    if let Some(problem) = &told.problem { <span class="field-error" role="alert">{ format!(" {problem}.") }</span> }
                </figcaption>
            }
        </figure>
    }
}
