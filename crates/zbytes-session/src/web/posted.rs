//! The account of a port: what was posted, and what the other end says that it has taken. Without a
//! browser.

use std::fmt;

use zbytes::number::bytes;

/// Says why what came over a port is not of its kind. The link ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "only a browser's port has the other causes"))]
pub(super) enum PortError {
    /// The other end says that it took a number of bytes that cannot be.
    Taken {
        /// Bytes that it may have taken.
        waiting: u64,
    },
    /// What came is neither a run of batches, nor a number, nor a text.
    Kind,
    /// The browser could not hand over what came.
    Unread,
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Taken { waiting } => {
                let waited = bytes(*waiting as usize);
                write!(f, "it says that it took a number of bytes that cannot be, and {waited} waited for it")
            }
            Self::Kind => f.write_str("it sent neither an ArrayBuffer, nor a number, nor a text"),
            Self::Unread => f.write_str("what it sent could not be read here, perhaps for want of memory"),
        }
    }
}

/// What was posted over a port, and not yet taken by the other end.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Posted {
    waiting: u64,
}

impl Posted {
    /// So many bytes were posted.
    pub(super) fn post(&mut self, len: usize) {
        self.waiting = self.waiting.saturating_add(len as u64);
    }

    /// The other end says that it took `said` bytes more.
    ///
    /// # Errors
    /// [`PortError::Taken`] when it cannot have taken so many. Nothing changes then.
    pub(super) fn taken(&mut self, said: f64) -> Result<(), PortError> {
        // A cast of a number that is below zero, too large or none at all gives another one.
        let left = self.waiting.checked_sub(said as u64).filter(|_| said as u64 as f64 == said);
        self.waiting = left.ok_or(PortError::Taken { waiting: self.waiting })?;
        Ok(())
    }

    /// Bytes that were posted, and not yet taken.
    pub(super) fn waiting(self) -> u64 {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_taken_waits_no_more() {
        let mut posted = Posted::default();
        assert_eq!(posted.taken(0.0), Ok(()));
        posted.post(300);
        posted.post(200);
        assert_eq!(posted.taken(400.0), Ok(()));
        assert_eq!(posted.waiting(), 100);
        assert_eq!(posted.taken(100.0), Ok(()));
        assert_eq!(posted.waiting(), 0);
    }

    #[test]
    fn a_number_that_cannot_be_is_refused_in_words() {
        let odd = [-1.0, 0.5, 100.5, 101.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, u64::MAX as f64];
        for said in odd {
            let mut posted = Posted::default();
            posted.post(100);
            let error = posted.taken(said).unwrap_err();
            assert!(error.to_string().contains("and 100 B waited for it"), "{error}");
            assert_eq!(posted.waiting(), 100, "{said}");
        }
    }

    proptest! {
        #[test]
        fn property_no_more_is_taken_than_was_posted(
            steps in prop::collection::vec((0usize..1 << 20, prop_oneof![any::<f64>(), (0u32..1 << 21).prop_map(f64::from)]), 0..60),
        ) {
            let (mut posted, mut waiting) = (Posted::default(), 0);
            for (len, said) in steps {
                posted.post(len);
                waiting += len as u64;
                if posted.taken(said).is_ok() {
                    prop_assert!(said.fract() == 0.0 && said >= 0.0 && said <= waiting as f64);
                    waiting -= said as u64;
                }
                prop_assert_eq!(posted.waiting(), waiting);
            }
        }
    }
}
