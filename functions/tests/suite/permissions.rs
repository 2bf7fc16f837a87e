//! What each function asks of AWS, whatever happens: its role in `modules/functions` has to allow this, and should
//! allow nothing else.

use std::collections::{BTreeMap, BTreeSet};

use election_aws::message_text;
use election_core::phase::Phase;
use election_service::ports::CopyRole;
use election_testkit::lambda::Function;
use election_testkit::proxy::{Call, Proxy};
use serde_json::{Value, json};

use crate::support::aws::{Aws, region};
use crate::support::ballots::message;
use crate::support::events::{batch, event, get, vote, window};
use crate::support::pipeline::sqs;
use crate::support::programs::{HEALTH_CHECK, Program, RESULTS, TALLY, VOTE_ENQUEUER, VOTE_PROCESSOR};

const REGION: &str = "us-east-1";

/// The operation, and on which table or queue, or for which secret.
fn asked(service: &str, call: &Call) -> String {
    let input = call.input();
    let context = &input["EncryptionContext"]["purpose"];
    let tables = input["RequestItems"]
        .as_object()
        .into_iter()
        .flat_map(|items| items.keys().cloned());
    let on = [&input["TableName"], context]
        .into_iter()
        .filter_map(Value::as_str)
        .map(str::to_owned);
    let on: Vec<String> = on.chain(tables).collect();
    let on = if service == "sqs" {
        "a votes queue".to_owned()
    } else {
        on.join(", ")
    };
    format!("{service}:{} {on}", call.operation)
}

struct Recorder<'a> {
    aws: &'a Aws,
    asked: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Recorder<'_> {
    fn services(&self) -> [(&'static str, &Proxy); 3] {
        [
            ("dynamodb", &self.aws.tables),
            ("sqs", &self.aws.queues),
            ("kms", &self.aws.keys_proxy),
        ]
    }

    /// Lets a function answer events, and keeps what it asked for.
    async fn watch(&mut self, program: Program, events: &[Value]) {
        let before = self.services().map(|(_, proxy)| proxy.calls().len());
        let function: Function = self.aws.start(program, REGION).await;
        for event in events {
            function.invoke(event).await.answer();
        }
        let mut asked_for = BTreeSet::new();
        for ((service, proxy), before) in self.services().into_iter().zip(before) {
            asked_for.extend(proxy.calls()[before..].iter().map(|call| asked(service, call)));
        }
        self.asked.entry(program.name).or_default().extend(asked_for);
    }
}

#[tokio::test]
async fn each_function_asks_for_what_is_written_here_and_nothing_else() {
    let aws = Aws::with_voters(4).await;
    let mut recorder = Recorder {
        aws: &aws,
        asked: BTreeMap::new(),
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
    insta::assert_json_snapshot!("what each function asks of AWS", recorder.asked);
}
