//! The secrets under KMS. That they are kept and unwrapped at all is in the contract suite. Over 400 lines: making,
//! unwrapping and destroying share the engine and its keys.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use election_aws::AwsVault;
use election_core::identifiers::ElectionId;
use election_core::voter_record::KeyBatchId;
use election_service::ports::{KeyVault, PortError, PortResult, Secrets};
use serde_json::{Value, json};

use crate::cloud::{Cloud, http_client};
use crate::failing_http::{ALWAYS, FailingHttp, Fault};

/// A call with all its attempts, and some time of a busy machine.
const CALL: Duration = Duration::from_secs(8);

fn club() -> ElectionId {
    ElectionId::parse("club").unwrap()
}

async fn vault(cloud: &Cloud) -> Arc<AwsVault> {
    cloud.connect().await.vault(&club()).unwrap()
}

async fn vault_with(cloud: &Cloud, variable: &'static str, value: Option<&str>) -> Arc<AwsVault> {
    let mut variables = cloud.variables();
    variables.remove(variable);
    variables.extend(value.map(|value| (variable, value.to_owned())));
    let aws = cloud.connect_with(variables, http_client()).await;
    aws.vault(&club()).unwrap()
}

async fn failing(cloud: &Cloud) -> (FailingHttp, Arc<AwsVault>) {
    let http = FailingHttp::new();
    let vault = cloud.connect_over(http.clone()).await.vault(&club()).unwrap();
    (http, vault)
}

fn is_same(one: &Secrets, other: &Secrets) -> bool {
    one.roll == other.roll && one.mac == other.mac && one.ballot == other.ballot
}

/// What is kept of the secrets, by name, in DynamoDB's JSON.
fn kept(cloud: &Cloud) -> BTreeMap<String, Value> {
    let items = cloud.dynamo.items("elections").into_iter();
    items
        .map(|item| (item["id"]["S"].as_str().unwrap().to_owned(), item))
        .collect()
}

/// The error, as what isn't an error can't be shown.
fn error<T>(result: PortResult<T>) -> PortError {
    result.err().expect("an error")
}

fn corrupt<T>(result: PortResult<T>) -> String {
    match error(result) {
        PortError::Corrupt(text) => text,
        other => panic!("{other} instead of wrong keys"),
    }
}

fn unavailable<T>(result: PortResult<T>) -> String {
    match error(result) {
        PortError::Unavailable(text) => text,
        other => panic!("{other} instead of a service that can't be used"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_are_made_once_by_however_many() {
    let cloud = Cloud::start().await;
    let vaults = [vault(&cloud).await, vault(&cloud).await, vault(&cloud).await];
    let (first, second, third) = tokio::try_join!(
        vaults[0].create_secrets(),
        vaults[1].create_secrets(),
        vaults[2].create_secrets(),
    )
    .unwrap();
    let later = vault(&cloud).await.create_secrets().await.unwrap();
    let unwrapped = vaults[0].secrets().await.unwrap();
    for other in [second, third, later, unwrapped] {
        assert!(is_same(&first, &other));
    }
    assert!(first.roll != first.mac && first.ballot.as_ref() != Some(&first.roll));
    let names: Vec<String> = kept(&cloud).into_keys().collect();
    assert_eq!(names, ["secret#ballot", "secret#mac", "secret#roll"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_making_of_the_secrets_goes_on() {
    for (action, fault) in [
        ("GenerateDataKey", Fault::NeverArrives),
        ("PutItem", Fault::NeverArrives),
        ("PutItem", Fault::AnswerLost),
    ] {
        let cloud = Cloud::start().await;
        let (http, vault) = failing(&cloud).await;
        http.fail(action, fault, ALWAYS);
        assert!(vault.create_secrets().await.is_err(), "{action} {fault:?}");
        http.recover();
        let made = vault.create_secrets().await.unwrap();
        assert!(
            is_same(&made, &vault.secrets().await.unwrap()),
            "{action} {fault:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn making_secrets_unwraps_nothing_and_reading_each_is_one_call() {
    let cloud = Cloud::start().await;
    let vault = vault(&cloud).await;
    drop(vault.create_secrets().await.unwrap());
    assert_eq!(
        (cloud.kms.calls("GenerateDataKey"), cloud.kms.calls("Decrypt")),
        (3, 0)
    );
    drop(vault.mac_secret().await.unwrap());
    assert_eq!(cloud.kms.calls("Decrypt"), 1);
    drop(vault.roll_secret().await.unwrap());
    drop(vault.ballot_secret().await.unwrap());
    assert_eq!(cloud.kms.calls("Decrypt"), 3);
    drop(vault.secrets().await.unwrap());
    assert_eq!(cloud.kms.calls("Decrypt"), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_shows_no_secret() {
    let cloud = Cloud::start().await;
    let secrets = vault(&cloud).await.create_secrets().await.unwrap();
    let table = json!(cloud.dynamo.items("elections")).to_string();
    for secret in [&secrets.roll, &secrets.mac, secrets.ballot.as_ref().unwrap()] {
        use base64::Engine;
        // In any alignment of base64, by a part of the secret.
        for start in 0..3 {
            let part = base64::engine::general_purpose::STANDARD.encode(&secret[start..start + 12]);
            assert!(!table.contains(&part));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_ballot_secret_needs_its_key() {
    let cloud = Cloud::start().await;
    let made = vault(&cloud).await.create_secrets().await.unwrap();
    let vault = vault_with(&cloud, "ELECTION_BALLOT_SECRET_KEY", None).await;
    assert!(vault.roll_secret().await.unwrap() == made.roll);
    assert!(vault.mac_secret().await.unwrap() == made.mac);
    for text in [
        unavailable(vault.ballot_secret().await),
        unavailable(vault.secrets().await),
        unavailable(vault.destroy_ballot_secret().await),
    ] {
        assert_eq!(text, "ELECTION_BALLOT_SECRET_KEY is not set");
    }
    assert_eq!(kept(&cloud).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_region_unwraps_with_its_own_replica() {
    let cloud = Cloud::start().await;
    let made = vault(&cloud).await.create_secrets().await.unwrap();
    cloud.kms.set_failed(&cloud.regions[0], true);
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .http_client(http_client())
        .credentials_provider(aws_sdk_sqs::config::Credentials::new(
            "test", "test", None, None, "test",
        ))
        .region(aws_config::Region::new(cloud.regions[2].to_string()));
    let mut variables = cloud.variables();
    for (variable, key) in [
        ("ELECTION_RECORDS_KEY", &cloud.records_key),
        ("ELECTION_BALLOT_SECRET_KEY", &cloud.ballot_key),
    ] {
        variables.insert(variable, cloud.kms.arn(&cloud.regions[2], key));
    }
    let settings = election_aws::settings::Settings::new(move |name| variables.get(name).cloned());
    let aws = election_aws::AwsConnection::open_with(settings, loader).await;
    assert!(is_same(
        &made,
        &aws.vault(&club()).unwrap().secrets().await.unwrap()
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_elections_secrets_do_not_unwrap() {
    let cloud = Cloud::start().await;
    drop(vault(&cloud).await.create_secrets().await.unwrap());
    let other = ElectionId::parse("other").unwrap();
    let other = cloud.connect().await.vault(&other).unwrap();
    let text =
        "the mac secret can't be unwrapped: it is damaged, another election's, or wrapped for something else";
    assert_eq!(corrupt(other.mac_secret().await), text);
    assert!(corrupt(other.create_secrets().await).starts_with("the ballot secret can't be unwrapped"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_another_purpose_does_not_unwrap() {
    let cloud = Cloud::start().await;
    let vault = vault(&cloud).await;
    drop(vault.create_secrets().await.unwrap());
    let mut roll = kept(&cloud)["secret#roll"].clone();
    roll["id"] = json!({"S": "secret#mac"});
    cloud.dynamo.put("elections", &roll);
    assert!(corrupt(vault.mac_secret().await).starts_with("the mac secret can't be unwrapped"));
    drop(vault.roll_secret().await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_missing_secret_is_told() {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let cloud = Cloud::start().await;
    let vault = vault(&cloud).await;
    assert_eq!(
        corrupt(vault.roll_secret().await),
        "the roll secret is missing: there is no such election here"
    );
    drop(vault.create_secrets().await.unwrap());
    let item = kept(&cloud)["secret#roll"].clone();
    let wrapped = STANDARD.decode(item["wrapped"]["B"].as_str().unwrap()).unwrap();
    for place in 0..wrapped.len() {
        // The engine knows its key by its id; of the rest each place is tried, but for speed not each bit.
        let mut changed = wrapped.clone();
        changed[place] ^= 1;
        let mut item = item.clone();
        item["wrapped"] = json!({"B": STANDARD.encode(changed)});
        cloud.dynamo.put("elections", &item);
        // The id of the key that is kept beside says nothing of how the secret unwraps.
        let is_key_id = (2..2 + usize::from(wrapped[1])).contains(&place);
        assert_eq!(vault.roll_secret().await.is_ok(), is_key_id, "byte {place}");
    }
    cloud.dynamo.put(
        "elections",
        &json!({"id": {"S": "secret#roll"}, "wrapped": {"B": ""}}),
    );
    assert_eq!(
        corrupt(vault.roll_secret().await),
        "the roll secret is damaged where it is kept"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_keys_are_told_apart_from_a_service_that_is_away() {
    let cloud = Cloud::start().await;
    drop(vault(&cloud).await.create_secrets().await.unwrap());
    let other_key = cloud.kms.create_key(&cloud.regions).await;
    let other = vault_with(&cloud, "ELECTION_RECORDS_KEY", Some(&other_key)).await;
    let text = "the mac secret is wrapped under another key than ELECTION_RECORDS_KEY names";
    assert_eq!(corrupt(other.mac_secret().await), text);
    let text = "KMS knows no key as ELECTION_RECORDS_KEY names it";
    let none = vault_with(&cloud, "ELECTION_RECORDS_KEY", Some("no-such-key")).await;
    assert_eq!(corrupt(none.generate_data_key(KeyBatchId([1; 16])).await), text);

    let vault = vault(&cloud).await;
    cloud.kms.set_failed(&cloud.regions[0], true);
    assert_eq!(
        unavailable(vault.mac_secret().await),
        "KMS refused: ServiceUnavailable"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unwrapping_that_fails_once_is_made_again() {
    let cloud = Cloud::start().await;
    let (http, vault) = failing(&cloud).await;
    let made = vault.create_secrets().await.unwrap();
    for fault in [
        Fault::NeverArrives,
        Fault::AnswerLost,
        Fault::Throttled,
        Fault::Hangs,
    ] {
        http.fail("Decrypt", fault, 1);
        assert!(vault.mac_secret().await.unwrap() == made.mac, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unwrapping_that_keeps_failing_says_why() {
    let expired = r#"{"__type": "ExpiredTokenException", "message": "The token AKIA123 is expired"}"#;
    let denied = r#"{"__type": "AccessDeniedException", "message": "User arn:aws:iam::1:user/x is not"}"#;
    let cloud = Cloud::start().await;
    drop(vault(&cloud).await.create_secrets().await.unwrap());
    for (fault, expected) in [
        (Fault::NeverArrives, "KMS can't be reached"),
        (Fault::AnswerLost, "KMS can't be reached"),
        (Fault::Garbage, "KMS answered what can't be read"),
        (
            Fault::Answers(200, r#"{"Plaintext": "AAAA"}"#),
            "KMS answered what can't be read",
        ),
        (Fault::Answers(200, "{}"), "KMS answered what can't be read"),
        (Fault::Hangs, "KMS didn't answer in time"),
        (Fault::Answers(400, expired), "KMS refused: ExpiredTokenException"),
        (Fault::Answers(400, denied), "KMS refused: AccessDeniedException"),
    ] {
        let (http, vault) = failing(&cloud).await;
        http.fail("Decrypt", fault, ALWAYS);
        let start = std::time::Instant::now();
        assert_eq!(unavailable(vault.mac_secret().await), expected, "{fault:?}");
        assert!(start.elapsed() < CALL, "{fault:?} took {:?}", start.elapsed());
    }
    let (http, vault) = failing(&cloud).await;
    http.fail("Decrypt", Fault::Throttled, ALWAYS);
    assert_eq!(error(vault.mac_secret().await), PortError::Overloaded);
}

#[tokio::test(flavor = "multi_thread")]
async fn destroying_deletes_the_secret_and_lets_every_replica_of_its_key_end() {
    let cloud = Cloud::start().await;
    let vault = vault(&cloud).await;
    let made = vault.create_secrets().await.unwrap();
    for _ in 0..2 {
        vault.destroy_ballot_secret().await.unwrap();
        assert!(!kept(&cloud).contains_key("secret#ballot"));
        for region in &cloud.regions {
            let state = cloud.kms.state(region, &cloud.ballot_key).await;
            assert_eq!(state.as_deref(), Some("PendingDeletion"));
            let state = cloud.kms.state(region, &cloud.records_key).await;
            assert_eq!(state.as_deref(), Some("Enabled"));
        }
    }
    let left = vault.secrets().await.unwrap();
    assert!(left.ballot.is_none() && left.roll == made.roll && left.mac == made.mac);
    assert_eq!(
        corrupt(vault.create_secrets().await),
        "the ballot secret is destroyed"
    );
    // Once the keys are gone.
    for region in &cloud.regions {
        cloud.kms.forget(region, &cloud.ballot_key).await;
    }
    vault.destroy_ballot_secret().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_replicas_ends_too() {
    let cloud = Cloud::start().await;
    let key = cloud.kms.create_key(&cloud.regions[..1]).await;
    let vault = vault_with(&cloud, "ELECTION_BALLOT_SECRET_KEY", Some(&key)).await;
    drop(vault.create_secrets().await.unwrap());
    vault.destroy_ballot_secret().await.unwrap();
    vault.destroy_ballot_secret().await.unwrap();
    let state = cloud.kms.state(&cloud.regions[0], &key).await;
    assert_eq!(state.as_deref(), Some("PendingDeletion"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_region_does_not_keep_the_other_replicas() {
    let cloud = Cloud::start().await;
    let vault = vault(&cloud).await;
    drop(vault.create_secrets().await.unwrap());
    cloud.kms.set_failed(&cloud.regions[1], true);
    assert_eq!(
        unavailable(vault.destroy_ballot_secret().await),
        "KMS refused: ServiceUnavailable"
    );
    assert!(vault.ballot_secret().await.unwrap().is_none());
    for place in [0, 2] {
        let state = cloud.kms.state(&cloud.regions[place], &cloud.ballot_key).await;
        assert_eq!(state.as_deref(), Some("PendingDeletion"));
    }
    cloud.kms.set_failed(&cloud.regions[1], false);
    vault.destroy_ballot_secret().await.unwrap();
    let state = cloud.kms.state(&cloud.regions[1], &cloud.ballot_key).await;
    assert_eq!(state.as_deref(), Some("PendingDeletion"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_key_is_destroyed_by_mistake() {
    let cloud = Cloud::start().await;
    drop(vault(&cloud).await.create_secrets().await.unwrap());
    let other_elections = cloud.kms.create_key(&cloud.regions).await;
    for key in [other_elections.as_str(), &cloud.records_key, "no-such-key"] {
        let vault = vault_with(&cloud, "ELECTION_BALLOT_SECRET_KEY", Some(key)).await;
        let text = "the ballot secret is wrapped under another key than ELECTION_BALLOT_SECRET_KEY names: \
                    nothing is destroyed";
        assert_eq!(corrupt(vault.destroy_ballot_secret().await), text);
    }
    assert_eq!(kept(&cloud).len(), 3);
    assert_eq!(cloud.kms.calls("ScheduleKeyDeletion"), 0);
    // Also when the secret is gone already.
    vault(&cloud).await.destroy_ballot_secret().await.unwrap();
    let arn = cloud.kms.arn(&cloud.regions[0], &cloud.records_key);
    let vault = vault_with(&cloud, "ELECTION_BALLOT_SECRET_KEY", Some(&arn)).await;
    assert!(vault.destroy_ballot_secret().await.is_err());
    let state = cloud.kms.state(&cloud.regions[0], &cloud.records_key).await;
    assert_eq!(state.as_deref(), Some("Enabled"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_key_is_bound_to_its_election() {
    let cloud = Cloud::start().await;
    let (_, wrapped) = vault(&cloud)
        .await
        .generate_data_key(KeyBatchId([1; 16]))
        .await
        .unwrap();
    let other = ElectionId::parse("other").unwrap();
    let other = cloud.connect().await.vault(&other).unwrap();
    let text = corrupt(other.unwrap_data_key(KeyBatchId([1; 16]), &wrapped).await);
    assert!(text.starts_with("a data key can't be unwrapped"), "{text}");
}
