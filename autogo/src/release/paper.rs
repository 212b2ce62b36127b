//! The paper's own numbers, to stand beside ours.

use crate::families::FamilyName;

/// SRCC in table 1 of the paper (Salameh et al., NeurIPS 2023) for the networks of a family: `GNN` or `PSC`, where it
/// is carried over here.
///
/// ```
/// use autogo::families::FamilyName;
/// assert_eq!(autogo::release::paper_srcc(FamilyName::Nb201, "PSC"), Some(0.983));
/// assert_eq!(autogo::release::paper_srcc(FamilyName::Edsr, "PSC"), None);
/// ```
pub fn paper_srcc(family: FamilyName, predictor: &str) -> Option<f64> {
    match (family, predictor) {
        (FamilyName::Nb201, "PSC") => Some(0.983),
        (FamilyName::Nb201, "GNN") => Some(0.809),
        (FamilyName::Nb101, "PSC") => Some(0.849),
        _ => None,
    }
}

/// Change of latency in %, against the network that was evolved, which the paper (Salameh et al., NeurIPS 2023) reports
/// for a network of the release on its own simulator of a neural processing unit, where it is carried over here: the
/// number of the network counts from 1.
///
/// ```
/// use autogo::families::FamilyName;
/// assert_eq!(autogo::release::paper_latency_change(FamilyName::Edsr, 3), Some(-23.4));
/// ```
pub fn paper_latency_change(family: FamilyName, number: usize) -> Option<f64> {
    match (family, number) {
        (FamilyName::Edsr, 3) => Some(-23.4),
        _ => None,
    }
}

/// Change of power in %, against the network that was evolved, which table 6 of the paper (Salameh et al., NeurIPS 2023)
/// reports on its own simulator of a neural processing unit, where it is carried over here.
///
/// ```
/// use autogo::families::FamilyName;
/// assert_eq!(autogo::release::paper_power_change(FamilyName::UNet), Some(-9.21));
/// ```
pub fn paper_power_change(family: FamilyName) -> Option<f64> {
    match family {
        FamilyName::UNet => Some(-9.21),
        _ => None,
    }
}
