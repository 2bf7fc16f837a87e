//! Owns where a round's data folder lies: in the work folder, or on a small disk that can be filled.
//! What is mounted is unmounted when it is dropped.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

const SMALL_DISK_BYTES: u64 = 96 << 20;

/// A folder for a round.
pub(crate) struct Place {
    folder: PathBuf,
    mount: Option<Mount>,
}

/// A mounted small disk.
struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = run("umount", &["-l"], &self.0);
    }
}

fn run(program: &str, arguments: &[&str], path: &Path) -> anyhow::Result<()> {
    let output = Command::new(program)
        .args(arguments)
        .arg(path)
        .stdin(Stdio::null())
        .output()
        .with_context(|| program.to_owned())?;
    if !output.status.success() {
        bail!("{}", first_line(&output.stderr));
    }
    Ok(())
}

fn first_line(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes)
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// A real file system in a file if that can be mounted, else one in memory.
fn mount(at: &Path) -> anyhow::Result<(Mount, &'static str)> {
    std::fs::create_dir_all(at)?;
    let image = at.with_extension("image");
    let on_loop = || {
        File::create(&image)?.set_len(SMALL_DISK_BYTES)?;
        run("mkfs.ext4", &["-q", "-F", "-m", "0"], &image)?;
        let image = image.display().to_string();
        run("mount", &["-o", "loop", &image], at)
    };
    let Err(no_loop) = on_loop() else {
        return Ok((Mount(at.to_owned()), "ext4 on a loop device"));
    };
    let size = format!("size={SMALL_DISK_BYTES}");
    match run("mount", &["-t", "tmpfs", "-o", &size, "none"], at) {
        Ok(()) => Ok((Mount(at.to_owned()), "tmpfs")),
        Err(no_tmpfs) => bail!("{no_loop:#}; {no_tmpfs:#}"),
    }
}

/// Whether disks can be filled here: what with, or why not.
pub(crate) fn probe(work: &Path) -> anyhow::Result<&'static str> {
    let folder = tempfile::tempdir_in(work)?;
    mount(&folder.path().join("disk")).map(|(_, kind)| kind)
}

impl Place {
    pub(crate) fn new(work: &Path, round: u64, small: bool) -> anyhow::Result<Self> {
        let folder = work.join(format!("round-{round}"));
        std::fs::create_dir_all(&folder)?;
        let mount = small
            .then(|| mount(&folder.join("disk")))
            .transpose()?
            .map(|(mount, _)| mount);
        Ok(Self { folder, mount })
    }

    /// What isn't on the small disk: letters, the log.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The election's store.
    pub(crate) fn data(&self) -> PathBuf {
        match &self.mount {
            Some(Mount(disk)) => disk.join("data"),
            None => self.folder.join("data"),
        }
    }

    /// Uses up the small disk to the last byte.
    pub(crate) fn fill(&self) -> anyhow::Result<bool> {
        let Some(Mount(disk)) = &self.mount else {
            return Ok(false);
        };
        let mut file = File::create(disk.join("filler"))?;
        for size in [1 << 20, 4_096, 1] {
            let zeros = vec![0; size];
            while file.write_all(&zeros).is_ok() {}
        }
        // Blocks are only allotted when they are written.
        let _ = file.sync_all();
        Ok(true)
    }

    /// Gives the space back.
    pub(crate) fn free(&self) -> anyhow::Result<()> {
        if let Some(Mount(disk)) = &self.mount {
            std::fs::remove_file(disk.join("filler"))?;
        }
        Ok(())
    }

    /// Takes what is on the small disk to where it outlasts this process.
    pub(crate) fn keep(&self) {
        if self.mount.is_some() {
            let kept = self.folder.join("data");
            let _ = Command::new("cp").arg("-r").arg(self.data()).arg(kept).status();
        }
    }
}
