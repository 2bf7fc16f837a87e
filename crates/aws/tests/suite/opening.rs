//! That what is missing is told by its name.

use election_aws::AwsConnection;
use election_aws::settings::SettingError;
use election_core::tally::Sequence;
use election_service::ports::{DeadLetterReason, Outcome, PortError, PortResult};
use election_testkit::fixtures::{
    at, ballot_key, dead_letter, definition, message, new_election, submission,
};

use crate::support::{Dynamo, Wired, http_client, region};

async fn without(dynamo: &Dynamo, missing: &'static str) -> AwsConnection {
    AwsConnection::open_with(dynamo.settings_without(missing), dynamo.loader(http_client())).await
}

fn missing<T>(result: Result<T, SettingError>) -> Option<SettingError> {
    result.err()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_lacks_its_table_is_refused_with_the_variables_name() {
    let dynamo = Dynamo::start().await;
    let hash = definition().hash();
    for (variable, ports) in [
        ("ELECTION_TABLE_BALLOTS", [true, false, false, false]),
        ("ELECTION_TABLE_ELECTIONS", [true, true, false, false]),
        ("ELECTION_TABLE_VOTERS", [false, false, true, false]),
        ("ELECTION_TABLE_TALLIES", [false, false, false, true]),
        ("ELECTION_REPLICA_REGION", [true, true, true, false]),
    ] {
        let aws = without(&dynamo, variable).await;
        let refused = [
            missing(aws.ballot_box(hash)),
            missing(aws.elections()),
            missing(aws.voter_roll()),
            missing(aws.tallies(&region(0))),
        ];
        for (refused, expected) in refused.into_iter().zip(ports) {
            assert_eq!(
                refused,
                expected.then_some(SettingError::Missing(variable)),
                "{variable}"
            );
        }
    }
}

/// As the functions do that answer results and health checks.
#[tokio::test(flavor = "multi_thread")]
async fn a_box_without_conflicts_can_be_read_and_says_what_it_lacks() {
    let dynamo = Dynamo::start().await;
    let whole = dynamo.connect().await.ballot_box(definition().hash()).unwrap();
    assert_eq!(
        whole.record(&[submission(1, 1, 0)]).await,
        [Ok(Outcome::Recorded)]
    );
    let aws = without(&dynamo, "ELECTION_TABLE_CONFLICTS").await;
    let reader = aws.ballot_box(definition().hash()).unwrap();
    assert!(reader.find(&ballot_key(1)).await.unwrap().is_some());
    assert_eq!(reader.feed(Sequence::START, 10).await.unwrap().len(), 1);
    let lacks = |result: PortResult<()>| {
        let text = result.expect_err("a call that needs the table").to_string();
        assert!(text.contains("ELECTION_TABLE_CONFLICTS is not set"), "{text}");
    };
    lacks(reader.exceptions().await.map(drop));
    lacks(reader.dead_letters().await.map(drop));
    lacks(reader.add_repeat().await);
    lacks(reader.record(&[submission(2, 1, 1)]).await.remove(0).map(drop));
    let letter = dead_letter(message(3, 3, 0), DeadLetterReason::Forged, 1);
    lacks(reader.set_aside(&letter).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_does_not_exist_is_told_by_its_variable() {
    let ports = Wired::start().await;
    for table in ["ballots", "voters", "elections", "conflicts"] {
        ports.dynamo.engine.delete_table(table);
    }
    ports.dynamo.engine.delete_table(&ports.dynamo.tallies());
    let names = |variable: &str, result: PortResult<()>| match result {
        Err(PortError::Unavailable(text)) => {
            assert_eq!(text, format!("the table that {variable} names doesn't exist"));
        }
        _ => panic!("{variable}"),
    };
    names(
        "ELECTION_TABLE_BALLOTS",
        ports.ballots.find(&ballot_key(1)).await.map(drop),
    );
    names(
        "ELECTION_TABLE_BALLOTS",
        ports.ballots.feed(Sequence::START, 1).await.map(drop),
    );
    names("ELECTION_TABLE_CONFLICTS", ports.ballots.add_repeat().await);
    names(
        "ELECTION_TABLE_ELECTIONS",
        ports.elections.create(new_election()).await.map(drop),
    );
    let outcome = ports.ballots.record(&[submission(1, 1, 0)]).await.remove(0);
    names("ELECTION_TABLE_ELECTIONS", outcome.map(drop));
    names("ELECTION_TABLE_VOTERS", ports.roll.registered().await.map(drop));
    names("ELECTION_TABLE_TALLIES", ports.tallies.load().await.map(drop));
    let replaced = ports
        .tallies
        .replace(Some(&Default::default()), &Default::default(), at(1))
        .await;
    names("ELECTION_TABLE_TALLIES", replaced.map(drop));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_point_where_nobody_listens_is_told_as_such() {
    let dynamo = Dynamo::start().await;
    let loader = dynamo.loader(http_client()).endpoint_url("http://127.0.0.1:9");
    let aws = AwsConnection::open_with(dynamo.settings(), loader).await;
    let error = aws.elections().unwrap().load().await.err();
    assert_eq!(
        error,
        Some(PortError::Unavailable("DynamoDB can't be reached".to_owned()))
    );
}
