//! Owns a run from its files to its verdict: what is asked first, the load, the reconciliation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use election_core::definition::Definition;
use goose::goose::Scenario;
use serde_json::json;

use crate::agenda::Ended;
use crate::api::{Results, Target};
use crate::arguments::{Options, Profile};
use crate::attack::{Setting, attack};
use crate::ballots::Ballots;
use crate::casting::{Run, Surprises};
use crate::conclusion::conclude;
use crate::drills::{self, Operator};
use crate::failure::Failure;
use crate::ledger::Ledger;
use crate::letters::{self, Voter};
use crate::measures::Measures;
use crate::plan;
use crate::preflight;
use crate::reconcile::{Grounds, reconcile};
use crate::report::Report;
use crate::shares::Shares;
use crate::users::{double_caster, malformer, reader, replayer, scenario, slow_client, voter};

/// The demo's election, so that a demo needs no option.
const DEFINITION: &[u8] = include_bytes!("../../examples/us-president-2020/definition.toml");
const WEIGHTS: &[u8] = include_bytes!("../../examples/us-president-2020/weights.csv");

/// Beside the readers, if there are any votes.
const VOTERS_AMONG_READERS: usize = 32;
/// Made-up voters for the generator alone.
const MADE_UP: usize = 100_000;

fn read_definition(options: &Options) -> Result<Definition, Failure> {
    let Some(path) = &options.definition else {
        return Definition::parse(DEFINITION).map_err(|errors| Failure::Internal(errors.into()));
    };
    let bytes =
        std::fs::read(path).map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    Definition::parse(&bytes).map_err(|errors| {
        Failure::Configuration(format!("{}: isn't a valid definition: {errors}", path.display()))
    })
}

fn read_shares(options: &Options, definition: &Definition) -> Result<Shares, Failure> {
    if options.weights.is_none() && options.definition.is_none() {
        return Shares::parse(WEIGHTS, definition)
            .map_err(|problem| Failure::Internal(anyhow::anyhow!(problem)));
    }
    Shares::read(options.weights.as_deref(), definition)
}

/// Whom the plan has, and who of them has voted before.
struct Electorate {
    order: Vec<u32>,
    voted: Vec<bool>,
}

/// Chooses the voters. With a seed of the user's they are the same again, whoever has voted; else only who
/// hasn't voted yet.
async fn electorate(
    profile: &Profile,
    voters: &[Voter],
    targets: &Arc<Vec<Target>>,
    may_have_voted: bool,
    seed: u64,
) -> Result<Electorate, Failure> {
    let (_, options) = profile.parts();
    let wanted = plan::votes(profile, voters.len()) as usize;
    let order = plan::order(voters.len(), seed);
    if !may_have_voted {
        let order: Vec<u32> = order.into_iter().take(wanted).collect();
        return Ok(Electorate {
            voted: vec![false; order.len()],
            order,
        });
    }
    let mut chosen = Electorate {
        order: Vec::new(),
        voted: Vec::new(),
    };
    let mut rest = order.into_iter();
    while chosen.order.len() < wanted {
        let next: Vec<u32> = rest.by_ref().take(wanted - chosen.order.len()).collect();
        if next.is_empty() {
            break;
        }
        let ids = next
            .iter()
            .map(|voter| voters[*voter as usize].id.printed())
            .collect();
        let voted = preflight::who_voted(targets, &Arc::new(ids), options.timeout).await?;
        for (voter, voted) in next.into_iter().zip(voted) {
            if !voted || options.seed.is_some() {
                chosen.order.push(voter);
                chosen.voted.push(voted);
            }
        }
    }
    if chosen.order.is_empty() && wanted > 0 {
        return Err(Failure::Configuration(
            "everybody with a letter has voted already: import more voters, or repeat an earlier run with its --seed".to_owned(),
        ));
    }
    Ok(chosen)
}

/// The users of a profile, and how many there are.
fn scenarios(profile: &Profile, run: &Arc<Run>) -> Result<(Vec<Scenario>, usize), Failure> {
    let users = profile.users();
    let weighted = match profile {
        Profile::Readers(_) if run.ledger.voters() > 0 => vec![
            (scenario("reader", run, reader::work), users),
            (scenario("voter", run, voter::work), VOTERS_AMONG_READERS),
        ],
        Profile::Readers(_) => vec![(scenario("reader", run, reader::work), 1)],
        Profile::Hostile(_) => vec![
            (scenario("voter", run, voter::work), 2),
            (scenario("double-caster", run, double_caster::work), 2),
            (scenario("replayer", run, replayer::work), 1),
            (scenario("malformer", run, malformer::work), 2),
            (scenario("slow-client", run, slow_client::work), 1),
        ],
        _ => vec![(scenario("voter", run, voter::work), 1)],
    };
    let is_mixed = matches!(profile, Profile::Readers(_)) && weighted.len() > 1;
    let users = if is_mixed {
        users + VOTERS_AMONG_READERS
    } else {
        users.max(weighted.len())
    };
    let weigh = |(scenario, weight): (Scenario, usize)| {
        scenario
            .set_weight(weight)
            .map_err(|error| Failure::Internal(anyhow::anyhow!("{error}")))
    };
    Ok((weighted.into_iter().map(weigh).collect::<Result<_, _>>()?, users))
}

/// Runs a profile and tells all of it in `report`, as far as it gets.
pub(crate) async fn run(profile: &Profile, report: &mut Report) -> Result<(), Failure> {
    let (name, options) = profile.parts();
    let seed = options.seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    report.set("profile", json!(name));
    report.set("seed", json!(seed));
    report.line(&format!("loadtest {name}, seed {seed}"));
    let is_generator = matches!(profile, Profile::Generator(_));

    let hosts = preflight::resolve(&options.host, options.i_own_this_host)?;
    let definition = read_definition(options)?;
    let shares = read_shares(options, &definition)?;
    let drills = options.drills(profile.time())?;
    let voters = if is_generator && !options.letters.exists() {
        letters::made_up(MADE_UP, &definition, seed)
    } else {
        letters::read(&options.letters, &definition)?
    };

    let (targets, before, electorate) = if is_generator {
        let order = plan::order(voters.len(), seed);
        (
            preflight::targets_as_given(&hosts)?,
            Vec::new(),
            Electorate {
                voted: Vec::new(),
                order,
            },
        )
    } else {
        let targets = Arc::new(preflight::discover(&hosts, &definition, options.timeout).await?);
        for drill in &drills {
            if targets
                .iter()
                .all(|target| target.region.as_ref() != Some(&drill.when.region))
            {
                return Err(Failure::Usage(format!(
                    "no host that was given is region {}",
                    drill.when.region
                )));
            }
        }
        // The first, the last and some between: letters of two elections in one file are noticed, too.
        let probed: Vec<&Voter> = voters
            .iter()
            .step_by((voters.len() / 8).max(1))
            .chain(voters.last())
            .collect();
        preflight::probe_letters(&targets, &definition, &probed, options.timeout).await?;
        let before = preflight::baseline(&targets, options.timeout).await?;
        let may_have_voted = may_have_voted(&definition, &before);
        let electorate = electorate(profile, &voters, &targets, may_have_voted, seed).await?;
        let targets = Arc::try_unwrap(targets)
            .map_err(|_| Failure::Internal(anyhow::anyhow!("somebody still asks who voted")))?;
        (targets, before, electorate)
    };

    let Electorate { order, voted } = electorate;
    let count = u32::try_from(order.len()).unwrap_or(u32::MAX);
    let run = Arc::new(Run {
        ledger: Ledger::new(order, plan::variants(profile)),
        measures: Measures::new(targets.len())?,
        polls: Measures::new(targets.len())?,
        agenda: plan::agenda(profile, count, seed),
        ballots: Ballots {
            definition,
            voters,
            shares,
            seed,
        },
        targets,
        surprises: Surprises::default(),
        timeout: options.timeout,
        any_202: is_generator,
    });
    let operator = options
        .data
        .as_ref()
        .map(|data| Operator::new(options.election.as_deref(), data));
    let drilled = drills.iter().map(|drill| drill.when.region.clone()).collect();
    let (ended, time) = load(profile, &run, operator.clone(), drills, report).await?;
    let ended_at = Instant::now();

    let counted = if is_generator {
        report.set("reconciled", json!(false));
        report.line("\nThis measures the generator alone: NOTHING IS RECONCILED.");
        None
    } else {
        // In case that the rest is interrupted for good.
        if let Some(path) = &options.json {
            let _ = report.write(path);
        }
        let grounds = Grounds {
            drilled,
            before,
            voted: voted.clone(),
            close: operator.filter(|_| options.close),
        };
        tokio::select! {
            counted = reconcile(&run, grounds, options.reconcile_timeout, ended_at) => Some(counted),
            () = stopped() => None,
        }
    };
    conclude(profile, &run, &voted, counted, (ended, time), report).await
}

fn may_have_voted(definition: &Definition, before: &[Option<Results>]) -> bool {
    use election_core::definition::ResultsPolicy;
    let holds_back = matches!(definition.results(), ResultsPolicy::Live { step } if step.get() > 1);
    holds_back || before.iter().flatten().any(|results| results.seq > 0)
}

/// Resolves when somebody wants this to stop. Only once goose has installed its own handler.
async fn stopped() {
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated() => {}
    }
}

async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => std::future::pending().await,
    }
}

/// The load, with its drills beside it.
async fn load(
    profile: &Profile,
    run: &Arc<Run>,
    operator: Option<Operator>,
    drills: Vec<drills::Drill>,
    report: &mut Report,
) -> Result<(Ended, Duration), Failure> {
    let (_, options) = profile.parts();
    let (scenarios, users) = scenarios(profile, run)?;
    report.set("users", json!(users));
    let first = options
        .host
        .first()
        .map_or("127.0.0.1", |host| host.authority.as_str());
    let setting = Setting {
        host: format!("http://{first}"),
        users,
        increase_rate: options
            .increase_rate
            .map_or(users.saturating_mul(10), |rate| rate as usize),
        report_files: options.report_file.clone(),
        prints_metrics: !options.no_print_metrics && !matches!(profile, Profile::Generator(_)),
    };
    let driller = operator.filter(|_| !drills.is_empty()).map(|operator| {
        let run = Arc::clone(run);
        std::thread::spawn(move || {
            let done = std::sync::Mutex::new(Vec::new());
            drills::carry_out(&run, &operator, drills, |text| {
                crate::ledger::lock(&done).push(text.to_owned())
            });
            done.into_inner().unwrap_or_default()
        })
    });
    // Goose minds Ctrl-C only; service managers and time-outs send this.
    let terminator = tokio::spawn(async {
        terminated().await;
        goose::trigger_killswitch("SIGTERM received");
    });
    let (ended, time) = attack(run, &setting, scenarios).await?;
    terminator.abort();
    let done = driller.map_or_else(Vec::new, |driller| driller.join().unwrap_or_default());
    report.set("drills", json!(done));
    report.set("load_s", json!(time.as_secs_f64()));
    done.iter().for_each(|text| report.line(text));
    report.line(&format!("{users} users, {:.1} s of load", time.as_secs_f64()));
    Ok((ended, time))
}
