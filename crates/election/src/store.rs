//! Owns the reading of `--store`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::failure::Failure;

/// Where an election is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In AWS, where the settings say.
    #[cfg(feature = "aws")]
    Aws,
}

impl StoreUrl {
    /// The data folder, for what needs one.
    pub(crate) fn folder(&self) -> Result<&Path, Failure> {
        match self {
            Self::Folder(folder) => Ok(folder),
            #[cfg(feature = "aws")]
            Self::Aws => {
                let text = "this is for an election on this machine: give --store sqlite:DIR. On AWS voters are \
                            served by the functions, and their votes recorded by these or by `election work`";
                Err(Failure::Usage(text.to_owned()))
            }
        }
    }
}

impl FromStr for StoreUrl {
    type Err = String;

    fn from_str(url: &str) -> Result<Self, String> {
        match url.strip_prefix("sqlite:") {
            Some(path) if !path.is_empty() => Ok(Self::Folder(path.into())),
            #[cfg(feature = "aws")]
            None if url == "aws" => Ok(Self::Aws),
            #[cfg(not(feature = "aws"))]
            None if url == "aws" => Err(
                "this program was built without the AWS edition: build it with `--features aws`".to_owned(),
            ),
            _ => Err("a store is named sqlite:DIR, as sqlite:./data, or aws".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_a_scheme_and_a_folder_or_aws() {
        assert_eq!("sqlite:./data".parse(), Ok(StoreUrl::Folder("./data".into())));
        for url in ["", "data", "sqlite:", "aws:", "AWS", "postgres://localhost/votes"] {
            assert!(url.parse::<StoreUrl>().is_err(), "{url}");
        }
        assert_eq!("aws".parse::<StoreUrl>().is_ok(), cfg!(feature = "aws"));
    }
}
