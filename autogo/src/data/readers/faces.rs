//! Faces with 68 key points (frames of YouTube Faces; Wolf et al., CVPR 2011).

use super::archive::Archive;
use crate::data::picture::Picture;
use crate::error::Error;
use crate::graph::Shape;
use std::path::Path;

/// Pictures with places in them.
#[derive(Clone, Debug)]
pub struct PointedPictures {
    /// The part's name: `train` or `test`.
    pub name: String,
    /// The pictures.
    pub pictures: Vec<Picture>,
    /// For every picture row and column of each of its key points, in pixels; a point may lie outside.
    pub points: Vec<Vec<[f32; 2]>>,
}

impl PointedPictures {
    /// Key points of a face.
    pub const POINTS: usize = 68;

    /// The shape of a face's picture.
    pub const SHAPE: Shape = Shape::new(96, 96, 3);

    /// Reads the faces from a data folder: the parts `train` and `test`, and the first digits of the archive's SHA-256.
    ///
    /// # Errors
    /// An archive that is missing or has other bytes than the registry says, a line of its tables that is no file and
    /// 136 numbers. O(pixels).
    pub fn faces(folder: impl AsRef<Path>) -> Result<([PointedPictures; 2], String), Error> {
        let mut archive = Archive::open(folder.as_ref(), "faces")?;
        let (train, test) = (part(&mut archive, "train")?, part(&mut archive, "test")?);
        Ok(([train, test], archive.digest))
    }
}

/// A file and its points: `file,x0,y0,x1,y1,…`.
fn row(line: &str) -> Option<(String, Vec<[f32; 2]>)> {
    let (file, numbers) = line.trim_end().split_once(',')?;
    let numbers: Vec<f32> = numbers.split(',').map(|text| text.parse().ok()).collect::<Option<_>>()?;
    let is_whole = numbers.len() == 2 * PointedPictures::POINTS && numbers.iter().all(|number| number.is_finite());
    is_whole.then(|| (file.to_string(), numbers.chunks_exact(2).map(|xy| [xy[1], xy[0]]).collect()))
}

fn part(archive: &mut Archive, name: &str) -> Result<PointedPictures, Error> {
    let table = format!("{name}.csv");
    let text = String::from_utf8(archive.bytes(&table)?).map_err(|error| archive.wrong(&table, &error.to_string()))?;
    let (mut files, mut points) = (Vec::new(), Vec::new());
    for (number, line) in text.lines().enumerate().skip(1) {
        let Some((file, own)) = row(line) else {
            let reason = format!("line {} is no row of a face; accepted: a file and 136 numbers", number + 1);
            return Err(archive.wrong(&table, &reason));
        };
        files.push(file);
        points.push(own);
    }
    let pictures = archive.pictures(&files)?;
    if let Some((file, picture)) =
        files.iter().zip(&pictures).find(|(_, picture)| picture.shape != PointedPictures::SHAPE)
    {
        return Err(archive.wrong(file, &format!("has shape {}; accepted: 96×96×3", picture.shape)));
    }
    Ok(PointedPictures { name: name.into(), pictures, points })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_file_and_its_points() {
        let numbers: Vec<String> = (0..136).map(|at| at.to_string()).collect();
        let line = format!("train/0.jpg,{}", numbers.join(","));
        let (file, points) = row(&line).unwrap();
        assert_eq!((file.as_str(), points.len(), points[1]), ("train/0.jpg", 68, [3.0, 2.0]));
        assert!(row(&format!("{line},7")).is_none() && row("train/0.jpg,1,2").is_none());
        assert!(row(&line.replace(",5,", ",nan,")).is_none());
    }
}
