//! A function that answers whatever it is asked, with clients of DynamoDB and KMS as the election's functions have
//! them: the floor that their starts are measured against, see `scripts/package --starts`.

use election_aws::AwsConnection;
use election_aws::settings::Settings;
use election_core::identifiers::ElectionId;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let aws = AwsConnection::open(Settings::of_environment()).await;
    let _clients = (aws.elections()?, aws.vault(&ElectionId::parse("empty")?)?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(event.payload)
    }))
    .await
}
