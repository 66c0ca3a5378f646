//! A moving picture of the frames that arrive, and what is counted of them.

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::{
    live::{Plane, Told},
    number::bytes,
    outside::Outside,
    ui::kit::html::html,
    ui::kit::widgets::{Choice, Select, segmented},
    web::{Errands, tasks::Task},
};

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
    let count = |at: usize| now.and_then(|told| told.counts.get(at)).map(u64::to_string);
    let name = |(id, key): &(u32, Outside)| (format!("{id:08x}").into(), format!("{} {id:08x}", key.shown()).into());
    let choose = {
        let stream = stream.setter();
        Callback::from(move |id: String| stream.set(u32::from_str_radix(&id, 16).ok()))
    };
    html! {
        <figure class="preview live" id="live" data-frame={count(0)} data-arrived={count(1)}
            data-shown={count(2)} data-missed={count(3)}>
            { segmented("What to see of the frames", "live-plane", choices.collect()) }
            if let Some(told) = now.filter(|told| told.streams.len() > 1) {
                <Select id="live-stream" name="stream" value={format!("{:08x}", told.stream)}
                    options={told.streams.iter().map(name).collect::<Vec<_>>()} {choose} />
            }
            <canvas ref={canvas} id="live-picture" class="picture" role="img" width="0" height="0"
                aria-label={now.map_or_else(|| "waits for a frame".to_owned(), |told| told.frame.clone())}></canvas>
            if let Some(told) = now {
                <figcaption class="quiet" title={format!("{} were copied to make the pictures", bytes(told.looked as usize))}>
                    <strong>{ &told.frame }</strong>{ ". " }<span id="live-figures">{ &told.words }</span>{ " " }
                    if !told.problem.is_empty() { <strong id="live-problem">{ &told.problem }</strong> }
                </figcaption>
            }
        </figure>
    }
}
