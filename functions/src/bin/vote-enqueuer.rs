//! `vote-enqueuer`: POST /votes and POST /eligibility. The only function that joins voters to ballots.

use std::process::ExitCode;
use std::sync::Arc;

use election_aws::AwsConnection;
use election_functions::{
    Destruction, Failure, HttpApi, Meters, OpenElection, OwnRegion, Parts, VOTE_ENQUEUER,
};
use election_functions::{api_settings, second_copy_delay};
use election_service::enqueuer::Enqueuer;
use election_service::http::{Refusals, VotingApi, region_router, voting_routes};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    election_functions::run("vote-enqueuer", VOTE_ENQUEUER, compose).await
}

async fn compose(aws: AwsConnection, meters: &Arc<Meters>) -> Result<HttpApi, Failure> {
    let election = OpenElection::load(&aws).await?;
    let parts = Parts {
        queues: true,
        tally: false,
    };
    let OwnRegion {
        region,
        regions,
        states,
    } = OwnRegion::open(&aws, &election.elections, parts).await?;
    let vault = election.vault(&aws)?;
    let ballot_secret = election.ballot_secret(&vault).await?;
    let destruction = Destruction::of(&election, &ballot_secret);
    let enqueuer = Enqueuer {
        roll_secret: election.roll_secret(&vault).await?,
        ballot_secret,
        mac_secret: election.mac_secret(&vault).await?,
        roll: aws.voter_roll()?,
        ballots: aws.ballot_box(election.definition.hash())?,
        definition: election.definition,
        phase: election.phase,
        region: region.clone(),
        regions,
        second_copy_delay: second_copy_delay(aws.settings())?,
    };
    let metrics = meters.metrics();
    let routes = voting_routes(VotingApi {
        enqueuer: Arc::new(enqueuer),
        metrics: metrics.clone(),
        // The web application firewall limits sources, before they cost anything.
        refusals: Arc::new(Refusals::default()),
    });
    let router = region_router(region, metrics, &api_settings(aws.settings())?, routes);
    Ok(HttpApi {
        router,
        states,
        destruction: Some(destruction),
    })
}
