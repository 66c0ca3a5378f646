//! Bytes in linear memory: what may be the owner behind a zenoh `ZSlice`.

use std::{any::Any, fmt, ops::Deref};

use zenoh_buffers::{ZSlice, ZSliceBuffer};

use super::{element::Scalar, error::SegmentError, run::Segment};

/// Any owner, kept alive by the slices that refer to it and dropped with the last of them.
struct Retained<T> {
    owner: T,
    len: usize,
}

impl<T: AsRef<[u8]> + Send + Sync + 'static> ZSliceBuffer for Retained<T> {
    fn as_slice(&self) -> &[u8] {
        let bytes = self.owner.as_ref();
        // A `ZSlice` checks its range once, when it is made, and trusts it afterwards.
        assert!(bytes.len() == self.len, "an owner of {} B has {} B now", self.len, bytes.len());
        bytes
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl<T> fmt::Debug for Retained<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retained").field("len", &self.len).finish()
    }
}

/// Elements of more than one byte, seen as bytes.
struct Elements<T>(Vec<T>);

impl<T: Scalar> AsRef<[u8]> for Elements<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

/// Bytes whose address every element type can live with.
pub struct Aligned {
    words: Vec<u64>,
    len: usize,
}

impl Aligned {
    /// `len` zeros.
    ///
    /// # Errors
    /// [`SegmentError::OutOfMemory`].
    pub fn zeros(len: usize) -> Result<Self, SegmentError> {
        let mut words = Vec::new();
        let count = len.div_ceil(size_of::<u64>());
        words.try_reserve_exact(count).map_err(|_| SegmentError::OutOfMemory { requested: len })?;
        words.resize(count, 0);
        Ok(Self { words, len })
    }

    /// The bytes, to be written.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // `zeros` has made words for all of them.
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.len]
    }
}

impl AsRef<[u8]> for Aligned {
    fn as_ref(&self) -> &[u8] {
        // `zeros` has made words for all of them.
        &bytemuck::cast_slice(&self.words)[..self.len]
    }
}

/// Bytes in one block of linear memory, and what keeps them alive. A clone copies nothing, and
/// `Segment::from` makes a segment of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Contiguous(pub(super) ZSlice);

impl Contiguous {
    /// The bytes; also what it dereferences to.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for Contiguous {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Contiguous {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Contiguous {
    /// Takes the vector over; nothing is copied.
    fn from(bytes: Vec<u8>) -> Self {
        Self(ZSlice::from(bytes))
    }
}

impl From<Contiguous> for Segment {
    /// Refers to the same memory; nothing is copied.
    fn from(bytes: Contiguous) -> Self {
        Self::from(bytes.0)
    }
}

impl fmt::Debug for Contiguous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contiguous").field("len", &self.0.len()).finish()
    }
}

/// A segment of everything that `owner` shows. See [`Segment::from_owner`].
pub(super) fn retain<T: AsRef<[u8]> + Send + Sync + 'static>(owner: T) -> ZSlice {
    let len = owner.as_ref().len();
    ZSlice::from(Retained { owner, len })
}

impl From<ZSlice> for Segment {
    /// Refers to what a zenoh slice refers to; nothing is copied.
    fn from(slice: ZSlice) -> Self {
        Self::linear(slice)
    }
}

impl From<Vec<u8>> for Segment {
    /// Takes the vector over; nothing is copied.
    fn from(bytes: Vec<u8>) -> Self {
        Self::linear(ZSlice::from(bytes))
    }
}

impl From<Box<[u8]>> for Segment {
    /// Takes the slice over; nothing is copied.
    fn from(bytes: Box<[u8]>) -> Self {
        Self::linear(ZSlice::from(bytes))
    }
}

impl From<&'static [u8]> for Segment {
    /// Refers to bytes of the program itself; nothing is copied.
    fn from(bytes: &'static [u8]) -> Self {
        Self::from_owner(bytes)
    }
}

impl From<String> for Segment {
    /// Takes over the text's UTF-8; nothing is copied.
    fn from(text: String) -> Self {
        Self::from(text.into_bytes())
    }
}

impl From<&'static str> for Segment {
    /// Refers to a text of the program itself, as UTF-8; nothing is copied.
    fn from(text: &'static str) -> Self {
        Self::from(text.as_bytes())
    }
}

impl<T: Scalar> From<Vec<T>> for Segment {
    /// Takes the vector over; nothing is copied. The bytes are those of the elements as they lie in
    /// memory.
    fn from(elements: Vec<T>) -> Self {
        Self::from_owner(Elements(elements))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    struct Counted(Vec<u8>, Arc<AtomicUsize>);

    impl AsRef<[u8]> for Counted {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }

    impl Drop for Counted {
        fn drop(&mut self) {
            self.1.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn bytes(segment: &Segment) -> &[u8] {
        segment.as_linear().unwrap()
    }

    #[test]
    fn an_owner_is_dropped_once_with_the_last_slice() {
        let dropped = Arc::new(AtomicUsize::new(0));
        let whole = Segment::from_owner(Counted(vec![1, 2, 3], dropped.clone()));
        let part = whole.slice(1..2).unwrap();
        let twin = part.clone();
        drop(whole);
        drop(part);
        assert_eq!((bytes(&twin), dropped.load(Ordering::SeqCst)), (&[2][..], 0));
        drop(twin);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn every_kind_of_memory_is_taken_where_it_is() {
        let vector = vec![1u8, 2, 3];
        let address = vector.as_ptr();
        assert_eq!(bytes(&Segment::from(vector)).as_ptr(), address);
        let boxed: Box<[u8]> = vec![4, 5].into();
        let address = boxed.as_ptr();
        assert_eq!(bytes(&Segment::from(boxed)).as_ptr(), address);
        static FIXED: [u8; 3] = [7, 8, 9];
        assert_eq!(bytes(&Segment::from(&FIXED[..])).as_ptr(), FIXED.as_ptr());
        let text = "größer";
        assert_eq!(bytes(&Segment::from(text)).as_ptr(), text.as_ptr());
        assert_eq!(bytes(&Segment::from(text.to_owned())), text.as_bytes());
        let floats = vec![1.5f32, -2.0];
        let address = floats.as_ptr().cast();
        let segment = Segment::from(floats);
        assert_eq!(bytes(&segment).as_ptr(), address);
        assert_eq!(bytes(&segment), [1.5f32.to_le_bytes(), (-2f32).to_le_bytes()].concat());
        assert!(Segment::from(Vec::<i64>::new()).is_empty());
    }

    #[test]
    fn a_producer_writes_in_place_at_an_aligned_address() {
        let mut written = std::ptr::null();
        let segment = Segment::fill(10, |bytes| {
            written = bytes.as_ptr();
            bytes.copy_from_slice(&[1, 0, 2, 0, 3, 0, 4, 0, 5, 0]);
        });
        let segment = segment.unwrap();
        assert_eq!(bytes(&segment).as_ptr(), written);
        assert_eq!(written.addr() % 8, 0);
        assert_eq!((bytes(&segment)[8], segment.len()), (5, 10));
    }

    #[test]
    fn more_than_the_memory_is_an_error() {
        let requested = isize::MAX as usize / 8 * 8;
        let refused = Segment::fill(requested, |_| ()).unwrap_err();
        assert_eq!(refused, SegmentError::OutOfMemory { requested });
    }

    #[test]
    #[should_panic(expected = "an owner of 1 B has 2 B now")]
    fn an_owner_that_changes_its_length_is_stopped() {
        struct Fickle(AtomicUsize);
        impl AsRef<[u8]> for Fickle {
            fn as_ref(&self) -> &[u8] {
                &[0; 9][..self.0.fetch_add(1, Ordering::SeqCst)]
            }
        }
        bytes(&Segment::from_owner(Fickle(AtomicUsize::new(1))));
    }
}
