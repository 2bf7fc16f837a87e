//! `health-check`: GET /health for routing, GET /health/deep for monitoring.

use std::process::ExitCode;
use std::sync::Arc;

use election_aws::AwsConnection;
use election_functions::{
    Failure, HEALTH_CHECK, HttpApi, Meters, OpenElection, OwnRegion, Parts, api_settings,
};
use election_service::http::{HealthApi, health_routes, region_router};
use tokio::sync::watch;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    election_functions::run("health-check", HEALTH_CHECK, compose).await
}

async fn compose(aws: AwsConnection, meters: &Arc<Meters>) -> Result<HttpApi, Failure> {
    let election = OpenElection::load(&aws).await?;
    let parts = Parts {
        queues: true,
        tally: true,
    };
    let OwnRegion {
        region,
        regions,
        states,
    } = OwnRegion::open(&aws, &election.elections, parts).await?;
    let ballots = aws.ballot_box(election.definition.hash())?;
    let routes = health_routes(HealthApi {
        region: region.clone(),
        roll: aws.voter_roll()?,
        results: election.results(ballots, regions),
        // Lambda tells no function that it will be ended.
        stopping: watch::channel(false).1,
    });
    let router = region_router(region, meters.metrics(), &api_settings(aws.settings())?, routes);
    Ok(HttpApi {
        router,
        states,
        destruction: None,
    })
}
