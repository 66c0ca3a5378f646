//! The structure of a message over its bytes, as plain values: what the drawings read. It holds no
//! byte and no reference.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{
    MessageError, Received, Schema,
    arena::WORD,
    pointer::{POINTERS, Spot, Target},
    walk::{Seen, walk},
};

/// The most spans that are told of one message. What comes beyond is left out, and
/// [`Structure::cut`] says so.
pub const MAX_SPANS: usize = 512;

/// What a run of bytes in a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Kind {
    /// The segment table.
    Table,
    /// A pointer to an object in the same segment.
    Pointer,
    /// A pointer that leads nowhere: the field was not set.
    Null,
    /// A far pointer to a landing pad of one word.
    Far,
    /// A far pointer to a landing pad of two words.
    DoubleFar,
    /// A landing pad, or the first word of one with two: where the object is.
    Pad,
    /// The second word of a landing pad: what the object is.
    Tag,
    /// The data section of a struct.
    Fields,
    /// The elements of a list: a text, data, numbers.
    Elements,
    /// Zeros up to the next whole word.
    Padding,
    /// Words that no pointer leads to.
    Unused,
}

impl Kind {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Table => "segment table",
            Self::Pointer => "pointer",
            Self::Null => "null pointer",
            Self::Far => "far pointer",
            Self::DoubleFar => "double-far pointer",
            Self::Pad => "landing pad",
            Self::Tag => "landing pad, tag",
            Self::Fields => "fields",
            Self::Elements => "elements",
            Self::Padding => "padding",
            Self::Unused => "unused",
        }
    }
}

/// A run of bytes of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// What it is.
    pub kind: Kind,
    /// Its bytes, counted from the payload's beginning.
    pub bytes: Range<usize>,
    /// The segment of the message that it is in; `None` for the table.
    pub segment: Option<u32>,
    /// What it belongs to: a field of the schema, or its place in the parent.
    pub label: String,
    /// Where it leads, if it is a pointer or a pad: the bytes of the pad or of the object.
    pub target: Option<Range<usize>>,
}

/// The structure of a message. The spans are in the order of the bytes and do not overlap.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    /// The spans.
    pub spans: Vec<Span>,
    /// Whether there are more than [`MAX_SPANS`], so that some are left out. Bytes of spans that
    /// were left out are in none.
    pub cut: bool,
}

/// Collects spans while a message is walked through.
struct Collector<'a> {
    received: &'a Received,
    schema: Option<Schema>,
    spans: Vec<Span>,
    /// The label of every pointer that was seen.
    labels: Vec<String>,
}

impl Collector<'_> {
    /// The bytes of `words` words at `at`.
    fn range(&self, at: Spot, words: u64) -> Result<Range<usize>, MessageError> {
        let start = self.received.place(at)?;
        Ok(start..start + words as usize * WORD)
    }

    fn push(&mut self, kind: Kind, at: Spot, bytes: Range<usize>, label: &str, target: Option<Range<usize>>) {
        if !bytes.is_empty() {
            self.spans.push(Span { kind, bytes, segment: Some(at.segment), label: label.to_owned(), target });
        }
    }

    /// The bytes of what a pointer leads to, without what completes it to a whole word.
    fn object(&self, target: Target) -> Result<Option<Range<usize>>, MessageError> {
        let Some(at) = target.at() else { return Ok(None) };
        let whole = self.range(at, target.words())?;
        Ok(Some(match target {
            Target::List { code: code @ 2..=5, count, .. } => {
                whole.start..whole.start + count as usize * (1 << (code - 2))
            }
            _ => whole,
        }))
    }

    fn see(&mut self, seen: &Seen) -> Result<(), MessageError> {
        let label = match (seen.parent, self.schema) {
            (None, _) => "root".to_owned(),
            (Some((0, index)), Some(schema)) => schema
                .pointers()
                .get(index as usize)
                .map_or_else(|| format!("pointer {index}"), |name| (*name).to_owned()),
            (Some((parent, index)), _) => match self.labels.get(parent).filter(|_| parent > 0) {
                Some(label) => deeper(label, index),
                None => format!("pointer {index}"),
            },
        };
        self.labels.push(label.clone());
        let slot = self.range(seen.slot, 1)?;
        let target = seen.followed.target;
        let object = self.object(target)?;
        match seen.followed.pad {
            None if matches!(target, Target::Null) => self.push(Kind::Null, seen.slot, slot, &label, None),
            None => self.push(Kind::Pointer, seen.slot, slot, &label, object.clone()),
            Some((at, 1)) => {
                let pad = self.range(at, 1)?;
                self.push(Kind::Far, seen.slot, slot, &label, Some(pad.clone()));
                self.push(Kind::Pad, at, pad, &label, object.clone());
            }
            Some((at, words)) => {
                let pad = self.range(at, words.into())?;
                self.push(Kind::DoubleFar, seen.slot, slot, &label, Some(pad.clone()));
                let middle = pad.start + WORD;
                self.push(Kind::Pad, at, pad.start..middle, &label, object.clone());
                self.push(Kind::Tag, at, middle..pad.end, &label, None);
            }
        }
        match target {
            Target::Struct { at, data, .. } => {
                let words = self.schema.filter(|_| seen.parent.is_none()).map_or(&[][..], Schema::data_words);
                // More would be cut anyway.
                for word in 0..data.min(MAX_SPANS as u16) {
                    let name = words
                        .get(usize::from(word))
                        .map_or_else(|| format!("{label}, word {word}"), |name| (*name).to_owned());
                    let at = at.after(word.into());
                    self.push(Kind::Fields, at, self.range(at, 1)?, &name, None);
                }
            }
            Target::Structs { at, count, data, pointers } => {
                self.push(Kind::Fields, at, self.range(at, 1)?, &format!("{label}, tag of {count} structs"), None);
                let each = u32::from(data) + u32::from(pointers);
                if data > 0 {
                    for index in 0..count.min(MAX_SPANS as u32) {
                        let at = at.after(1 + index * each);
                        self.push(Kind::Fields, at, self.range(at, data.into())?, &format!("{label}[{index}]"), None);
                    }
                }
            }
            Target::List { code: POINTERS, .. } | Target::Null | Target::Capability => {}
            Target::List { at, .. } => {
                if let Some(object) = object {
                    self.push(Kind::Elements, at, object, &label, None);
                }
            }
        }
        Ok(())
    }
}

/// What a pointer is called that stands in what `label` leads to. Far down the middle of its way is
/// left out.
fn deeper(label: &str, index: u32) -> String {
    const LONGEST: usize = 60;
    if label.len() < LONGEST {
        return format!("{label}[{index}]");
    }
    let begin: String = label.chars().take(24).collect();
    format!("{begin}…[{index}]")
}

impl Received {
    /// What every byte of the message is; with `schema`, by the names of its fields. Looks at
    /// pointers only.
    ///
    /// # Errors
    /// The first pointer that cannot be followed, or [`MessageError::TooDeep`] or
    /// [`MessageError::TooMuch`].
    pub fn structure(&self, schema: Option<Schema>) -> Result<Structure, MessageError> {
        let mut collector = Collector { received: self, schema, spans: Vec::new(), labels: Vec::new() };
        let mut cut = false;
        let walked = walk(self, self.limits(), &mut |seen| {
            collector.see(seen)?;
            cut = collector.spans.len() > MAX_SPANS;
            // Any error ends the walk; this one is known to be no error.
            if cut { Err(MessageError::NoSuchSlot) } else { Ok(()) }
        });
        if let Err(error) = walked
            && !cut
        {
            return Err(error);
        }
        let mut spans = collector.spans;
        spans.sort_by_key(|span| (span.bytes.start, span.bytes.end));
        let begin = self.segment(0).map_or(0, |range| range.start);
        let table = super::draft::table_len(self.segments());
        let mut all = vec![Span {
            kind: Kind::Table,
            bytes: begin - table..begin,
            segment: None,
            label: format!("{} segments", self.segments()),
            target: None,
        }];
        let mut spans = spans.into_iter().peekable();
        for segment in 0..self.segments() {
            let Some(range) = self.segment(segment) else { break };
            let mut at = range.start;
            let rest = |from: usize, to: usize| {
                let whole = range.start + (from - range.start).next_multiple_of(WORD);
                let span = |kind, bytes: Range<usize>| Span {
                    kind,
                    bytes,
                    segment: Some(segment as u32),
                    label: String::new(),
                    target: None,
                };
                let both = [span(Kind::Padding, from..whole.min(to)), span(Kind::Unused, whole.min(to)..to)];
                both.into_iter().filter(|span| !span.bytes.is_empty())
            };
            while let Some(span) = spans.next_if(|span| span.bytes.start < range.end) {
                // Several pointers may lead to one place, and a damaged message may have objects
                // that overlap: the first is shown.
                if span.bytes.start < at {
                    continue;
                }
                if at < span.bytes.start && !cut {
                    all.extend(rest(at, span.bytes.start));
                }
                at = span.bytes.end;
                all.push(span);
            }
            if at < range.end && !cut {
                all.extend(rest(at, range.end));
            }
        }
        all.truncate(MAX_SPANS);
        Ok(Structure { spans: all, cut })
    }
}

impl Structure {
    /// The span that a byte of the payload is in.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<&Span> {
        let index = self.spans.partition_point(|span| span.bytes.end <= offset);
        self.spans.get(index).filter(|span| span.bytes.contains(&offset))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_far_down_leaves_its_middle_out() {
        let x = |count: usize| "x".repeat(count);
        assert_eq!(deeper(&x(59), 3), format!("{}[3]", x(59)));
        assert_eq!(deeper(&x(60), 3), format!("{}…[3]", x(24)));
    }
}
