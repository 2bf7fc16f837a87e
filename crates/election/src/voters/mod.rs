//! Owns the files of the voter roll: making one up, importing one, writing letters and printing them.

pub(crate) mod generate;
pub(crate) mod import;
mod letters;
pub(crate) mod print;
pub(crate) mod reissue;
mod roll;
