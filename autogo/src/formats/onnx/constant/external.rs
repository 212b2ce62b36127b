//! Weights in files of their own: the place they may lie in, and how they are read.

use super::super::proto::{EXTERNAL, TensorProto};
use crate::formats::FormatError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// The place of a tensor in a file beside the model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct External<'a> {
    pub(crate) location: &'a str,
    offset: u64,
    length: Option<u64>,
}

/// The place of a tensor, if the tensor lies in a file beside the model.
///
/// # Errors
/// When the path is empty, absolute, or leaves the model's folder.
pub(crate) fn external(tensor: &TensorProto) -> Result<Option<External<'_>>, FormatError> {
    if tensor.data_location != EXTERNAL && tensor.external_data.is_empty() {
        return Ok(None);
    }
    let entry =
        |key: &str| tensor.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let refuse = |reason: String| FormatError::content(format!("weight `{}`", tensor.name), reason);
    let location = entry("location").unwrap_or("");
    // `./x` is the folder itself; every other empty, dotted or drive-like part leaves it.
    let inner = location.strip_prefix("./").unwrap_or(location);
    let leaves = |part: &str| part.is_empty() || part == ".." || part.contains([':', '\0']);
    if inner.split(['/', '\\']).any(leaves) {
        return Err(refuse(format!("lies in `{location}`, outside the model's folder")));
    }
    let number = |key: &str| match entry(key).map(str::parse::<u64>) {
        None => Ok(None),
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(_)) => Err(refuse(format!("has an {key} that is no number"))),
    };
    Ok(Some(External { location: inner, offset: number("offset")?.unwrap_or(0), length: number("length")? }))
}

/// The `wanted` bytes of a tensor, or a sentence that says why they cannot be had.
///
/// # Errors
/// When the file exists but is a link that leads out of `folder`.
pub(crate) fn read(
    tensor: &TensorProto,
    place: &External<'_>,
    folder: &Path,
    wanted: u64,
) -> Result<Result<Vec<u8>, String>, FormatError> {
    let path = folder.join(place.location);
    let (Ok(real), Ok(home)) = (path.canonicalize(), folder.canonicalize()) else {
        return Ok(Err(format!("its file `{}` is not there", place.location)));
    };
    if !real.starts_with(&home) {
        return Err(FormatError::content(
            format!("weight `{}`", tensor.name),
            format!("lies in `{}`, a link that leaves the model's folder", place.location),
        ));
    }
    if place.length.is_some_and(|length| length != wanted) {
        return Ok(Err(format!("its length is not the {wanted} bytes that its sizes need")));
    }
    let bytes = || -> std::io::Result<Option<Vec<u8>>> {
        let mut file = File::open(&real)?;
        let about = file.metadata()?;
        let fits = about.is_file() && place.offset.checked_add(wanted).is_some_and(|end| end <= about.len());
        if !fits {
            return Ok(None);
        }
        file.seek(SeekFrom::Start(place.offset))?;
        let mut bytes = vec![0; wanted as usize];
        file.read_exact(&mut bytes)?;
        Ok(Some(bytes))
    };
    Ok(match bytes() {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("its file `{}` ends before it", place.location)),
        Err(error) => Err(format!("its file `{}`: {error}", place.location)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::onnx::proto::Entry;

    pub(crate) fn at(location: &str) -> TensorProto {
        let entry = Entry { key: "location".into(), value: location.into() };
        TensorProto { name: "w".into(), data_location: EXTERNAL, external_data: vec![entry], ..TensorProto::default() }
    }

    #[test]
    fn paths_stay_in_the_folder() {
        for location in ["", "/etc/passwd", "../x", "a/../../x", "C:\\x", "a//b", "\\\\host\\x", "..\\x"] {
            let error = external(&at(location)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains("outside the model's folder"), "{location}: {error}");
        }
        for location in ["w.bin", "./w.bin", "parts/w.bin", "..w"] {
            assert!(external(&at(location)).is_ok(), "{location}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_refused() {
        let root = std::env::temp_dir().join(format!("autogo-external-{}", std::process::id()));
        let folder = root.join("model");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(root.join("secret"), [0; 8]).unwrap();
        std::fs::write(folder.join("near"), [1; 8]).unwrap();
        std::os::unix::fs::symlink(root.join("secret"), folder.join("link")).unwrap();
        let load = |location: &str, wanted: u64| {
            let tensor = at(location);
            read(&tensor, &external(&tensor).unwrap().unwrap(), &folder, wanted)
        };
        assert!(load("link", 8).unwrap_err().to_string().contains("leaves the model's folder"));
        assert_eq!(load("near", 8).unwrap(), Ok(vec![1; 8]));
        assert!(load("near", 9).unwrap().unwrap_err().contains("ends before it"));
        assert!(load("gone", 8).unwrap().unwrap_err().contains("is not there"));
        std::fs::remove_dir_all(&root).unwrap();
    }
}
