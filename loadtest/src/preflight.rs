//! Owns what is asked before anything is cast: is this the election that the letters are for, is it open, does
//! the server answer at all, and what has it counted so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use election_core::definition::Definition;

use crate::api::{Clients, Election, NoDocument, Results, Target};
use crate::failure::Failure;
use crate::hosts::Host;
use crate::http::Endpoint;
use crate::letters::Voter;

/// How many voters are asked for at the same time.
const ASKERS: usize = 32;
/// How long regions have to finish counting what was cast before.
const PATIENCE: Duration = Duration::from_secs(15);

/// Resolves all hosts and refuses public ones: the first thing that is done.
pub(crate) fn resolve(hosts: &[Host], is_ours: bool) -> Result<Vec<(Host, Endpoint)>, Failure> {
    let resolve = |host: &Host| Ok((host.clone(), host.resolve(is_ours)?));
    hosts.iter().map(resolve).collect()
}

fn target(host: &Host, endpoint: &Endpoint, region: Option<&str>) -> Result<Target, Failure> {
    let prefix = region.map_or_else(
        || host.prefix.clone(),
        |region| format!("{}/regions/{region}", host.prefix),
    );
    let votes = format!("{prefix}/votes")
        .parse()
        .map_err(|_| Failure::Usage(format!("{}: not a path", host.prefix)))?;
    let region = region.or_else(|| host.region());
    Ok(Target {
        name: region.map_or_else(|| format!("{}{}", host.authority, host.prefix), str::to_owned),
        region: region.map(str::to_owned),
        weight: host.weight,
        endpoint: endpoint.clone(),
        prefix,
        votes,
    })
}

/// Without asking: for measuring the generator alone.
pub(crate) fn targets_as_given(hosts: &[(Host, Endpoint)]) -> Result<Vec<Target>, Failure> {
    hosts
        .iter()
        .map(|(host, endpoint)| target(host, endpoint, None))
        .collect()
}

/// Asks every host for its election. A host that names no region stands for all of its regions.
pub(crate) async fn discover(
    hosts: &[(Host, Endpoint)],
    definition: &Definition,
    timeout: Duration,
) -> Result<Vec<Target>, Failure> {
    let (mut targets, mut answered) = (Vec::new(), false);
    for (host, endpoint) in hosts {
        let here = target(host, endpoint, None)?;
        let mut clients = Clients::new(std::slice::from_ref(&here), timeout);
        let election: Election = match clients.get(&here, "/election").await {
            Ok(election) => election,
            // A region may be out of order, as long as another one isn't.
            Err(NoDocument::Problem(503, _)) if host.region().is_some() => {
                targets.push(here);
                continue;
            }
            Err(error) => {
                let text = format!(
                    "{}{}: no election there: GET /election: {error}",
                    host.authority, host.prefix
                );
                return Err(Failure::Internal(anyhow::anyhow!(text)));
            }
        };
        check(&election, definition, &here.name)?;
        answered = true;
        if host.region().is_some() || election.regions.is_empty() {
            targets.push(here);
        } else {
            for region in &election.regions {
                targets.push(target(host, endpoint, Some(region))?);
            }
        }
    }
    if !answered {
        return Err(Failure::Configuration(
            "no region that was given is active".to_owned(),
        ));
    }
    Ok(targets)
}

fn check(election: &Election, definition: &Definition, name: &str) -> Result<(), Failure> {
    if election.election_hash != definition.hash().to_string() {
        return Err(Failure::Configuration(format!(
            "{name} holds another election than the definition {}: pass the definition that it was made from with --definition",
            definition.id()
        )));
    }
    match election.phase.as_str() {
        "open" => Ok(()),
        phase => Err(Failure::Configuration(format!(
            "the election isn't open: {name} says {phase:?}; `election open` opens the polls"
        ))),
    }
}

/// Asks for a few voters: foreign letters are noticed before they are sent by the hundred thousand.
pub(crate) async fn probe_letters(
    targets: &[Target],
    definition: &Definition,
    voters: &[&Voter],
    timeout: Duration,
) -> Result<(), Failure> {
    let mut clients = Clients::new(targets, timeout);
    for voter in voters {
        let mut last = None;
        for target in targets {
            match clients.eligibility(target, &voter.id.printed()).await {
                Ok(eligibility) => {
                    let place = definition.jurisdictions()[usize::from(voter.jurisdiction)].id();
                    if eligibility.jurisdiction.id != place.as_str() {
                        return Err(Failure::Configuration(
                            "a letter names another jurisdiction than the roll: the letters file was edited"
                                .to_owned(),
                        ));
                    }
                    last = None;
                    break;
                }
                Err(NoDocument::Problem(404, code)) => {
                    return Err(Failure::Configuration(format!(
                        "the server doesn't know a voter of the letters ({code}): these are another election's letters, or old ones"
                    )));
                }
                Err(NoDocument::Problem(410, code)) => {
                    return Err(Failure::Configuration(format!(
                        "nobody can vote there any more ({code})"
                    )));
                }
                Err(error) => last = Some(error),
            }
        }
        if let Some(error) = last {
            return Err(Failure::Internal(
                anyhow::Error::new(error).context("POST /eligibility"),
            ));
        }
    }
    Ok(())
}

/// What each region has counted, once they all have counted what was cast before; `None` of one that is out
/// of order.
pub(crate) async fn baseline(targets: &[Target], timeout: Duration) -> Result<Vec<Option<Results>>, Failure> {
    let until = Instant::now() + PATIENCE;
    let mut clients = Clients::new(targets, timeout);
    let mut earlier: Vec<u64> = Vec::new();
    loop {
        let mut results: Vec<Option<Results>> = Vec::new();
        for target in targets {
            match clients.get(target, "/votes").await {
                Ok(counted) => results.push(Some(counted)),
                Err(NoDocument::Problem(503, _)) => results.push(None),
                Err(error) => {
                    let text = format!("{}: GET /votes: {error}", target.name);
                    return Err(Failure::Internal(anyhow::anyhow!(text)));
                }
            }
        }
        let numbers: Vec<u64> = results.iter().flatten().map(|counted| counted.seq).collect();
        let is_quiet = results
            .iter()
            .flatten()
            .all(|counted| counted.tally_lag.is_none_or(|lag| lag == 0))
            && numbers == earlier;
        let is_fresh = numbers.iter().all(|number| *number == 0) && is_quiet;
        if is_fresh || is_quiet {
            return Ok(results);
        }
        if Instant::now() > until {
            return Err(Failure::No(
                "the counts go on changing before anything was sent: somebody else is voting, or queues are being worked off; try again later".to_owned(),
            ));
        }
        earlier = numbers;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
}

/// Which voters of the letters have voted already.
pub(crate) async fn who_voted(
    targets: &Arc<Vec<Target>>,
    voters: &Arc<Vec<String>>,
    timeout: Duration,
) -> Result<Vec<bool>, Failure> {
    let cursor = Arc::new(AtomicUsize::new(0));
    let ask = |asker: usize| {
        let (targets, voters, cursor) = (Arc::clone(targets), Arc::clone(voters), Arc::clone(&cursor));
        async move {
            let mut clients = Clients::new(&targets, timeout);
            let mut voted = Vec::new();
            loop {
                let place = cursor.fetch_add(1, Ordering::Relaxed);
                let Some(voter) = voters.get(place) else {
                    return Ok(voted);
                };
                let mut attempt = 0;
                let eligibility = loop {
                    let target = &targets[(asker + attempt) % targets.len()];
                    match clients.eligibility(target, voter).await {
                        Ok(eligibility) => break eligibility,
                        Err(NoDocument::Problem(404, code)) => {
                            return Err(Failure::Configuration(format!(
                                "the server doesn't know some voters of the letters ({code})"
                            )));
                        }
                        Err(error) if attempt > 2 * targets.len() => {
                            return Err(Failure::Internal(
                                anyhow::Error::new(error).context("POST /eligibility"),
                            ));
                        }
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                    attempt += 1;
                };
                if eligibility.voted {
                    voted.push(place);
                }
            }
        }
    };
    let askers: Vec<_> = (0..ASKERS).map(|asker| tokio::spawn(ask(asker))).collect();
    let mut all = vec![false; voters.len()];
    for asker in askers {
        let voted = asker.await.map_err(|error| Failure::Internal(error.into()))??;
        voted.into_iter().for_each(|place| all[place] = true);
    }
    Ok(all)
}
