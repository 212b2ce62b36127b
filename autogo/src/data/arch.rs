//! One architecture of a labelled family.

use super::listed::ListedNetwork;
use crate::error::Error;
use crate::families::{Family, FamilyName, Hiaml, Inception, Nb101, Nb201, TwoPath};
use crate::graph::{Cost, Graph, Zeros};
use polars::prelude::*;
use rayon::prelude::*;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// The family of a network that a table names.
pub(super) const LISTED: &str = "listed";

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
    /// Of a family of one's own.
    Other(OtherArch),
    /// Of a table of one's own.
    Listed(Arc<ListedNetwork>),
}

/// An architecture of a family that this library does not ship: its compact string, and how a graph is made of it.
#[derive(Clone, Debug)]
pub struct OtherArch {
    family: &'static str,
    spec: Arc<str>,
    build: fn(&str) -> Result<Graph, Error>,
}

impl PartialEq for OtherArch {
    fn eq(&self, other: &Self) -> bool {
        (self.family, &self.spec) == (other.family, &other.spec)
    }
}

impl Eq for OtherArch {}

impl Hash for OtherArch {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.family, &self.spec).hash(state);
    }
}

impl Arch {
    /// An architecture of any family, one's own included: the family's name and compact string stand for it.
    pub fn of<F: Family>(network: &F) -> Self {
        let spec = network.to_string();
        // A shipped family has a form of its own here.
        Arch::parse(&spec).ok().filter(|arch| arch.family() == F::NAME).unwrap_or_else(|| {
            Arch::Other(OtherArch { family: F::NAME, spec: spec.into(), build: |spec| Ok(spec.parse::<F>()?.build()?) })
        })
    }

    /// Its graph.
    ///
    /// # Errors
    /// An architecture that makes no valid graph.
    pub fn build(&self) -> Result<Graph, Error> {
        Ok(match self {
            Arch::Nb101(arch) => arch.build()?,
            Arch::Nb201(arch) => arch.build()?,
            Arch::Hiaml(arch) => arch.build()?,
            Arch::TwoPath(arch) => arch.build()?,
            Arch::Inception(arch) => arch.build()?,
            Arch::Other(arch) => (arch.build)(&arch.spec)?,
            Arch::Listed(network) => network.build()?,
        })
    }

    /// Its graph with one cell or block wherever its family repeats the same one
    /// ([`FamilyName::build_shallow`]); the whole graph of a network of any other family.
    ///
    /// # Errors
    /// An architecture that makes no valid graph.
    pub fn build_shallow(&self) -> Result<Graph, Error> {
        Ok(match self {
            Arch::Nb101(arch) => arch.build_shallow()?,
            Arch::Nb201(arch) => arch.build_shallow()?,
            Arch::Hiaml(arch) => arch.build_shallow()?,
            Arch::TwoPath(arch) => arch.build_shallow()?,
            Arch::Inception(arch) => arch.build_shallow()?,
            Arch::Other(_) | Arch::Listed(_) => self.build()?,
        })
    }

    /// The architecture of a compact string of a shipped family that has labels.
    ///
    /// # Errors
    /// The string names no family that has labels, or it does not parse as a network of its family; the error names
    /// the character.
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

    /// The name of its family.
    pub fn family(&self) -> &'static str {
        match self {
            Arch::Nb101(_) => Nb101::NAME,
            Arch::Nb201(_) => Nb201::NAME,
            Arch::Hiaml(_) => Hiaml::NAME,
            Arch::TwoPath(_) => TwoPath::NAME,
            Arch::Inception(_) => Inception::NAME,
            Arch::Other(arch) => arch.family,
            Arch::Listed(_) => LISTED,
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
            Arch::Other(arch) => f.write_str(&arch.spec),
            Arch::Listed(network) => network.fmt(f),
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

/// A table of these architectures by their graphs: `spec`, `family`, `content_id`, `formula_id` (zeros kept), `nodes`,
/// `edges`, `flops`, `flops_original`, `params`. Built on all cores.
///
/// # Errors
/// An architecture makes no valid graph.
///
/// ```
/// use autogo::data::{Arch, figures};
/// use autogo::families::Hiaml;
/// let frame = figures(&[Arch::from(Hiaml::at(7)), Arch::from(Hiaml::at(8))])?;
/// assert_eq!(frame.height(), 2);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn figures(archs: &[Arch]) -> Result<DataFrame, Error> {
    let rows = archs.par_iter().map(|arch| Ok(Figures::of(arch.to_string(), arch.family(), &arch.build()?)));
    frame(&rows.collect::<Result<Vec<_>, Error>>()?)
}

/// The table of [`figures`] for `count` networks of any family, sampled by its published rules under `seed`. A family
/// of one or two networks has that many rows.
///
/// # Errors
/// A sample makes no valid graph, which the shipped families do not draw.
///
/// ```
/// use autogo::{data::sampled, families::FamilyName};
/// assert_eq!(sampled(FamilyName::TwoPath, 20, 0)?.height(), 20);
/// assert_eq!(sampled(FamilyName::Vgg16, 20, 0)?.height(), 1);
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn sampled(family: FamilyName, count: usize, seed: u64) -> Result<DataFrame, Error> {
    let count = family.size().filter(|size| *size <= 2).map_or(count, |size| count.min(size));
    let rows = (0..count).into_par_iter().map(|index| {
        let spec = family.sample(seed, index as u64);
        let graph = family.build(&spec)?;
        Ok(Figures::of(spec, family.prefix(), &graph))
    });
    frame(&rows.collect::<Result<Vec<_>, Error>>()?)
}

/// A row of the table of [`figures`].
#[derive(Clone, Debug)]
pub(super) struct Figures {
    spec: String,
    family: &'static str,
    content_id: String,
    formula_id: String,
    nodes: u32,
    edges: u32,
    cost: Cost,
}

impl Figures {
    pub(super) fn of(spec: String, family: &'static str, graph: &Graph) -> Self {
        Figures {
            spec,
            family,
            content_id: graph.content_id().to_string(),
            formula_id: graph.formula_id(Zeros::Kept).to_string(),
            nodes: graph.len() as u32,
            edges: graph.edge_count() as u32,
            cost: graph.cost(),
        }
    }
}

/// The table of these rows.
pub(super) fn frame(rows: &[Figures]) -> Result<DataFrame, Error> {
    Ok(df!(
        "spec" => rows.iter().map(|row| row.spec.as_str()).collect::<Vec<_>>(),
        "family" => rows.iter().map(|row| row.family).collect::<Vec<_>>(),
        "content_id" => rows.iter().map(|row| row.content_id.as_str()).collect::<Vec<_>>(),
        "formula_id" => rows.iter().map(|row| row.formula_id.as_str()).collect::<Vec<_>>(),
        "nodes" => rows.iter().map(|row| row.nodes).collect::<Vec<_>>(),
        "edges" => rows.iter().map(|row| row.edges).collect::<Vec<_>>(),
        "flops" => rows.iter().map(|row| row.cost.flops).collect::<Vec<_>>(),
        "flops_original" => rows.iter().map(|row| row.cost.flops_original).collect::<Vec<_>>(),
        "params" => rows.iter().map(|row| row.cost.params).collect::<Vec<_>>(),
    )?)
}
