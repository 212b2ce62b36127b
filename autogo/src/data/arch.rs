//! One architecture of a labelled family.

use crate::error::Error;
use crate::families::{Family, FamilyName, Hiaml, Nb101, Nb201};
use crate::graph::{Graph, GraphError};
use polars::prelude::*;
use rayon::prelude::*;
use std::fmt;

/// An architecture of a family that has public labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arch {
    /// Of NAS-Bench-101.
    Nb101(Nb101),
    /// Of NAS-Bench-201.
    Nb201(Nb201),
    /// Of HiAML.
    Hiaml(Hiaml),
}

impl Arch {
    /// Its graph.
    pub fn build(&self) -> Result<Graph, GraphError> {
        match self {
            Arch::Nb101(arch) => arch.build(),
            Arch::Nb201(arch) => arch.build(),
            Arch::Hiaml(arch) => arch.build(),
        }
    }

    /// Its family.
    pub fn family(&self) -> FamilyName {
        match self {
            Arch::Nb101(_) => FamilyName::Nb101,
            Arch::Nb201(_) => FamilyName::Nb201,
            Arch::Hiaml(_) => FamilyName::Hiaml,
        }
    }

    /// Whether the original's experiments use it: NB-201 without `none`, the other families whole.
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

/// What the graphs of these architectures say.
pub(super) fn figures(archs: &[Arch]) -> Result<DataFrame, Error> {
    let rows = archs
        .par_iter()
        .map(|arch| {
            let graph = arch.build()?;
            Ok((graph.content_id().to_string(), graph.len() as u32, graph.edge_count() as u32, graph.cost()))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(df!(
        "spec" => archs.iter().map(Arch::to_string).collect::<Vec<_>>(),
        "family" => archs.iter().map(|arch| arch.family().prefix()).collect::<Vec<_>>(),
        "content_id" => rows.iter().map(|row| row.0.as_str()).collect::<Vec<_>>(),
        "nodes" => rows.iter().map(|row| row.1).collect::<Vec<_>>(),
        "edges" => rows.iter().map(|row| row.2).collect::<Vec<_>>(),
        "flops" => rows.iter().map(|row| row.3.flops).collect::<Vec<_>>(),
        "flops_original" => rows.iter().map(|row| row.3.flops_original).collect::<Vec<_>>(),
        "params" => rows.iter().map(|row| row.3.params).collect::<Vec<_>>(),
    )?)
}
