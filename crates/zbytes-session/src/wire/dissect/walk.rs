//! The walk through a batch, which makes its spans and its summary.

use zbytes::number::{bytes, count, thousands};
use zbytes_text::Outside;
use zenoh_protocol::common::iext;

use super::{
    field::{self, *},
    span::{Begun, Body, Carried, Carries, Dissection, Shape, Span},
    summary::{Kind, Summary},
    words::*,
};
use crate::wire::WireError;

/// Why the walk ended before the end of the batch.
pub(super) enum Stop {
    /// The walk expected this part and found something else.
    Unreadable(&'static str),
    /// The message continues in another fragment.
    Cut,
}

pub(super) type Walked<T> = Result<T, Stop>;

/// The format of an extension's value.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// As the extension's header says.
    Header,
    /// A number; the function turns it into words.
    Number(fn(u64) -> String),
    Timestamp,
    Entity,
    Source,
    Attachment,
    QueryBody,
    WireExpr,
}

/// An extension that the codec knows: its id with the bits of its encoding, its name, and the
/// format of its value.
pub(super) type Known = (u8, &'static Field, Of);

pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
    /// The spans so far; `None` if only a summary was asked for.
    spans: Option<Vec<Span>>,
    /// The open groups, by their indexes in `spans`.
    pub(super) open: Vec<usize>,
    /// Where the next leaf must begin.
    covered: usize,
    /// Where a message begins whose first part alone is here; `None` for other batches.
    pub(super) first_of: Option<usize>,
    pub(super) summary: Summary,
    /// How many messages so far belong to a caller: puts, deletes, queries and answers.
    pub(super) callers: usize,
}

impl<'a> Walk<'a> {
    pub(super) fn new(bytes: &'a [u8], with_spans: bool) -> Self {
        Self {
            bytes,
            at: 0,
            spans: with_spans.then(Vec::new),
            open: Vec::new(),
            covered: 0,
            first_of: None,
            summary: Summary {
                kind: Kind::Unknown,
                lane: None,
                sn: None,
                more: false,
                first: false,
                dropped: false,
                part: 0,
                messages: Vec::new(),
                keys: Vec::new(),
                more_keys: false,
                carried: Vec::new(),
                runs: 0,
                payload: 0,
                bodies: Vec::new(),
                error: None,
            },
            callers: 0,
        }
    }

    /// Walks through the whole batch.
    pub(super) fn run(&mut self, begun: Option<&Begun>) {
        let stop = self.batch(begun).err();
        if let Some(stop) = &stop {
            let what = match stop {
                Stop::Unreadable(what) => what,
                // Only a message in fragments is cut. A fragment that may be cut does not get here.
                Stop::Cut => "more bytes",
            };
            self.summary.error = Some(WireError { what: what.into(), at: self.covered, len: self.bytes.len() });
        }
        self.rest(UNKNOWN, Shape::Unknown);
        while !self.open.is_empty() {
            self.close();
        }
    }

    pub(super) fn dissection(self) -> Dissection {
        Dissection { spans: self.spans.unwrap_or_default(), error: self.summary.error }
    }

    // ---- spans

    pub(super) fn enter(&mut self, field: &'static Field) {
        if let Some(spans) = &mut self.spans {
            let depth = self.open.len() as u8;
            self.open.push(spans.len());
            spans.push(Span {
                start: self.covered,
                len: 0,
                depth,
                field,
                value: Outside::default(),
                shape: Shape::Group,
            });
        }
    }

    pub(super) fn close(&mut self) {
        let end = self.covered;
        if let (Some(spans), Some(group)) = (&mut self.spans, self.open.pop())
            && let Some(span) = spans.get_mut(group)
        {
            span.len = end - span.start;
        }
    }

    /// Sets the value of the innermost open group.
    pub(super) fn say(&mut self, value: &dyn Fn() -> String) {
        if let (Some(spans), Some(group)) = (&mut self.spans, self.open.last())
            && let Some(span) = spans.get_mut(*group)
        {
            span.value = value().into();
        }
    }

    /// Adds a leaf, from the end of the last leaf to the current position.
    pub(super) fn leaf(&mut self, field: &'static Field, shape: Shape, value: &dyn Fn() -> String) {
        let start = self.covered;
        self.covered = self.at;
        if let Some(spans) = self.spans.as_mut().filter(|_| self.at > start) {
            let depth = self.open.len() as u8;
            spans.push(Span { start, len: self.at - start, depth, field, value: value().into(), shape });
        }
    }

    /// Adds a leaf of everything that has no leaf yet.
    pub(super) fn rest(&mut self, field: &'static Field, shape: Shape) {
        self.at = self.bytes.len();
        let len = self.at.saturating_sub(self.covered);
        self.leaf(field, shape, &|| bytes(len));
    }

    // ---- primitives; none of them adds a leaf

    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The reason to stop when bytes are missing.
    pub(super) fn short(&self, what: &'static str) -> Stop {
        if self.first_of.is_some() { Stop::Cut } else { Stop::Unreadable(what) }
    }

    pub(super) fn byte(&mut self, what: &'static str) -> Walked<u8> {
        let byte = self.peek().ok_or_else(|| self.short(what))?;
        self.at += 1;
        Ok(byte)
    }

    /// An integer of variable length: seven bits a byte, lowest first; a ninth byte has eight.
    pub(super) fn number(&mut self, what: &'static str) -> Walked<u64> {
        let mut value = 0;
        for shift in 0..9 {
            let byte = self.byte(what)?;
            if shift == 8 || byte & 0x80 == 0 {
                return Ok(value | u64::from(byte) << (7 * shift));
            }
            value |= u64::from(byte & 0x7f) << (7 * shift);
        }
        Ok(value)
    }

    /// A number of at most `largest`.
    pub(super) fn bounded(&mut self, largest: u64, what: &'static str) -> Walked<u64> {
        let value = self.number(what)?;
        if value > largest { Err(Stop::Unreadable(what)) } else { Ok(value) }
    }

    pub(super) fn take(&mut self, len: u64, what: &'static str) -> Walked<&'a [u8]> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let taken = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.short(what))?;
        self.at += taken.len();
        Ok(taken)
    }

    pub(super) fn text(&mut self, len: u64, what: &'static str) -> Walked<&'a str> {
        std::str::from_utf8(self.take(len, what)?).map_err(|_| Stop::Unreadable(what))
    }

    /// An id of up to 16 bytes that are not all zero.
    fn id(&mut self, len: u64, what: &'static str) -> Walked<&'a [u8]> {
        if len > 16 {
            return Err(Stop::Unreadable(what));
        }
        let id = self.take(len, what)?;
        if id.iter().all(|byte| *byte == 0) { Err(Stop::Unreadable(what)) } else { Ok(id) }
    }

    // ---- fields: a primitive and its leaf

    pub(super) fn number_field(&mut self, field: &'static Field) -> Walked<u64> {
        let value = self.number(field.name)?;
        self.leaf(field, Shape::Leaf, &|| thousands(value));
        Ok(value)
    }

    /// A number; only its lower 32 bits count.
    pub(super) fn short_number(&mut self, field: &'static Field) -> Walked<u32> {
        let value = self.number(field.name)? as u32;
        self.leaf(field, Shape::Leaf, &|| thousands(value.into()));
        Ok(value)
    }

    pub(super) fn len_field(&mut self, field: &'static Field, largest: u64) -> Walked<u64> {
        let len = self.bounded(largest, field.name)?;
        self.leaf(field, Shape::Leaf, &|| format!("{} B", thousands(len)));
        Ok(len)
    }

    pub(super) fn text_field(&mut self, field: &'static Field, len: u64) -> Walked<&'a str> {
        let text = self.text(len, field.name)?;
        self.leaf(field, Shape::Leaf, &|| text.to_owned());
        Ok(text)
    }

    pub(super) fn bytes_field(&mut self, field: &'static Field, len: u64) -> Walked<()> {
        let taken = self.take(len, field.name)?;
        self.leaf(field, Shape::Leaf, &|| hex(taken));
        Ok(())
    }

    pub(super) fn id_field(&mut self, field: &'static Field, len: u64) -> Walked<()> {
        let id = self.id(len, field.name)?;
        self.leaf(field, Shape::Leaf, &|| id_text(id));
        Ok(())
    }

    /// Reads the header of a message, and adds a leaf that names the set flags. Returns the header.
    pub(super) fn header(&mut self, flags: &'static [(u8, &'static str)]) -> Walked<u8> {
        let header = self.byte("a message")?;
        self.leaf(HEADER, Shape::Leaf, &|| flag_words(header, flags));
        Ok(header)
    }

    /// Bytes that belong to an owner. In a fragment some of them may be missing.
    pub(super) fn body(&mut self, field: &'static Field, what: Carries, len: u64) -> Walked<()> {
        let total = usize::try_from(len).map_err(|_| Stop::Unreadable(field.name))?;
        let here = total.min(self.left());
        if here < total && self.first_of.is_none() {
            return Err(Stop::Unreadable(field.name));
        }
        if let Some(first) = self.first_of {
            self.summary.bodies.push(Body { what, at: self.at - first, len: total });
        }
        let carried =
            Carried { what, start: self.at, len: here, offset: 0, total, message: self.callers.saturating_sub(1) };
        self.carry(field, carried);
        if here < total { Err(Stop::Cut) } else { Ok(()) }
    }

    pub(super) fn carry(&mut self, field: &'static Field, carried: Carried) {
        self.at += carried.len;
        if carried.len == 0 {
            return;
        }
        if carried.what == Carries::Payload {
            self.summary.payload += carried.len;
        }
        self.summary.runs += 1;
        if self.summary.carried.len() < Summary::CARRIED {
            self.summary.carried.push(carried);
        }
        self.leaf(field, Shape::Body(carried), &|| {
            if carried.len == carried.total {
                bytes(carried.len)
            } else {
                let last = carried.offset + carried.len - 1;
                format!(
                    "{}: {} to {} of {}",
                    bytes(carried.len),
                    count(carried.offset),
                    count(last),
                    bytes(carried.total)
                )
            }
        });
    }

    // ---- fields that several messages have

    /// A key expression, as text.
    pub(super) fn key(&mut self, named: bool) -> Walked<String> {
        let scope = self.bounded(u16::MAX.into(), SCOPE.name)?;
        self.leaf(SCOPE, Shape::Leaf, &|| if scope == 0 { "0: none".to_owned() } else { scope.to_string() });
        let suffix = if named {
            let len = self.len_field(SUFFIX_LEN, u16::MAX.into())?;
            self.text_field(SUFFIX, len)?
        } else {
            ""
        };
        Ok(self.note_key(scope, suffix))
    }

    /// Adds a key expression to the summary. Returns it as text, for a dissection.
    pub(super) fn note_key(&mut self, scope: u64, suffix: &str) -> String {
        let written = |key: &Outside| {
            let key = key.raw();
            let rest = if scope == 0 { Some(key) } else { key.strip_prefix(&format!("#{scope}")) };
            rest == Some(suffix)
        };
        if !self.summary.keys.iter().any(written) {
            if self.summary.keys.len() < Summary::KEYS {
                self.summary.keys.push(key_text(scope, suffix).into());
            } else {
                self.summary.more_keys = true;
            }
        }
        if self.spans.is_some() { key_text(scope, suffix) } else { String::new() }
    }

    pub(super) fn timestamp(&mut self) -> Walked<()> {
        let time = self.number(TIME.name)?;
        self.leaf(TIME, Shape::Leaf, &|| time_text(time));
        let len = self.len_field(TIME_ID_LEN, u64::MAX)?;
        self.id_field(TIME_ID, len)
    }

    pub(super) fn encoding(&mut self) -> Walked<()> {
        let id = self.bounded(u32::MAX.into(), ENCODING.name)?;
        self.leaf(ENCODING, Shape::Leaf, &|| encoding_text(id));
        if id & 1 != 0 {
            let len = self.len_field(SCHEMA_LEN, u8::MAX.into())?;
            let schema = self.take(len, SCHEMA.name)?;
            self.leaf(SCHEMA, Shape::Leaf, &|| String::from_utf8_lossy(schema).into_owned());
        }
        Ok(())
    }

    fn entity(&mut self) -> Walked<()> {
        let flags = self.byte(ID_LEN.name)?;
        let len = u64::from(flags >> 4) + 1;
        self.leaf(ID_LEN, Shape::Leaf, &|| format!("{len} B"));
        self.id_field(ZID, len)?;
        self.short_number(ENTITY)?;
        Ok(())
    }

    // ---- extensions

    pub(super) fn extensions(&mut self, header: u8, known: &[Known]) -> Walked<()> {
        let mut more = header & Z != 0;
        while more {
            more = self.extension(known)?.2;
        }
        Ok(())
    }

    /// Reads one extension. Returns its id with the bits of its encoding, its value if it is a
    /// number, and whether more follow.
    pub(super) fn extension(&mut self, known: &[Known]) -> Walked<(u8, u64, bool)> {
        let header = self.peek().ok_or_else(|| self.short("an extension"))?;
        let id = iext::eid(header);
        let found = known.iter().find(|(known, ..)| *known == id);
        if found.is_none() && header & iext::FLAG_M != 0 {
            return Err(Stop::Unreadable("an extension that is known"));
        }
        let (_, field, of) = found.copied().unwrap_or((id, EXT_UNKNOWN, Of::Header));
        self.enter(field);
        self.at += 1;
        self.leaf(EXT_HEADER, Shape::Leaf, &|| extension_text(header));
        let mut value = 0;
        match (header & iext::ENC_MASK, of) {
            (iext::ENC_UNIT, _) => {}
            (iext::ENC_Z64, of) => {
                value = self.number(EXT_VALUE.name)?;
                let text = if let Of::Number(text) = of { text } else { plain };
                self.leaf(EXT_VALUE, Shape::Leaf, &|| text(value));
                self.say(&|| text(value));
                if field == EXT_TARGET && value > 2 {
                    return Err(Stop::Unreadable("a target"));
                }
            }
            (iext::ENC_ZBUF, Of::Attachment) => {
                let len = self.len_field(ATTACHMENT_LEN, u32::MAX.into())?;
                self.body(ATTACHMENT, Carries::Attachment, len)?;
            }
            (iext::ENC_ZBUF, of) => {
                let len = self.len_field(EXT_LEN, u32::MAX.into())?;
                let begins = self.at;
                match of {
                    Of::Timestamp => self.timestamp()?,
                    Of::Entity => self.entity()?,
                    Of::Source => {
                        self.entity()?;
                        self.short_number(SOURCE_SN)?;
                    }
                    Of::QueryBody => {
                        self.encoding()?;
                        let used = (self.at - begins) as u64;
                        let len = len.checked_sub(used).ok_or(Stop::Unreadable(field::BODY.name))?;
                        self.body(field::BODY, Carries::Body, len)?;
                    }
                    Of::WireExpr => self.wire_expr(len)?,
                    _ => self.bytes_field(EXT_BYTES, len)?,
                }
            }
            _ => return Err(Stop::Unreadable("an extension")),
        }
        self.close();
        Ok((id, value, header & iext::FLAG_Z != 0))
    }

    /// The key expression of a declaration that ends. Its key has no length: it fills the rest of
    /// the extension.
    fn wire_expr(&mut self, len: u64) -> Walked<()> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let end = end.filter(|end| *end <= self.bytes.len()).ok_or_else(|| self.short(EXT_WIRE_EXPR.name))?;
        // The fields end where the extension ends.
        let all = self.bytes;
        self.bytes = all.get(..end).unwrap_or_default();
        let read = self.wire_expr_fields();
        self.bytes = all;
        read?;
        let beyond = end - self.at;
        self.at = end;
        self.leaf(EXT_BYTES, Shape::Leaf, &|| bytes(beyond));
        Ok(())
    }

    fn wire_expr_fields(&mut self) -> Walked<()> {
        let flags = self.byte(EXPR_FLAGS.name)?;
        self.leaf(EXPR_FLAGS, Shape::Leaf, &|| flag_words(flags, &[(1, "key"), (2, "numbers of the sender")]));
        let scope = self.number(SCOPE.name)? as u16;
        self.leaf(SCOPE, Shape::Leaf, &|| scope.to_string());
        if flags & 1 != 0 {
            // The codec rejects an empty key.
            if self.left() == 0 {
                return Err(self.short(SUFFIX.name));
            }
            let key = self.text_field(SUFFIX, self.left() as u64)?;
            self.note_key(scope.into(), key);
        }
        Ok(())
    }
}

/// Takes a batch apart. `begun` says where in its message a fragment is; without it only a fragment
/// that is marked as the first is looked into.
///
/// O(length of the batch), and some spans for each message in it. Whatever the bytes are, it ends,
/// and the leaves cover them.
#[must_use]
pub fn dissect(batch: &[u8], begun: Option<&Begun>) -> Dissection {
    let mut walk = Walk::new(batch, true);
    walk.run(begun);
    walk.dissection()
}

/// A batch in short, by the same walk without making spans. What it keeps has bounds of its own.
#[must_use]
pub fn summarize(batch: &[u8], begun: Option<&Begun>) -> Summary {
    let mut walk = Walk::new(batch, false);
    walk.run(begun);
    walk.summary
}
