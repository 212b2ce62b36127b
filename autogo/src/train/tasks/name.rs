//! The tasks of this library by name: their data, their forms of graphs, their recipes.

use super::camvid::CamVid;
use super::denoising::Denoising;
use super::faces::Faces;
use super::form::{Head, form};
use super::super_resolution::SuperResolution;
use super::task::DenseTask;
use crate::data::{DATA_VARIABLE, MaskedPictures, PointedPictures, folder_from_env};
use crate::error::Error;
use crate::families::{FamilyName, network};
use crate::graph::Graph;
use crate::train::mini::{Mini, MiniForm, Ratio};
use crate::train::optimiser::Method;
use crate::train::recipe::{Recipe, Schedule};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::str::FromStr;

/// A task whose answer is a mask, points or a picture, by its name.
///
/// ```
/// use autogo::train::tasks::DenseName;
/// let task: DenseName = "sr2".parse()?;
/// let full = autogo::families::network("edsr")?;
/// let form = task.form(&full, &"24x24:1/4".parse()?)?;
/// assert_eq!(form.graph.input_shape().to_string(), "24×24×3"); // a stem makes 16 channels of it
/// assert_eq!(form.graph.node(form.graph.len() - 1).shape.to_string(), "48×48×3");
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DenseName {
    /// Segmentation: [`CamVid`].
    Camvid,
    /// Key points: [`Faces`].
    Faces,
    /// Super-resolution by 2: [`SuperResolution`].
    Sr2,
    /// Denoising at a spread of 25 levels: [`Denoising`].
    Denoise25,
}

impl DenseName {
    /// All of them.
    pub const ALL: [DenseName; 4] = [DenseName::Camvid, DenseName::Faces, DenseName::Sr2, DenseName::Denoise25];

    /// Reads the task's data from a data folder.
    ///
    /// # Errors
    /// Data that are missing or have other bytes than the registry says.
    pub fn open(self, folder: impl AsRef<Path>) -> Result<Box<dyn DenseTask>, Error> {
        Ok(match self {
            DenseName::Camvid => Box::new(CamVid::open(folder)?),
            DenseName::Faces => Box::new(Faces::open(folder)?),
            DenseName::Sr2 => Box::new(SuperResolution::open(folder)?),
            DenseName::Denoise25 => Box::new(Denoising::open(folder, 25)?),
        })
    }

    /// Reads the task's data from the folder that `AUTOGO_DATA` names.
    ///
    /// # Errors
    /// A folder that is not set; those of [`DenseName::open`].
    pub fn from_env(self) -> Result<Box<dyn DenseTask>, Error> {
        let folder = folder_from_env();
        self.open(folder.ok_or_else(|| Error::setting(DATA_VARIABLE, "is not set", "a folder with images/"))?)
    }

    /// Height and width of a picture to learn from, unless something else is asked for.
    pub fn picture(self) -> (u32, u32) {
        match self {
            DenseName::Camvid => (96, 96),
            DenseName::Faces => (96, 96),
            DenseName::Sr2 => (32, 32),
            DenseName::Denoise25 => (40, 40),
        }
    }

    fn head(self) -> (Head, &'static [u32]) {
        match self {
            DenseName::Camvid => (Head::Classes(MaskedPictures::CAMVID.len() as u32), &[3]),
            DenseName::Faces => (Head::Maps(PointedPictures::POINTS as u32), &[3]),
            DenseName::Sr2 => (Head::Twice, &[3, 1]),
            DenseName::Denoise25 => (Head::Same, &[1]),
        }
    }

    /// The form of a graph for the task, with pictures to learn from of another size and filters multiplied by a
    /// factor.
    ///
    /// A graph that answers with such a picture as the task asks for gets no stem and no head. Of another one that makes a
    /// picture, the whole is kept, of a classification network all nodes up to the last one that every path passes and
    /// whose result has a height and a width. There, strides are dropped: for masks and key points those by which a
    /// pixel of the features would stand for more than 8 pixels a side, for pictures all. A stem, where the graph reads
    /// other channels than the task has, and a head follow; see the tasks.
    ///
    /// # Errors
    /// A graph without features that have a height and a width, features of a size that the head does not take, a node
    /// that does not fit. O(nodes + edges).
    pub fn form(self, full: &Graph, mini: &Mini) -> Result<MiniForm, Error> {
        let (head, channels) = self.head();
        form(full, &self.to_string(), head, channels, mini)
    }

    /// The form of a compact string in which networks of the task are compared: pictures of [`DenseName::picture`],
    /// filters as in the mini benchmark ([`Mini::of`]) or, of the larger systems, a quarter or an eighth, and one cell
    /// or block where the family repeats the same one. The form's `full` is the id of the whole network.
    ///
    /// # Errors
    /// A string that names no network; those of [`DenseName::form`].
    pub fn network_form(self, spec: &str) -> Result<MiniForm, Error> {
        let full = network(spec)?.content_id();
        let family = FamilyName::of(spec)
            .ok_or_else(|| Error::setting("network", format!("`{spec}` is of no family"), "a compact string"))?;
        let width = Mini::of(family).map_or_else(|| width(family), |mini| mini.width);
        let mini = Mini { input: self.picture(), width };
        Ok(MiniForm { full, ..self.form(&family.build_shallow(spec)?, &mini)? })
    }

    /// The recipe of the task, unless something else is asked for: AdamW, one cycle, flips.
    ///
    /// ```
    /// use autogo::train::tasks::DenseName;
    /// assert_eq!(DenseName::Sr2.recipe().smoothing, 0.0);
    /// assert!(DenseName::ALL.iter().all(|task| task.recipe().check().is_ok()));
    /// ```
    pub fn recipe(self) -> Recipe {
        let method = Method::Adamw { keep: 0.9, keep_square: 0.999, epsilon: 1e-8 };
        let usual = Recipe {
            method,
            schedule: Schedule::OneCycle,
            decay: 1e-4,
            smoothing: 0.0,
            flips: true,
            shifts: 0,
            batch: 16,
            ..Recipe::default()
        };
        match self {
            DenseName::Camvid => Recipe { rate: 3e-3, images: 4_000, ..usual },
            DenseName::Faces => Recipe { rate: 3e-3, images: 12_000, shifts: 4, ..usual },
            DenseName::Sr2 => Recipe { rate: 2e-3, decay: 0.0, images: 20_000, ..usual },
            DenseName::Denoise25 => Recipe { rate: 2e-3, decay: 0.0, images: 20_000, ..usual },
        }
    }
}

/// The factor of filters of the systems that are no labelled family.
fn width(family: FamilyName) -> Ratio {
    let under = match family {
        FamilyName::ResNet | FamilyName::Vgg16 => 8,
        FamilyName::Edsr | FamilyName::UNet => 4,
        FamilyName::Fsrcnn
        | FamilyName::Nb101
        | FamilyName::Nb201
        | FamilyName::Hiaml
        | FamilyName::Inception
        | FamilyName::TwoPath => 1,
    };
    Ratio { over: 1, under }
}

impl fmt::Display for DenseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            DenseName::Camvid => "camvid",
            DenseName::Faces => "faces",
            DenseName::Sr2 => "sr2",
            DenseName::Denoise25 => "denoise25",
        })
    }
}

impl FromStr for DenseName {
    type Err = Error;

    fn from_str(text: &str) -> Result<DenseName, Error> {
        DenseName::ALL.into_iter().find(|name| name.to_string() == text).ok_or_else(|| {
            let names: Vec<String> = DenseName::ALL.iter().map(DenseName::to_string).collect();
            Error::setting("task", format!("`{text}` is not known"), &names.join(", "))
        })
    }
}
