//! Owns a made-up export: more ballots than an election here could record in a reasonable time, in the same
//! files, byte for byte what an export of such an election would be.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use election_core::content::{self, Selections};
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::json::Json;
use election_core::keys::BallotKey;
use election_core::published::{
    BALLOTS, BallotLines, BallotList, BallotsFound, CERTIFICATE, Certificate, CertifiedElection, DEFINITION,
    FileDigest, RECEIPTS, ReceiptList, SUMS, Sums, write_receipt,
};
use election_core::receipt::{BallotDigest, Receipt};
use fastrand::Rng;
use time::OffsetDateTime;

use crate::choices::Choices;

/// Ballots drawn one by one; the list repeats them.
const DRAWN: u64 = 10_000;
const PIECE: usize = 1 << 20;

/// Writes an export of `ballots` ballots, rounded down to a multiple of [`DRAWN`].
pub(crate) fn write(folder: &Path, definition: &Path, weights: &Path, ballots: u64) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    let choices = Choices::read(definition, weights)?;
    let bytes = std::fs::read(definition)?;
    let definition = Definition::parse(&bytes).map_err(|_| anyhow::anyhow!("the definition has errors"))?;
    let lines = draw(&definition, &choices)?;
    let found = write_ballots(&folder.join(BALLOTS), &definition, lines, ballots / DRAWN)?;
    let receipts = write_receipts(&folder.join(RECEIPTS), found.lines)?;

    let registered = found
        .counts
        .iter()
        .filter_map(|(id, counts)| Some((id.clone()?, counts.ballots)))
        .collect();
    let election = CertifiedElection {
        definition: &definition,
        certified_at: OffsetDateTime::UNIX_EPOCH,
        counts: &found.counts,
        registered: &registered,
    };
    let mut files = BTreeMap::from([
        (BALLOTS.to_owned(), found.digest),
        (RECEIPTS.to_owned(), receipts),
    ]);
    let save = |name: &str, bytes: &[u8]| -> anyhow::Result<FileDigest> {
        std::fs::write(folder.join(name), bytes)?;
        Ok(FileDigest::of(bytes))
    };
    for (name, bytes) in election.result_files()? {
        files.insert(name.to_owned(), save(name, &bytes)?);
    }
    let certificate = Certificate::new(&election, files.clone()).write()?;
    files.insert(CERTIFICATE.to_owned(), save(CERTIFICATE, &certificate)?);
    files.insert(DEFINITION.to_owned(), save(DEFINITION, &bytes)?);
    save(SUMS, &Sums(files).write())?;
    Ok(())
}

fn draw(definition: &Definition, choices: &Choices) -> anyhow::Result<BallotLines> {
    let mut random = Rng::with_seed(1);
    let mut lines = BallotLines::default();
    let places: Vec<&JurisdictionId> = definition
        .jurisdictions()
        .iter()
        .map(|jurisdiction| jurisdiction.id())
        .collect();
    for _ in 0..DRAWN {
        let place = random.choice(&places).context("no jurisdictions")?;
        let selections = choices.draw(place.as_str(), &mut random)?;
        let json = Json::parse(selections.as_bytes()).map_err(|_| anyhow::anyhow!("not JSON"))?;
        let selections = Selections::from_json(&json).context("no selections")?;
        let content = content::canonical(definition, place, &selections);
        let content = content.map_err(|_| anyhow::anyhow!("selections that aren't allowed"))?;
        lines.add(place, &content);
    }
    Ok(lines)
}

fn write_ballots(
    path: &Path,
    definition: &Definition,
    lines: BallotLines,
    times: u64,
) -> anyhow::Result<BallotsFound> {
    let mut list = BallotList::new(definition);
    let mut file = BufWriter::new(File::create(path)?);
    let mut piece = Vec::with_capacity(PIECE);
    for (line, ballots) in lines.sorted() {
        for _ in 0..ballots * times {
            piece.extend_from_slice(&line);
            if piece.len() >= PIECE {
                list.update(&piece);
                file.write_all(&piece)?;
                piece.clear();
            }
        }
    }
    list.update(&piece);
    file.write_all(&piece)?;
    file.flush()?;
    let found = list.finish();
    if let Some(problem) = found.problems.told().first() {
        bail!("{problem}");
    }
    Ok(found)
}

fn write_receipts(path: &Path, count: u64) -> anyhow::Result<FileDigest> {
    let mut random = Rng::with_seed(1);
    let mut list = ReceiptList::default();
    let mut file = BufWriter::new(File::create(path)?);
    let step = u64::MAX / count.max(1);
    let mut piece = String::with_capacity(PIECE);
    for number in 0..count {
        // Keys in order, and as far apart as random ones are on average.
        let mut key = [0; 12];
        let (high, low) = key.split_at_mut(8);
        high.copy_from_slice(&(number * step + random.u64(0..step)).to_be_bytes());
        random.fill(low);
        let mut digest = [0; 32];
        random.fill(&mut digest);
        write_receipt(
            &Receipt::new(BallotKey(key), &BallotDigest::from_bytes(digest)),
            &mut piece,
        );
        if piece.len() >= PIECE || number + 1 == count {
            list.update(piece.as_bytes());
            file.write_all(piece.as_bytes())?;
            piece.clear();
        }
    }
    file.flush()?;
    let found = list.finish();
    if let Some(problem) = found.problems.told().first() {
        bail!("{problem}");
    }
    Ok(found.digest)
}
