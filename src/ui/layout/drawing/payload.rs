//! The band of the payload: its segments in order.

use yew::prelude::*;

use super::{
    detail::Detail,
    film::is_taken_away,
    geometry::{Geometry, end, is_padding, middle},
    memory::density,
    shapes::{first_fit, line, painted, rect, text},
};
use crate::{
    app::{Piece, Plan},
    present::{
        format,
        layout::{
            cells::{self, Peek},
            facts,
            scale::Span,
        },
    },
    ui::kit::{html::html, widgets::hatch},
};

/// The payload refers: an outline with a name, or with the elements one by one.
pub(super) fn payload(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, detail: Detail<'_>) -> Html {
    let (x, width, room, band) = (span.begin(), span.drawn(), span.seen(), g.payload);
    let inner = (band.0 + 1.0, band.1 - 2.0);
    let taken = detail.far.taken >= 1.0;
    if is_padding(piece) && !detail.near {
        return html! {
            <>
                { rect("refer", x + 1.0, width - 2.0, inner) }
                { text("quiet halo", "middle", span.middle(), middle(band), format!("+{}", piece.len)) }
            </>
        };
    }
    let refer = match piece.refused {
        Some(_) => "refer refused",
        None if taken => "refer",
        None => "refer awaits",
    };
    let (upper, lower) = (band.0 + 17.0, band.0 + 33.0);
    let frame = html! {
        <>
            if taken && is_taken_away(piece) {
                // The bytes are the payload's now: they live here.
                { rect("tint", x, width, band) }
                if !detail.near { { painted(hatch(piece.position), x, width, band) } }
            }
            { rect(refer, x + 1.0, width - 2.0, inner) }
            { density(piece, span, inner, "border faint") }
        </>
    };
    if detail.near {
        return html! { <>{ frame }{ elements(g, plan, piece, span, detail.peek) }</> };
    }
    let name = format!("{} {}", piece.position, piece.name);
    let short = piece.part.map_or_else(String::new, |part| format!("{} {}", piece.position, part.word()));
    let bytes = format::bytes(piece.bytes());
    let content = facts::content_words(piece);
    // With one decimal, where there is little room.
    let rough = format::density(piece.bytes() as f64);
    let wide = format::text_width(&name, 12.5) + format::text_width(&bytes, 12.5) + 40.0 <= room && room >= 220.0;
    let (left, right) = (span.left + 9.0, span.right - 9.0);
    html! {
        <>
            { frame }
            if wide {
                { text("strong halo", "start", left, upper, name) }
                { text("strong halo", "end", right, upper, bytes) }
                if !detail.bare {
                    { text("quiet halo", "start", left, lower, content) }
                    { text("quiet halo", "end", right, lower, format::size(piece.bytes())) }
                }
            } else {
                { text("strong halo", "middle", span.middle(), upper,
                    if piece.part.is_some() && format::text_width(&name, 12.5) > room - 10.0 {
                        format::fit(&short, room - 10.0, 12.5)
                    } else {
                        format::fit(&name, room - 10.0, 12.5)
                    }) }
                if !detail.bare {
                    { text("quiet halo", "middle", span.middle(), lower,
                        first_fit(&[if piece.count == 1 { &bytes } else { &content }, &format::size(piece.bytes()), &rough], room - 6.0)) }
                }
            }
        </>
    }
}

/// The elements that are in view: their values above, their bytes below, and which of them a batch
/// border cuts.
fn elements(g: &Geometry, plan: &Plan, piece: &Piece, span: &Span, peek: Option<&Peek>) -> Html {
    let band = g.payload;
    let elements = cells::elements(plan, piece, span, peek);
    let octets = cells::octets(span, peek);
    // Without bytes the values stand in the middle.
    let value = if octets.is_empty() { middle(band) } else { band.0 + 16.0 };
    let grid: String =
        elements.iter().map(|cell| format!("M{:.1} {:.1}v{:.1}", cell.x, band.0 + 2.0, band.1 - 4.0)).collect();
    html! {
        <>
            <path class="border cells" d={grid} />
            { for elements.iter().filter(|cell| !cell.words.is_empty()).map(|cell| {
                text("halo", "middle", cell.x + cell.width / 2.0, value, cell.words.clone())
            }) }
            { for octets.into_iter().map(|(x, byte)| text("octet halo", "middle", x, band.0 + 33.0, format!("{byte:02X}"))) }
            { for elements.iter().filter_map(|cell| Some((cell, cell.cut?))).map(|(cell, batch)| {
                let x = span.at(plan.batches.end(batch));
                html! {
                    <>
                        { rect("cut-cell", cell.x, cell.width, (band.0 + 1.0, band.1 - 2.0)) }
                        { line("cut-line", x, band.0, x, end(g.batches)) }
                    </>
                }
            }) }
        </>
    }
}
