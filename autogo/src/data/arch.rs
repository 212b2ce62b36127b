//! One architecture of a labelled family.

use crate::error::Error;
use crate::families::{Family, FamilyName, Hiaml, Inception, Nb101, Nb201, TwoPath};
use crate::graph::{Graph, Zeros};
use polars::prelude::*;
use rayon::prelude::*;
use std::fmt;
use std::hash::{Hash, Hasher};
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
    /// Of a family of one's own.
    Other(OtherArch),
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
        })
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

    /// The name of its family.
    pub fn family(&self) -> &'static str {
        match self {
            Arch::Nb101(_) => Nb101::NAME,
            Arch::Nb201(_) => Nb201::NAME,
            Arch::Hiaml(_) => Hiaml::NAME,
            Arch::TwoPath(_) => TwoPath::NAME,
            Arch::Inception(_) => Inception::NAME,
            Arch::Other(arch) => arch.family,
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
        Ok((spec, family.prefix(), graph))
    }))
}

fn table(
    networks: impl IndexedParallelIterator<Item = Result<(String, &'static str, Graph), Error>>,
) -> Result<DataFrame, Error> {
    let rows = networks
        .map(|network| {
            let (spec, family, graph) = network?;
            let sizes = (graph.len() as u32, graph.edge_count() as u32);
            let ids = [graph.content_id().to_string(), graph.formula_id(Zeros::Kept).to_string()];
            Ok((spec, family, ids, sizes, graph.cost()))
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
