//! Step 6: a front of networks grows.

use super::wrong;
use crate::error::Error;
use crate::evolve::ParetoArchive;
use crate::goal::Goal;
use crate::graph::{Graph, Zeros};
use crate::report::{Page, Table};
use polars::prelude::df;
use std::collections::HashSet;

/// Checks the front of a search from `parent`: more of `score` and fewer multiply-adds are better. There are two
/// networks or more, no two compute the same, none is beaten by another or by the parent, and one has fewer
/// multiply-adds than the parent.
///
/// # Errors
/// The first of these that does not hold, with the network concerned.
///
/// ```
/// use autogo::graph::Graph;
/// let parent = autogo::tutorials::toy()?;
/// let score = |graph: &Graph| graph.len() as f64;
/// let said = autogo::exercises::search(&parent, &[parent.clone()], score).unwrap_err().to_string();
/// assert_eq!(said, "step 6, networks of the front: the answer is 1; accepted: \"2 or more\"");
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn search(parent: &Graph, front: &[Graph], score: impl Fn(&Graph) -> f64) -> Result<Page, Error> {
    if front.len() < 2 {
        return Err(wrong(6, "networks of the front", front.len(), "2 or more"));
    }
    let mut seen = HashSet::new();
    let point = |graph: &Graph| vec![score(graph), graph.cost().multiply_adds as f64];
    let archive = ParetoArchive::new(vec![Goal::Maximise, Goal::Minimise]);
    let points: Vec<Vec<f64>> = front.iter().map(&point).collect();
    for (at, graph) in front.iter().enumerate() {
        if !seen.insert(graph.formula_id(Zeros::Kept)) {
            return Err(wrong(
                6,
                &format!("network {at} of the front"),
                "a network that is there already",
                "every network once",
            ));
        }
        let beaten = points.iter().chain([&point(parent)]).any(|other| archive.dominates(other, &points[at]));
        if beaten {
            let right = "networks that neither another one nor the parent beats";
            return Err(wrong(6, &format!("network {at} of the front"), &points[at], right));
        }
    }
    let least = points.iter().map(|point| point[1]).fold(f64::INFINITY, f64::min);
    if least >= point(parent)[1] {
        return Err(wrong(6, "fewest multiply-adds on the front", least, format!("fewer than {}", point(parent)[1])));
    }
    let column = |at: usize| points.iter().map(|point| point[at]).collect::<Vec<f64>>();
    let frame = df!("score" => column(0), "multiply-adds" => column(1))?;
    Ok(Page::new("").text("Step 6: right. Your front:").table(&Table::of(&frame)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::network;

    #[test]
    fn beaten_and_equal_networks_are_found() {
        let cell = |spec: &str| network(&format!("nb201:{spec}")).unwrap();
        let score = |graph: &Graph| graph.cost().params as f64;
        let parent = cell("nor_conv_3x3,nor_conv_3x3,nor_conv_3x3,skip_connect,nor_conv_3x3,nor_conv_1x1");
        let small = cell("nor_conv_1x1,none,none,skip_connect,none,none");
        let middle = cell("nor_conv_3x3,none,nor_conv_3x3,skip_connect,none,nor_conv_1x1");
        assert!(search(&parent, &[small.clone(), middle.clone()], score).is_ok());
        let twice = search(&parent, &[small.clone(), small.clone()], score).unwrap_err().to_string();
        assert!(twice.contains("there already"), "{twice}");
        let beaten = search(&parent, &[small.clone(), middle.clone()], |graph| -score(graph)).unwrap_err().to_string();
        assert!(beaten.contains("network 1 of the front"), "{beaten}");
        let dear = search(&small, &[parent, middle], score).unwrap_err().to_string();
        assert!(dear.contains("fewer than"), "{dear}");
    }
}
