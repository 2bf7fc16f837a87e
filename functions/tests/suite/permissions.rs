//! What each function asks of AWS, whatever happens: its role in `modules/functions` has to allow this, and should
//! allow nothing else.

use election_aws::message_text;
use election_core::phase::Phase;
use election_service::ports::CopyRole;
use election_testkit::lambda::Function;
use election_testkit::permissions::{self, Permissions};
use election_testkit::proxy::Proxy;
use serde_json::{Value, json};

use crate::support::aws::{Aws, region};
use crate::support::ballots::message;
use crate::support::events::{batch, event, get, vote, window};
use crate::support::pipeline::sqs;
use crate::support::programs::{HEALTH_CHECK, Program, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR};

const REGION: &str = "us-east-1";

struct Recorder<'a> {
    aws: &'a Aws,
    asked: Permissions,
}

impl Recorder<'_> {
    fn proxies(&self) -> [&Proxy; 3] {
        [&self.aws.tables, &self.aws.queues, &self.aws.keys_proxy]
    }

    /// Lets a function answer events, and keeps what it asked for.
    async fn watch(&mut self, program: Program, events: &[Value]) {
        let before = self.proxies().map(|proxy| proxy.calls().len());
        let function: Function = self.aws.start(program, REGION).await;
        for event in events {
            function.invoke(event).await.answer();
        }
        let calls = self.proxies().into_iter().zip(before);
        let calls = calls.flat_map(|(proxy, before)| proxy.calls().split_off(before));
        let needed: Vec<String> = calls.flat_map(|call| permissions::needed(&call)).collect();
        self.asked.entry(program.name).or_default().extend(needed);
    }
}

#[tokio::test]
async fn each_function_asks_for_what_is_written_here_and_nothing_else() {
    let aws = Aws::with_voters(4).await;
    let mut recorder = Recorder {
        aws: &aws,
        asked: Permissions::new(),
    };
    let text =
        |envelope, voter, variant, role| message_text::format(role, &message(&aws, envelope, voter, variant));
    let texts = [
        text(1, 1, 0, CopyRole::Primary),
        text(1, 1, 0, CopyRole::Second),
        text(2, 1, 0, CopyRole::Primary),
        text(3, 1, 1, CopyRole::Primary),
        text(4, 2, 0, CopyRole::Second),
        "<poison/>".to_owned(),
    ];
    let messages = batch(
        texts
            .iter()
            .enumerate()
            .map(|(id, text)| (id.to_string(), text.as_str())),
    );
    recorder
        .watch(VOTE_PROCESSOR, &[messages.clone(), messages])
        .await;

    let blank = json!({});
    let votes = [
        event("rest-post-eligibility-stage"),
        vote(0, 0, &blank),
        vote(1, 999, &blank),
        vote(77, 77, &blank),
    ];
    recorder.watch(VOTE_ENQUEUER, &votes).await;
    // The same ballot again, once it is recorded.
    let queue = sqs(&aws, REGION)
        .receive_message()
        .queue_url(&aws.urls[&region(REGION)].url);
    let received = queue.send().await.unwrap().messages.unwrap();
    let messages = batch([("0".to_owned(), received[0].body().unwrap())]);
    recorder.watch(VOTE_PROCESSOR, &[messages]).await;
    recorder.watch(VOTE_ENQUEUER, &[vote(0, 0, &blank)]).await;
    let mut records = aws.dynamodb.stream_after(None);
    records.truncate(1);
    let all = aws.dynamodb.stream_after(None);
    let events = [
        window("s", &records, false),
        window("s", &all, false),
        window("s", &[], true),
    ];
    recorder.watch(TALLY, &events).await;
    let mut visit = get("/visits");
    visit["httpMethod"] = "POST".into();
    let reads = ["/votes", "/election", "/visits", "/openapi.json"].map(get);
    let reads: Vec<Value> = reads
        .into_iter()
        .chain([event("rest-get-receipt"), visit])
        .collect();
    recorder.watch(RESULTS, &reads).await;
    recorder
        .watch(HEALTH_CHECK, &[get("/health"), get("/health/deep")])
        .await;

    // After the close: what comes late, and the certified counts.
    aws.become_phase(Phase::Open, Phase::Closed).await;
    aws.become_phase(Phase::Closed, Phase::Certifying).await;
    let late = text(9, 3, 0, CopyRole::Primary);
    recorder
        .watch(VOTE_PROCESSOR, &[batch([("0".to_owned(), late.as_str())])])
        .await;
    assert!(
        aws.elections()
            .certify(b"[]".to_vec(), election_testkit::fixtures::at(9))
            .await
            .unwrap()
    );
    recorder.watch(RESULTS, &[get("/votes")]).await;
    recorder
        .watch(VOTE_ENQUEUER, &[event("rest-post-eligibility-stage")])
        .await;
    permissions::assert_written("functions/permissions.json", &recorder.asked);
}
