//! The folder with public benchmark data.

use std::path::PathBuf;

/// The environment variable that names the folder with the public benchmark data.
pub const DATA_VARIABLE: &str = "AUTOGO_DATA";

/// The folder that [`DATA_VARIABLE`] names; `None` where the variable is not set, or empty. The folder's content is
/// checked by its readers.
///
/// ```
/// use autogo::data::{DATA_VARIABLE, folder_from_env};
/// let is_set = std::env::var_os(DATA_VARIABLE).is_some_and(|value| !value.is_empty());
/// assert_eq!(folder_from_env().is_some(), is_set);
/// ```
pub fn folder_from_env() -> Option<PathBuf> {
    std::env::var_os(DATA_VARIABLE).filter(|folder| !folder.is_empty()).map(PathBuf::from)
}
