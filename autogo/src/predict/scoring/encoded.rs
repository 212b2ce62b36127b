//! Segments as a predictor reads them.

/// The rows that an encoder makes of some segments. A row does not depend on the place where the segment is put.
///
/// # Shapes
/// segments × hidden
#[derive(Clone, Debug)]
pub struct EncodedSegments {
    pub(super) width: usize,
    /// By rows.
    pub(super) rows: Vec<f32>,
}

impl EncodedSegments {
    /// The number of segments.
    pub fn len(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Some of the segments, by number.
    pub fn select(&self, numbers: &[usize]) -> Self {
        let row = |&at: &usize| self.rows[at * self.width..(at + 1) * self.width].iter().copied();
        EncodedSegments { width: self.width, rows: numbers.iter().flat_map(row).collect() }
    }
}
