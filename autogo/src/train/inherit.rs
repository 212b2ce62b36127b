//! Weights that a child takes over from its parent.

use super::network::Network;
use crate::error::Error;
use crate::files::Tensors;
use std::collections::HashMap;
use std::fmt;

/// How many tensors of weights a network took over, and how many it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Inherited {
    /// Tensors that were taken over.
    pub taken: usize,
    /// Weights in them; running statistics of batch norms count as well.
    pub weights: usize,
    /// Tensors that stayed new.
    pub new: usize,
}

impl fmt::Display for Inherited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inherited { taken, weights, new } = self;
        write!(f, "{taken} of {} tensors, {weights} weights, are the parent's", taken + new)
    }
}

impl Network {
    /// Takes over the weights of another network, such as the parent that this network's graph was derived from: a node's tensor
    /// is taken over where the other graph has a node of the same name whose tensor has the same sizes.
    ///
    /// A mutation keeps the names of the nodes that it keeps, and gives new nodes names that no other node has. So the nodes of
    /// a child that find their weights in the parent are those that the derivation kept: all of them in the full form. A mini
    /// form has the names of the full form, but what is new in a child can change filters around it; kept nodes whose sizes are
    /// others then begin anew.
    ///
    /// ```
    /// use autogo::train::Network;
    /// let graph = autogo::families::network("nb201:nor_conv_1x1,none,none,skip_connect,none,none")?;
    /// let (parent, mut child) = (Network::new(&graph, 1)?, Network::new(&graph, 2)?);
    /// let inherited = child.inherit(&parent)?;
    /// assert_eq!(inherited.new, 0);
    /// assert_eq!(child.tensors(), parent.tensors());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// Weights that are not finite. O(weights).
    pub fn inherit(&mut self, parent: &Network) -> Result<Inherited, Error> {
        let old: HashMap<String, (Vec<usize>, Vec<f32>)> = parent
            .named()
            .into_iter()
            .map(|(name, sizes, values)| (node_part(&name).into(), (sizes, values)))
            .collect();
        let mut inherited = Inherited::default();
        let mut tensors = Tensors::new();
        for (name, sizes, values) in self.named() {
            let found = old.get(node_part(&name)).filter(|(found, _)| *found == sizes);
            match found {
                Some(found) => {
                    (inherited.taken, inherited.weights) = (inherited.taken + 1, inherited.weights + values.len());
                    tensors.insert(name, found.clone());
                }
                None => {
                    inherited.new += 1;
                    tensors.insert(name, (sizes, values));
                }
            }
        }
        self.set_tensors(&tensors)?;
        Ok(inherited)
    }
}

/// `NODE.PART` of `INDEX:NODE.PART`.
pub(super) fn node_part(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, rest)| rest)
}
