//! Step 4: a segment is made to fit, by hand.

use super::{passed, wrong};
use crate::error::Error;
use crate::graph::Shape;
use crate::repair;
use crate::report::Page;
use crate::segment::Segment;
use crate::tutorials::toy;

/// The shape that comes in where the segment is put.
const COMES: Shape = Shape::new(8, 8, 5);
/// The shape that is wanted where the segment is put.
const WANTED: Shape = Shape::new(4, 4, 7);

/// Checks a repair by hand. The toy's nodes `conv relu add` are put where 8×8×5 comes in and 4×4×7 is wanted: how many
/// filters does the convolution get, which stride, and what does the change cost, by the price of lesson
/// [`repair`](crate::tutorials::repair)?
///
/// # Errors
/// The first of the three numbers that is wrong, and the right one.
///
/// ```
/// let said = autogo::exercises::repair(7, 1, 309.0).unwrap_err().to_string();
/// assert!(said.starts_with("step 4, stride of the convolution") && said.contains("the answer is 1"));
/// ```
pub fn repair(filters: u32, stride: u32, price: f64) -> Result<Page, Error> {
    let donor = Segment::cut(&toy()?, &[1, 2, 3]).segment;
    let repaired = repair::repair(&donor, &[COMES], &[WANTED])
        .map_err(|error| Error::setting("step 4", error.to_string(), "a segment that can be repaired"))?;
    let conv = repaired.segment.nodes.iter().find_map(|node| node.op.conv());
    let right = conv.map(|conv| (conv.filters, conv.window.stride.0)).unwrap_or_default();
    if filters != right.0 {
        return Err(wrong(4, &format!("filters of the convolution, which make {WANTED}"), filters, right.0));
    }
    if stride != right.1 {
        return Err(wrong(4, &format!("stride of the convolution, from {COMES} to {WANTED}"), stride, right.1));
    }
    if price != repaired.objective {
        return Err(wrong(4, "price of the change", price, repaired.objective));
    }
    Ok(passed(4, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_is_that_of_the_lesson() {
        // Two nodes depend on the convolution, so its weight is 3: three filters more, and another stride.
        assert!(repair(7, 2, 309.0).is_ok());
        assert!(repair(4, 2, 309.0).unwrap_err().to_string().contains("filters"));
        assert!(repair(7, 2, 103.0).unwrap_err().to_string().contains("accepted: 309"));
    }
}
