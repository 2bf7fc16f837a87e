//! Owns the reading of `--store`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where an election is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreUrl {
    folder: PathBuf,
}

impl StoreUrl {
    /// The store of a local data folder.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::of_folder(Path::new(path))),
            _ => Err("a store is named sqlite:DIR, as sqlite:./data".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_scheme_and_a_folder() {
        assert_eq!(
            "sqlite:./data".parse(),
            Ok(StoreUrl::of_folder(Path::new("./data")))
        );
        for url in ["", "data", "sqlite:", "postgres://localhost/votes"] {
            assert!(url.parse::<StoreUrl>().is_err(), "{url}");
        }
    }
}
