//! `results`: GET /votes, /election, /receipts/…, and the visits. Has no secret at all.

use std::process::ExitCode;
use std::sync::Arc;

use election_aws::AwsConnection;
use election_functions::{Failure, HttpApi, Meters, OpenElection, OwnRegion, Parts, RESULTS, api_settings};
use election_service::http::{ReadingApi, reading_routes, region_router};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    election_functions::run("results", RESULTS, compose).await
}

async fn compose(aws: AwsConnection, meters: &Arc<Meters>) -> Result<HttpApi, Failure> {
    let election = OpenElection::load(&aws).await?;
    let parts = Parts {
        queues: false,
        tally: true,
    };
    let OwnRegion {
        region,
        regions,
        states,
    } = OwnRegion::open(&aws, &election.elections, parts).await?;
    let ballots = aws.ballot_box(election.definition.hash())?;
    let routes = reading_routes(ReadingApi::new(
        region.clone(),
        election.results(ballots, regions),
    ));
    let router = region_router(region, meters.metrics(), &api_settings(aws.settings())?, routes);
    Ok(HttpApi {
        router,
        states,
        destruction: None,
    })
}
