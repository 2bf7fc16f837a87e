//! The key file: what it survives, what it refuses, and that it never shows what it holds.

use std::fs;
use std::path::{Path, PathBuf};

use election_core::identifiers::ElectionId;
use election_core::voter_record::KeyBatchId;
use election_service::ports::KeyVault;
use election_sqlite::{KeyFile, KeyFileError};
use tempfile::TempDir;

fn election(id: &str) -> ElectionId {
    ElectionId::parse(id).unwrap()
}

fn created() -> (TempDir, PathBuf, KeyFile) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let keys = KeyFile::create(&path, &election("club")).unwrap();
    (folder, path, keys)
}

fn open_error(path: &Path, id: &str) -> KeyFileError {
    KeyFile::open(path, &election(id))
        .err()
        .expect("it can't be opened")
}

/// Overwrites the file, keeping its mode.
fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

#[tokio::test]
async fn an_opened_file_gives_the_secrets_it_was_created_with() {
    let (folder, path, created) = created();
    let batch = KeyBatchId([7; 16]);
    let (key, wrapped) = created.generate_data_key(batch).await.unwrap();
    let opened = KeyFile::open(&path, &election("club")).unwrap();
    let (before, after) = (created.secrets().await.unwrap(), opened.secrets().await.unwrap());
    assert!(before.roll == after.roll && before.ballot == after.ballot && before.mac == after.mac);
    assert!(
        opened
            .unwrap_data_key(batch, &wrapped)
            .await
            .is_ok_and(|same| same.as_bytes() == key.as_bytes())
    );
    let names: Vec<_> = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["keys.json"], "no draft is left");
}

#[test]
fn two_elections_have_other_keys() {
    let (_one, one, _) = created();
    let (_two, two, _) = created();
    assert!(fs::read(one).unwrap() != fs::read(two).unwrap());
}

#[test]
fn keys_are_never_overwritten() {
    let (_folder, path, _) = created();
    let before = fs::read(&path).unwrap();
    assert!(matches!(
        KeyFile::create(&path, &election("club")),
        Err(KeyFileError::Exists { .. })
    ));
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn a_missing_file_is_named_and_it_is_said_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let error = open_error(&path, "club");
    assert!(matches!(error, KeyFileError::Missing { .. }));
    let text = error.to_string();
    assert!(
        text.contains(path.to_str().unwrap()) && text.contains("restore it from a backup"),
        "{text}"
    );
}

#[test]
fn another_elections_keys_are_refused() {
    let (_folder, path, _) = created();
    assert!(matches!(
        open_error(&path, "other"),
        KeyFileError::OtherElection { .. }
    ));
    // Nor do they become this one's by changing the name in the file.
    let renamed = fs::read_to_string(&path)
        .unwrap()
        .replace("\"club\"", "\"other\"");
    write(&path, &renamed);
    assert!(matches!(
        open_error(&path, "other"),
        KeyFileError::Malformed { .. }
    ));
}

#[test]
fn a_damaged_file_is_refused_without_showing_anything_of_it() {
    let (_folder, path, _) = created();
    let whole = fs::read_to_string(&path).unwrap();
    let digits = whole.split('"').find(|part| part.len() == 64).unwrap().to_owned();
    let damages = [
        String::new(),
        "{}".to_owned(),
        whole[..whole.len() / 2].to_owned(),
        whole.replace("\"format\": 1", "\"format\": 2"),
        whole.replace("\"mac\"", "\"nac\""),
        whole.replace(&digits, &digits[2..]),
        whole.replace(&digits, &digits[1..]),
        whole.replace(&digits, &format!("{}zz", &digits[2..])),
        whole.replace("{", "{ \"more\": 1,"),
        format!("{whole}{}", "x".repeat(10_000)),
    ];
    for damaged in damages {
        write(&path, &damaged);
        let error = open_error(&path, "club");
        assert!(matches!(error, KeyFileError::Malformed { .. }), "{error}");
        let shown = format!("{error} {error:?}");
        assert!(
            !digits
                .as_bytes()
                .chunks(8)
                .any(|part| shown.contains(std::str::from_utf8(part).unwrap()))
        );
    }
    write(&path, &whole);
    assert!(KeyFile::open(&path, &election("club")).is_ok());
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, path, _) = created();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    for mode in [0o640, 0o604, 0o660, 0o644, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = open_error(&path, "club");
        assert!(matches!(error, KeyFileError::Permissions { mode: found, .. } if found == mode));
        assert!(error.to_string().contains("chmod 600"), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(KeyFile::open(&path, &election("club")).is_ok());
}

#[tokio::test]
async fn a_destroyed_ballot_secret_is_gone_from_the_file_and_after_reopening() {
    let (folder, path, keys) = created();
    let before = fs::read_to_string(&path).unwrap();
    let ballot_lines: Vec<&str> = before
        .lines()
        .filter(|line| line.contains("\"ballot\""))
        .collect();
    assert_eq!(ballot_lines.len(), 2, "a key and a secret");
    let old = fs::OpenOptions::new().read(true).open(&path).unwrap();
    for _ in 0..2 {
        keys.destroy_ballot_secret().await.unwrap();
    }
    let after = fs::read_to_string(&path).unwrap();
    assert!(!after.contains("ballot"));
    assert!(
        std::io::read_to_string(old)
            .unwrap()
            .bytes()
            .all(|byte| byte == 0),
        "the old file's bytes"
    );
    let names: Vec<_> = folder
        .path()
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["keys.json"]);

    let opened = KeyFile::open(&path, &election("club")).unwrap();
    let (kept, reopened) = (keys.secrets().await.unwrap(), opened.secrets().await.unwrap());
    assert!(reopened.ballot.is_none() && kept.roll == reopened.roll && kept.mac == reopened.mac);
    opened.destroy_ballot_secret().await.unwrap();
}

#[tokio::test]
async fn a_file_with_only_half_of_the_ballot_secret_is_malformed() {
    let (_folder, path, _) = created();
    let whole = fs::read_to_string(&path).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&whole).unwrap();
    document["secrets"].as_object_mut().unwrap().remove("ballot");
    write(&path, &document.to_string());
    assert!(matches!(
        open_error(&path, "club"),
        KeyFileError::Malformed { .. }
    ));
}
