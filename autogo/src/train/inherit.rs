//! Weights that a child takes over from its parent.

use super::network::Network;
use crate::error::Error;
use crate::files::Tensors;
use std::collections::HashMap;
use std::fmt;

/// The numbers of tensors of weights that a network took over, and did not take over.
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
    /// Takes over the weights of another network, such as the parent that this network's graph was derived from: a
    /// node's tensor is taken over where the other graph has a node of the same name whose tensor has the same sizes.
    /// Where several nodes have one name, the first takes over from the first, and so on, if both graphs have as many
    /// of them; otherwise all begin anew.
    ///
    /// A mutation keeps the names of the nodes that it keeps, and gives new nodes names that no other node has. So the
    /// nodes of a child that find their weights in the parent are those that the derivation kept: all of them in the
    /// full form. A mini form has the names of the full form, but what is new in a child can change filters around it;
    /// kept nodes whose sizes are others then begin anew.
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
        let (old, own) = (parent.named(), self.named());
        let (mut olds, mut counts): (HashMap<&str, Vec<usize>>, HashMap<&str, usize>) = Default::default();
        old.iter().enumerate().for_each(|(at, (name, ..))| olds.entry(node_part(name)).or_default().push(at));
        own.iter().for_each(|(name, ..)| *counts.entry(node_part(name)).or_default() += 1);
        let mut seen: HashMap<&str, usize> = HashMap::new();
        let mut inherited = Inherited::default();
        let mut tensors = Tensors::new();
        for (name, sizes, values) in &own {
            let part = node_part(name);
            let place = seen.entry(part).or_default();
            let olds = olds.get(part).filter(|olds| counts.get(part) == Some(&olds.len()));
            let found = olds.and_then(|olds| old.get(*olds.get(*place)?)).filter(|(_, found, _)| found == sizes);
            *place += 1;
            match found {
                Some((_, _, old)) => {
                    (inherited.taken, inherited.weights) = (inherited.taken + 1, inherited.weights + values.len());
                    tensors.insert(name.clone(), (sizes.clone(), old.clone()));
                }
                None => {
                    inherited.new += 1;
                    tensors.insert(name.clone(), (sizes.clone(), values.clone()));
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
