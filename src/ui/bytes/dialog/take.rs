//! What is done with the bytes that are selected: copied, saved, written, kept.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::{BytesDialog, MOST_COPIED, Msg};
use crate::{
    app::{Problem, State, bytes::Subject},
    present::{
        format,
        hex::{ByteOrder, Sought, Style},
    },
    segment::{Element, Mode},
    web::{bytes::Held, clipboard::Promised},
};

/// The mode of the row that has the byte at `offset` of the payload that the rows make.
pub(super) fn mode_at(state: &State, offset: usize) -> Option<Mode> {
    let plan = state.plan().ok()?;
    let piece = plan.pieces.iter().find(|piece| (piece.offset..piece.end()).contains(&offset))?;
    state.rows.iter().find(|row| row.id == piece.row).map(|row| row.mode)
}

impl BytesDialog {
    pub(super) fn copy(&mut self, ctx: &Context<Self>, style: Style, place: Promised) {
        let (element, order) = (self.choices.element, self.choices.read_order);
        let Some(open) = &mut self.open else { return };
        let selected = open.selection();
        open.text = None;
        let Some(held) = open.holds.held().cloned() else { return };
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
        let (number, link, secure) = (open.number, ctx.link().clone(), ctx.props().state.surroundings.secure);
        // No later request takes it back: a person may copy one thing after the other.
        spawn_local(async move {
            let seen = held.look(selected.start, selected.len()).await;
            if let Some(problem) = seen.problem {
                link.send_message(Msg::Said(number, Err(problem)));
                return;
            }
            let (text, words) = as_text(&seen.bytes, style, element, order);
            link.send_message(Msg::Said(number, Ok(words)));
            let result = if secure {
                place.write(&text).await
            } else {
                Err("a page that came by plain http has no clipboard".to_owned())
            };
            if let Err(reason) = result {
                link.send_message(Msg::NotCopied(number, text, reason));
            }
        });
    }

    pub(super) fn save(&mut self, ctx: &Context<Self>) {
        let Some(open) = &self.open else { return };
        let Some(held) = open.holds.held().cloned() else { return };
        let name = file_name(&ctx.props().state.subject_name(open.subject));
        let words = format!(
            "Saved {} as {name}. The browser copied them from where they are into the file; the lab made no block of \
             them.",
            format::bytes(open.len())
        );
        let (number, link) = (open.number, ctx.link().clone());
        spawn_local(async move {
            let said = held.save(name).await.map(|()| words);
            link.send_message(Msg::Said(number, said));
        });
    }

    pub(super) fn write(&mut self, ctx: &Context<Self>) {
        let byte = match Sought::Hex.bytes(&self.choices.write, ByteOrder::Little).as_deref() {
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
        let Some(open) = &self.open else { return };
        let Some(held) = open.holds.held().cloned() else { return };
        let (number, cursor, link) = (open.number, open.cursor, ctx.link().clone());
        let copied = mode_at(&ctx.props().state, cursor) == Some(Mode::Copy);
        spawn_local(async move {
            let said = held.write(cursor, byte).await.map(|()| {
                let then = if copied {
                    "To be looked at, the array is borrowed. Its row is copied: a payload that is built later has \
                     the new byte, and one that was built before keeps its own."
                } else {
                    "It shows wherever the array is borrowed, and nowhere else."
                };
                format!("Wrote {byte:02x} at {} into the caller’s array. {then}", format::hex(cursor))
            });
            link.send_message(Msg::Written(number, said));
        });
    }

    pub(super) fn keep(&mut self, ctx: &Context<Self>) {
        let Some(open) = &self.open else { return };
        let (number, held, link) = (open.number, open.holds.held().cloned(), ctx.link().clone());
        let (errands, rows) = (ctx.props().errands.clone(), ctx.props().state.rows.clone());
        spawn_local(async move {
            let copied = errands.keep_payload(rows.clone()).await;
            // Rows in move mode had their arrays taken away by that, and have new ones now.
            let held = errands.hold(Subject::Build, rows, held.as_ref()).await;
            link.send_message(Msg::Kept(number, copied, held));
        });
    }

    /// Takes the payload anew after another one of it was kept. Returns whether the view still
    /// looks at it.
    pub(super) fn kept(
        &mut self,
        ctx: &Context<Self>,
        number: u64,
        copied: Result<u64, Problem>,
        result: Result<Held, Problem>,
    ) -> bool {
        let Some(open) = self.opened(number) else { return false };
        open.looked = open.looked();
        open.holds = result.into();
        open.said = Some(copied.map(|copied| {
            format!(
                "Kept a payload of these rows by their own modes; building it copied {}. Write a byte, and see in \
                 which of the two it shows.",
                format::requested(copied)
            )
        }));
        self.compare(ctx, Some(Subject::Kept));
        true
    }

    pub(super) fn forget_kept(&mut self, ctx: &Context<Self>) {
        let Some(open) = &self.open else { return };
        let (number, errands, link) = (open.number, ctx.props().errands.clone(), ctx.link().clone());
        spawn_local(async move {
            errands.forget_kept().await;
            link.send_message(Msg::Forgotten(number));
        });
    }
}

/// Bytes as text, and what to say of that.
fn as_text(bytes: &[u8], style: Style, element: Element, order: ByteOrder) -> (String, String) {
    let what = format!("{} as {}", format::bytes(bytes.len()), style.name());
    let (text, note) = match style.text(bytes, element, order) {
        Some(text) => (text, String::new()),
        None => (
            style.text(bytes, Element::Uint8, order).unwrap_or_default(),
            format!(" They are not a whole number of {} elements, so they were copied as bytes.", element.name()),
        ),
    };
    (text, format!("Copied {what}.{note}"))
}

/// A name for a file out of that of a payload.
fn file_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '-' };
    format!("{}.bin", name.trim_start_matches("the ").chars().map(plain).collect::<String>())
}
