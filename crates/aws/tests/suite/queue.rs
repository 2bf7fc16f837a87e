//! The intake on SQS, and the contract suite on it and the key vault; the other ports are in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use election_aws::settings::SettingError;
use election_core::envelope::MessageError;
use election_service::ports::{CopyRole, DeadLetterReason, Handle, Intake, PortError, Received};
use election_testkit::Stores;
use election_testkit::contract::Adapter;
use election_testkit::fixtures::{definition, envelope, mac_secret, message};
use election_testkit::memory::MemoryStore;
use time::OffsetDateTime;

use crate::cloud::{Cloud, http_client};

const NOW: Duration = Duration::ZERO;
/// More than a message that is visible needs.
const SOON: Duration = Duration::from_secs(5);

struct QueueAdapter;

#[async_trait]
impl Adapter for QueueAdapter {
    async fn open(&self, visibility: Duration) -> Stores {
        let cloud = Cloud::with_queues(visibility, 1_000).await;
        let aws = cloud.connect().await;
        let vault = aws.vault(definition().id()).unwrap();
        vault.create_secrets().await.unwrap();
        Stores {
            intakes: cloud
                .regions
                .iter()
                .map(|region| aws.intake(region).unwrap())
                .collect(),
            vault,
            keep: Box::new(cloud),
            ..MemoryStore::new(3, visibility).stores()
        }
    }

    fn many_messages(&self) -> u64 {
        1_000
    }
}

mod contract {
    election_testkit::contract_suite!(super::QueueAdapter);
}

async fn intake(cloud: &Cloud) -> Arc<dyn Intake> {
    cloud.connect().await.intake(&cloud.regions[0]).unwrap()
}

async fn send(intake: &dyn Intake, number: u64) {
    intake
        .send(message(number, number, 0), CopyRole::Primary, NOW)
        .await
        .unwrap();
}

async fn receive(intake: &dyn Intake, count: usize) -> Vec<Received> {
    let mut received = Vec::new();
    while received.len() < count {
        let more = intake.receive(10, SOON).await.unwrap();
        assert!(
            !more.is_empty(),
            "{} of {count} messages received",
            received.len()
        );
        received.extend(more);
    }
    received
}

fn handles(received: &[Received]) -> Vec<Handle> {
    received.iter().map(|received| received.handle.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alien_text_comes_as_an_undecodable_message_among_its_neighbours() {
    let cloud = Cloud::start().await;
    let intake = intake(&cloud).await;
    let texts = [
        "hello",
        "first:",
        "second:AAAA",
        "first:%%%%",
        "{\"Records\": []}",
        "é\u{1F5F3}\n",
    ];
    for (number, text) in (0..).zip(texts) {
        send(intake.as_ref(), number).await;
        cloud.sqs.put(&cloud.regions[0], &cloud.queues[0].url, text).await;
    }
    let received = receive(intake.as_ref(), 12).await;
    let (genuine, alien): (Vec<_>, Vec<_>) = received
        .into_iter()
        .partition(|received| received.message.open(mac_secret()).is_ok());
    assert_eq!(genuine.len(), 6);
    let envelopes: BTreeSet<_> = alien.iter().map(|received| received.message.envelope).collect();
    assert_eq!(envelopes.len(), 6, "each has an envelope of its own");
    for received in &alien {
        assert_eq!(
            received.message.open(mac_secret()).err(),
            Some(MessageError::Undecodable)
        );
        assert!(
            texts
                .iter()
                .any(|text| *text.as_bytes() == *received.message.body)
        );
    }
    // Received again, each is the same.
    intake.release(&handles(&alien), NOW).await.unwrap();
    let again = receive(intake.as_ref(), 6).await;
    let again: BTreeSet<_> = again.iter().map(|received| received.message.envelope).collect();
    assert_eq!(again, envelopes);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_received_too_often_is_told_and_goes_back() {
    let cloud = Cloud::with_queues(Duration::from_secs(600), 2).await;
    let intake = intake(&cloud).await;
    let before = OffsetDateTime::now_utc() - Duration::from_secs(1);
    // More than one call receives.
    for number in 0..25 {
        send(intake.as_ref(), number).await;
    }
    cloud
        .sqs
        .put(&cloud.regions[0], &cloud.queues[0].url, "an alien text")
        .await;
    for _ in 0..2 {
        let received = receive(intake.as_ref(), 26).await;
        intake.release(&handles(&received), NOW).await.unwrap();
    }
    assert!(intake.receive(10, NOW).await.unwrap().is_empty());
    let depth = intake.depth().await.unwrap();
    assert_eq!((depth.primaries, depth.copies, depth.given_up), (0, 0, 26));

    // Looking twice shows the same.
    for _ in 0..2 {
        let letters = intake.given_up().await.unwrap();
        assert_eq!(letters.len(), 26);
        let envelopes: BTreeSet<_> = letters.iter().map(|letter| letter.message.envelope).collect();
        assert_eq!(envelopes.len(), 26);
        assert!((0..25).all(|number| envelopes.contains(&envelope(number))));
        for letter in letters {
            assert_eq!(letter.reason, DeadLetterReason::ReceivesExhausted);
            assert_eq!(letter.region, cloud.regions[0]);
            assert!(before <= letter.at && letter.at <= OffsetDateTime::now_utc());
        }
    }
    assert_eq!(intake.redrive().await.unwrap(), 26);
    assert_eq!(intake.redrive().await.unwrap(), 0);
    assert!(intake.given_up().await.unwrap().is_empty());
    let received = receive(intake.as_ref(), 26).await;
    assert!(received.iter().all(|received| received.receives == 1));
    let genuine = received
        .iter()
        .filter(|received| received.message.open(mac_secret()).is_ok());
    assert_eq!(genuine.count(), 25);
    assert_eq!(cloud.counts().await, (26, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_copy_is_one_after_having_been_given_up() {
    let cloud = Cloud::with_queues(Duration::from_secs(600), 1).await;
    let intake = intake(&cloud).await;
    intake
        .send(message(1, 1, 0), CopyRole::Second, NOW)
        .await
        .unwrap();
    let received = receive(intake.as_ref(), 1).await;
    intake.release(&handles(&received), NOW).await.unwrap();
    assert!(intake.receive(10, NOW).await.unwrap().is_empty());
    assert_eq!(intake.redrive().await.unwrap(), 1);
    assert_eq!(receive(intake.as_ref(), 1).await[0].role, CopyRole::Second);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_dead_letter_queue_nothing_is_given_up() {
    let cloud = Cloud::start().await;
    let mut variables = cloud.variables();
    variables.remove("ELECTION_DEAD_LETTER_QUEUES");
    let aws = cloud.connect_with(variables, http_client()).await;
    let intake = aws.intake(&cloud.regions[0]).unwrap();
    cloud
        .sqs
        .put(&cloud.regions[0], &cloud.queues[0].dead_letters_url, "text")
        .await;
    assert!(intake.given_up().await.unwrap().is_empty());
    assert_eq!(intake.redrive().await.unwrap(), 0);
    assert_eq!(intake.depth().await.unwrap().given_up, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_message_is_one_call_however_long() {
    let cloud = Cloud::start().await;
    let intake = intake(&cloud).await;
    // Longer than an attempt of any other call may take.
    let delay = Duration::from_secs(3);
    intake
        .send(message(1, 1, 0), CopyRole::Primary, delay)
        .await
        .unwrap();
    let received = intake.receive(10, Duration::from_secs(15)).await.unwrap();
    assert_eq!(received.len(), 1);
    assert_eq!(cloud.sqs.calls("ReceiveMessage"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_time_is_longer_than_sqs_allows() {
    let cloud = Cloud::start().await;
    let intake = intake(&cloud).await;
    let long = Duration::from_secs(1_000_000);
    intake
        .send(message(1, 1, 0), CopyRole::Second, long)
        .await
        .unwrap();
    send(intake.as_ref(), 2).await;
    let received = intake.receive(usize::MAX, long).await.unwrap();
    assert_eq!(received.len(), 1);
    intake.release(&handles(&received), long).await.unwrap();
    let depth = intake.depth().await.unwrap();
    assert_eq!((depth.primaries, depth.copies), (1, 1));
    assert!(intake.receive(0, NOW).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_acknowledged_ten_to_a_call() {
    let cloud = Cloud::start().await;
    let intake = intake(&cloud).await;
    for number in 0..25 {
        send(intake.as_ref(), number).await;
    }
    let received = receive(intake.as_ref(), 25).await;
    // Handles of nothing don't keep the others from being deleted.
    let mut all = vec![Handle(String::new()), Handle("unknown".to_owned())];
    all.extend(handles(&received));
    intake.acknowledge(&all).await.unwrap();
    assert_eq!(cloud.sqs.calls("DeleteMessageBatch"), 3);
    assert_eq!(cloud.counts().await, (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_region_leaves_the_others_alone() {
    let cloud = Cloud::start().await;
    let aws = cloud.connect().await;
    cloud.sqs.set_failed(&cloud.regions[0], true);
    let failed = aws.intake(&cloud.regions[0]).unwrap();
    let sent = failed.send(message(1, 1, 0), CopyRole::Primary, NOW).await;
    let text = "SQS refused: ServiceUnavailable".to_owned();
    assert_eq!(sent.err(), Some(PortError::Unavailable(text)));
    send(aws.intake(&cloud.regions[1]).unwrap().as_ref(), 2).await;
    cloud.sqs.set_failed(&cloud.regions[0], false);
    send(failed.as_ref(), 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_without_a_queue_is_told_by_the_variable() {
    let cloud = Cloud::start().await;
    let refused = |variables: BTreeMap<&'static str, String>| async {
        let aws = cloud.connect_with(variables, http_client()).await;
        aws.intake(&cloud.regions[1]).err()
    };
    let mut variables = cloud.variables();
    variables.remove("ELECTION_QUEUES");
    assert_eq!(
        refused(variables.clone()).await,
        Some(SettingError::Missing("ELECTION_QUEUES"))
    );
    let only_first = format!("{}={}", cloud.regions[0], cloud.queues[0].url);
    variables.insert("ELECTION_QUEUES", only_first);
    let error = refused(variables.clone()).await.unwrap().to_string();
    assert!(error.starts_with("ELECTION_QUEUES has to be "), "{error}");
    variables.insert("ELECTION_QUEUES", cloud.variables()["ELECTION_QUEUES"].clone());
    variables.insert("ELECTION_DEAD_LETTER_QUEUES", "nonsense".to_owned());
    let error = refused(variables).await.unwrap().to_string();
    assert!(
        error.starts_with("ELECTION_DEAD_LETTER_QUEUES has to be "),
        "{error}"
    );
}
