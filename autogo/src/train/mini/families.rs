//! The mini form of every labelled family: one table.

use super::{Mini, MiniForm, Ratio};
use crate::error::Error;
use crate::families::{FamilyName, network};

impl Mini {
    /// The mini form of a family's networks in which all of them can be trained on one machine: pictures of 16×16, a
    /// stem of 16 channels; see [`mini_network`] for their depth. Nothing for the systems that are no family of
    /// networks.
    ///
    /// ```
    /// use autogo::{families::FamilyName, train::Mini};
    /// assert_eq!(Mini::of(FamilyName::Nb101), Some("16x16:1/8".parse()?)); // its stem has 128 channels
    /// assert_eq!(Mini::of(FamilyName::Edsr), None);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn of(family: FamilyName) -> Option<Mini> {
        let under = match family {
            FamilyName::Nb101 => 8,
            FamilyName::Nb201 => 1,
            FamilyName::Hiaml => 4,
            FamilyName::Inception | FamilyName::TwoPath => 2,
            FamilyName::ResNet | FamilyName::Vgg16 | FamilyName::Edsr | FamilyName::Fsrcnn | FamilyName::UNet => {
                return None;
            }
        };
        Some(Mini { input: (16, 16), width: Ratio { over: 1, under } })
    }
}

/// The mini form of a compact string, as the mini benchmark trains it: [`Mini::of`] its family, and one cell or block
/// where the family repeats the same one ([`FamilyName::build_shallow`]). The form's `full` is the id of the whole
/// network.
///
/// ```
/// let form = autogo::train::mini_network("nb101:1111011111:200")?;
/// assert_eq!(form.graph.input_shape().to_string(), "16×16×3");
/// assert!(form.graph.cost().multiply_adds < 10_000_000);
/// # Ok::<(), autogo::Error>(())
/// ```
///
/// # Errors
/// A string that names no network, or one of no labelled family.
pub fn mini_network(spec: &str) -> Result<MiniForm, Error> {
    let full = network(spec)?.content_id();
    let family = FamilyName::of(spec).and_then(|family| Some((family, Mini::of(family)?)));
    let Some((family, mini)) = family else {
        let accepted = "a network of nb101, nb201, hiaml, inception or two_path";
        return Err(Error::setting("mini form", format!("`{spec}` belongs to no labelled family"), accepted));
    };
    Ok(MiniForm { full, ..family.build_shallow(spec)?.mini(&mini)? })
}
