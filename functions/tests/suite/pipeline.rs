//! Votes through the real functions in three regions, with queues, streams and one strongly consistent store: every
//! 202 ends recorded or as a conflict, and every region's tally is the recount.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use election_service::ports::RegionState;
use election_testkit::Random;
use election_testkit::proxy::Fate;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::accounts::{Account, receipts, reconcile, settled};
use crate::support::aws::{Aws, REGIONS, region};
use crate::support::events::{ballot_id, event, vote, voter_id};
use crate::support::pipeline::{Instances, RegionPipeline, until};
use crate::support::programs::VOTE_ENQUEUER;

async fn regions(aws: &Arc<Aws>, instances: usize) -> Vec<RegionPipeline> {
    join_all(REGIONS.map(|name| RegionPipeline::start(aws, name, instances))).await
}

async fn cast(pipeline: &RegionPipeline, vote: &Value) -> Value {
    pipeline.enqueuers.invoke(vote).await.answer()
}

fn for_chair(candidate: &str) -> Value {
    json!({ "chair": [candidate] })
}

#[tokio::test]
async fn the_same_voter_in_three_regions_at_once_is_counted_once() {
    let aws = Arc::new(Aws::with_voters(12).await);
    let mut regions = regions(&aws, 1).await;
    let mut answers = Vec::new();
    for voter in 0..12 {
        let [one, two, three] = [0, 1, 2].map(|number| {
            vote(
                voter,
                voter * 3 + number,
                &for_chair(["ada", "ben", "ada"][number as usize]),
            )
        });
        let (a, b, c) = tokio::join!(
            cast(&regions[0], &one),
            cast(&regions[1], &two),
            cast(&regions[2], &three)
        );
        answers.extend([a, b, c]);
    }
    assert!(
        answers.iter().all(|answer| answer["statusCode"] == 202),
        "nothing was recorded yet"
    );
    for pipeline in &mut regions {
        pipeline.poll_queue(&aws);
        pipeline.poll_stream(&aws);
    }
    settled(&aws, &regions).await;
    let account = reconcile(&aws, &receipts(&answers), &regions).await;
    assert_eq!(
        account,
        Account {
            accepted: 36,
            recorded: 12,
            repeats: 0,
            conflicts: 24
        }
    );
    // Whoever tries again now is told so, and who sends the recorded ballot again gets the receipt again.
    let late = cast(&regions[1], &vote(3, 999, &for_chair("ada"))).await;
    assert_eq!(late["statusCode"], 409);
}

#[tokio::test]
async fn a_region_that_is_gone_for_good_with_votes_in_its_queue_loses_none() {
    let aws = Arc::new(Aws::with_voters(20).await);
    let mut regions = regions(&aws, 1).await;
    let mut answers = Vec::new();
    for voter in 0..20 {
        answers.push(cast(&regions[2], &vote(voter, voter, &for_chair("ada"))).await);
    }
    let gone = regions.pop().unwrap();
    aws.sqs.set_failed(&region(gone.name), true);
    aws.elections()
        .declare_region(&region(gone.name), RegionState::Lost)
        .await
        .unwrap();
    for pipeline in &mut regions {
        pipeline.poll_queue(&aws);
        pipeline.poll_stream(&aws);
    }
    settled(&aws, &regions).await;
    let account = reconcile(&aws, &receipts(&answers), &regions).await;
    assert_eq!(
        account,
        Account {
            accepted: 20,
            recorded: 20,
            repeats: 0,
            conflicts: 0
        }
    );
}

#[tokio::test]
async fn a_region_that_is_declared_failed_serves_nothing_and_gets_no_copies_until_it_is_active_again() {
    let aws = Arc::new(Aws::with_voters(9).await);
    let regions = regions(&aws, 1).await;
    aws.elections()
        .declare_region(&region(REGIONS[1]), RegionState::Failed)
        .await
        .unwrap();
    let status = async |pipeline: &RegionPipeline, voter| {
        let answer = cast(pipeline, &vote(voter, voter, &for_chair("ada"))).await;
        answer["statusCode"].as_u64().unwrap()
    };
    until("503 of the failed region", Duration::from_secs(20), async || {
        status(&regions[1], 0).await == 503
    })
    .await;
    let sent = aws.queues.calls().len();
    until("copies that go elsewhere", Duration::from_secs(20), async || {
        let before = aws.queues.calls().len();
        assert_eq!(status(&regions[0], 1).await, 202);
        aws.queues.calls()[before..]
            .iter()
            .all(|call| call.region != REGIONS[1])
    })
    .await;
    assert!(aws.queues.calls().len() > sent);
    aws.elections()
        .declare_region(&region(REGIONS[1]), RegionState::Active)
        .await
        .unwrap();
    until("202 of the region", Duration::from_secs(20), async || {
        status(&regions[1], 2).await == 202
    })
    .await;
}

#[tokio::test]
async fn a_processor_killed_after_its_conditional_put_has_recorded_and_nothing_is_counted_twice() {
    let aws = Arc::new(Aws::with_voters(30).await);
    let mut regions = regions(&aws, 1).await;
    let mut answers = Vec::new();
    for voter in 0..30 {
        answers.push(cast(&regions[0], &vote(voter, voter, &for_chair("ben"))).await);
    }
    // After each of the first puts into the box.
    let killer = Arc::new(regions[0].processors.process(0).await.killer());
    let (killed, ballots) = (Arc::new(AtomicBool::new(false)), json!("ballots"));
    let was_killed = killed.clone();
    aws.tables.rule(move |call| {
        let is_put = call.operation == "PutItem" && call.input()["TableName"] == ballots;
        if is_put && !was_killed.swap(true, Ordering::SeqCst) {
            Fate::AnswerLostAfter(killer.clone())
        } else {
            Fate::Answered
        }
    });
    for pipeline in &mut regions {
        pipeline.poll_queue(&aws);
        pipeline.poll_stream(&aws);
    }
    settled(&aws, &regions).await;
    assert!(killed.load(Ordering::SeqCst));
    let account = reconcile(&aws, &receipts(&answers), &regions).await;
    assert_eq!(
        account,
        Account {
            accepted: 30,
            recorded: 30,
            repeats: 0,
            conflicts: 0
        }
    );
}

#[tokio::test]
async fn no_message_carries_the_trace_of_the_request() {
    let aws = Arc::new(Aws::with_voters(1).await);
    let enqueuer = Instances::start(VOTE_ENQUEUER, &aws.variables(REGIONS[0]), 1).await;
    let mut accepted = event("rest-post-votes");
    accepted["headers"]["X-Amzn-Trace-Id"] = election_testkit::lambda::TRACE.into();
    assert_eq!(enqueuer.invoke(&accepted).await.answer()["statusCode"], 202);
    let sent = aws.queues.calls();
    assert_eq!(sent.len(), 2);
    for call in sent {
        assert!(
            !call.headers.contains_key("x-amzn-trace-id"),
            "SQS would keep it with the message"
        );
        let text = String::from_utf8_lossy(&call.body).into_owned();
        assert!(!text.contains("AWSTraceHeader") && !text.contains("1-5759e988"));
    }
    for name in &REGIONS[..2] {
        let queue = crate::support::pipeline::sqs(&aws, name);
        let url = &aws.urls[&region(name)].url;
        until("the copy", Duration::from_secs(20), async || {
            let receive = queue
                .receive_message()
                .queue_url(url)
                .message_system_attribute_names("All".into());
            let messages = receive.send().await.unwrap().messages.unwrap_or_default();
            let attributes = messages
                .iter()
                .flat_map(|message| message.attributes().into_iter().flatten());
            assert!(
                attributes
                    .into_iter()
                    .all(|(name, _)| name.as_str() != "AWSTraceHeader")
            );
            !messages.is_empty()
        })
        .await;
    }
}

/// So many votes in all regions at once: some voters vote in two regions, some send a ballot twice. Gives how long it
/// took.
async fn many_votes(votes: u64, instances: usize) -> Duration {
    let aws = Arc::new(Aws::with_voters(votes).await.without_proxies());
    let mut regions = regions(&aws, instances).await;
    for pipeline in &mut regions {
        pipeline.poll_queue(&aws);
        pipeline.poll_stream(&aws);
    }
    let began = Instant::now();
    let (regions, mut casting) = (Arc::new(regions), Vec::new());
    for part in 0..instances as u64 * 3 {
        let regions = regions.clone();
        casting.push(tokio::spawn(async move {
            let (mut random, mut answers) = (Random::seeded(part), Vec::new());
            for voter in (part..votes).step_by(instances * 3) {
                let ballot = vote(voter, voter, &for_chair(["ada", "ben"][random.below(2)]));
                answers.push(cast(&regions[random.below(3)], &ballot).await);
                if random.one_in(20) {
                    answers.push(cast(&regions[random.below(3)], &ballot).await);
                }
                if random.one_in(20) {
                    let other = vote(voter, votes + voter, &for_chair("ada"));
                    answers.push(cast(&regions[random.below(3)], &other).await);
                }
            }
            answers
        }));
    }
    let answers: Vec<Value> = join_all(casting)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let refused = answers.iter().filter(|answer| answer["statusCode"] != 202);
    assert!(
        refused.clone().all(|answer| answer["statusCode"] == 409),
        "{:#?}",
        refused.collect::<Vec<_>>()
    );
    settled(&aws, &regions).await;
    let took = began.elapsed();
    let account = reconcile(&aws, &receipts(&answers), &regions).await;
    assert_eq!(account.recorded, votes);
    tells_nothing(&regions, &answers).await;
    println!("{votes} votes in {took:.1?}: {account:?}");
    took
}

/// No function wrote a voter id, ballot id or receipt of the first voters.
async fn tells_nothing(regions: &[RegionPipeline], answers: &[Value]) {
    let receipts = receipts(answers)
        .into_iter()
        .take(100)
        .map(|receipt| receipt.printed());
    let of_voters = (0..100).flat_map(|voter| [voter_id(voter), ballot_id(voter)]);
    let secrets: Vec<String> = receipts.chain(of_voters).collect();
    let mut text = String::new();
    for pipeline in regions {
        text.push_str(&pipeline.lines().await.join("\n"));
    }
    assert!(
        text.contains("\"Accepted\"") && text.contains("\"recorded\""),
        "there are metrics"
    );
    for secret in secrets {
        assert!(!text.contains(&secret));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_votes_in_three_regions_reconcile() {
    many_votes(1_000, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two minutes on two cores: the engines, two dozen processes and their pollers share them"]
async fn ten_thousand_votes_in_three_regions_reconcile() {
    many_votes(10_000, 3).await;
}
