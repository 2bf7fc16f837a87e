//! The command on AWS, with engines in the place of DynamoDB, SQS and KMS: a whole election as operators run it,
//! and what it says where something is missing. Votes are accepted here by the enqueuer itself; nobody counts a
//! stream, so the tallies are what `tally rebuild` makes them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod cloud;
mod voters;

use election_testkit::permissions;
use serde_json::Value;

use cloud::{Cloud, in_own_environment};

const VOTERS: usize = 12;

#[test]
fn an_election_is_run_from_init_to_the_destruction_of_its_keys() {
    in_own_environment(
        "an_election_is_run_from_init_to_the_destruction_of_its_keys",
        async {
            let cloud = Cloud::start().await;
            cloud.write("roll.csv", &voters::roll(VOTERS));
            cloud.refuse_the_election_once();
            let init = "init --definition definition.toml";
            cloud.run_as("initiator", init).refuses(70, "DynamoDB");
            cloud.run_as("initiator", init).exits(0);
            cloud
                .run_as("initiator", init)
                .refuses(1, "hold an election already");
            let import = "voters import --roll roll.csv --letters letters.csv --report report.csv";
            cloud.run_as("registrar", import).exits(0);
            assert_eq!(cloud.read("letters.csv").lines().count(), 1 + VOTERS);
            // Imported again, everybody is there already; a person with another jurisdiction's name isn't one.
            cloud.write(
                "more.csv",
                &format!("{}x-1,Nobody,Nowhere,nowhere\n", voters::roll(VOTERS)),
            );
            cloud
                .run_as(
                    "registrar",
                    "voters import --roll more.csv --letters letters.csv --report report.csv",
                )
                .exits(1);
            assert!(
                cloud.read("report.csv").contains("jurisdiction"),
                "{}",
                cloud.read("report.csv")
            );
            assert_eq!(cloud.read("letters.csv").lines().count(), 1 + VOTERS);
            let first = voters::ids(&cloud.read("letters.csv")).remove(0);
            cloud
                .run_as(
                    "registrar",
                    "voters reissue --external-id v-0 --letters again.csv",
                )
                .exits(0);

            cloud.run_as("officer", "open").exits(0);
            let mut ids = voters::ids(&cloud.read("letters.csv"));
            ids[0] = voters::ids(&cloud.read("again.csv")).remove(0);
            let booths = voters::Booths::open(&cloud).await;
            assert!(
                booths.cast(0, &first, 0).await.is_err(),
                "the letter was replaced"
            );
            for (number, id) in ids.iter().enumerate().take(10) {
                assert!(booths.cast(number % 3, id, 0).await.is_ok());
            }
            // The same voter in two regions at once, with another ballot in each.
            let (one, other) = tokio::join!(booths.cast(1, &ids[10], 0), booths.cast(2, &ids[10], 1));
            assert!(one.is_ok() && other.is_ok());
            let workers = cloud.start_workers();
            cloud.until_recorded(11).await;
            for worker in workers {
                worker.stops_when_told();
            }
            let status = cloud.run_as("officer", "status --format json").exits(0).json();
            assert_eq!(
                (
                    &status["approximate"],
                    &status["conflicts"],
                    &status["dead_letters"]
                ),
                (&Value::Bool(true), &1.into(), &0.into()),
                "{status}"
            );

            cloud.run_as("officer", "certify --yes").refuses(1, "close");
            cloud
                .run_as("officer", "tally rebuild region-0")
                .refuses(1, "close");
            cloud.run_as("officer", "close").exits(0);
            let recount = cloud.run_as("officer", "recount --format json").exits(1).json();
            assert_eq!(
                (&recount["ballots"], &recount["agrees"]),
                (&11.into(), &Value::Bool(false))
            );
            for region in 0..3 {
                let rebuilt = cloud
                    .run_as("officer", &format!("tally rebuild region-{region}"))
                    .exits(0)
                    .json();
                assert_eq!(rebuilt["records"], 11);
            }
            assert_eq!(
                cloud.run_as("officer", "recount --format json").exits(0).json()["agrees"],
                true
            );
            assert_eq!(
                cloud.run_as("officer", "results --format json").exits(0).json()["ballots_cast"],
                11
            );
            cloud
                .run_as("officer", "export ballots --out export")
                .refuses(1, "certified");
            cloud.until_certified();
            for what in ["ballots", "receipts", "results"] {
                cloud
                    .run_as("officer", &format!("export {what} --out export"))
                    .exits(0);
            }
            cloud.run_as("officer", "verify export").exits(0);
            let destroyed = cloud.run_as("officer", "keys destroy --yes").exits(0).json();
            assert!(
                destroyed["still_links"].to_string().contains("24 hours"),
                "{destroyed}"
            );
            cloud.run_as("officer", "keys destroy --yes").exits(0);
            assert_eq!(
                cloud.run_as("officer", "results --format json").exits(0).json()["status"],
                "certified"
            );
            cloud.put_aside(0, "received too often").await;
            cloud.put(0, "nothing that an enqueuer sends").await;
            let workers = cloud.start_workers();
            cloud.until_empty(0).await;
            for worker in workers {
                worker.stops_when_told();
            }
            cloud.run_as("officer", "dead-letters list").exits(0);
            let replayed = cloud.run_as("officer", "dead-letters replay").exits(0).json();
            assert_eq!(replayed["replayed"], 2);
            for change in ["fail", "restore", "lose"] {
                cloud
                    .run_as("officer", &format!("region {change} region-1"))
                    .exits(0);
            }
            permissions::assert_written("operators/permissions.json", &cloud.needed());
        },
    );
}

#[test]
fn messages_that_cannot_be_recorded_are_told_and_can_be_put_back() {
    in_own_environment(
        "messages_that_cannot_be_recorded_are_told_and_can_be_put_back",
        async {
            let cloud = Cloud::start().await;
            cloud.run("init --definition definition.toml").exits(0);
            cloud.run("open").exits(0);
            cloud.put(0, "nothing that an enqueuer sends").await;
            let workers = cloud.start_workers();
            cloud.until_empty(0).await;
            for worker in workers {
                worker.stops_when_told();
            }
            let letters = cloud.run("dead-letters list --format json").exits(0).json();
            assert_eq!(
                (&letters[0]["reason"], &letters[0]["region"]),
                (&"undecodable".into(), &"region-0".into())
            );
            assert_eq!(cloud.run("dead-letters replay").exits(0).json()["replayed"], 1);
            cloud.run("region fail region-1").exits(0);
            cloud.run("region lose region-1").exits(0);
            cloud.run("region restore region-1").refuses(1, "stays lost");
        },
    );
}

#[test]
fn a_missing_setting_is_named_and_a_definition_that_cannot_be_is_refused() {
    in_own_environment(
        "a_missing_setting_is_named_and_a_definition_that_cannot_be_is_refused",
        async {
            let cloud = Cloud::start().await;
            cloud.run("status").refuses(64, "hold no election");
            for name in [
                "ELECTION_REGIONS",
                "ELECTION_REPLICA_REGION",
                "ELECTION_RECORDS_KEY",
            ] {
                cloud
                    .run_without(name, "init --definition definition.toml")
                    .refuses(64, name);
            }
            cloud.run("init --definition definition.toml").exits(0);
            for name in [
                "ELECTION_TABLE_BALLOTS",
                "ELECTION_TABLE_VOTERS",
                "ELECTION_TABLE_ELECTIONS",
                "ELECTION_TABLE_TALLIES",
                "ELECTION_QUEUES",
                "ELECTION_REGIONS",
                "ELECTION_REPLICA_REGION",
                "ELECTION_RECORDS_KEY",
            ] {
                cloud.run_without(name, "status").refuses(64, name);
            }
            cloud.run("serve").refuses(2, "this machine");
            let live = voters::DEFINITION.replace(
                "[[jurisdictions]]\nid = \"north\"",
                "results = \"live\"\n[[jurisdictions]]\nid = \"north\"",
            );
            cloud.write("live.toml", &live);
            let other = Cloud::start().await;
            other.write("live.toml", &live);
            other.run("init --definition live.toml").refuses(1, "after-close");
        },
    );
}
