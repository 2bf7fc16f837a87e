//! Owns a file of voter ids while it is written: readable by its owner only, under another name until it is whole,
//! removed if it never is.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::super::letters::sync_folder;
use crate::failure::Failure;

/// The file under its other name.
pub(super) struct Draft {
    file: File,
    part: PathBuf,
    out: PathBuf,
}

impl Draft {
    /// Begins the file that will be `out`.
    pub(super) fn create(out: &Path) -> Result<Self, Failure> {
        let usage = |path: &Path, problem: &dyn std::fmt::Display| {
            Failure::Usage(format!("{}: {problem}", path.display()))
        };
        let Some(name) = out.file_name().filter(|_| !out.is_dir()) else {
            return Err(usage(out, &"--out has to be a file"));
        };
        let part = out.with_file_name(format!(".{}.part", name.to_string_lossy()));
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part);
        let file = file.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::No(format!(
                "{}: these letters are being written, or were when the command was stopped: then remove this file, it \
                 holds voter ids",
                part.display()
            )),
            _ => usage(out, &error),
        })?;
        Ok(Self {
            file,
            part,
            out: out.to_owned(),
        })
    }

    /// Writes to it.
    pub(super) fn writer(&self) -> impl Write {
        BufWriter::with_capacity(1 << 20, &self.file)
    }

    /// Gives it its name; it is on disk when this returns.
    pub(super) fn publish(self) -> anyhow::Result<()> {
        let published = self
            .file
            .sync_all()
            .and_then(|()| std::fs::rename(&self.part, &self.out))
            .and_then(|()| sync_folder(&self.out));
        published.with_context(|| self.out.display().to_string())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once published, there is none.
        let _ = std::fs::remove_file(&self.part);
    }
}
