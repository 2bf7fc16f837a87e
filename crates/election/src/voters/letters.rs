//! Owns the letters file: appended and fsynced before the roll commits, read back by a rerun, readable by
//! its owner only. It is the only file with voter ids.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::Context;
use election_core::identifiers::JurisdictionId;
use election_core::voter_id::VoterId;
use election_core::voter_record::VoterRecord;

pub(super) const HEADER: [&str; 5] = ["voter_id", "external_id", "name", "address", "jurisdiction"];

/// The letters written so far, open for more.
pub(crate) struct Letters {
    file: File,
    /// The voter id of each person's newest letter when the file was opened.
    newest: HashMap<String, VoterId>,
}

impl Letters {
    /// Opens the letters, or begins them. A line that was cut off when a process died is removed.
    pub(crate) fn open(path: &Path) -> anyhow::Result<Self> {
        let named = || path.display().to_string();
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .with_context(named)?;
        if file.metadata().with_context(named)?.permissions().mode() & 0o077 != 0 {
            anyhow::bail!(
                "{}: others can read it: `chmod 600` it first, it holds voter ids",
                path.display()
            );
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).with_context(named)?;
        let header = format!("{}\n", HEADER.join(","));
        let begun = header.as_bytes().starts_with(&bytes);
        if !begun && !bytes.starts_with(header.as_bytes()) {
            anyhow::bail!(
                "{}: these aren't letters: line 1 has to be {}",
                path.display(),
                header.trim()
            );
        }
        let whole = if begun {
            0
        } else {
            bytes
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |end| end + 1)
        };
        file.set_len(whole as u64).with_context(named)?;
        file.seek(SeekFrom::End(0)).with_context(named)?;
        let mut letters = Self {
            file,
            newest: HashMap::new(),
        };
        if begun {
            letters.write(header.as_bytes()).with_context(named)?;
            sync_folder(path).with_context(named)?;
        } else {
            letters.newest = read(&bytes[..whole]).with_context(named)?;
        }
        Ok(letters)
    }

    /// The voter id in a person's newest letter of those that were there when the file was opened.
    pub(crate) fn voter_id(&self, external_id: &str) -> Option<VoterId> {
        self.newest.get(external_id).copied()
    }

    /// Writes letters; they are on disk when this returns.
    pub(crate) fn append<'a>(
        &mut self,
        letters: impl IntoIterator<Item = (&'a VoterId, &'a VoterRecord, &'a JurisdictionId)>,
    ) -> anyhow::Result<()> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (voter_id, record, jurisdiction) in letters {
            let VoterRecord {
                external_id,
                name,
                address,
            } = record;
            writer.write_record([
                voter_id.printed().as_str(),
                external_id,
                name,
                address,
                jurisdiction.as_str(),
            ])?;
        }
        let bytes = writer.into_inner().map_err(|error| anyhow::anyhow!("{error}"))?;
        crate::faults::letters(|| self.write(&bytes))
    }

    fn write(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        written.context("the letters can't be written")
    }
}

fn read(bytes: &[u8]) -> anyhow::Result<HashMap<String, VoterId>> {
    let mut reader = csv::Reader::from_reader(bytes);
    let mut newest = HashMap::new();
    for row in reader.records() {
        let row = row?;
        let line = row.position().map_or(0, csv::Position::line);
        let voter_id = VoterId::parse(&row[0]).with_context(|| format!("line {line}"))?;
        newest.insert(row[1].to_owned(), voter_id);
    }
    Ok(newest)
}

/// Makes a new file's name durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
