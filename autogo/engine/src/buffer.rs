//! Memory whose first float lies at a multiple of 64 bytes.

use std::ops::{Deref, DerefMut};

/// Floats that begin at a multiple of 64 bytes. Kernels take any slice; slices of such memory, cut at multiples of 16
/// floats, are the fastest.
///
/// ```
/// use autogo_engine::Buffer;
/// let mut arena = Buffer::zeros(100);
/// arena[3] = 1.0;
/// assert_eq!(arena.len(), 100);
/// ```
#[derive(Debug, Default)]
pub struct Buffer {
    floats: Vec<f32>,
    first: usize,
    len: usize,
}

impl Buffer {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let floats = vec![0.0; len + 15];
        // An offset that cannot be computed costs speed, no more.
        let first = floats.as_ptr().align_offset(64).min(15);
        Buffer { floats, first, len }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Buffer::zeros(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.floats[self.first..self.first + self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.floats[self.first..self.first + self.len]
    }
}
