//! Mining runs, segment databases and segmenters as files.

use super::{Mined, Mining, Segment, SegmentDb, SegmentRow, Segmenter};
use crate::error::Error;
use crate::files::{check_parquet, replace, write_parquet};
use polars::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Format and version of a database's file, in its first column.
const DATABASE: &str = "autogo segments 3";
/// Format and version of a segmenter's file.
const SEGMENTER: &str = "autogo segmenter 2";
/// Format and version of a mining run's settings.
const MINING: &str = "autogo mining 2";

impl SegmentDb {
    /// Writes the database as Parquet: the columns of [`SegmentDb::frame`] for queries, and each segment as JSON in
    /// column `graph`. The same database gives the same bytes.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let mut frame = self.frame()?;
        let graphs = self.rows().iter().map(|row| serde_json::to_string(&row.segment));
        let graphs = graphs.collect::<Result<Vec<String>, _>>().map_err(|error| Error::file(path.as_ref(), error))?;
        frame.with_column(Column::new("graph".into(), graphs))?;
        frame.insert_column(
            0,
            Column::new_scalar("format".into(), Scalar::from(PlSmallStr::from_static(DATABASE)), self.len()),
        )?;
        write_parquet(&mut frame, path.as_ref())
    }

    /// Reads a database that [`SegmentDb::save`] wrote. Every segment is inferred again and must have the id it is
    /// stored under.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, is no segment database of this version, or holds a segment under another
    /// id than its own.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load_where(path, lit(true))
    }

    /// Reads only the rows for which an expression over the columns of [`SegmentDb::frame`] holds. What it does not ask
    /// for is not parsed, so a database of millions of rows need not fit in memory.
    ///
    /// # Errors
    /// As for [`SegmentDb::load`], and an expression that names a column that there is not.
    ///
    /// ```
    /// use autogo::polars::prelude::{col, lit};
    /// use autogo::segment::{Mining, SegmentDb};
    /// let graphs = [autogo::families::network("nb201:none,none,none,nor_conv_1x1,none,none")?];
    /// let path = std::env::temp_dir().join(format!("autogo-doc-{}.parquet", std::process::id()));
    /// Mining::bpe(20).run(&graphs)?.db.save(&path)?;
    /// let common = SegmentDb::load_where(&path, col("count").gt(lit(2)))?;
    /// assert!(common.rows().iter().all(|row| row.count > 2));
    /// std::fs::remove_file(path).ok();
    /// # Ok::<(), autogo::Error>(())
    /// ```
    pub fn load_where(path: impl AsRef<Path>, condition: Expr) -> Result<Self, Error> {
        let path = path.as_ref();
        let frame = Self::scan(path)?.filter(condition).collect();
        read_rows(&frame.map_err(|error| no_database(path, &error))?, path)
    }

    /// The file as a lazy frame: the columns of [`SegmentDb::frame`], of which only those a query names are parsed.
    /// Column `graph` holds each segment as JSON. The file's checksum is compared first, in constant memory: O(bytes).
    ///
    /// # Errors
    /// A file that cannot be read, that is damaged, or that is no segment database.
    pub fn scan(path: impl AsRef<Path>) -> Result<LazyFrame, Error> {
        let path = path.as_ref();
        std::fs::metadata(path).map_err(|error| Error::file(path, error))?;
        check_parquet(path).map_err(|error| match error {
            Error::File { path, reason } => {
                Error::File { path, reason: format!("is no segment database: it {reason}") }
            }
            other => other,
        })?;
        let name = PlRefPath::new(path.to_string_lossy());
        let options = ScanArgsParquet { glob: false, ..ScanArgsParquet::default() };
        let frame = LazyFrame::scan_parquet(name, options).map_err(|error| no_database(path, &error))?;
        let first = frame.clone().select([col("format")]).limit(1).collect();
        let first = first.map_err(|error| no_database(path, &error))?;
        let format = first.column("format")?.str().map_err(|error| no_database(path, &error))?;
        // A database without rows says nothing of itself; its columns do, when it is read.
        match format.iter().next() {
            Some(Some(DATABASE)) | None => Ok(frame),
            Some(other) => {
                Err(Error::file(path, format!("is `{}`; accepted: `{DATABASE}`", other.unwrap_or_default())))
            }
        }
    }
}

fn no_database(path: &Path, error: &PolarsError) -> Error {
    // A query's error goes on for lines with the plan that failed.
    let text = error.to_string();
    Error::file(path, format!("is no segment database: {}", text.lines().next().unwrap_or_default()))
}

fn read_rows(frame: &DataFrame, path: &Path) -> Result<SegmentDb, Error> {
    let wrong = |error: PolarsError| no_database(path, &error);
    let column = |name: &str| frame.column(name).map_err(wrong);
    let text = |name: &str| Ok::<_, Error>(column(name)?.str().map_err(wrong)?.clone());
    let numbers = |name: &str| Ok::<_, Error>(column(name)?.u64().map_err(wrong)?.clone());
    let lists = |name: &str| Ok::<_, Error>(column(name)?.list().map_err(wrong)?.clone());
    let (ids, graphs, labels) = (text("segment")?, text("graph")?, column("host_label")?.f64().map_err(wrong)?.clone());
    let (counts, hosts) = (numbers("count")?, numbers("graphs")?);
    let (families, family_counts, examples) = (lists("families")?, lists("family_counts")?, lists("examples")?);
    let mut rows = Vec::with_capacity(frame.height());
    for at in 0..frame.height() {
        let reason = |reason: String| Error::file(path, format!("row {}: {reason}", at + 1));
        let segment: Segment =
            serde_json::from_str(graphs.get(at).unwrap_or_default()).map_err(|error| reason(error.to_string()))?;
        segment.check().map_err(&reason)?;
        let id = segment.content_id();
        if ids.get(at) != Some(id.to_string().as_str()) {
            return Err(reason(format!("its segment is {id}, not {}", ids.get(at).unwrap_or("named"))));
        }
        let names = |list: &ListChunked| -> PolarsResult<Vec<String>> {
            let list = list.get_as_series(at).unwrap_or_default().cast(&DataType::String)?;
            Ok(list.str()?.iter().flatten().map(String::from).collect())
        };
        let own_counts = family_counts.get_as_series(at).unwrap_or_default().cast(&DataType::UInt64).map_err(wrong)?;
        let own_counts = own_counts.u64().map_err(wrong)?.iter().flatten();
        rows.push(SegmentRow {
            id,
            segment,
            count: counts.get(at).unwrap_or_default(),
            graphs: hosts.get(at).unwrap_or_default(),
            families: names(&families).map_err(wrong)?.into_iter().zip(own_counts).collect(),
            examples: names(&examples).map_err(wrong)?,
            host_label: labels.get(at),
        });
    }
    Ok(SegmentDb::from_rows(rows))
}

/// A value in a JSON file that says what it is, with the CRC-32C of the value as JSON.
#[derive(Serialize, Deserialize)]
struct Tagged<T> {
    format: String,
    crc32c: String,
    value: T,
}

/// The CRC-32C of a value as JSON, in hexadecimal.
fn sum_of<T: Serialize>(path: &Path, value: &T) -> Result<String, Error> {
    let text = serde_json::to_string(value).map_err(|error| Error::file(path, error))?;
    Ok(format!("{:08x}", crc32c::crc32c(text.as_bytes())))
}

fn write_json<T: Serialize>(path: &Path, format: &str, value: &T) -> Result<(), Error> {
    let file = Tagged { format: format.into(), crc32c: sum_of(path, value)?, value };
    replace(path, |draft| serde_json::to_writer(draft, &file).map_err(|error| Error::file(path, error)))
}

fn read_json<T: Serialize + DeserializeOwned>(path: &Path, format: &str) -> Result<T, Error> {
    /// The tag alone, so that another version is told apart from a damaged file.
    #[derive(Deserialize)]
    struct Tag {
        format: String,
    }
    let failed = |reason: String| Error::file(path, reason);
    let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
    let broken = |error: serde_json::Error| failed(format!("line {}: {error}; accepted: `{format}`", error.line()));
    let tag: Tag = serde_json::from_str(&text).map_err(broken)?;
    if tag.format != format {
        return Err(failed(format!("is `{}`; accepted: `{format}`", tag.format)));
    }
    let file = serde_json::from_str::<Tagged<T>>(&text).map_err(broken)?;
    match sum_of(path, &file.value)? == file.crc32c {
        true => Ok(file.value),
        false => Err(failed(format!("is damaged: its checksum is wrong; accepted: `{format}` as it was written"))),
    }
}

impl Segmenter {
    /// Writes the segmenter as JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        write_json(path.as_ref(), SEGMENTER, self)
    }

    /// Reads a segmenter that [`Segmenter::save`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, is damaged, or is no segmenter of this version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        read_json(path.as_ref(), SEGMENTER)
    }
}

impl Mined {
    /// Writes `mining.json`, `segmenter.json` and `segments.parquet` into a folder, which is made if need be. The same
    /// run gives the same bytes.
    ///
    /// # Errors
    /// The folder or a file in it cannot be written.
    pub fn save(&self, folder: impl AsRef<Path>) -> Result<(), Error> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(|error| Error::file(folder, error))?;
        write_json(&folder.join("mining.json"), MINING, &self.mining)?;
        self.segmenter.save(folder.join("segmenter.json"))?;
        self.db.save(folder.join("segments.parquet"))
    }

    /// Reads a folder that [`Mined::save`] wrote.
    ///
    /// # Errors
    /// A file of the folder cannot be read, is damaged, or is of another version.
    pub fn load(folder: impl AsRef<Path>) -> Result<Self, Error> {
        let folder = folder.as_ref();
        Ok(Mined {
            mining: read_json::<Mining>(&folder.join("mining.json"), MINING)?,
            segmenter: Segmenter::load(folder.join("segmenter.json"))?,
            db: SegmentDb::load(folder.join("segments.parquet"))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::graph::Graph;

    fn mined(threads: usize, mining: Mining) -> Mined {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let graphs: Vec<Graph> = (0..80).map(|i| Nb201::sample(3, i).build().unwrap()).collect();
            let labels: Vec<f64> = (0..80).map(|i| 90.0 + f64::from(i) / 7.0).collect();
            mining.run_labelled(&graphs, &labels).unwrap()
        })
    }

    fn folder(name: &str) -> std::path::PathBuf {
        std::env::temp_dir().join(format!("autogo-store-{name}-{}", std::process::id()))
    }

    #[test]
    fn mining_with_one_and_two_threads_gives_the_same_bytes_and_they_read_back() {
        let folder = folder("bytes");
        for mining in [Mining::bpe(80), Mining::unigram(80), Mining::ngrams(3)] {
            let bytes = |threads: usize| {
                let mined = mined(threads, mining);
                mined.save(&folder).unwrap();
                let back = Mined::load(&folder).unwrap();
                assert_eq!((back.mining, back.db.rows()), (mined.mining, mined.db.rows()));
                assert_eq!(back.segmenter, mined.segmenter);
                ["mining.json", "segmenter.json", "segments.parquet"]
                    .map(|name| std::fs::read(folder.join(name)).unwrap())
            };
            assert!(bytes(1) == bytes(2), "the bytes depend on the number of threads");
        }
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_query_reads_what_it_asks_for() {
        let (folder, mined) = (folder("query"), mined(2, Mining::bpe(80)));
        mined.save(&folder).unwrap();
        let path = folder.join("segments.parquet");
        let condition = || col("nodes").gt(lit(3)).and(col("families").list().contains(lit("nb201"), false));
        let rows = SegmentDb::load_where(&path, condition()).unwrap();
        assert_eq!(rows.rows(), mined.db.filter(condition()).unwrap().rows());
        assert!(!rows.is_empty() && rows.len() < mined.db.len());
        let sum = SegmentDb::scan(&path).unwrap().select([col("count").sum()]).collect().unwrap();
        let count: u64 = mined.db.rows().iter().map(|row| row.count).sum();
        assert_eq!(sum.column("count").unwrap().u64().unwrap().get(0), Some(count));
        let error = SegmentDb::load_where(&path, col("colour").eq(lit(1))).unwrap_err().to_string();
        assert!(error.contains("colour") && error.lines().count() == 1, "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn damaged_files_and_other_versions_are_refused() {
        let folder = folder("broken");
        let mined = mined(1, Mining::bpe(80));
        mined.save(&folder).unwrap();
        let (words, segments) = (folder.join("segmenter.json"), folder.join("segments.parquet"));
        let whole = std::fs::read(&segments).unwrap();
        std::fs::write(&segments, &whole[..whole.len() / 2]).unwrap();
        let error = SegmentDb::load(&segments).unwrap_err().to_string();
        assert!(error.contains("segments.parquet: is no segment database: it is no whole Parquet file; "), "{error}");
        assert!(SegmentDb::load(folder.join("none")).unwrap_err().to_string().contains("No such file"));
        let mut other = mined.db.frame().unwrap();
        other.insert_column(0, Column::new("format".into(), vec!["autogo segments 1"; mined.db.len()])).unwrap();
        let mut foreign = other.clone();
        ParquetWriter::new(std::fs::File::create(&segments).unwrap()).finish(&mut foreign).unwrap();
        let error = SegmentDb::load(&segments).unwrap_err().to_string();
        assert!(error.contains("segments.parquet: is no segment database: it carries no checksum"), "{error}");
        write_parquet(&mut other, &segments).unwrap();
        let error = SegmentDb::load(&segments).unwrap_err().to_string();
        assert!(error.ends_with("is `autogo segments 1`; accepted: `autogo segments 3`"), "{error}");
        for mut nothing in [df!("x" => [1]).unwrap(), df!("format" => [1]).unwrap(), DataFrame::empty()] {
            write_parquet(&mut nothing, &segments).unwrap();
            let error = SegmentDb::load(&segments).unwrap_err().to_string();
            assert!(
                error.contains("segments.parquet: is no segment database") && error.lines().count() == 1,
                "{error}"
            );
        }
        let error = Segmenter::load(&segments).unwrap_err().to_string();
        assert!(error.contains("segments.parquet: "), "{error}");
        let text = std::fs::read_to_string(&words).unwrap();
        std::fs::write(&words, text.replace("segmenter 2", "segmenter 9")).unwrap();
        let error = Segmenter::load(&words).unwrap_err().to_string();
        assert!(error.ends_with("is `autogo segmenter 9`; accepted: `autogo segmenter 2`"), "{error}");
        let at = text.find("merges").map(|at| at + text[at..].find(|c: char| c.is_ascii_digit()).unwrap()).unwrap();
        let mut flipped = text.into_bytes();
        flipped[at] ^= 1;
        std::fs::write(&words, flipped).unwrap();
        let error = Segmenter::load(&words).unwrap_err().to_string();
        assert!(error.contains("is damaged: its checksum is wrong"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_database_without_rows_comes_back_and_answers_queries() {
        let path = folder("empty").with_extension("parquet");
        SegmentDb::default().save(&path).unwrap();
        assert!(SegmentDb::load(&path).unwrap().is_empty());
        assert!(SegmentDb::load_where(&path, col("count").gt(lit(3))).unwrap().is_empty());
        let has_family = col("families").list().contains(lit("nb201"), false);
        assert!(SegmentDb::load_where(&path, has_family.clone()).unwrap().is_empty());
        assert!(SegmentDb::default().filter(has_family).unwrap().is_empty());
        // A query may leave none of many.
        mined(1, Mining::bpe(80)).db.save(&path).unwrap();
        assert!(SegmentDb::load_where(&path, col("count").lt(lit(0))).unwrap().is_empty());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn segments_are_checked_when_they_are_read() {
        let db = mined(1, Mining::bpe(80)).db;
        let row = db.rows().iter().find(|row| row.segment.nodes.len() > 1).unwrap();
        let mut wrong = row.segment.clone();
        wrong.nodes[0].shape.c += 1;
        assert!(wrong.check().unwrap_err().contains("declared"));
        let mut wrong = row.segment.clone();
        wrong.outputs = vec![99];
        assert!(wrong.check().unwrap_err().contains("output 99"));
        let mut wrong = row.segment.clone();
        wrong.operands[0] = vec![crate::segment::Source::Inner(0)];
        assert!(wrong.check().unwrap_err().contains("reads what does not stand before it"));
    }
}
