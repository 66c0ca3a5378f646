//! Rectangles, lines and words, as nodes of the drawing.

use yew::prelude::*;

use super::geometry::{Band, end, middle};
use crate::{
    present::format,
    ui::kit::{html::html, widgets::chevrons},
};

pub(super) fn px(value: f64) -> String {
    format!("{value:.1}")
}

pub(super) fn rect(class: &'static str, x: f64, width: f64, band: Band) -> Html {
    html! { <rect {class} x={px(x)} y={px(band.0)} width={px(width.max(0.0))} height={px(band.1)} /> }
}

pub(super) fn painted(fill: String, x: f64, width: f64, band: Band) -> Html {
    html! { <rect {fill} x={px(x)} y={px(band.0)} width={px(width.max(0.0))} height={px(band.1)} /> }
}

pub(super) fn line(class: &'static str, x1: f64, y1: f64, x2: f64, y2: f64) -> Html {
    html! { <line {class} x1={px(x1)} y1={px(y1)} x2={px(x2)} y2={px(y2)} /> }
}

pub(super) fn text(class: &'static str, anchor: &'static str, x: f64, y: f64, words: impl Into<AttrValue>) -> Html {
    html! { <text {class} text-anchor={anchor} x={px(x)} y={px(y)}>{ words.into() }</text> }
}

/// Text on its own small piece of paper, for places where it would be lost in ink.
pub(super) fn plate(x: f64, band: Band, words: &str) -> Html {
    let width = format::text_width(words, 12.0) + 12.0;
    let plate = (band.0 + band.1 / 2.0 - 8.5, 17.0);
    html! { <>{ rect("plate", x, width, plate) }{ text("quiet", "start", x + 6.0, middle(band), words.to_owned()) }</> }
}

/// Words of the drawing that a term of the glossary explains.
pub(super) fn about(term: &'static str, words: Html) -> Html {
    html! { <g data-term={format!("term-{term}")}>{ words }</g> }
}

/// The first of `choices` that fits, or the beginning of the last.
pub(super) fn first_fit(choices: &[&str], width: f64) -> String {
    let fits = choices.iter().find(|words| format::text_width(words, 12.0) <= width).or(choices.last());
    fits.map_or_else(String::new, |words| format::fit(words, width, 12.0))
}

/// A row of chevrons in the middle of a band: bytes are copied downwards.
pub(super) fn chevron_strip(at: usize, x: f64, width: f64, band: Band) -> Html {
    let (count, tile) = ((width / 16.0).floor().max(0.0), 16.0);
    let left = x + (width - count * tile) / 2.0;
    // A pattern starts at the origin of the element that it paints, so the strip gets an origin of its own.
    html! {
        <g transform={format!("translate({left:.1} {:.1})", band.0 + (band.1 - 18.0) / 2.0)}>
            <rect fill={chevrons(at)} width={px(count * tile)} height="18" />
        </g>
    }
}

pub(super) fn ribbon_edges(x: f64, width: f64, band: Band) -> Html {
    html! {
        <>
            { line("ribbon-edge", x + 0.5, band.0, x + 0.5, end(band)) }
            { line("ribbon-edge", x + width - 0.5, band.0, x + width - 0.5, end(band)) }
        </>
    }
}
