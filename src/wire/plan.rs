//! Where batches cut a payload, by arithmetic alone.

use super::encode;

/// How the payload of one put is spread over batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchPlan {
    /// WebSocket messages.
    pub count: usize,
    /// Payload bytes in the first one, which carries the message's header too.
    pub first: usize,
    /// Payload bytes in each further one; the last may have fewer.
    pub each: usize,
    /// Payload bytes in all.
    pub len: usize,
}

impl BatchPlan {
    /// The plan for a put of `len` bytes under a key expression of `key_len` bytes, sent as the page sends it: priority data,
    /// reliable, block, batches of 65,535 B, and a sequence number of four bytes (all but a 128th of them are that long).
    #[must_use]
    pub fn of_put(key_len: usize, len: usize) -> Self {
        const SEQUENCE_NUMBER: usize = 4;
        let head = encode::put_head_len(key_len, len);
        let batch = usize::from(super::BATCH_SIZE);
        let frame = 1 + SEQUENCE_NUMBER;
        if frame + head + len <= batch {
            return Self { count: 1, first: len, each: len, len };
        }
        let each = batch - frame;
        // The marker of the first fragment is one byte more.
        let first = each.saturating_sub(1 + head).min(len);
        Self { count: 1 + (len - first).div_ceil(each), first, each, len }
    }

    /// The payload offset at which batch `index` ends.
    #[must_use]
    pub fn end(&self, index: usize) -> usize {
        self.first.saturating_add(index.saturating_mul(self.each)).min(self.len)
    }

    /// The batch that carries the payload byte at `offset`.
    #[must_use]
    pub fn batch_of(&self, offset: usize) -> usize {
        match offset.checked_sub(self.first) {
            None => 0,
            Some(rest) => (1 + rest / self.each.max(1)).min(self.count.saturating_sub(1)),
        }
    }
}
