//! `vote-processor`: records what a region's queue delivers.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use election_aws::AwsConnection;
use election_aws::settings::REGION;
use election_functions::{Failure, Meters, OpenElection, QueueWorker, VOTE_PROCESSOR};
use election_service::processor::Processor;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    election_functions::run("vote-processor", VOTE_PROCESSOR, compose).await
}

async fn compose(aws: AwsConnection, meters: &Arc<Meters>) -> Result<QueueWorker, Failure> {
    let election = OpenElection::load(&aws).await?;
    let vault = election.vault(&aws)?;
    let processor = Processor {
        mac_secret: election.mac_secret(&vault).await?,
        ballots: aws.ballot_box(election.definition.hash())?,
        metrics: meters.metrics(),
        pace: Duration::ZERO,
    };
    let region = aws.settings().region(REGION)?;
    Ok(QueueWorker { region, processor })
}
