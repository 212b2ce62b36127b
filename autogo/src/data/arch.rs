//! One architecture of a labelled family.

use crate::error::Error;
use crate::families::{Family, FamilyName, Hiaml, Inception, Nb101, Nb201, TwoPath};
use crate::graph::{Graph, GraphError, Zeros};
use polars::prelude::*;
use rayon::prelude::*;
use std::fmt;
use std::sync::Arc;

/// An architecture of a family that has public labels.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Arch {
    /// Of NAS-Bench-101.
    Nb101(Nb101),
    /// Of NAS-Bench-201.
    Nb201(Nb201),
    /// Of HiAML.
    Hiaml(Hiaml),
    /// Of Two-Path.
    TwoPath(Arc<TwoPath>),
    /// Of Inception.
    Inception(Arc<Inception>),
}

impl Arch {
    /// Its graph.
    pub fn build(&self) -> Result<Graph, GraphError> {
        match self {
            Arch::Nb101(arch) => arch.build(),
            Arch::Nb201(arch) => arch.build(),
            Arch::Hiaml(arch) => arch.build(),
            Arch::TwoPath(arch) => arch.build(),
            Arch::Inception(arch) => arch.build(),
        }
    }

    /// The architecture of a compact string, of the families above.
    pub fn parse(spec: &str) -> Result<Self, Error> {
        match FamilyName::of(spec) {
            Some(FamilyName::Nb101) => Ok(spec.parse::<Nb101>()?.into()),
            Some(FamilyName::Nb201) => Ok(spec.parse::<Nb201>()?.into()),
            Some(FamilyName::Hiaml) => Ok(spec.parse::<Hiaml>()?.into()),
            Some(FamilyName::TwoPath) => Ok(spec.parse::<TwoPath>()?.into()),
            Some(FamilyName::Inception) => Ok(spec.parse::<Inception>()?.into()),
            _ => Err(Error::spec(
                spec,
                spec,
                "is of no family with labels".into(),
                "nb101, nb201, hiaml, two_path, inception",
            )),
        }
    }

    /// Its family.
    pub fn family(&self) -> FamilyName {
        match self {
            Arch::Nb101(_) => FamilyName::Nb101,
            Arch::Nb201(_) => FamilyName::Nb201,
            Arch::Hiaml(_) => FamilyName::Hiaml,
            Arch::TwoPath(_) => FamilyName::TwoPath,
            Arch::Inception(_) => FamilyName::Inception,
        }
    }

    /// Whether the release's experiments use it: NB-201 without `none`, the other families whole.
    pub(super) fn is_usable(&self) -> bool {
        !matches!(self, Arch::Nb201(arch) if !arch.has_no_none())
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arch::Nb101(arch) => arch.fmt(f),
            Arch::Nb201(arch) => arch.fmt(f),
            Arch::Hiaml(arch) => arch.fmt(f),
            Arch::TwoPath(arch) => arch.fmt(f),
            Arch::Inception(arch) => arch.fmt(f),
        }
    }
}

impl From<Nb101> for Arch {
    fn from(arch: Nb101) -> Self {
        Arch::Nb101(arch)
    }
}

impl From<Nb201> for Arch {
    fn from(arch: Nb201) -> Self {
        Arch::Nb201(arch)
    }
}

impl From<Hiaml> for Arch {
    fn from(arch: Hiaml) -> Self {
        Arch::Hiaml(arch)
    }
}

impl From<TwoPath> for Arch {
    fn from(arch: TwoPath) -> Self {
        Arch::TwoPath(Arc::new(arch))
    }
}

impl From<Inception> for Arch {
    fn from(arch: Inception) -> Self {
        Arch::Inception(Arc::new(arch))
    }
}

/// What the graphs of these architectures say: `spec`, `family`, `content_id`, `formula_id` (zeros kept), `nodes`, `edges`,
/// `flops`, `flops_original`, `params`. Built on all cores.
///
/// ```
/// use autogo::data::{Arch, figures};
/// use autogo::families::Hiaml;
/// let frame = figures(&[Arch::from(Hiaml::at(7)), Arch::from(Hiaml::at(8))])?;
/// assert_eq!(frame.height(), 2);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn figures(archs: &[Arch]) -> Result<DataFrame, Error> {
    table(archs.par_iter().map(|arch| Ok((arch.to_string(), arch.family(), arch.build()?))))
}

/// The same of `count` networks of any family, sampled by its published rules under `seed`. A family of one or two networks
/// has that many rows.
///
/// ```
/// use autogo::{data::sampled, families::FamilyName};
/// assert_eq!(sampled(FamilyName::TwoPath, 20, 0)?.height(), 20);
/// assert_eq!(sampled(FamilyName::Vgg16, 20, 0)?.height(), 1);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn sampled(family: FamilyName, count: usize, seed: u64) -> Result<DataFrame, Error> {
    let count = family.size().filter(|size| *size <= 2).map_or(count, |size| count.min(size));
    table((0..count).into_par_iter().map(|index| {
        let spec = family.sample(seed, index as u64);
        let graph = family.build(&spec)?;
        Ok((spec, family, graph))
    }))
}

fn table(
    networks: impl IndexedParallelIterator<Item = Result<(String, FamilyName, Graph), Error>>,
) -> Result<DataFrame, Error> {
    let rows = networks
        .map(|network| {
            let (spec, family, graph) = network?;
            let sizes = (graph.len() as u32, graph.edge_count() as u32);
            let ids = [graph.content_id().to_string(), graph.formula_id(Zeros::Kept).to_string()];
            Ok((spec, family.prefix(), ids, sizes, graph.cost()))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(df!(
        "spec" => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        "family" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "content_id" => rows.iter().map(|row| row.2[0].as_str()).collect::<Vec<_>>(),
        "formula_id" => rows.iter().map(|row| row.2[1].as_str()).collect::<Vec<_>>(),
        "nodes" => rows.iter().map(|row| row.3.0).collect::<Vec<_>>(),
        "edges" => rows.iter().map(|row| row.3.1).collect::<Vec<_>>(),
        "flops" => rows.iter().map(|row| row.4.flops).collect::<Vec<_>>(),
        "flops_original" => rows.iter().map(|row| row.4.flops_original).collect::<Vec<_>>(),
        "params" => rows.iter().map(|row| row.4.params).collect::<Vec<_>>(),
    )?)
}
