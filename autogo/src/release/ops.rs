//! The release's vocabulary of ops ([release §1.2](crate::doc::release#s1-2)).

/// The op vocabulary by index ([release §1.2](crate::doc::release#s1-2)); 0 is out of vocabulary.
pub const OP_VOCABULARY: [&str; 32] = [
    "<oov>",
    "input",
    "output",
    "conv",
    "depthwise",
    "batchnorm",
    "relu",
    "relu6",
    "matmul",
    "add",
    "mul",
    "concat",
    "maxpool",
    "avgpool",
    "sigmoid",
    "tanh",
    "swish",
    "gelu",
    "paddings",
    "mean",
    "spacetobatchnd",
    "batchtospacend",
    "spacetodepthnd",
    "depthtospacend",
    "global",
    "identity",
    "zero",
    "reserved1",
    "reserved2",
    "reserved3",
    "reserved4",
    "reserved5",
];

pub(super) const INPUT: usize = 1;
pub(super) const OUTPUT: usize = 2;
pub(super) const CONV: usize = 3;
pub(super) const DEPTHWISE: usize = 4;
pub(super) const BATCHNORM: usize = 5;
pub(super) const MATMUL: usize = 8;
pub(super) const ADD: usize = 9;
pub(super) const MUL: usize = 10;
pub(super) const CONCAT: usize = 11;
pub(super) const MAXPOOL: usize = 12;
pub(super) const AVGPOOL: usize = 13;
pub(super) const MEAN: usize = 19;
pub(super) const DEPTH_TO_SPACE: usize = 23;
pub(super) const GLOBAL: usize = 24;
pub(super) const IDENTITY: usize = 25;
pub(super) const RELU: usize = 6;
pub(super) const RELU6: usize = 7;
pub(super) const SIGMOID: usize = 14;
pub(super) const TANH: usize = 15;
pub(super) const ZERO: usize = 26;
