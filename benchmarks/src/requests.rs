//! Owns the file of prepared requests: one line per voter, each the body of a POST /votes that no other
//! line repeats. Whoever sends it votes for everybody: it holds credentials, as a letters file does.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use fastrand::Rng;

use crate::choices::Choices;

/// Makes requests for `lua/votes.lua` from a letters file.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The letters of `election voters import`: a request for each
    #[arg(long, value_name = "FILE")]
    pub(crate) letters: PathBuf,
    /// The election's definition (TOML)
    #[arg(
        long,
        value_name = "FILE",
        default_value = "examples/us-president-2020/definition.toml"
    )]
    pub(crate) definition: PathBuf,
    /// CSV: jurisdiction,contest,choice,votes; how often each choice is made
    #[arg(
        long,
        value_name = "FILE",
        default_value = "examples/us-president-2020/weights.csv"
    )]
    pub(crate) weights: PathBuf,
    /// Make the same choices again (ballot ids, too)
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The file to write: the body of a request per line
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

/// Writes the file; returns how many requests are in it.
pub(crate) fn write(arguments: &Arguments) -> anyhow::Result<u64> {
    let choices = Choices::read(&arguments.definition, &arguments.weights)?;
    let (letters, out) = (&arguments.letters, &arguments.out);
    write_all(&choices, letters, out, arguments.seed).with_context(|| out.display().to_string())
}

fn write_all(choices: &Choices, letters: &Path, out: &Path, seed: u64) -> anyhow::Result<u64> {
    let mut random = Rng::with_seed(seed);
    let mut reader = csv::Reader::from_path(letters).with_context(|| letters.display().to_string())?;
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(out)?;
    let mut file = BufWriter::with_capacity(1 << 20, file);
    let mut row = csv::StringRecord::new();
    let mut count = 0;
    while reader.read_record(&mut row)? {
        let (Some(voter_id), Some(place)) = (row.get(0), row.get(4)) else {
            anyhow::bail!("{} isn't a letters file", letters.display());
        };
        let selections = choices.draw(place, &mut random)?;
        let ballot_id = ballot_id(&mut random);
        writeln!(
            file,
            r#"{{"voter_id":"{voter_id}","ballot_id":"{ballot_id}","selections":{selections}}}"#
        )?;
        count += 1;
    }
    file.flush()?;
    Ok(count)
}

/// A UUID of version 4. Not from good randomness, as a voter's has to be: only the choices of made-up
/// people hang on it.
fn ballot_id(random: &mut Rng) -> String {
    let bits = random.u128(..);
    let bits = bits & !(0xf << 76 | 0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        (bits >> 96) as u32,
        (bits >> 80) as u16,
        (bits >> 64) as u16,
        (bits >> 48) as u16,
        bits & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use election_core::ballot::BallotId;

    #[test]
    fn a_ballot_id_is_a_uuid_of_version_4() {
        let id = ballot_id(&mut Rng::with_seed(3));
        assert!(BallotId::parse(&id).is_ok(), "{id}");
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]), "{id}");
    }
}
