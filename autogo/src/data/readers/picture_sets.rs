//! Sets of pictures that the field trains and measures with.

use super::archive::Archive;
use crate::data::picture::Picture;
use crate::error::Error;
use std::path::Path;

/// Pictures of a published set, in the order of their files' names.
#[derive(Clone, Debug)]
pub struct PictureSet {
    /// The set's name in the registry.
    pub name: String,
    /// The pictures.
    pub pictures: Vec<Picture>,
    /// The first digits of the SHA-256 of the set's archive.
    pub digest: String,
}

/// Data set, how its files' names end, number of pictures.
const SETS: [(&str, &str, usize); 7] = [
    ("set5", "SRF_2_HR.png", 5),
    ("set14", ".png", 14),
    ("bsd100", "_HR.png", 100),
    ("bsds400", ".jpg", 400),
    ("train400", ".png", 400),
    ("set12", ".png", 12),
    ("bsd68", ".png", 68),
];

impl PictureSet {
    /// Reads a set from a data folder: `set5`, `set14`, `bsd100`, `bsds400`, `train400`, `set12` or `bsd68`. The
    /// archive's SHA-256 must be the registry's.
    ///
    /// ```no_run
    /// let set = autogo::data::PictureSet::open("data", "set12")?;
    /// assert_eq!(set.pictures.len(), 12);
    /// # Ok::<(), autogo::Error>(())
    /// ```
    ///
    /// # Errors
    /// A set that is not known, an archive that is missing, has other bytes or holds another number of pictures.
    /// O(pixels).
    pub fn open(folder: impl AsRef<Path>, name: &str) -> Result<PictureSet, Error> {
        let Some((_, end, count)) = SETS.iter().find(|set| set.0 == name) else {
            let names: Vec<&str> = SETS.iter().map(|set| set.0).collect();
            return Err(Error::setting("set of pictures", format!("`{name}` is not known"), &names.join(", ")));
        };
        let mut archive = Archive::open(folder.as_ref(), name)?;
        let names = archive.names(|file| file.ends_with(end));
        if names.len() != *count {
            return Err(archive.wrong("", &format!("has {} pictures; accepted: {count}", names.len())));
        }
        let pictures = archive.pictures(&names)?;
        Ok(PictureSet { name: name.into(), pictures, digest: archive.digest })
    }

    /// The published small pictures of Set5, half as high and wide.
    ///
    /// # Errors
    /// As [`PictureSet::open`].
    pub fn set5_halved(folder: impl AsRef<Path>) -> Result<PictureSet, Error> {
        let mut archive = Archive::open(folder.as_ref(), "set5")?;
        let names = archive.names(|file| file.ends_with("SRF_2_LR.png"));
        Ok(PictureSet { name: "set5".into(), pictures: archive.pictures(&names)?, digest: archive.digest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::folder_from_env;

    #[test]
    fn our_half_of_set5_is_the_published_one() {
        let Some(folder) = folder_from_env() else {
            println!("skipped: AUTOGO_DATA is not set");
            return;
        };
        let (set, halves) = (PictureSet::open(&folder, "set5").unwrap(), PictureSet::set5_halved(&folder).unwrap());
        assert_eq!((set.pictures.len(), halves.pictures.len()), (5, 5));
        for (large, half) in set.pictures.iter().zip(&halves.pictures) {
            assert_eq!(large.bicubic((half.shape.h, half.shape.w)).unwrap(), *half);
        }
        let error = PictureSet::open(&folder, "set6").unwrap_err().to_string();
        assert!(error.contains("`set6` is not known; accepted: set5, set14"), "{error}");
    }
}
