//! Segment databases and vocabularies as files.

use super::{SegmentDb, SegmentRow, Vocabulary};
use crate::error::Error;
use polars::prelude::*;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::path::Path;

/// What a database's file says of itself, in its first column.
const DATABASE: &str = "autogo segments 1";
/// What a vocabulary's file says of itself.
const VOCABULARY: &str = "autogo vocabulary 1";

fn failed(path: &Path) -> impl Fn(String) -> Error + '_ {
    move |reason| Error::File { path: path.into(), reason }
}

/// Writes a file whole or not at all.
fn replace(path: &Path, write: impl FnOnce(File) -> Result<(), Error>) -> Result<(), Error> {
    let failed = failed(path);
    let draft = path.with_extension("part");
    write(File::create(&draft).map_err(|error| failed(error.to_string()))?)?;
    std::fs::rename(&draft, path).map_err(|error| failed(error.to_string()))
}

impl SegmentDb {
    /// Writes the database as Parquet: the columns of [`SegmentDb::frame`] for queries, and each segment as JSON in column
    /// `graph`. The same database gives the same bytes.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let mut frame = self.frame()?;
        let graphs = self.rows().iter().map(|row| serde_json::to_string(row).unwrap_or_default());
        frame.with_column(Column::new("graph".into(), graphs.collect::<Vec<String>>()))?;
        frame.insert_column(0, Column::new("format".into(), vec![DATABASE; self.len()]))?;
        replace(path.as_ref(), |file| {
            ParquetWriter::new(file).finish(&mut frame)?;
            Ok(())
        })
    }

    /// Reads a database that [`SegmentDb::save`] wrote. Every segment is inferred again and must have the id it is stored
    /// under.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = failed(path);
        let file = File::open(path).map_err(|error| failed(error.to_string()))?;
        let frame = ParquetReader::new(file).finish();
        let frame = frame.map_err(|error| failed(format!("is no segment database: {error}")))?;
        let text = |name: &str| {
            let column = frame.column(name).and_then(|column| column.str().cloned());
            column.map_err(|_| failed(format!("is no segment database: it has no text column `{name}`")))
        };
        if let Some(other) = text("format")?.iter().find(|format| *format != Some(DATABASE)) {
            return Err(failed(format!("is `{}`; accepted: `{DATABASE}`", other.unwrap_or("nothing"))));
        }
        let mut rows = Vec::with_capacity(frame.height());
        for (number, row) in text("graph")?.iter().enumerate() {
            let wrong = |reason: String| failed(format!("row {}: {reason}", number + 1));
            let row: SegmentRow =
                serde_json::from_str(row.unwrap_or_default()).map_err(|error| wrong(error.to_string()))?;
            row.segment.check().map_err(&wrong)?;
            if row.segment.content_id() != row.id {
                return Err(wrong(format!("its segment is {}, not {}", row.segment.content_id(), row.id)));
            }
            rows.push(row);
        }
        Ok(SegmentDb::from_rows(rows))
    }
}

#[derive(Serialize, Deserialize)]
struct VocabularyFile {
    format: String,
    vocabulary: Vocabulary,
}

impl Vocabulary {
    /// Writes the vocabulary as JSON.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let path = path.as_ref();
        let file = VocabularyFile { format: VOCABULARY.into(), vocabulary: self.clone() };
        replace(path, |draft| serde_json::to_writer(draft, &file).map_err(|error| failed(path)(error.to_string())))
    }

    /// Reads a vocabulary that [`Vocabulary::save`] wrote.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let failed = failed(path);
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let file: VocabularyFile = serde_json::from_str(&text)
            .map_err(|error| failed(format!("line {}: {error}; accepted: `{VOCABULARY}`", error.line())))?;
        match file.format.as_str() {
            VOCABULARY => Ok(file.vocabulary),
            other => Err(failed(format!("is `{other}`; accepted: `{VOCABULARY}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::families::{Family, Nb201};
    use crate::graph::Graph;
    use crate::segment::BpeTrainer;

    fn mined(threads: usize) -> (Vocabulary, SegmentDb) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let graphs: Vec<Graph> = (0..30).map(|i| Nb201::sample(3, i).build().unwrap()).collect();
            let vocabulary = BpeTrainer { merges: 80, ..BpeTrainer::default() }.train(&graphs).unwrap();
            let db = SegmentDb::mine(&graphs, &vocabulary);
            (vocabulary, db)
        })
    }

    #[test]
    fn mining_twice_with_one_and_two_threads_gives_the_same_bytes_and_they_read_back() {
        let folder = std::env::temp_dir().join(format!("autogo-store-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let bytes = |threads: usize| {
            let (vocabulary, db) = mined(threads);
            let (words, segments) = (folder.join("vocabulary.json"), folder.join("segments.parquet"));
            vocabulary.save(&words).unwrap();
            db.save(&segments).unwrap();
            assert_eq!(Vocabulary::load(&words).unwrap(), vocabulary);
            assert_eq!(SegmentDb::load(&segments).unwrap().rows(), db.rows());
            (std::fs::read(words).unwrap(), std::fs::read(segments).unwrap())
        };
        let (words, segments) = bytes(1);
        assert!(bytes(2) == (words.clone(), segments.clone()), "the bytes depend on the number of threads");
        let path = folder.join("broken");
        let refused = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            SegmentDb::load(&path).unwrap_err().to_string()
        };
        assert!(refused(&segments[..segments.len() / 2]).contains("is no segment database"));
        let error = Vocabulary::load(folder.join("segments.parquet")).unwrap_err().to_string();
        assert!(error.contains("segments.parquet: "), "{error}");
        std::fs::write(&path, String::from_utf8(words).unwrap().replace("vocabulary 1", "vocabulary 9")).unwrap();
        let error = Vocabulary::load(&path).unwrap_err().to_string();
        assert!(error.contains("is `autogo vocabulary 9`; accepted: `autogo vocabulary 1`"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn segments_are_checked_when_they_are_read() {
        let (_, db) = mined(1);
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
