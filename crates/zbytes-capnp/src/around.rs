//! The bytes of a message around its arrays, for a program that has the arrays.

use super::{
    Draft, MessageError, PartKind, Spec, Way,
    arena::WORD,
    draft::{padding, table},
    pointer::{code_of, landing_pad},
};
use zbytes::segment::Source;

impl Spec {
    /// The bytes of the message around its arrays, made without an array: what stands in front of
    /// each array that is not empty, in order, and what stands behind the last one. A program that
    /// has the arrays can so put the message together without a library of Cap'n Proto.
    ///
    /// ```
    /// use zbytes::{ledger::Ledger, segment::{Element, Source}};
    /// use zbytes_capnp::{Spec, Way};
    ///
    /// let spec = Spec::Tensor { name: "t".into(), element: Element::Uint8, shape: vec![3], timestamp: 0 };
    /// let around = spec.around(Way::Adopted)?;
    /// let [front, behind] = &around[..] else { panic!("there is one array") };
    /// let message = spec.adopted([Source::moved(vec![1u8, 2, 3])])?.into_payload()?;
    /// assert_eq!([front, &[1, 2, 3][..], behind].concat(), *message.to_bytes(&mut Ledger::new())?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Spec::check`], [`MessageError::Segment`] when memory runs out.
    pub fn around(&self, way: Way) -> Result<Vec<Vec<u8>>, MessageError> {
        self.check()?;
        let fields = self.arrays();
        let head = self.head_words();
        let full = || fields.iter().filter(|field| field.bytes() > 0);
        let parts = if way == Way::Adopted {
            // Only the lengths of arrays are asked for.
            self.adopt(vec![Source::moved(Vec::<u8>::new()); fields.len()])?.parts
        } else {
            // Each array as one word, behind its landing pad.
            let planned: Vec<usize> = std::iter::once(head).chain(full().map(|_| 2)).collect();
            let mut draft = Draft::planned(&planned)?;
            self.write(draft.split().0, Some(WORD), &mut |_, _| Ok(()))?;
            draft.finish()?.parts
        };
        let (mut around, mut run) = (Vec::new(), Vec::new());
        let mut arrays = full();
        for (at, part) in parts.into_iter().enumerate() {
            if part.kind == PartKind::Adopted {
                around.push(std::mem::take(&mut run));
            } else if way != Way::Adopted && part.kind == PartKind::Table {
                let words = full().map(|field| 1 + field.bytes().div_ceil(WORD));
                run = table(1 + full().count(), std::iter::once(head).chain(words));
            } else if way != Way::Adopted
                && at > 1
                && let Some(field) = arrays.next()
            {
                // A landing pad in front of a list is what the second word of a double-far one is.
                let count = (field.bytes() / field.list_size) as u32;
                let [_, pad] = landing_pad(0, code_of(field.list_size).unwrap_or_default(), count);
                run.extend(pad.to_le_bytes());
                around.push(std::mem::take(&mut run));
                run.extend(padding(field.bytes()));
            } else {
                run.extend(part.source.into_readable()?.as_linear().unwrap_or_default());
            }
        }
        around.push(run);
        Ok(around)
    }
}
