//! The picture of a message, on a canvas, with its text alternative and the range of its values
//! beside it.

use web_sys::HtmlCanvasElement;
use yew::prelude::*;

use crate::{
    app::message::Picture,
    message::{
        picture::{FAINTEST, View},
        values::Range,
    },
    web::pictures,
};
use crate::{
    present::{format, message::content},
    ui::kit::{html::html, widgets::NumberField},
};

#[derive(PartialEq, Properties)]
pub(crate) struct PaintedProps {
    /// The number of the picture, which finds its pixels.
    number: u64,
    /// The facts of the picture.
    picture: std::rc::Rc<Picture>,
}

/// The canvas alone.
#[component]
fn Painted(props: &PaintedProps) -> Html {
    let node = use_node_ref();
    {
        let (node, picture) = (node.clone(), props.picture.clone());
        use_effect_with(props.number, move |number| {
            let Some(canvas) = node.cast::<HtmlCanvasElement>() else { return };
            let (width, height) = picture.shown;
            // Through the object model: the page's policy forbids styles in the markup. Without
            // these sizes the page still shows the picture, only larger or smaller.
            let style = canvas.style();
            let _ = style.set_property("width", &format!("{width}px"));
            let _ = style.set_property("aspect-ratio", &format!("{width} / {height}"));
            pictures::paint(*number, &canvas);
        });
    }
    let ink = matches!(props.picture.view, View::Line(..) | View::Points(_));
    html! {
        <canvas ref={node} id="picture" class={if ink { "picture in-ink" } else { "picture" }} role="img"
            aria-label={content::caption(&props.picture)}></canvas>
    }
}

/// A picture with its legend and controls. `slice` is the requested slice, and `choose`
/// takes another one.
pub(crate) fn figure(number: u64, picture: &std::rc::Rc<Picture>, slice: usize, choose: Callback<usize>) -> Html {
    if let View::Number(_) = picture.view {
        let value = picture.ranges.first().map(value).unwrap_or_default();
        return html! { <p class="big" id="picture-number">{ value }</p> };
    }
    let slices = match picture.view {
        View::Raster(raster) if raster.slices > 1 => Some(raster.slices),
        _ => None,
    };
    html! {
        <figure class="preview" id="preview" data-slice={picture.slice.to_string()}>
            if let Some(slices) = slices {
                <div class="slice">
                    <span class="quiet" aria-hidden="true">{ "slice" }</span>
                    <NumberField id="slice" label="slice" value={slice} least={0} most={slices - 1} change={choose} />
                    <span class="quiet">{ format!("of {}", format::count(slices)) }</span>
                </div>
            }
            <Painted {number} picture={picture.clone()} />
            { legend(picture) }
            <figcaption class="quiet">{ content::caption(picture) }{ " " }{ content::looked(picture) }</figcaption>
        </figure>
    }
}

/// The one value of a range.
fn value(range: &Range) -> String {
    match range {
        Range { ends: Some((value, _)), .. } => content::number(*value),
        Range { above: 1, .. } => "infinity".to_owned(),
        Range { below: 1, .. } => "-infinity".to_owned(),
        _ => "NaN".to_owned(),
    }
}

/// The range of the values, with a bar of the shades that represent them.
fn legend(picture: &Picture) -> Html {
    let ends = |range: &Range| content::ends(range).unwrap_or_else(|| ("no finite value".to_owned(), String::new()));
    let of = |index: usize| picture.ranges.get(index).copied().unwrap_or_default();
    let odd = |range: &Range, shown| {
        let words = content::odd(range, shown);
        html! { if let Some(words) = words { <p class="odd">{ words }</p> } }
    };
    let range = of(0);
    let (least, most) = ends(&range);
    let figures = |bar: Html| {
        html! {
            <p class="range" id="range">
                <span id="range-least">{ &least }</span>{ bar }<span id="range-most">{ &most }</span>
            </p>
        }
    };
    match picture.view {
        View::Raster(raster) if raster.channels == 1 => html! {
            // The greys of a camera are absolute, so its legend does not depend on the range.
            <>
                { figures(if raster.as_is { between() } else { shades("grey") }) }
                { odd(&range, "left open") }
            </>
        },
        View::Raster(_) => html! { <>{ figures(between()) }{ odd(&range, "left open") }</> },
        View::Line(..) => html! { <>{ figures(between()) }{ odd(&range, "gaps in the line") }</> },
        View::Points(_) => html! {
            <>
                <dl class="ranges" id="range">
                    { for ["x", "y", "z"].into_iter().enumerate().map(|(index, name)| html! {
                        <div><dt>{ name }</dt><dd id={format!("range-{name}")}>{ content::span(&of(index)) }{ " m" }</dd></div>
                    }) }
                    <div>
                        <dt>{ "intensity" }</dt>
                        <dd><span id="range-intensity">{ content::span(&of(3)) }</span>{ shades("ink") }</dd>
                    </div>
                </dl>
                { for (0..3).map(|index| odd(&of(index), "not drawn")) }
            </>
        },
        View::Nothing | View::Number(_) => html! {},
    }
}

fn between() -> Html {
    html! { <span aria-label="to">{ "…" }</span> }
}

/// A bar from the shade of the least value to the shade of the greatest.
fn shades(kind: &'static str) -> Html {
    let id = format!("shades-{kind}");
    let stops = match kind {
        "ink" => {
            let faintest = format!("{:.2}", f64::from(FAINTEST) / 255.0);
            html! {
                <><stop offset="0" class="stop-ink" stop-opacity={faintest} /><stop offset="1" class="stop-ink" /></>
            }
        }
        _ => html! { <><stop offset="0" stop-color="#000" /><stop offset="1" stop-color="#fff" /></> },
    };
    html! {
        <svg class="shades" width="120" height="12" viewBox="0 0 120 12" preserveAspectRatio="none" aria-hidden="true">
            <defs><linearGradient id={id.clone()}>{ stops }</linearGradient></defs>
            <rect width="120" height="12" fill={format!("url(#{id})")} />
        </svg>
    }
}
