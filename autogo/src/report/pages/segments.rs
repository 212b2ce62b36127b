//! Segments to look at: cards, how often and how long they are, and the nodes of each family that a vocabulary covers.

use super::super::charts::{Chart, HeatMap};
use super::page::Page;
use crate::error::Error;
use crate::graph::{Drawing, Graph};
use crate::segment::{Mined, SegmentDb, SegmentRow, Segmenter};
use std::collections::BTreeMap;

/// A segment's card: what it was found in and what it costs, above its drawing.
///
/// ```
/// use autogo::report::{Page, segment_card};
/// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
/// let db = autogo::segment::Mining::bpe(20).run_labelled(&graphs, &[91.5])?.db;
/// let cards: Vec<_> = db.most_frequent(4).iter().map(segment_card).collect();
/// assert!(cards[0].0.contains("hosts 91.50"));
/// let html = Page::new("Segments").gallery(cards).html();
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn segment_card(row: &SegmentRow) -> (String, Drawing) {
    let shapes = |shapes: &[crate::graph::Shape]| shapes.iter().map(|shape| shape.to_string()).collect::<Vec<_>>();
    let outputs = row.segment.output_shapes();
    let families: Vec<String> = row.families.iter().map(|(family, count)| format!("{family} {count}×")).collect();
    let mut lines = vec![
        format!("{} → {}", shapes(&row.segment.inputs).join(", "), shapes(&outputs).join(", ")),
        format!("{}, in {} networks", families.join(", "), row.graphs),
        format!("{} in, {} out; {} FLOPs", row.segment.inputs.len(), outputs.len(), quantity(row.segment.cost().flops)),
    ];
    lines.extend(row.host_label.map(|label| format!("hosts {label:.2}")));
    (lines.join("\n"), row.segment.draw())
}

/// The cards of the `count` most frequent segments of at least `nodes` nodes.
pub fn segment_cards(db: &SegmentDb, nodes: usize, count: usize) -> Vec<(String, Drawing)> {
    let frequent = db.most_frequent(db.len());
    frequent.iter().filter(|row| row.segment.nodes.len() >= nodes).take(count).map(segment_card).collect()
}

/// A number with a unit's prefix and three digits.
fn quantity(number: u64) -> String {
    let number = number as f64;
    let (scale, unit) = match number {
        1e9.. => (1e9, " G"),
        1e6.. => (1e6, " M"),
        1e3.. => (1e3, " k"),
        _ => return format!("{number}"),
    };
    let digits = if number / scale >= 100.0 { 0 } else { 1 };
    format!("{:.digits$}{unit}", number / scale)
}

/// The counts of segments, the most frequent first, on logarithmic axes: a straight line is Zipf's law.
///
/// ```
/// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
/// let db = autogo::segment::Mining::bpe(20).run(&graphs)?.db;
/// assert!(autogo::report::frequency_chart(&db).svg()?.contains("log₁₀ rank"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn frequency_chart(db: &SegmentDb) -> Chart {
    let mut counts: Vec<u64> = db.rows().iter().map(|row| row.count).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    // A thousand points show a line of a million.
    let mut shown: Vec<usize> =
        (0..1000).map(|at| (counts.len().max(1) as f64).powf(f64::from(at) / 999.0) as usize).collect();
    shown.dedup();
    let points: Vec<(f64, f64)> = shown
        .into_iter()
        .filter_map(|rank| Some(((rank as f64).log10(), (*counts.get(rank.checked_sub(1)?)? as f64).log10())))
        .collect();
    Chart::new("How often segments were found", "log₁₀ rank", "log₁₀ occurrences").line("segments", &points)
}

/// The number of distinct segments by the number of their nodes.
///
/// ```
/// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
/// let db = autogo::segment::Mining::bpe(20).run(&graphs)?.db;
/// assert!(autogo::report::length_chart(&db).svg()?.contains("distinct segments"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn length_chart(db: &SegmentDb) -> Chart {
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    db.rows().iter().for_each(|row| *lengths.entry(row.segment.nodes.len()).or_default() += 1);
    let points: Vec<(f64, f64)> = lengths.iter().map(|(&nodes, &count)| (nodes as f64, count as f64)).collect();
    Chart::new("How long segments are", "nodes", "distinct segments").bars("segments", &points)
}

/// Share of each family's nodes that stand in known pieces of two and more nodes, by the family whose segmenter cuts
/// them. A family is a name and its graphs, a segmenter a name and itself.
///
/// ```
/// use autogo::{families, segment::Mining};
/// let graphs = families::corpus(&[(families::FamilyName::Hiaml, 10)], 0)?;
/// let segmenter = Mining::bpe(30).segmenter(&graphs)?;
/// let map = autogo::report::coverage_map(&[("HiAML".into(), segmenter)], &[("HiAML".into(), graphs)]);
/// assert!(map.svg().contains("vocabulary of"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn coverage_map(segmenters: &[(String, Segmenter)], families: &[(String, Vec<Graph>)]) -> HeatMap {
    let rows = segmenters.iter().map(|(name, segmenter)| {
        let shares = families.iter().map(|(_, graphs)| segmenter.coverage(graphs).share());
        (name.as_str(), shares.collect::<Vec<f64>>())
    });
    let columns: Vec<&str> = families.iter().map(|(name, _)| name.as_str()).collect();
    rows.fold(
        HeatMap::new("Nodes in known segments of two and more", "vocabulary of", "networks of", &columns),
        |map, (name, shares)| map.row(name, &shares),
    )
}

/// A page about a mining run: how many, how often, how long, the most frequent segments of two and more nodes as cards.
///
/// # Errors
/// A chart has no finite point; the charts of a database with rows have some.
///
/// ```
/// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
/// let mined = autogo::segment::Mining::bpe(20).run(&graphs)?;
/// assert!(autogo::report::mined_page(&mined, 3)?.html().contains("distinct segments"));
/// # Ok::<(), autogo::Error>(())
/// ```
pub fn mined_page(mined: &Mined, cards: usize) -> Result<Page, Error> {
    let (db, segmenter) = (&mined.db, &mined.segmenter);
    let cards = segment_cards(db, 2, cards);
    let summary = format!(
        "{} node tokens, {} longer pieces, {} distinct segments",
        segmenter.alphabet().len(),
        segmenter.longer_pieces(),
        db.len()
    );
    let page = Page::new("Segments").text(&summary);
    if db.is_empty() {
        return Ok(page);
    }
    let charts = [frequency_chart(db).size(480, 320), length_chart(db).size(480, 320)];
    Ok(page.charts(&charts)?.text(&format!("The {} most frequent of two and more nodes:", cards.len())).gallery(cards))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::FamilyName;
    use crate::segment::Mining;

    #[test]
    fn quantities_have_three_digits() {
        assert_eq!([0, 999, 1000, 123_456, 2_500_000_000].map(quantity), ["0", "999", "1.0 k", "123 k", "2.5 G"]);
    }

    #[test]
    fn a_family_covers_itself_better_than_others() {
        let graphs = |family: FamilyName| -> Vec<Graph> {
            (0..20).map(|at| crate::families::network(&family.sample(0, at)).unwrap()).collect()
        };
        let families = [FamilyName::Hiaml, FamilyName::TwoPath].map(|name| (name.to_string(), graphs(name)));
        let share = |at: usize, of: usize| {
            Mining::bpe(60).segmenter(&families[at].1).unwrap().coverage(&families[of].1).share()
        };
        assert!(share(0, 0) > 0.6 && share(0, 0) > share(0, 1), "{} {}", share(0, 0), share(0, 1));
        assert!(share(1, 1) > 0.6 && share(1, 1) > share(1, 0), "{} {}", share(1, 1), share(1, 0));
    }
}
