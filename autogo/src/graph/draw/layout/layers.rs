//! Layers by longest path, with lanes where an edge passes a layer.

/// Nodes and lanes in layers. A vertex below the number of nodes is a node, the others are lanes.
pub(super) struct Layers {
    /// The number of nodes.
    pub(super) nodes: usize,
    /// The layer of every vertex.
    pub(super) layer: Vec<usize>,
    /// The neighbours of every vertex in the layer above its own.
    pub(super) above: Vec<Vec<usize>>,
    /// The neighbours of every vertex in the layer below its own.
    pub(super) below: Vec<Vec<usize>>,
    /// The vertices of every layer, from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// The lanes of every node, downwards.
    pub(super) lanes: Vec<Vec<usize>>,
}

impl Layers {
    /// The layers of a DAG. A node stands one layer below the lowest of its operands; its result has one lane in each
    /// layer between it and the lowest of its readers. O(nodes + edges + lanes).
    pub(super) fn of(operands: &[Vec<usize>]) -> Layers {
        let nodes = operands.len();
        let mut layer = vec![0usize; nodes];
        let mut lowest = vec![0usize; nodes];
        for node in 0..nodes {
            layer[node] = operands[node].iter().map(|&operand| layer[operand] + 1).max().unwrap_or(0);
            operands[node].iter().for_each(|&operand| lowest[operand] = lowest[operand].max(layer[node]));
        }
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); nodes];
        let mut lanes: Vec<Vec<usize>> = vec![Vec::new(); nodes];
        for node in 0..nodes {
            let mut from = node;
            for between in layer[node] + 1..lowest[node] {
                layer.push(between);
                above.push(vec![from]);
                from = above.len() - 1;
                lanes[node].push(from);
            }
        }
        for (node, sources) in operands.iter().enumerate() {
            for &operand in sources {
                let passed = layer[node] - layer[operand] - 1;
                let from = if passed == 0 { operand } else { lanes[operand][passed - 1] };
                // A sum may read a node twice; one edge is drawn.
                if !above[node].contains(&from) {
                    above[node].push(from);
                }
            }
        }
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); above.len()];
        for (vertex, sources) in above.iter().enumerate() {
            sources.iter().for_each(|&source| below[source].push(vertex));
        }
        let mut rows: Vec<Vec<usize>> = vec![Vec::new(); layer.iter().max().map_or(0, |last| last + 1)];
        layer.iter().enumerate().for_each(|(vertex, &at)| rows[at].push(vertex));
        Layers { nodes, layer, above, below, rows, lanes }
    }

    /// Whether a vertex is the lane of an edge.
    pub(super) fn is_lane(&self, vertex: usize) -> bool {
        vertex >= self.nodes
    }

    /// The place of every vertex in its row.
    pub(super) fn places(&self) -> Vec<usize> {
        let mut places = vec![0; self.layer.len()];
        for row in &self.rows {
            row.iter().enumerate().for_each(|(place, &vertex)| places[vertex] = place);
        }
        places
    }
}
