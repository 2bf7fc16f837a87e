//! Owns the server: pages and API, the workers of every region, and stopping without losing anything.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use election_core::identifiers::RegionName;
use election_service::http::{
    ApiSettings, HealthApi, ReadingApi, Refusals, VotingApi, health_routes, reading_routes, region_router,
    site, voting_routes,
};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::{Place, ServeArguments};
use crate::connections;
use crate::election::Election;
use crate::failure::Failure;
use crate::local::{self, REQUEST_TIMEOUT};
use crate::operator::{Listener, address_file};
use crate::pages;

const DEFAULT_REGIONS: [&str; 3] = ["us-east-1", "us-east-2", "us-west-2"];
/// The longest that stopping waits for open connections, and again for the queues.
const STOPPING: Duration = Duration::from_secs(8);

/// The regions of a store that has none yet.
pub(crate) fn default_regions() -> Vec<RegionName> {
    DEFAULT_REGIONS
        .into_iter()
        .filter_map(|name| RegionName::parse(name).ok())
        .collect()
}

/// Serves the election of a store until the process is told to stop.
pub(crate) async fn run(place: &Place, arguments: &ServeArguments) -> Result<(), Failure> {
    let folder = place.store.folder()?;
    let store = election_sqlite::SqliteStore::open(folder).map_err(local::open_failure)?;
    let mut regions = arguments.regions.clone();
    if regions.is_empty() {
        regions = local::known_regions(&store).await?;
    }
    if regions.is_empty() {
        regions = default_regions();
    }
    let mut distinct = regions.clone();
    distinct.sort();
    distinct.dedup();
    if distinct.len() != regions.len() || regions.len() < 2 {
        let text = "--regions needs at least two different names: each vote is kept in two regions";
        return Err(Failure::Usage(text.to_owned()));
    }
    let election = local::open(store, place, &regions, arguments.second_copy_delay).await?;
    serve(Arc::new(election), folder, arguments, |address, operators| {
        let token = address_file(folder);
        tracing::info!("voters reach http://{address}/");
        tracing::info!(
            "operators reach {operators}/ with the token in {}",
            token.display()
        );
    })
    .await
}

/// Serves an opened election; `listening` is told where, for voters and for operators, once requests are
/// answered.
pub(crate) async fn serve(
    election: Arc<Election>,
    folder: &Path,
    arguments: &ServeArguments,
    listening: impl FnOnce(SocketAddr, &str),
) -> Result<(), Failure> {
    let cannot_listen = |error: std::io::Error| {
        Failure::Configuration(format!(
            "--listen {}: {error}; choose another address",
            arguments.listen
        ))
    };
    let listener = TcpListener::bind(arguments.listen).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;
    let operator = Listener::bind(arguments.operator_listen, folder).await;
    let operator = operator.map_err(|error| Failure::Configuration(format!("{error:#}")))?;

    let (stopping, stop_requested) = watch::channel(false);
    let (stop_working, work_stopped) = watch::channel(false);
    let mut workers = start_workers(&election, &work_stopped);
    let router = router(&election, arguments, &stop_requested)?;
    let signals = tokio::spawn(wait_for_signal(stopping));
    listening(address, operator.url());

    let mut operations_stop = stop_requested.clone();
    let stopped = async move { drop(operations_stop.wait_for(|stop| *stop).await) };
    let operations = operator.serve(election.clone(), stopped);
    let mut stop = stop_requested.clone();
    let stopped = async move { drop(stop.wait_for(|stop| *stop).await) };
    let requests = connections::serve(listener, router, stopped);
    let served = async { tokio::join!(requests, operations) };
    let mut limit = stop_requested.clone();
    let time_is_up = async move {
        drop(limit.wait_for(|stop| *stop).await);
        tokio::time::sleep(STOPPING).await;
    };
    tokio::select! {
        ((), operations) = served => operations.map_err(anyhow::Error::from)?,
        () = time_is_up => tracing::warn!("some connections were still open and are cut"),
    }
    drain(&election).await;
    let _ = stop_working.send(true);
    while workers.join_next().await.is_some() {}
    election.close().await;
    signals.abort();
    tracing::info!("stopped");
    Ok(())
}

fn start_workers(election: &Arc<Election>, stop: &watch::Receiver<bool>) -> JoinSet<()> {
    let mut workers = JoinSet::new();
    for region in election.regions.iter() {
        let (processor, folder) = (election.processor.clone(), election.folder.clone());
        let (own, stopped) = (region.clone(), stop.clone());
        workers.spawn(async move { processor.run(own, stopped).await });
        let (own, stopped) = (region.clone(), stop.clone());
        workers.spawn(async move { folder.run(own, stopped).await });
    }
    workers
}

fn router(
    election: &Arc<Election>,
    arguments: &ServeArguments,
    stopping: &watch::Receiver<bool>,
) -> Result<Router, Failure> {
    let origin = arguments
        .website_origin
        .as_deref()
        .map(HeaderValue::from_str)
        .transpose();
    let website_origin = origin.map_err(|error| Failure::Usage(format!("--website-origin: {error}")))?;
    let settings = ApiSettings {
        website_origin,
        request_timeout: REQUEST_TIMEOUT,
    };
    let refusals = Arc::new(Refusals::new(arguments.refused_ids_per_minute));
    let routers: BTreeMap<RegionName, Router> = election
        .regions
        .iter()
        .map(|region| {
            let voting = voting_routes(VotingApi {
                enqueuer: Arc::new(election.enqueuer(region)),
                metrics: election.metrics.clone(),
                refusals: refusals.clone(),
            });
            let reading = reading_routes(ReadingApi::new(region.clone(), election.results.clone()));
            let health = health_routes(HealthApi {
                region: region.clone(),
                roll: election.operations.roll.clone(),
                results: election.results.clone(),
                stopping: stopping.clone(),
            });
            let routes = voting.merge(reading).merge(health);
            let metrics = election.metrics.clone();
            (
                region.name().clone(),
                region_router(region.clone(), metrics, &settings, routes),
            )
        })
        .collect();
    Ok(pages::router(site(election.regions.clone(), routers)))
}

/// Lets the workers finish what is due now; second copies that aren't due wait for the next start.
async fn drain(election: &Election) {
    let deadline = tokio::time::Instant::now() + STOPPING;
    while tokio::time::Instant::now() < deadline {
        let mut due = 0;
        for stores in election
            .regions
            .iter()
            .filter_map(|region| region.active_stores())
        {
            due += stores.intake.depth().await.map_or(0, |depth| depth.primaries);
            if let Ok(stored) = stores.tallies.load().await {
                due += election
                    .operations
                    .lag(&stored.tally)
                    .await
                    .ok()
                    .flatten()
                    .unwrap_or(0);
            }
        }
        if due == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tracing::warn!("the queues aren't empty yet; they are worked off after the next start");
}

/// Tells of the first signal; the second one ends the process. From the call on, not only once it is awaited, no signal
/// ends it otherwise.
pub(crate) fn wait_for_signal(stopping: watch::Sender<bool>) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = signals else {
            tracing::error!("signals can't be received: the server stops only when it is killed");
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::info!("stopping: no new requests, then what is queued");
        let _ = stopping.send(true);
        // A second signal means now; nothing accepted is lost by it.
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(0);
    }
}
