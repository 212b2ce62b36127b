//! Dense matrices, and the errors of their device.

use crate::error::Error;
use dfdx::prelude::{Cpu, CpuError, NoneTape, Tensor};

/// A dense matrix (rows × columns) of 32-bit numbers. A matrix with a tape remembers the operations that made it.
pub(crate) type Matrix<T = NoneTape> = Tensor<(usize, usize), f32, Cpu, T>;

impl From<CpuError> for Error {
    fn from(error: CpuError) -> Self {
        Error::predictor("dfdx", format!("{error:?}"), "enough memory for the batch")
    }
}
