//! Labelled families as polars frames, and where their data comes from.
//!
//! A [`LabelledFamily`] holds a frame and the architecture behind every row; [`Split`] draws examples from it to learn
//! from and to rank. What a benchmark publishes is read by one file a source; labels of one's own networks are read
//! from a [`LabelTable`]; labels that are computed here come from [`profile`](crate::profile).

mod arch;
mod cache;
mod folder;
mod labelled;
mod listed;
mod lookup;
mod picture;
mod pictures;
mod readers;
mod registry;
mod split;
mod table;

pub use crate::files::{read_parquet, write_parquet};
pub use arch::{Arch, figures, sampled};
pub use cache::cached;
pub use folder::{DATA_VARIABLE, folder_from_env};
pub use labelled::{Example, Label, LabelledFamily, pairs};
pub use listed::ListedNetwork;
pub use lookup::Reliability;
pub use picture::Picture;
pub use pictures::LabelledPictures;
pub(crate) use readers::nb201_figures;
pub use readers::{
    ClassFolder, MINI_FAMILIES, MaskedPictures, PictureSet, PointedPictures, hardware_latencies, records,
};
pub use registry::{Dataset, Origin, Registry};
pub use split::Split;
pub use table::{LabelTable, RefusedRow, RefusedRows};
