//! CamVid: road scenes with a class for every pixel (Brostow et al., Semantic Object Classes in Video, 2008).

use super::archive::Archive;
use crate::data::picture::Picture;
use crate::error::Error;
use crate::graph::Shape;
use std::path::Path;

/// Pictures with a class for every pixel.
#[derive(Clone, Debug)]
pub struct MaskedPictures {
    /// The part's name: `train`, `val` or `test`.
    pub name: String,
    /// The pictures.
    pub pictures: Vec<Picture>,
    /// For every picture the classes of its pixels, row by row.
    pub masks: Vec<Vec<u8>>,
}

/// Parts, and their numbers of pictures.
const PARTS: [(&str, usize); 3] = [("train", 367), ("val", 101), ("test", 233)];

impl MaskedPictures {
    /// The names of CamVid's classes. Pixels of class 11 have none of them.
    pub const CAMVID: [&str; 11] =
        ["sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"];

    /// The shape of CamVid's pictures.
    pub const SHAPE: Shape = Shape::new(120, 160, 3);

    /// Reads CamVid from a data folder: the parts `train`, `val` and `test`, and the first digits of the archive's
    /// SHA-256.
    ///
    /// # Errors
    /// An archive that is missing, has other bytes than the registry says, or a mask with a class above 11. O(pixels).
    pub fn camvid(folder: impl AsRef<Path>) -> Result<([MaskedPictures; 3], String), Error> {
        let mut archive = Archive::open(folder.as_ref(), "camvid")?;
        let [train, val, test] = PARTS.map(|(name, count)| part(&mut archive, name, count));
        Ok(([train?, val?, test?], archive.digest))
    }
}

fn part(archive: &mut Archive, name: &str, count: usize) -> Result<MaskedPictures, Error> {
    let of = |end: &str| archive.names(|file| file.starts_with(&format!("{name}/")) && file.ends_with(end));
    let (files, masks) = (of(".jpg"), of(".png"));
    if files.len() != count || masks.len() != count {
        let reason = format!("has {} pictures and {} masks; accepted: {count} of both", files.len(), masks.len());
        return Err(archive.wrong(name, &reason));
    }
    let (pictures, found) = (archive.pictures(&files)?, archive.pictures(&masks)?);
    let most = MaskedPictures::CAMVID.len() as u8;
    for ((file, picture), mask) in files.iter().zip(&pictures).zip(&found) {
        let Shape { h, w, .. } = picture.shape;
        if picture.shape != MaskedPictures::SHAPE || mask.shape != Shape::new(h, w, 1) {
            let reason = format!("has shapes {} and {}; accepted: 120×160×3 and 120×160×1", picture.shape, mask.shape);
            return Err(archive.wrong(file, &reason));
        }
        if let Some(class) = mask.bytes.iter().find(|&&class| class > most) {
            return Err(archive.wrong(file, &format!("has a pixel of class {class}; accepted: 0 to {most}")));
        }
    }
    Ok(MaskedPictures { name: name.into(), pictures, masks: found.into_iter().map(|mask| mask.bytes).collect() })
}
