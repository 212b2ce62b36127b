//! Readers of published benchmarks: one file a source.

mod archive;
mod camvid;
mod cifar10;
mod class_folder;
mod faces;
mod fashion_mnist;
mod gennape;
mod gzip;
mod hardware;
mod mini;
mod nb101;
mod nb201;
mod picture_sets;
mod tar;
mod tfrecord;

pub use camvid::MaskedPictures;
pub use class_folder::ClassFolder;
pub use faces::PointedPictures;
pub use hardware::hardware_latencies;
pub use mini::MINI_FAMILIES;
pub use picture_sets::PictureSet;
pub use tfrecord::records;

pub(super) use gzip::read_text;
pub(super) use mini::AGAIN;
pub(crate) use nb201::figures as nb201_figures;

use super::folder::folder_from_env;
use super::labelled::LabelledFamily;
use crate::error::Error;
use crate::families::FamilyName;
use std::path::PathBuf;

impl LabelledFamily {
    /// NB-201 with real labels from a data folder: 15,625 rows.
    ///
    /// # Errors
    /// The file `nasbench/nb201.csv` cannot be read, a line of the file is wrong, or the file does not hold each of
    /// the 15,625 networks once.
    pub fn nb201(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = folder.into().join("nasbench").join("nb201.csv");
        nb201::read(&path)
    }

    /// NB-201 with the best labels that are at hand: those of the benchmark where `AUTOGO_DATA` names a folder
    /// ([`LabelledFamily::nb201`]), otherwise the project's own ([`LabelledFamily::mini`]);
    /// [`LabelledFamily::banner`] says which.
    ///
    /// # Errors
    /// As for [`LabelledFamily::nb201`] where the variable is set, so a variable that names a wrong folder.
    pub fn nb201_from_env() -> Result<Self, Error> {
        match folder_from_env() {
            Some(folder) => Self::nb201(folder),
            None => Self::mini(FamilyName::Nb201),
        }
    }

    /// NB-101 with real labels from a data folder: `nasbench/nb101_full.csv.gz`, 423,624 rows by ascending module hash.
    /// Graphs are built when they are asked for.
    ///
    /// # Errors
    /// The file cannot be read or unpacked, a line of the file is wrong, or networks are missing.
    pub fn nb101(folder: impl Into<PathBuf>) -> Result<Self, Error> {
        nb101::read_csv(&folder.into().join("nasbench").join("nb101_full.csv.gz"))
    }

    /// NB-101 from the benchmark's own `nasbench_only108.tfrecord`; the label is the mean test accuracy of the three
    /// runs.
    ///
    /// # Errors
    /// The file cannot be read, a record is damaged, or the cell of a record is not the cell that its module hash
    /// names.
    pub fn nb101_tfrecord(path: impl Into<PathBuf>) -> Result<Self, Error> {
        nb101::read_tfrecord(&path.into())
    }

    /// HiAML, Inception or Two-Path with the labels of one of GENNAPE's JSON files (`{key: {net_config, max_perf,
    /// cg}}`).
    ///
    /// # Errors
    /// The family is none of the three, the file cannot be read, or an entry has no accuracy or no configuration that
    /// builds; the error names the key of the entry.
    pub fn gennape(path: impl Into<PathBuf>, family: FamilyName) -> Result<Self, Error> {
        gennape::read(&path.into(), family)
    }

    /// The networks of a family that this project trained itself and ships: HiAML, Inception, NAS-Bench-101,
    /// NAS-Bench-201 without `none`, Two-Path, each drawn by its published sampler and trained in mini form on CIFAR-10
    /// at 16×16 (`datasets/mini`).
    ///
    /// The label is the likelihood of the right class in percent: 100 · e^−L, L the mean cross-entropy of the test
    /// pictures. Beside it stand `test_accuracy` and `test_loss`, the training's `mean_train_loss`, the zero-cost
    /// scores `synflow`, `jacob_cov`, `nwot`, `gradient_norm`, the size of the mini form, and `again`: the label that a
    /// second training gave, for some.
    ///
    /// ```
    /// use autogo::{data::LabelledFamily, families::FamilyName};
    /// let data = LabelledFamily::mini(FamilyName::Hiaml)?;
    /// assert!(data.label().measured && !data.label().published);
    /// assert_eq!(data.against("test_accuracy")?.len(), data.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A family that is none of the five of [`MINI_FAMILIES`].
    pub fn mini(family: FamilyName) -> Result<Self, Error> {
        mini::read(family)
    }

    /// The networks of [`LabelledFamily::mini`] of all five families, to learn from at once. Families differ in what
    /// their networks reach, so the label is a network's rank within its family, in percent: 0 the worst, 100 the best.
    ///
    /// ```
    /// use autogo::data::LabelledFamily;
    /// let data = LabelledFamily::mini_together()?;
    /// assert_eq!((data.family(), data.label().column.as_str()), ("mini", "rank_in_family"));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// None that a complete build has: the tables are part of the library.
    pub fn mini_together() -> Result<Self, Error> {
        mini::together()
    }
}
