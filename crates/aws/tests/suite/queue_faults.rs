//! The intake on SQS when calls fail: a message may be doubled, but is never lost unless the caller is told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_service::ports::{CopyRole, Intake, PortError, PortResult, Received};
use election_testkit::fixtures::message;

use crate::cloud::{Cloud, http_client};
use crate::failing_http::{ALWAYS, FailingHttp, Fault};

const NOW: Duration = Duration::ZERO;
const SOON: Duration = Duration::from_secs(5);
/// A call with all its attempts, and some time of a busy machine.
const CALL: Duration = Duration::from_secs(8);

const ENTRY_FAILED: Fault = Fault::Answers(
    200,
    r#"{"Successful": [], "Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": false}]}"#,
);

async fn failing(cloud: &Cloud) -> (FailingHttp, Arc<dyn Intake>) {
    let http = FailingHttp::new();
    let aws = cloud.connect_over(http.clone()).await;
    (http, aws.intake(&cloud.regions[0]).unwrap())
}

async fn send(intake: &dyn Intake) -> PortResult<()> {
    intake.send(message(1, 1, 0), CopyRole::Primary, NOW).await
}

async fn receive_one(intake: &dyn Intake) -> Received {
    intake.receive(1, SOON).await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_fails_once_is_made_again() {
    for fault in [
        Fault::NeverArrives,
        Fault::AnswerLost,
        Fault::Throttled,
        Fault::Hangs,
    ] {
        let cloud = Cloud::start().await;
        let (http, intake) = failing(&cloud).await;
        http.fail("SendMessage", fault, 1);
        send(intake.as_ref()).await.unwrap();
        let expected = if fault == Fault::AnswerLost { 2 } else { 1 };
        assert_eq!(cloud.counts().await.0, expected, "messages after {fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_send_that_keeps_failing_is_an_error_and_never_silent() {
    let overloaded = PortError::Overloaded;
    let unavailable = |text: &str| PortError::Unavailable(format!("SQS {text}"));
    for (fault, error, arrived) in [
        (Fault::NeverArrives, unavailable("can't be reached"), false),
        (Fault::AnswerLost, unavailable("can't be reached"), true),
        (Fault::Throttled, overloaded, false),
        (Fault::Garbage, unavailable("answered what can't be read"), false),
        (
            Fault::Answers(200, "{}"),
            unavailable("answered what can't be read"),
            false,
        ),
        (
            Fault::Answers(500, ""),
            unavailable("answered what can't be read"),
            false,
        ),
        (Fault::Hangs, unavailable("didn't answer in time"), false),
    ] {
        let cloud = Cloud::start().await;
        let (http, intake) = failing(&cloud).await;
        http.fail("SendMessage", fault, ALWAYS);
        let start = Instant::now();
        assert_eq!(send(intake.as_ref()).await, Err(error), "{fault:?}");
        assert!(start.elapsed() < CALL, "{fault:?} took {:?}", start.elapsed());
        assert_eq!(cloud.counts().await.0 > 0, arrived, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_fails_whole_or_not_at_all() {
    for fault in [
        Fault::NeverArrives,
        Fault::AnswerLost,
        Fault::Throttled,
        ENTRY_FAILED,
    ] {
        let cloud = Cloud::start().await;
        let (http, intake) = failing(&cloud).await;
        send(intake.as_ref()).await.unwrap();
        let handle = [receive_one(intake.as_ref()).await.handle];
        http.fail("DeleteMessageBatch", fault, ALWAYS);
        assert!(intake.acknowledge(&handle).await.is_err(), "{fault:?}");
        let expected = if fault == Fault::AnswerLost { 0 } else { 1 };
        assert_eq!(cloud.counts().await.0, expected, "{fault:?}");
        http.recover();
        intake.acknowledge(&handle).await.unwrap();
        assert_eq!(cloud.counts().await.0, 0, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_fail_are_tried_again_alone() {
    let cloud = Cloud::start().await;
    let (http, intake) = failing(&cloud).await;
    for _ in 0..2 {
        send(intake.as_ref()).await.unwrap();
    }
    let handles = [
        receive_one(intake.as_ref()).await.handle,
        receive_one(intake.as_ref()).await.handle,
    ];
    // The first one is said to be gone, which this answer can't make true.
    let second_failed = r#"{
        "Successful": [{"Id": "0"}],
        "Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": false}]
    }"#;
    http.fail("DeleteMessageBatch", Fault::Answers(200, second_failed), 1);
    intake.acknowledge(&handles).await.unwrap();
    assert_eq!(cloud.counts().await.0, 1);
    assert_eq!(cloud.sqs.calls("DeleteMessageBatch"), 1);
    intake.acknowledge(&handles).await.unwrap();
    assert_eq!(cloud.counts().await.0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_leaves_entries_out_is_no_success() {
    let cloud = Cloud::start().await;
    let (http, intake) = failing(&cloud).await;
    send(intake.as_ref()).await.unwrap();
    let handle = [receive_one(intake.as_ref()).await.handle];
    for (action, answer) in [
        ("DeleteMessageBatch", r#"{"Successful": [], "Failed": []}"#),
        (
            "ChangeMessageVisibilityBatch",
            r#"{"Successful": [], "Failed": []}"#,
        ),
        (
            "DeleteMessageBatch",
            r#"{"Successful": [], "Failed": [{"Id": "7", "Code": "InternalError", "SenderFault": false}]}"#,
        ),
    ] {
        http.fail(action, Fault::Answers(200, answer), 1);
        let changed = match action {
            "DeleteMessageBatch" => intake.acknowledge(&handle).await,
            _ => intake.release(&handle, NOW).await,
        };
        assert!(changed.is_err(), "{action} answered {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_receive_only_delays_its_messages() {
    let cloud = Cloud::with_queues(Duration::from_secs(1), 1_000).await;
    let (http, intake) = failing(&cloud).await;
    send(intake.as_ref()).await.unwrap();
    http.fail("ReceiveMessage", Fault::AnswerLost, 1);
    let received = receive_one(intake.as_ref()).await;
    assert_eq!(received.receives, 2);
    http.fail("ReceiveMessage", Fault::Throttled, ALWAYS);
    let error = intake.receive(10, NOW).await.err();
    assert_eq!(error, Some(PortError::Overloaded));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redrive_that_fails_leaves_each_message_in_one_queue_or_in_both() {
    for (action, fault) in [
        ("ReceiveMessage", Fault::NeverArrives),
        ("SendMessage", Fault::NeverArrives),
        ("SendMessage", Fault::AnswerLost),
        ("SendMessage", Fault::Throttled),
        ("SendMessage", Fault::Garbage),
        ("SendMessage", Fault::Answers(200, "{}")),
        ("DeleteMessageBatch", Fault::NeverArrives),
        ("DeleteMessageBatch", Fault::AnswerLost),
        ("DeleteMessageBatch", ENTRY_FAILED),
    ] {
        let cloud = Cloud::start().await;
        let (http, intake) = failing(&cloud).await;
        let dead_letters = &cloud.queues[0].dead_letters_url;
        cloud.sqs.put(&cloud.regions[0], dead_letters, "a text").await;
        http.fail(action, fault, ALWAYS);
        assert!(intake.redrive().await.is_err(), "{action} {fault:?}");
        let (back, left) = cloud.counts().await;
        assert!(back + left >= 1, "{action} {fault:?} lost a message");
        if action != "DeleteMessageBatch" {
            assert_eq!(left, 1, "{action} {fault:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_look_at_the_counts_is_no_count_of_zero() {
    let cloud = Cloud::start().await;
    let (http, intake) = failing(&cloud).await;
    for answer in ["{}", r#"{"Attributes": {"ApproximateNumberOfMessages": "0"}}"#] {
        http.fail("GetQueueAttributes", Fault::Answers(200, answer), 1);
        assert!(intake.depth().await.is_err(), "{answer}");
    }
    http.fail("GetQueueAttributes", Fault::NeverArrives, ALWAYS);
    assert!(intake.depth().await.is_err());
    http.recover();
    http.fail("ReceiveMessage", Fault::NeverArrives, ALWAYS);
    assert!(intake.given_up().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_shows_a_body_or_a_handle() {
    let cloud = Cloud::start().await;
    let (http, intake) = failing(&cloud).await;
    send(intake.as_ref()).await.unwrap();
    let handle = receive_one(intake.as_ref()).await.handle;
    let telling = Fault::Answers(
        400,
        r#"{"__type": "InvalidParameterValue", "message": "Value first:AQEB for parameter MessageBody is invalid"}"#,
    );
    for action in ["SendMessage", "DeleteMessageBatch", "ReceiveMessage"] {
        http.fail(action, telling, ALWAYS);
    }
    let refused = PortError::Unavailable("SQS refused: InvalidParameterValue".to_owned());
    assert_eq!(send(intake.as_ref()).await, Err(refused.clone()));
    assert_eq!(intake.acknowledge(&[handle]).await, Err(refused.clone()));
    assert_eq!(intake.receive(1, NOW).await.err(), Some(refused));
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_credentials_are_told() {
    let cloud = Cloud::start().await;
    // No test's process has any in its environment.
    let loader = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .credentials_provider(aws_config::environment::EnvironmentVariableCredentialsProvider::new())
        .http_client(http_client())
        .region(aws_config::Region::new("cloud-without-credentials"));
    let variables = cloud.variables();
    let settings = Settings::new(move |name| variables.get(name).cloned());
    let aws = AwsConnection::open_with(settings, loader).await;
    let intake = aws.intake(&cloud.regions[0]).unwrap();
    let text = "SQS can't be called: are there credentials?".to_owned();
    assert_eq!(send(intake.as_ref()).await, Err(PortError::Unavailable(text)));
    assert_eq!(cloud.sqs.calls("SendMessage"), 0);
}
