//! The contract suite.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use election_testkit::Stores;
use election_testkit::contract::Adapter;
use election_testkit::fixtures::definition;
use election_testkit::memory::MemoryStore;

use crate::support::{Dynamo, REGIONS, region};

/// The tables on the engine; queues and key service in memory.
struct AwsAdapter;

#[async_trait]
impl Adapter for AwsAdapter {
    async fn open(&self, visibility: Duration) -> Stores {
        let dynamo = Dynamo::start().await;
        let aws = dynamo.connect().await;
        let memory = MemoryStore::new(REGIONS, visibility).stores();
        let tallies = (0..REGIONS).map(|number| aws.tallies(&region(number)).unwrap());
        Stores {
            elections: aws.elections().unwrap(),
            roll: aws.voter_roll().unwrap(),
            ballots: aws.ballot_box(definition().hash()).unwrap(),
            tallies: tallies.collect(),
            keep: Box::new(Arc::new(dynamo)),
            ..memory
        }
    }

    /// DynamoDB has no order of arrival.
    fn feed_can_be_followed(&self) -> bool {
        false
    }

    /// An envelope's item lies under its voter's key.
    fn envelopes_are_known_by_id_alone(&self) -> bool {
        false
    }
}

election_testkit::contract_suite!(AwsAdapter);
