//! Folders of pictures: a folder a class, in it PNG and JPEG files.

use crate::data::picture::Picture;
use crate::data::pictures::LabelledPictures;
use crate::error::Error;
use crate::graph::Shape;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The most bytes that all pictures may take in memory.
const LARGEST: u64 = 16 << 30;
/// Pictures that are decoded before the next ones are.
const TOGETHER: usize = 256;
/// Where a folder has no parts of its own, every `EVERY`-th picture of a class is one to be measured with.
const EVERY: usize = 5;

/// Pictures of a folder of class folders, as a network reads them.
///
/// ```no_run
/// use autogo::data::ClassFolder;
/// use autogo::graph::Shape;
/// // animals/cat/1.jpg, animals/cat/2.png, animals/dog/1.jpg, …
/// let animals = ClassFolder::read("animals", Shape::new(32, 32, 3))?;
/// println!("{animals}"); // animals: 2 classes, 80 pictures to learn from and 20 to be measured with
/// # Ok::<(), autogo::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassFolder {
    /// The folder.
    pub path: PathBuf,
    /// The classes: the names of their folders, in alphabetical order; the label of a picture is the place of its
    /// class.
    pub classes: Vec<String>,
    /// Pictures to learn from.
    pub train: LabelledPictures,
    /// Pictures to be measured with.
    pub test: LabelledPictures,
}

impl ClassFolder {
    /// Reads a folder whose folders are classes, or that has folders `train` and `test` whose folders are the same
    /// classes. Without these two, every fifth picture of a class, in the order of file names, is one to be measured
    /// with.
    ///
    /// Every picture is brought to `shape` by [`Picture::fitted`]. Files are decoded a few at a time, so memory holds
    /// little more than the small pictures. Names that begin with a dot are passed over, every other file is a picture
    /// or an error.
    ///
    /// # Errors
    /// A folder that cannot be listed, fewer than two classes, other classes in `train` than in `test`, a part without
    /// pictures, a file that is no picture or damaged: with its path. O(pixels of all files).
    pub fn read(path: impl AsRef<Path>, shape: Shape) -> Result<ClassFolder, Error> {
        let path = path.as_ref();
        let (train, test) = (path.join("train"), path.join("test"));
        let (classes, train, test) = if train.is_dir() && test.is_dir() {
            let (classes, found) = (folders(&train)?, folders(&test)?);
            if found != classes {
                let reason =
                    format!("has the classes {}; accepted: those of train, {}", found.join(", "), classes.join(", "));
                return Err(Error::File { path: test, reason });
            }
            let files = |part: &Path| -> Result<Vec<Vec<PathBuf>>, Error> {
                classes.iter().map(|class| files(&part.join(class))).collect()
            };
            (classes.clone(), files(&train)?, files(&test)?)
        } else {
            let classes = folders(path)?;
            let (mut train, mut test) = (Vec::new(), Vec::new());
            for class in &classes {
                let (every, others) = files(&path.join(class))?
                    .into_iter()
                    .enumerate()
                    .partition::<Vec<_>, _>(|(at, _)| at % EVERY == EVERY - 1);
                test.push(every.into_iter().map(|(_, file)| file).collect());
                train.push(others.into_iter().map(|(_, file)| file).collect());
            }
            (classes, train, test)
        };
        if classes.len() < 2 {
            let reason = format!("has {} folders; accepted: at least two, one a class", classes.len());
            return Err(Error::File { path: path.into(), reason });
        }
        let read = |part: &str, files: Vec<Vec<PathBuf>>| match pictures(&files, shape)? {
            found if found.is_empty() => {
                let reason = format!("has no pictures for part {part}; accepted: at least {EVERY} in a class");
                Err(Error::File { path: path.into(), reason })
            }
            found => Ok(found),
        };
        Ok(ClassFolder { path: path.into(), train: read("train", train)?, test: read("test", test)?, classes })
    }
}

impl std::fmt::Display for ClassFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (train, test) = (self.train.len(), self.test.len());
        let (path, classes) = (self.path.display(), self.classes.len());
        write!(f, "{path}: {classes} classes, {train} pictures to learn from and {test} to be measured with")
    }
}

/// Names in a folder, sorted; those that begin with a dot are left out.
fn names(folder: &Path) -> Result<Vec<String>, Error> {
    let failed = |reason: String| Error::File { path: folder.into(), reason };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| failed(error.to_string()))? {
        let name = entry.map_err(|error| failed(error.to_string()))?.file_name();
        let name = name.into_string().map_err(|name| failed(format!("holds {name:?}, which is no UTF-8 name")))?;
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The folders in a folder.
fn folders(folder: &Path) -> Result<Vec<String>, Error> {
    let all = names(folder)?;
    match all.iter().find(|name| !folder.join(name).is_dir()) {
        None => Ok(all),
        Some(name) => Err(Error::File {
            path: folder.join(name),
            reason: "is no folder; accepted: a folder of pictures, named after its class".into(),
        }),
    }
}

/// The files in a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    Ok(names(folder)?.into_iter().map(|name| folder.join(name)).collect())
}

/// The pictures of some files, the classes in turn: the first of every class, then the second, so the first pictures of
/// a part are of all classes.
fn pictures(files: &[Vec<PathBuf>], shape: Shape) -> Result<LabelledPictures, Error> {
    let mut all: Vec<(usize, u32, &PathBuf)> = Vec::new();
    for (class, files) in files.iter().enumerate() {
        all.extend(files.iter().enumerate().map(|(at, file)| (at, class as u32, file)));
    }
    all.sort_unstable_by_key(|&(at, class, _)| (at, class));
    let needed = shape.elements().saturating_mul(all.len() as u64);
    if needed > LARGEST {
        return Err(Error::setting(
            "pictures",
            format!("take {needed} bytes at {shape}"),
            &format!("at most {LARGEST}"),
        ));
    }
    let mut found = LabelledPictures { shape, bytes: Vec::with_capacity(needed as usize), labels: Vec::new() };
    for some in all.chunks(TOGETHER) {
        let read = |(_, _, file): &(usize, u32, &PathBuf)| Picture::read(file)?.fitted(shape);
        let read: Vec<Result<Picture, Error>> = some.par_iter().map(read).collect();
        for ((_, class, _), picture) in some.iter().zip(read) {
            found.bytes.extend(picture?.bytes);
            found.labels.push(*class);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(path: &Path, grey: u8) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let picture = Picture { shape: Shape::new(6, 4, 1), bytes: vec![grey; 24] };
        std::fs::write(path, picture.png().unwrap()).unwrap();
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("autogo-classes-{name}-{}", std::process::id()));
        std::fs::remove_dir_all(&folder).ok();
        folder
    }

    #[test]
    fn every_fifth_picture_of_a_class_is_one_to_be_measured_with() {
        let folder = folder("fifth");
        for (class, count) in [("dark", 11), ("light", 5)] {
            for at in 0..count {
                picture(&folder.join(class).join(format!("{at:02}.png")), if class == "dark" { at } else { 200 + at });
            }
        }
        std::fs::write(folder.join("dark/.hidden"), b"passed over").unwrap();
        let found = ClassFolder::read(&folder, Shape::new(1, 1, 3)).unwrap();
        assert_eq!(found.classes, ["dark", "light"]);
        assert_eq!((found.test.labels.clone(), found.train.labels.len()), (vec![0, 1, 0], 13));
        assert_eq!(found.test.bytes, [4, 4, 4, 204, 204, 204, 9, 9, 9]);
        assert!(found.to_string().ends_with("2 classes, 13 pictures to learn from and 3 to be measured with"));
        // The same files: the same pictures.
        let again = ClassFolder::read(&folder, Shape::new(1, 1, 3)).unwrap();
        assert_eq!(again.train.digest(), found.train.digest());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn parts_are_taken_as_they_are() {
        let folder = folder("parts");
        for (at, name) in
            ["train/a/1.png", "train/b/1.png", "train/b/2.png", "test/a/1.png", "test/b/1.png"].iter().enumerate()
        {
            picture(&folder.join(name), at as u8);
        }
        let found = ClassFolder::read(&folder, Shape::new(1, 1, 1)).unwrap();
        assert_eq!((found.train.bytes, found.train.labels), (vec![0, 1, 2], vec![0, 1, 1]));
        assert_eq!((found.test.bytes, found.test.labels), (vec![3, 4], vec![0, 1]));
        picture(&folder.join("test/c/1.png"), 9);
        let error = ClassFolder::read(&folder, Shape::new(1, 1, 1)).unwrap_err().to_string();
        assert!(error.ends_with("test: has the classes a, b, c; accepted: those of train, a, b"), "{error}");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_no_picture_is_named() {
        let folder = folder("wrong");
        for at in 0..5 {
            picture(&folder.join(format!("a/{at}.png")), at);
        }
        let refused = || ClassFolder::read(&folder, Shape::new(2, 2, 3)).unwrap_err().to_string();
        assert!(refused().contains("has 1 folders; accepted: at least two"), "{}", refused());
        picture(&folder.join("b/0.png"), 1);
        std::fs::write(folder.join("b/1.jpg"), b"\xff\xd8\xff\xe0\0\x10JFIF").unwrap();
        let error = refused();
        assert!(error.contains("b/1.jpg: JPEG: ") && error.lines().count() == 1, "{error}");
        std::fs::write(folder.join("b/1.jpg"), b"words").unwrap();
        assert!(refused().ends_with("b/1.jpg: is no picture; accepted: a PNG or JPEG file"), "{}", refused());
        std::fs::remove_file(folder.join("b/1.jpg")).unwrap();
        std::fs::write(folder.join("notes.txt"), b"words").unwrap();
        assert!(refused().contains("notes.txt: is no folder"), "{}", refused());
        std::fs::remove_dir_all(&folder).unwrap();
        assert!(refused().contains("No such file"), "{}", refused());
    }
}
