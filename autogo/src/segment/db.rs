//! The distinct segments of many graphs, indexed by what they connect.

use super::pipeline::SegmentFilter;
use super::segment::Segment;
use crate::error::Error;
use crate::graph::{ContentId, Graph, Shape};
use polars::prelude::*;
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};

/// Graphs whose segments are held at once while mining.
const CHUNK: usize = 1024;

/// A distinct segment and where it was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentRow {
    /// Content id of the segment.
    pub id: ContentId,
    /// The segment as it stood where it was first found.
    pub segment: Segment,
    /// The number of times that the segment was found.
    pub count: u64,
    /// The number of graphs in which the segment was found.
    pub graphs: u64,
    /// The number of times that the segment was found in each family, by name. A graph's family is the part of its name
    /// before the colon.
    pub families: BTreeMap<String, u64>,
    /// Names of the first graphs it was found in, [`SegmentRow::EXAMPLES`] at most.
    pub examples: Vec<String>,
    /// Mean label (accuracy, if that is what was given) of the graphs it was found in.
    pub host_label: Option<f64>,
}

impl SegmentRow {
    /// Example graphs that are kept of every segment.
    pub const EXAMPLES: usize = 3;
}

/// Sorted shapes of the inputs and of the outputs.
type Boundary = (Vec<Shape>, Vec<Shape>);

/// A database of segments, in the order in which they were first found.
///
/// ```
/// use autogo::{families, segment::{Mining, SegmentDb}};
/// let graphs = families::corpus(&[(families::FamilyName::Hiaml, 10)], 0)?;
/// let db: SegmentDb = Mining::bpe(30).run(&graphs)?.db;
/// let row = &db.rows()[0];
/// // Which segments connect the same shapes?
/// let alike = db.with_boundary(&row.segment.inputs, &row.segment.output_shapes());
/// assert!(alike.contains(&0) && db.with_id(row.id) == Some(row));
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SegmentDb {
    rows: Vec<SegmentRow>,
    by_boundary: HashMap<Boundary, Vec<usize>>,
    by_arity: HashMap<(usize, usize), Vec<usize>>,
    by_id: HashMap<ContentId, usize>,
}

fn boundary(inputs: &[Shape], outputs: &[Shape]) -> Boundary {
    let sorted = |shapes: &[Shape]| {
        let mut shapes = shapes.to_vec();
        shapes.sort_unstable();
        shapes
    };
    (sorted(inputs), sorted(outputs))
}

/// A segment while it is mined: its row, the last graph in which it was found, and the sum of the labels of its graphs.
#[derive(Clone, Copy, Debug)]
struct Found {
    row: usize,
    last_graph: usize,
    labels: f64,
}

impl SegmentDb {
    /// Cuts every graph into groups of nodes and keeps the distinct segments that pass the filter
    /// ([release §3.5](crate::doc::release#s3-5); unlike the release's, the id also compares kernels, strides and
    /// biases). `labels` holds a label for each graph, or nothing. O(nodes); the same on any number of threads.
    ///
    /// # Errors
    /// A number of labels that is neither 0 nor the number of graphs, and a cut that names a node that its graph does not
    /// have.
    ///
    /// ```
    /// use autogo::segment::{Keep, SegmentDb};
    /// // A stage of one's own: a graph is cut where its resolution changes.
    /// let by_resolution = |graph: &autogo::graph::Graph| -> Vec<Vec<usize>> {
    ///     let order = graph.topological_order();
    ///     order.chunk_by(|&a, &b| graph.node(a).shape.h == graph.node(b).shape.h).map(<[usize]>::to_vec).collect()
    /// };
    /// let graph = autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?;
    /// let db = SegmentDb::mine(&[graph], &[93.1], &Keep::default(), by_resolution)?;
    /// assert_eq!(db.rows()[0].host_label, Some(93.1));
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn mine(
        graphs: &[Graph],
        labels: &[f64],
        filter: &dyn SegmentFilter,
        cut: impl Fn(&Graph) -> Vec<Vec<usize>> + Sync,
    ) -> Result<Self, Error> {
        if !labels.is_empty() && labels.len() != graphs.len() {
            let reason = format!("{} for {} graphs", labels.len(), graphs.len());
            return Err(Error::setting("labels of mined graphs", reason, "one for every graph, or none"));
        }
        let segments = |graph: &Graph| -> Result<Vec<(ContentId, Segment)>, Error> {
            let groups = cut(graph);
            if let Some(node) = groups.iter().flatten().find(|&&node| node >= graph.len()) {
                let reason = format!("names node {node} of `{}`", graph.name());
                return Err(Error::setting("cut", reason, &format!("nodes below {}", graph.len())));
            }
            let segments = groups.iter().map(|nodes| Segment::cut(graph, nodes).segment);
            Ok(segments.filter(|one| filter.keeps(one)).map(|segment| (segment.content_id(), segment)).collect())
        };
        let mut db = SegmentDb::default();
        let mut known: HashMap<ContentId, Found> = HashMap::new();
        // In chunks, so that only few copies of what is known already are held at once.
        for (chunk, part) in graphs.chunks(CHUNK).enumerate() {
            let found = part.par_iter().map(segments).collect::<Result<Vec<Vec<(ContentId, Segment)>>, Error>>()?;
            for (at, segments) in found.into_iter().enumerate() {
                let graph = chunk * CHUNK + at;
                for (id, segment) in segments {
                    let found = known.entry(id).or_insert_with(|| Found {
                        row: db.push(SegmentRow {
                            id,
                            segment,
                            count: 0,
                            graphs: 0,
                            families: BTreeMap::new(),
                            examples: Vec::new(),
                            host_label: None,
                        }),
                        last_graph: usize::MAX,
                        labels: 0.0,
                    });
                    db.rows[found.row].found_in(graphs[graph].name(), found.last_graph != graph);
                    if found.last_graph != graph {
                        found.last_graph = graph;
                        found.labels += labels.get(graph).copied().unwrap_or_default();
                    }
                }
            }
        }
        if !labels.is_empty() {
            for found in known.values() {
                let row = &mut db.rows[found.row];
                row.host_label = Some(found.labels / row.graphs as f64);
            }
        }
        Ok(db)
    }

    pub(super) fn from_rows(rows: Vec<SegmentRow>) -> Self {
        let mut db = SegmentDb::default();
        for row in rows {
            db.push(row);
        }
        db
    }

    fn push(&mut self, row: SegmentRow) -> usize {
        let at = self.rows.len();
        let outputs = row.segment.output_shapes();
        self.by_arity.entry((row.segment.inputs.len(), outputs.len())).or_default().push(at);
        self.by_boundary.entry(boundary(&row.segment.inputs, &outputs)).or_default().push(at);
        self.by_id.insert(row.id, at);
        self.rows.push(row);
        at
    }

    /// The rows for which a polars expression over the columns of [`SegmentDb::frame`] holds, in their order.
    ///
    /// # Errors
    /// The expression names a column that there is not, or does not give a truth value.
    ///
    /// ```
    /// use autogo::polars::prelude::{col, lit};
    /// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
    /// let db = autogo::segment::Mining::bpe(20).run(&graphs)?.db;
    /// let wide = db.filter(col("inputs").gt(lit(1)).and(col("families").list().contains(lit("nb201"), false)))?;
    /// assert!(!wide.is_empty() && wide.len() < db.len());
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn filter(&self, condition: Expr) -> Result<SegmentDb, Error> {
        let row = IdxCa::from_vec("row".into(), (0..self.len() as IdxSize).collect());
        let frame = self.frame()?.hstack(&[row.into_column()])?;
        let kept = frame.lazy().filter(condition).select([col("row")]).collect()?;
        let rows = kept.column("row")?.idx()?.into_no_null_iter().map(|row| self.rows[row as usize].clone());
        Ok(SegmentDb::from_rows(rows.collect()))
    }

    /// The segments.
    pub fn rows(&self) -> &[SegmentRow] {
        &self.rows
    }

    /// Of the occurrences of segments of two and more nodes, the share whose nodes hang together.
    pub fn connected_share(&self) -> f64 {
        let longer = || self.rows().iter().filter(|row| row.segment.nodes.len() > 1);
        let whole: u64 = longer().filter(|row| row.segment.is_connected()).map(|row| row.count).sum();
        whole as f64 / longer().map(|row| row.count).sum::<u64>().max(1) as f64
    }

    /// Number of segments.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of a segment.
    pub fn with_id(&self, id: ContentId) -> Option<&SegmentRow> {
        self.by_id.get(&id).map(|&at| &self.rows[at])
    }

    /// The places in [`SegmentDb::rows`] of the segments that read and make tensors of just these shapes, in whatever
    /// order.
    pub fn with_boundary(&self, inputs: &[Shape], outputs: &[Shape]) -> &[usize] {
        self.by_boundary.get(&boundary(inputs, outputs)).map_or(&[], Vec::as_slice)
    }

    /// The places in [`SegmentDb::rows`] of the segments that read `inputs` tensors and make `outputs`.
    pub fn with_arity(&self, inputs: usize, outputs: usize) -> &[usize] {
        self.by_arity.get(&(inputs, outputs)).map_or(&[], Vec::as_slice)
    }

    /// The `count` segments that were found most often, the longer first on ties.
    pub fn most_frequent(&self, count: usize) -> Vec<SegmentRow> {
        let mut rows: Vec<&SegmentRow> = self.rows.iter().collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.count), std::cmp::Reverse(row.segment.nodes.len())));
        rows.into_iter().take(count).cloned().collect()
    }

    /// The database as a polars frame: `segment` (its id), `ops`, `nodes`, `inputs`, `outputs` (how many tensors it
    /// reads and makes), `input_shapes`, `output_shapes`, `flops` (of the segment alone, twice the multiply-adds),
    /// `count`, `graphs`, `families` with the `family_counts`, `examples`, and the mean `host_label`.
    ///
    /// # Errors
    /// None: every column has one entry a row, which polars checks.
    pub fn frame(&self) -> PolarsResult<DataFrame> {
        let shapes = |shapes: &[Shape]| shapes.iter().map(Shape::to_string).collect::<Vec<_>>().join(" ");
        let text = |of: &dyn Fn(&SegmentRow) -> String| self.rows.iter().map(of).collect::<Vec<String>>();
        let count =
            |of: &dyn Fn(&SegmentRow) -> usize| self.rows.iter().map(|row| of(row) as u32).collect::<Vec<u32>>();
        let numbers = |of: &dyn Fn(&SegmentRow) -> u64| self.rows.iter().map(of).collect::<Vec<u64>>();
        df!(
            "segment" => text(&|row| row.id.to_string()),
            "ops" => text(&|row| row.segment.describe()),
            "nodes" => count(&|row| row.segment.nodes.len()),
            "inputs" => count(&|row| row.segment.inputs.len()),
            "outputs" => count(&|row| row.segment.outputs.len()),
            "input_shapes" => text(&|row| shapes(&row.segment.inputs)),
            "output_shapes" => text(&|row| shapes(&row.segment.output_shapes())),
            "flops" => numbers(&|row| row.segment.cost().flops),
            "count" => numbers(&|row| row.count),
            "graphs" => numbers(&|row| row.graphs),
            "families" => lists(&self.rows, DataType::String, |row| texts(row.families.keys())),
            "family_counts" => lists(&self.rows, DataType::UInt64, |row| {
                Series::from_vec(PlSmallStr::EMPTY, row.families.values().copied().collect::<Vec<u64>>())
            }),
            "examples" => lists(&self.rows, DataType::String, |row| texts(row.examples.iter())),
            "host_label" => self.rows.iter().map(|row| row.host_label).collect::<Vec<Option<f64>>>(),
        )
    }
}

/// A column of lists; of no rows as well, it is one of lists of this type.
fn lists(rows: &[SegmentRow], of: DataType, list: impl Fn(&SegmentRow) -> Series) -> Series {
    match rows {
        [] => Series::new_empty(PlSmallStr::EMPTY, &DataType::List(Box::new(of))),
        rows => rows.iter().map(list).collect::<ListChunked>().into_series(),
    }
}

fn texts<'a>(texts: impl Iterator<Item = &'a String>) -> Series {
    texts.map(String::as_str).collect::<StringChunked>().into_series()
}

impl SegmentRow {
    /// Counts one more occurrence.
    fn found_in(&mut self, graph: &str, is_new_graph: bool) {
        self.count += 1;
        let family = graph.split(':').next().unwrap_or_default();
        match self.families.get_mut(family) {
            Some(count) => *count += 1,
            None => _ = self.families.insert(family.into(), 1),
        }
        if is_new_graph {
            self.graphs += 1;
            if self.examples.len() < Self::EXAMPLES {
                self.examples.push(graph.into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::segment::{Mining, Source};

    #[test]
    fn mining_finds_what_the_queries_return() {
        let graphs: Vec<Graph> = (0..12).map(|i| Nb201::sample(3, i).build().unwrap()).collect();
        let labels: Vec<f64> = (0..12).map(f64::from).collect();
        let mined = Mining::bpe(80).run_labelled(&graphs, &labels).unwrap();
        let db = &mined.db;
        assert!(db.len() > 20, "{}", db.len());
        for (at, row) in db.rows().iter().enumerate() {
            let outputs = row.segment.output_shapes();
            assert!(db.with_boundary(&row.segment.inputs, &outputs).contains(&at));
            assert!(db.with_arity(row.segment.inputs.len(), outputs.len()).contains(&at));
        }
        let total: u64 = db.rows().iter().map(|row| row.count).sum();
        let pieces: usize = graphs.iter().map(|graph| mined.segmenter.groups(graph).len()).sum();
        assert!(total < pieces as u64 && total > pieces as u64 / 2, "{total} of {pieces}");
        assert_eq!(db.frame().unwrap().height(), db.len());
        let long = db.filter(col("nodes").gt_eq(lit(4))).unwrap();
        let rows: Vec<SegmentRow> = db.rows().iter().filter(|row| row.segment.nodes.len() >= 4).cloned().collect();
        assert_eq!(long.rows(), rows);
    }

    #[test]
    fn provenance_counts_occurrences_graphs_families_and_labels() {
        let named = |name: &str, spec: &str| {
            let mut parts = crate::families::network(spec).unwrap().to_parts();
            parts.name = name.into();
            parts.build().unwrap()
        };
        let (one, two) = ("nb201:none,none,none,nor_conv_1x1,none,none", "nb201:none,none,none,nor_conv_3x3,none,none");
        let graphs = [named("a:1", one), named("b:1", one), named("a:2", two)];
        let db = Mining::ngrams(1).run_labelled(&graphs, &[1.0, 3.0, 8.0]).unwrap().db;
        // The 1×1 convolution at full resolution: once in each of five cells, in the first two graphs.
        let is_it = |row: &&SegmentRow| {
            row.segment.describe() == "conv2d1×1" && row.segment.inputs == [Shape::new(32, 32, 16)] && row.graphs == 2
        };
        let row = db.rows().iter().find(is_it).unwrap();
        assert_eq!((row.count, row.host_label), (10, Some(2.0)));
        assert_eq!(row.families, BTreeMap::from([("a".to_string(), 5), ("b".to_string(), 5)]));
        assert_eq!(row.examples, ["a:1", "b:1"]);
        assert_eq!(row.segment.operands, [[Source::Input(0)]]);
        assert_eq!(row.segment.cost().flops, 2 * 32 * 32 * 16 * 16);
    }
}
