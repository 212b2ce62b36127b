//! The places of an operand's words: windows over an image ([npu §A.1](crate::doc::npu#sa-1)).

use super::layer::Layer;

/// The windows of a convolution: pixel `p` of the output reads word `k` of its window, for all `p` and `k`. Windows may
/// share words, and the last ones may hang over the edge of the image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    /// Height of the image, in pixels.
    height: u64,
    /// Width of the image, in pixels.
    width: u64,
    /// Channels of the image: words of a pixel.
    channels: u64,
    /// Height and width of a window, in pixels.
    kernel: (u64, u64),
    /// Distance between windows along height and width, in pixels.
    stride: (u64, u64),
    /// Number of windows along height and width.
    windows: (u64, u64),
}

impl Image {
    /// The input feature map of a layer.
    pub fn input(layer: &Layer) -> Self {
        let pair = |(h, w): (u32, u32)| (u64::from(h), u64::from(w));
        Image {
            height: u64::from(layer.height),
            width: u64::from(layer.width),
            channels: u64::from(layer.channels),
            kernel: pair(layer.kernel),
            stride: pair(layer.stride),
            windows: layer.outputs(),
        }
    }

    /// The filters of a layer: an image with a filter in each line, and one window over each line.
    pub fn filters(layer: &Layer) -> Self {
        let (filters, words) = (u64::from(layer.filters), layer.window());
        let windows = (filters, 1);
        Image { height: filters, width: words, channels: 1, kernel: (1, words), stride: (1, 1), windows }
    }

    /// Words of the image.
    pub fn size(&self) -> u64 {
        self.height * self.width * self.channels
    }

    /// Windows that a word can be in.
    pub fn sharing(&self) -> u64 {
        let along = |kernel: u64, stride: u64, windows: u64| kernel.div_ceil(stride).min(windows);
        along(self.kernel.0, self.stride.0, self.windows.0) * along(self.kernel.1, self.stride.1, self.windows.1)
    }

    /// Rows and columns of the last windows that lie outside the image. No other window hangs over.
    fn overhang(&self) -> (u64, u64) {
        let along = |windows: u64, stride: u64, kernel: u64, size: u64| {
            ((windows - 1) * stride + kernel).saturating_sub(size).min(kernel)
        };
        (
            along(self.windows.0, self.stride.0, self.kernel.0, self.height),
            along(self.windows.1, self.stride.1, self.kernel.1, self.width),
        )
    }

    /// The number of words of windows that are outside the image.
    pub fn count_outside(&self) -> u64 {
        let (below, beside) = self.overhang();
        let (rows, columns) = (self.windows.0 * self.kernel.0, self.windows.1 * self.kernel.1);
        (below * columns + beside * (rows - below)) * self.channels
    }

    /// The words of windows that are outside the image, as pixel of the output and word of its window.
    pub fn outside(&self) -> Vec<(u64, u64)> {
        let (below, beside) = self.overhang();
        let ((high, wide), (rows, columns)) = (self.windows, self.kernel);
        let mut words = Vec::new();
        let mut add = |p: u64, row: u64, columns: std::ops::Range<u64>| {
            let at = |column: u64| (row * self.kernel.1 + column) * self.channels;
            words.extend((at(columns.start)..at(columns.end)).map(|k| (p, k)));
        };
        for x in 0..wide {
            (rows - below..rows).for_each(|row| add((high - 1) * wide + x, row, 0..columns));
        }
        for y in 0..if beside > 0 { high } else { 0 } {
            let inside = if y == high - 1 { rows - below } else { rows };
            (0..inside).for_each(|row| add(y * wide + wide - 1, row, columns - beside..columns));
        }
        words
    }

    /// Row and column of word `k` of pixel `p`.
    fn place(&self, p: u64, k: u64) -> (u64, u64) {
        let line = self.kernel.1 * self.channels;
        (p / self.windows.1 * self.stride.0 + k / line, p % self.windows.1 * self.stride.1 + k % line / self.channels)
    }

    /// Whether word `k` of pixel `p` lies inside the image.
    pub fn is_inside(&self, p: u64, k: u64) -> bool {
        let (row, column) = self.place(p, k);
        row < self.height && column < self.width
    }

    /// Calls `f` with the addresses, from and to (excluded), of words `from` to `to` of pixel `p`, run by run.
    pub fn runs(&self, p: u64, from: u64, to: u64, mut f: impl FnMut(u64, u64)) {
        let line = self.kernel.1 * self.channels;
        let (top, left) = (p / self.windows.1 * self.stride.0, p % self.windows.1 * self.stride.1);
        let inside = self.width.saturating_sub(left) * self.channels;
        let mut at = from;
        while at < to {
            let row = at / line;
            let end = to.min((row + 1) * line);
            let (low, high) = (at - row * line, (end - row * line).min(inside));
            if top + row < self.height && low < high {
                let first = ((top + row) * self.width + left) * self.channels;
                f(first + low, first + high);
            }
            at = end;
        }
    }

    /// Calls `found` with the pixels and words that lie where word `k` of pixel `p` does, until it says yes; the window
    /// that is `shift` windows away comes first. Gives the shift of the window that was found, or `shift`.
    pub fn same(&self, p: u64, k: u64, shift: (i64, i64), mut found: impl FnMut(u64, u64) -> bool) -> (i64, i64) {
        let (row, column) = self.place(p, k);
        let channel = k % self.channels;
        let over = |at: u64, kernel: u64, stride: u64, windows: u64| {
            (at + 1).saturating_sub(kernel).div_ceil(stride)..(at / stride + 1).min(windows)
        };
        let ys = over(row, self.kernel.0, self.stride.0, self.windows.0);
        let xs = over(column, self.kernel.1, self.stride.1, self.windows.1);
        let mut at = |y: u64, x: u64| {
            let (dy, dx) = (row - y * self.stride.0, column - x * self.stride.1);
            found(y * self.windows.1 + x, (dy * self.kernel.1 + dx) * self.channels + channel)
        };
        let own = (p / self.windows.1, p % self.windows.1);
        let (y, x) = (own.0.wrapping_add_signed(shift.0), own.1.wrapping_add_signed(shift.1));
        if ys.contains(&y) && xs.contains(&x) && at(y, x) {
            return shift;
        }
        for y in ys {
            for x in xs.clone() {
                if at(y, x) {
                    return (y as i64 - own.0 as i64, x as i64 - own.1 as i64);
                }
            }
        }
        shift
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn images() -> impl Strategy<Value = Image> {
        let size = (1u32..4, 1u32..4);
        (size.clone(), size, (0u32..7, 0u32..7), 1u32..4).prop_map(|(kernel, stride, more, channels)| {
            let size = (kernel.0 + more.0, kernel.1 + more.1, channels);
            Image::input(&Layer::conv("test", size, kernel, 1, (stride.0, 3 * stride.1 - 2)))
        })
    }

    proptest! {
        #[test]
        fn addresses_are_those_of_the_plain_formula(image in images()) {
            let mut at: HashMap<u64, Vec<(u64, u64)>> = HashMap::new();
            let mut outside = Vec::new();
            let words = image.kernel.0 * image.kernel.1 * image.channels;
            for p in 0..image.windows.0 * image.windows.1 {
                let mut addresses = Vec::new();
                image.runs(p, 0, words, |from, to| addresses.extend(from..to));
                let mut addresses = addresses.into_iter();
                for k in 0..words {
                    let (row, column) = image.place(p, k);
                    if row < image.height && column < image.width {
                        let address = (row * image.width + column) * image.channels + k % image.channels;
                        prop_assert_eq!(addresses.next(), Some(address));
                        at.entry(address).or_default().push((p, k));
                    } else {
                        outside.push((p, k));
                    }
                }
                prop_assert_eq!(addresses.next(), None);
            }
            let mut found = image.outside();
            found.sort_unstable();
            prop_assert_eq!(image.count_outside(), found.len() as u64);
            prop_assert_eq!(found, outside);
            let most = at.values().map(Vec::len).max();
            prop_assert!(most <= Some(image.sharing() as usize));
            for words in at.values() {
                for &(p, k) in words {
                    let mut same = Vec::new();
                    image.same(p, k, (0, 0), |p, k| {
                        same.push((p, k));
                        false
                    });
                    prop_assert_eq!(same[0], (p, k));
                    same.sort_unstable();
                    same.dedup();
                    prop_assert_eq!(&same, words);
                }
            }
        }
    }
}
