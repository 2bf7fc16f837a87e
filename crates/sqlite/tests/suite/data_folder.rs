//! The folder, its lock, and files that aren't what they should be.

use std::fs;
use std::path::Path;

use election_sqlite::{DataFolder, OpenError, SqliteStore};
use election_testkit::fixtures;

use crate::support::{region, tamper};

fn open_error(folder: &Path) -> OpenError {
    SqliteStore::open(folder).err().expect("it can't be opened")
}

#[tokio::test]
async fn a_folder_is_one_users_until_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path()).unwrap();
    for _ in 0..2 {
        assert!(matches!(open_error(folder.path()), OpenError::InUse { .. }));
    }
    assert!(matches!(
        SqliteStore::create(folder.path()),
        Err(OpenError::InUse { .. })
    ));
    let elections = store.elections();
    drop(store);
    assert!(
        matches!(open_error(folder.path()), OpenError::InUse { .. }),
        "an adapter still uses it"
    );
    drop(elections);
    let store = SqliteStore::open(folder.path()).unwrap();
    let elections = store.elections();
    store.close().await;
    assert!(elections.load().await.is_err());
    drop((store, elections));
    DataFolder::open(folder.path()).unwrap();
}

#[test]
fn a_folder_without_an_election_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let error = open_error(&path);
        assert!(matches!(error, OpenError::NotFound { .. }));
        assert!(
            error.to_string().contains("`election init` or `election demo`"),
            "{error}"
        );
    }
    assert!(!folder.path().join("none").exists());
}

#[tokio::test]
async fn creating_again_keeps_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for created in [true, false] {
        let store = SqliteStore::create(folder.path()).unwrap();
        assert_eq!(
            store.elections().create(fixtures::new_election()).await,
            Ok(created)
        );
    }
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_any_file() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data");
    let store = SqliteStore::create(&folder).unwrap();
    store.open_region(&region("here")).await.unwrap();
    store.elections().add_visit().await.unwrap();
    assert_eq!(mode(&folder), 0o700);
    let mut files: Vec<_> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let names: Vec<_> = files
        .iter()
        .map(|file| file.file_name().unwrap().to_str().unwrap())
        .collect();
    let expected = [
        "election.sqlite",
        "election.sqlite-shm",
        "election.sqlite-wal",
        "lock",
        "region-here.sqlite",
        "region-here.sqlite-shm",
        "region-here.sqlite-wal",
    ];
    assert_eq!(names, expected);
    assert!(files.iter().all(|file| mode(file) == 0o600));
}

#[test]
fn another_versions_file_is_refused_and_left_as_it_is() {
    for found in [0, 3, -1] {
        let folder = tempfile::tempdir().unwrap();
        drop(SqliteStore::create(folder.path()).unwrap());
        tamper(folder.path(), "election.sqlite")
            .pragma_update(None, "user_version", found)
            .unwrap();
        let before = fs::read(folder.path().join("election.sqlite")).unwrap();
        let error = open_error(folder.path());
        let is_expected =
            matches!(error, OpenError::OtherVersion { found: version, expected: 2, .. } if version == found);
        assert!(is_expected, "{error}");
        assert!(fs::read(folder.path().join("election.sqlite")).unwrap() == before);
    }
}

#[tokio::test]
async fn a_foreign_or_damaged_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    drop(SqliteStore::create(folder.path()).unwrap());
    let file = folder.path().join("election.sqlite");
    let whole = fs::read(&file).unwrap();
    let mut scribbled = whole.clone();
    scribbled[16..100].fill(0xff);
    let page = 4096;
    let others = [
        &b""[..],
        b"SQLite",
        b"a letter to my aunt",
        &whole[..100],
        &whole[..3 * page],
        &scribbled,
    ];
    for bytes in others {
        fs::write(&file, bytes).unwrap();
        let error = open_error(folder.path());
        assert!(
            matches!(error, OpenError::NotADatabase { .. }),
            "{} bytes: {error}",
            bytes.len()
        );
    }
    fs::remove_file(&file).unwrap();
    tamper(folder.path(), "election.sqlite")
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .unwrap();
    assert!(
        matches!(open_error(folder.path()), OpenError::NotADatabase { .. }),
        "another program's"
    );

    fs::write(&file, &whole).unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    fs::write(folder.path().join("region-a.sqlite"), &whole).unwrap();
    let error = store.open_region(&region("a")).await.err().unwrap();
    assert!(
        matches!(error, OpenError::NotADatabase { .. }),
        "a file of the other kind"
    );
}

#[tokio::test]
async fn an_interrupted_creation_is_repeated() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("election.sqlite.new"), b"half of it").unwrap();
    fs::write(
        folder.path().join("election.sqlite-wal"),
        b"of a file that is gone",
    )
    .unwrap();
    assert!(matches!(open_error(folder.path()), OpenError::NotFound { .. }));
    let store = SqliteStore::create(folder.path()).unwrap();
    assert_eq!(
        store.elections().load().await.map(|election| election.is_some()),
        Ok(false)
    );
    assert!(!folder.path().join("election.sqlite.new").exists());
}
