//! `tally`: counts what the stream of the ballots' table delivers.

use std::process::ExitCode;
use std::sync::Arc;

use election_aws::AwsConnection;
use election_aws::settings::REPLICA_REGION;
use election_functions::{Failure, Meters, OpenElection, StreamFolder, TALLY};
use election_service::delivered::DeliveredFolder;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    election_functions::run("tally", TALLY, compose).await
}

async fn compose(aws: AwsConnection, meters: &Arc<Meters>) -> Result<StreamFolder, Failure> {
    let election = OpenElection::load(&aws).await?;
    let vault = election.vault(&aws)?;
    let mac_secret = election.mac_secret(&vault).await?;
    let folder = DeliveredFolder {
        definition: election.definition,
        mac_secret,
    };
    let tallies = aws.tallies(&aws.settings().region(REPLICA_REGION)?)?;
    Ok(StreamFolder {
        folder,
        tallies,
        meters: meters.clone(),
    })
}
