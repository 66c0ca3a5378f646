//! What is done with the bytes that are selected: copied, saved, written, kept.

use yew::prelude::*;

use super::{BytesDialog, MOST_COPIED, Msg};
use crate::{
    app::{Problem, State, bytes::Subject},
    present::{
        format,
        hex::{Order, Sought, Style},
    },
    segment::{Element, Mode},
    web::bytes,
};

/// The mode of the row that has the byte at `offset` of the payload that the rows make.
pub(super) fn mode_at(state: &State, offset: usize) -> Option<Mode> {
    let plan = state.plan().ok()?;
    let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&offset))?;
    state.rows.iter().find(|row| row.id == piece.row).map(|row| row.mode)
}

impl BytesDialog {
    pub(super) fn copy(&mut self, ctx: &Context<Self>, style: Style) {
        let (element, order) = (self.choices.element, self.choices.read_order);
        let Some(open) = &mut self.open else { return };
        let selected = open.selection();
        open.text = None;
        let Ok(held) = &open.held else { return };
        if selected.len() > MOST_COPIED {
            open.said = Some(Err(Problem::new(
                "Too much to copy as text.",
                format!(
                    "{} are selected, at most {} are copied; save the payload instead.",
                    format::bytes(selected.len()),
                    format::size(MOST_COPIED)
                ),
            )));
            return;
        }
        let seen = held.look(selected.start, selected.len());
        if let Some(problem) = seen.problem {
            open.said = Some(Err(problem));
            return;
        }
        let bytes = seen.bytes;
        let what = format!("{} as {}", format::bytes(bytes.len()), style.name());
        let (text, note) = match style.text(&bytes, element, order) {
            Some(text) => (text, String::new()),
            None => (
                style.text(&bytes, Element::Uint8, order).unwrap_or_default(),
                format!(" They are no whole number of {} elements, so they were copied as bytes.", element.name()),
            ),
        };
        let what = format!("Copied {what}.{note}");
        open.said = Some(Ok(what.clone()));
        let (link, secure) = (ctx.link().clone(), ctx.props().state.surroundings.secure);
        if !secure {
            let reason = "there is no clipboard on a page that came by plain http".to_owned();
            link.send_message(Msg::Copied(text, Err(reason)));
            return;
        }
        wasm_bindgen_futures::spawn_local(async move {
            let result = bytes::to_clipboard(&text).await;
            link.send_message(Msg::Copied(text, result));
        });
    }

    pub(super) fn save(&mut self, ctx: &Context<Self>) {
        let state = &ctx.props().state;
        let Some(open) = &mut self.open else { return };
        let Ok(held) = &open.held else { return };
        let name = file_name(&state.subject_name(open.subject));
        open.said = Some(bytes::save(held, &name).map(|()| {
            format!(
                "Saved {} as {name}. The browser copied them from where they are into the file; the lab made no block of \
                 them.",
                format::bytes(open.len())
            )
        }));
    }

    pub(super) fn write(&mut self, ctx: &Context<Self>) {
        let byte = match Sought::Hex.bytes(&self.choices.write, Order::Little).as_deref() {
            Ok([byte]) => *byte,
            Ok(_) => {
                self.choices.write_error = Some("Expected one byte of two hexadecimal digits.".to_owned());
                return;
            }
            Err(words) => {
                self.choices.write_error = Some(words.clone());
                return;
            }
        };
        self.choices.write_error = None;
        let Some(open) = &mut self.open else { return };
        let Ok(held) = &open.held else { return };
        let at = format::hex(open.cursor);
        let copied = mode_at(&ctx.props().state, open.cursor) == Some(Mode::Copy);
        open.said = Some(held.write(open.cursor, byte).map(|()| {
            let then = if copied {
                "To be looked at, the array is borrowed. Its row is copied: a payload that is built later has the new byte, and one that \
                 was built before keeps its own."
            } else {
                "It shows wherever the array is borrowed, and nowhere else."
            };
            format!("Wrote {byte:02x} at {at} into the caller’s array. {then}")
        }));
        (open.window, open.inspected) = (None, None);
        let other = open.other.as_ref().map(|other| other.subject);
        self.compare(ctx, other);
    }

    pub(super) fn keep(&mut self, ctx: &Context<Self>) {
        let props = ctx.props();
        let kept = props.runtime.keep_payload(&props.state.rows);
        // Rows in move mode had their arrays taken away by that, and have new ones now.
        let Some(open) = &mut self.open else { return };
        open.held = props.runtime.hold(Subject::Build, &props.state.rows, &open.looked);
        (open.window, open.inspected) = (None, None);
        open.said = Some(kept.map(|copied| {
            format!(
                "Kept a payload of these rows by their own modes; building it copied {}. Write a byte, and see in which of the \
                 two it shows.",
                format::requested(copied)
            )
        }));
        self.compare(ctx, Some(Subject::Kept));
    }
}

/// A name for a file out of that of a payload.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' };
    format!("{}.bin", name.trim_start_matches("the ").chars().map(plain).collect::<String>())
}
