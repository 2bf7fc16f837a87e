//! Owns the AWS edition as the command sees it: how its election is created and opened from the operators'
//! settings, and the long-lived processor. What voters reach are the functions, not this.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use election_aws::AwsConnection;
use election_aws::settings::{self, SettingError, Settings};
use election_core::definition::{Definition, ResultsPolicy};
use election_service::operations::Settling;
use election_service::ports::{Elections, PortError, RegionState, Secrets};
use election_service::regions::{Region, RegionStores, Regions};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::{Place, WorkArguments};
use crate::election::{Edition, Election, Parts, stored_definition};
use crate::failure::Failure;
use crate::{faults, init, serve};

/// As the functions have it; see modules/functions.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const PROCESSOR_TIMEOUT: Duration = Duration::from_secs(30);

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        let how =
            "set it in the environment, or in the file of --config (`terraform output -raw operator_env`)";
        Self::Configuration(format!("{error}: {how}"))
    }
}

/// Reads the settings: a variable, else its line in the file of `--config`.
fn read_settings(config: Option<&Path>) -> Result<Settings, Failure> {
    let text = match config {
        None => String::new(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| Failure::Configuration(format!("--config {}: {error}", path.display())))?,
    };
    let mut lines = std::collections::BTreeMap::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        // The values may be anything: a wrong line isn't shown.
        let (name, value) = line.split_once('=').ok_or_else(|| {
            let path = config.unwrap_or(Path::new("")).display();
            Failure::Configuration(format!("--config {path}: line {number} has to be NAME=VALUE"))
        })?;
        lines.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
    }
    Ok(Settings::new(move |name| {
        std::env::var(name).ok().or_else(|| lines.get(name).cloned())
    }))
}

async fn connect(place: &Place) -> Result<AwsConnection, Failure> {
    Ok(AwsConnection::open(read_settings(place.config.as_deref())?).await)
}

fn settling(settings: &Settings) -> Result<Settling, SettingError> {
    let seconds = |name, default| settings.number(name, default).map(Duration::from_secs);
    Ok(Settling {
        request_timeout: REQUEST_TIMEOUT,
        second_copy_delay: seconds(settings::SECOND_COPY_DELAY_SECONDS, 300)?,
        visibility_timeout: seconds(settings::VISIBILITY_TIMEOUT_SECONDS, 200)?,
        processor_timeout: seconds(settings::PROCESSOR_TIMEOUT_SECONDS, PROCESSOR_TIMEOUT.as_secs())?,
        quiet: seconds(settings::QUEUE_QUIET_SECONDS, 300)?,
    })
}

/// Creates an election in tables that have none, with secrets made by KMS.
pub(crate) async fn create(place: &Place, definition: &Definition, bytes: Vec<u8>) -> Result<(), Failure> {
    if matches!(definition.results(), ResultsPolicy::Live { .. }) {
        let text = "results = \"live\" is for elections on one machine: on AWS each region's stream comes in \
                    another order, and the steps of two regions together would tell single ballots. \
                    Use results = \"after-close\"";
        return Err(Failure::No(text.to_owned()));
    }
    let connection = connect(place).await?;
    let regions = connection.settings().regions()?;
    let elections = faults::elections(connection.elections()?);
    if elections.load().await?.is_some() {
        return Err(Failure::No(
            "the tables hold an election already; each has tables of its own".to_owned(),
        ));
    }
    let vault = connection.vault(definition.id())?;
    let secrets = vault.create_secrets().await?;
    let gone = || Failure::Configuration("the ballot secret of these tables is destroyed".to_owned());
    let ballot = secrets.ballot.clone().ok_or_else(gone)?;
    let created = elections
        .create(init::new_election(definition, bytes, &secrets, &ballot))
        .await?;
    if !created {
        return Err(Failure::No(
            "another process created an election here at this moment".to_owned(),
        ));
    }
    for region in &regions {
        elections.declare_region(region, RegionState::Active).await?;
    }
    Ok(())
}

/// Opens the election of the tables.
pub(crate) async fn open(place: &Place) -> Result<Election, Failure> {
    let connection = connect(place).await?;
    let elections = faults::elections(connection.elections()?);
    let record = elections.load().await?.ok_or_else(|| {
        let text =
            "the tables hold no election: create one with `election init --store aws --definition FILE`";
        Failure::Configuration(text.to_owned())
    })?;
    let definition = stored_definition(&record)?;
    let vault = connection.vault(definition.id())?;
    // Never the ballot secret: nothing that operators do after `init` needs it.
    let secrets = Secrets {
        roll: vault.roll_secret().await.map_err(keys_failure)?,
        ballot: None,
        mac: vault.mac_secret().await.map_err(keys_failure)?,
    };
    let regions = open_regions(&connection, elections.as_ref()).await?;
    Election::of(Parts {
        edition: Edition::Aws,
        record,
        roll: faults::roll(connection.voter_roll()?),
        ballots: faults::ballots(connection.ballot_box(definition.hash())?),
        definition,
        elections,
        vault: faults::vault(vault),
        secrets,
        regions,
        settling: settling(connection.settings())?,
        processor_pace: Duration::ZERO,
    })
}

fn keys_failure(error: PortError) -> Failure {
    match error {
        PortError::Corrupt(text) => Failure::Configuration(text),
        other => other.into(),
    }
}

/// All regions of the settings, as they were declared; one that is new is active.
async fn open_regions(connection: &AwsConnection, elections: &dyn Elections) -> Result<Regions, Failure> {
    let declared = elections.region_states().await?;
    let (settings, mut regions) = (connection.settings(), Vec::new());
    let replicas = settings.replica_regions()?;
    for name in settings.regions()? {
        let state = declared.iter().find(|(known, _)| *known == name);
        let state = state.map_or(RegionState::Active, |(_, state)| *state);
        // A region without a replica of the tables has no stream to count, and shows another one's tally.
        let counting = if replicas.contains(&name) {
            name.clone()
        } else {
            settings.region(settings::REPLICA_REGION)?
        };
        let stores = RegionStores {
            intake: faults::intake(connection.intake(&name)?),
            tallies: faults::tallies(connection.tallies(&counting)?),
        };
        regions.push(Arc::new(Region::new(name, state, Some(stores))));
    }
    Ok(Regions::new(regions))
}

/// Records the votes of this region's queue until the process is told to stop.
pub(crate) async fn work(place: &Place, arguments: &WorkArguments) -> Result<(), Failure> {
    let (stopping, mut stopped) = watch::channel(false);
    let signals = tokio::spawn(serve::wait_for_signal(stopping));
    let election = open(place).await?;
    let own = read_settings(place.config.as_deref())?.region(settings::REGION)?;
    let region = election.regions.named(own.as_str()).ok_or_else(|| {
        let text = format!(
            "{} is {own}, which isn't one of {}",
            settings::REGION,
            settings::REGIONS
        );
        Failure::Configuration(text)
    })?;
    let mut pollers = JoinSet::new();
    for _ in 0..arguments.pollers {
        let (processor, region, stopped) = (election.processor.clone(), region.clone(), stopped.clone());
        pollers.spawn(async move { processor.run(region, stopped).await });
    }
    tracing::info!(region = %own, pollers = arguments.pollers, "recording votes");
    drop(stopped.wait_for(|stop| *stop).await);
    // Each ends with the batch that it has: what isn't acknowledged is received again.
    while pollers.join_next().await.is_some() {}
    signals.abort();
    tracing::info!("stopped");
    Ok(())
}
