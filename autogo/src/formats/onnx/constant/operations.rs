//! The operations that the evaluator has.

use super::super::attributes::Call;
use super::evaluate::{Evaluator, Inputs, cast, operand};
use super::{Constant, arithmetic, make, reduce, structure};
use crate::formats::FormatError;

impl Evaluator {
    /// The results of an operation on constants alone, or `None` for an operation that the evaluator does not have.
    ///
    /// # Errors
    /// When the operands do not fit, need numbers that the file does not have, or make too many elements.
    pub(crate) fn run(&mut self, call: &Call<'_>, inputs: Inputs<'_>) -> Result<Option<Vec<Constant>>, FormatError> {
        let made = match call.op() {
            "Constant" => make::constant(self, call)?,
            "ConstantOfShape" => make::constant_of_shape(self, call, inputs)?,
            "Range" => make::range(self, call, inputs)?,
            "Identity" => self.twin(operand(call, inputs, 0)?),
            "Dropout" => operand(call, inputs, 0)?.clone(),
            "Cast" => cast(call, operand(call, inputs, 0)?)?,
            "Shape" => self.shape(call, &operand(call, inputs, 0)?.dims)?,
            "Size" => self.size(call, &operand(call, inputs, 0)?.dims)?,
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => self.resized(call, inputs)?,
            "Transpose" | "Expand" | "Tile" | "Gather" | "Slice" | "Concat" => structure::run(self, call, inputs)?,
            "Split" => return structure::split(self, call, inputs).map(Some),
            op if reduce::is_known(op) => reduce::run(self, call, inputs)?,
            op if arithmetic::is_known(op) => arithmetic::run(self, call, inputs)?,
            _ => return Ok(None),
        };
        Ok(Some(vec![made]))
    }
}
