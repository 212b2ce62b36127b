//! The systems of this library: one table, from which names, parsers, samplers, sizes and builders are read.
//!
//! A family of this library is a type in a file of its own, which implements [`Family`], and a row of the table below.

use super::{Edsr, Family, Fsrcnn, Hiaml, Inception, Nb101, Nb201, ResNet, TwoPath, UNet, Vgg16};
use crate::error::Error;
use crate::graph::Graph;
use rayon::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A row of the table: a family's constants, and its functions without its type.
struct System {
    prefix: &'static str,
    accepted: &'static str,
    size: Option<usize>,
    best: Option<&'static str>,
    is_named: fn(&str) -> bool,
    build: fn(&str) -> Result<Graph, Error>,
    build_shallow: fn(&str) -> Result<Graph, Error>,
    build_config: fn(&str) -> Result<Graph, Error>,
    sample: fn(u64, u64) -> String,
}

impl System {
    const fn of<F: Family + DeserializeOwned>() -> System {
        System {
            prefix: F::NAME,
            accepted: F::ACCEPTED,
            size: F::SIZE,
            best: F::BEST,
            is_named: F::is_named,
            build: |spec| Ok(spec.parse::<F>()?.build()?),
            build_shallow: |spec| Ok(spec.parse::<F>()?.build_shallow()?),
            build_config: |json| {
                let config: F = serde_json::from_str(json).map_err(|error| {
                    let accepted = format!("the JSON fields of family {}", F::NAME);
                    Error::setting("configuration", error.to_string(), &accepted)
                })?;
                Ok(config.build()?)
            },
            sample: |seed, index| F::sample(seed, index).to_string(),
        }
    }
}

/// Makes [`FamilyName`] and the table of a list of family types.
macro_rules! systems {
    ($($family:ident),+) => {
        /// The systems of this library.
        ///
        /// ```
        /// use autogo::families::FamilyName;
        /// assert_eq!(FamilyName::ALL.len(), 10);
        /// assert_eq!(FamilyName::of("resnet50"), Some(FamilyName::ResNet));
        /// let graph = FamilyName::Hiaml.build("hiaml:src1,src1,r30,src3")?;
        /// assert_eq!(graph.name(), "hiaml:src1,src1,r30,src3");
        /// # Ok::<(), autogo::Error>(())
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs)] // the names say it
        pub enum FamilyName {
            $($family),+
        }

        impl FamilyName {
            /// All of them.
            pub const ALL: [FamilyName; SYSTEMS.len()] = [$(FamilyName::$family),+];
        }

        /// The table, in the order of [`FamilyName`].
        const SYSTEMS: &[System] = &[$(System::of::<$family>()),+];
    };
}

systems![Nb101, Nb201, Hiaml, Inception, TwoPath, ResNet, Vgg16, Edsr, Fsrcnn, UNet];

impl FamilyName {
    fn system(self) -> &'static System {
        &SYSTEMS[self as usize]
    }

    /// The prefix of the family's compact strings.
    pub fn prefix(self) -> &'static str {
        self.system().prefix
    }

    /// The graph of one of the family's compact strings.
    ///
    /// # Errors
    /// A string that names no network of the family, with the place in it that is wrong.
    pub fn build(self, spec: &str) -> Result<Graph, Error> {
        (self.system().build)(spec)
    }

    /// The graph of one of the family's compact strings with one cell or block wherever the family repeats the same
    /// one: a cell a stage of NB-101 and NB-201, a block a stage of HiAML and Inception. The other families repeat
    /// nothing.
    ///
    /// ```
    /// use autogo::families::FamilyName;
    /// let full = FamilyName::Hiaml.build("hiaml:z,z,z,z")?;
    /// let shallow = FamilyName::Hiaml.build_shallow("hiaml:z,z,z,z")?;
    /// assert!(shallow.len() < full.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`FamilyName::build`].
    pub fn build_shallow(self, spec: &str) -> Result<Graph, Error> {
        (self.system().build_shallow)(spec)
    }

    /// The graph of a configuration in the release's JSON fields: a list of block names for HiAML, an object for the
    /// others, such as `{"ops": […]}` for NB-201 and `{"matrix": […], "ops": […]}` for NB-101 ([release
    /// §2](crate::doc::release#s2)). For the systems that are not sampled, an object of their own settings.
    ///
    /// # Errors
    /// JSON that has other fields, or values that the family refuses.
    pub fn build_config(self, json: &str) -> Result<Graph, Error> {
        (self.system().build_config)(json)
    }

    /// The compact string of the `index`-th sample under `seed`, by the family's published rules. A family of one or
    /// two networks repeats them in turn.
    ///
    /// ```
    /// use autogo::families::FamilyName;
    /// assert_eq!(FamilyName::ResNet.sample(0, 3), "resnet101");
    /// assert!(FamilyName::Hiaml.sample(0, 3).starts_with("hiaml:"));
    /// ```
    pub fn sample(self, seed: u64, index: u64) -> String {
        (self.system().sample)(seed, index)
    }

    /// The best network of the family as the release ships it, for the five families of its predictors
    /// ([release §2](crate::doc::release#s2); FLOPs in [release §1.5](crate::doc::release#s1-5)).
    ///
    /// ```
    /// use autogo::families::{FamilyName, network};
    /// let best = |family: FamilyName| network(family.best().unwrap_or_default());
    /// let flops = |family| best(family).map(|best| best.cost().flops_original);
    /// assert_eq!(flops(FamilyName::TwoPath)?, 116_200_468);
    /// assert_eq!(flops(FamilyName::Inception)?, 493_881_364);
    /// assert_eq!(flops(FamilyName::Nb101)?, 11_722_075_156);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn best(self) -> Option<&'static str> {
        self.system().best
    }

    /// The number of networks of the family; `None` where they are too many to count.
    pub fn size(self) -> Option<usize> {
        self.system().size
    }

    /// The family with this prefix, as in `nb201` or `two_path`.
    ///
    /// # Errors
    /// A name of no family; the message lists all of them.
    ///
    /// ```
    /// use autogo::families::FamilyName;
    /// assert_eq!(FamilyName::named("two_path")?, FamilyName::TwoPath);
    /// let error = FamilyName::named("nb202").unwrap_err().to_string();
    /// assert!(error.starts_with("family: `nb202` is not known; accepted: nb101, nb201, "));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn named(name: &str) -> Result<FamilyName, Error> {
        FamilyName::ALL.into_iter().find(|family| family.prefix() == name).ok_or_else(|| {
            let all: Vec<&str> = SYSTEMS.iter().map(|system| system.prefix).collect();
            Error::setting("family", format!("`{name}` is not known"), &all.join(", "))
        })
    }

    /// The family a compact string belongs to, if any. The prefix stands before `:` (or alone, or followed by digits,
    /// as in `resnet50`); without one, six comma-separated operations or a NAS-Bench-201 string stand for themselves.
    pub fn of(spec: &str) -> Option<FamilyName> {
        let spec = spec.trim();
        let head = spec.split_once(':').map_or(spec, |(head, _)| head.trim());
        let named = FamilyName::ALL.into_iter().find(|family| (family.system().is_named)(head));
        let stands_for_itself = !spec.contains(':') && (spec.contains(',') || spec.starts_with('|'));
        named.or(stands_for_itself.then_some(FamilyName::Nb201))
    }
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix())
    }
}

/// The graph of a compact string of any family.
///
/// # Errors
/// A string that names no network, with the place in it that is wrong and what would have been accepted.
///
/// ```
/// use autogo::families::network;
/// let graph = network("nb201:none,none,none,nor_conv_1x1,none,none")?;
/// assert_eq!(graph.input_shape().to_string(), "32×32×3");
/// assert_eq!(network("resnet50")?.input_shape().to_string(), "224×224×3");
/// let error = network("resnet9000").unwrap_err();
/// assert!(error.to_string().starts_with("`resnet9000`, character 1: names no family"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn network(spec: &str) -> Result<Graph, Error> {
    let accepted = || SYSTEMS.iter().map(|system| system.accepted).collect::<Vec<_>>().join(", ");
    match FamilyName::of(spec) {
        Some(family) => family.build(spec),
        None => Err(Error::spec(spec, spec, "names no family".into(), &accepted())),
    }
}

/// The graphs of several compact strings, in their order. Built on all cores.
///
/// # Errors
/// As for [`network`], of the first string that names no network.
///
/// ```
/// use autogo::families::networks;
/// let graphs = networks(&["vgg16", "resnet50"])?;
/// assert!(graphs[0].cost().flops > graphs[1].cost().flops);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn networks<S: AsRef<str> + Sync>(specs: &[S]) -> Result<Vec<Graph>, Error> {
    specs.par_iter().map(|spec| network(spec.as_ref())).collect()
}

/// Sampled networks of some families: the first `count` of each under `seed`, one family after the other. Built on all
/// cores.
///
/// # Errors
/// A sampled configuration that cannot be built, which the shipped families do not draw.
///
/// ```
/// use autogo::families::{FamilyName, corpus};
/// let graphs = corpus(&[(FamilyName::Nb201, 3), (FamilyName::Hiaml, 2)], 0)?;
/// assert_eq!(graphs.len(), 5);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn corpus(families: &[(FamilyName, usize)], seed: u64) -> Result<Vec<Graph>, Error> {
    let specs: Vec<String> = families
        .iter()
        .flat_map(|&(family, count)| (0..count as u64).map(move |index| family.sample(seed, index)))
        .collect();
    networks(&specs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_stands_where_its_name_says() {
        for family in FamilyName::ALL {
            let spec = family.best().map_or_else(|| family.sample(0, 0), str::to_string);
            assert_eq!(FamilyName::of(&spec), Some(family), "{spec}");
            assert_eq!(FamilyName::named(family.prefix()).unwrap(), family);
            assert_eq!(network(&spec).unwrap().name(), spec);
        }
    }
}
