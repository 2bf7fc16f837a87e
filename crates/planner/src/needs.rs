//! Owns what must be provisioned: for each limit of AWS the need, the default and what to ask for. The formulas are those
//! of modules/functions/main.tf and modules/api/routes.tf, so that a plan is what Terraform does.

use serde::Serialize;

use crate::demand::Demand;
use crate::facts::{
    BATCH, COPIES, ENQUEUER_MS, ENQUEUER_REQUESTS, FIRST_WRITES, HEADROOM_PERCENT, MOST_POLLERS, PAGE_FILES,
    PARTITION_WRITES, POLLER_INVOCATIONS, RAMP_PER_SECOND, READS_PER_REQUEST, REQUESTS_PER_ENVIRONMENT,
    REST_REQUESTS, SECRETS,
};

/// What an AWS election is given: the variables of main.tf, and what follows from them. Per region, unless said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Provision {
    /// The variable of that name: what a region bears with a peer gone, with headroom.
    pub votes_per_second: u64,
    /// Pollers that are always there.
    pub minimum_pollers: u64,
    /// Pollers at most.
    pub maximum_pollers: u64,
    /// Environments reserved for the enqueuer.
    pub enqueuer_concurrency: u64,
    /// Environments reserved for the processor: ten for each poller, or messages would go astray.
    pub processor_concurrency: u64,
    /// The sum over all functions.
    pub concurrency: u64,
    /// Requests per second that API Gateway lets through.
    pub api_rate: u64,
    /// Write units per second that the tables are ready for, in all regions together: each replica takes every write.
    pub warm_writes: u64,
    /// Partitions of the ballots' table for it, which are also the stream's shards.
    pub partitions: u64,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// Of which service.
    pub service: &'static str,
    /// What is limited.
    pub limit: &'static str,
    /// What the busiest time needs, headroom and a lost region included.
    pub need: u64,
    /// What an account has without asking.
    pub default: u64,
    /// What to ask AWS for; none if the default is enough.
    pub ask: Option<u64>,
    /// Votes per second, over all regions, at which the default breaks.
    pub breaks_at: u64,
    /// What gives then, or what to raise.
    pub remedy: &'static str,
}

impl Provision {
    /// What Terraform would set up for this.
    pub fn of(demand: &Demand) -> Self {
        let planned = with_headroom(demand.peak());
        let votes_per_second = planned.div_ceil(demand.regions as u64 - 1);
        let wanted = (votes_per_second * COPIES)
            .div_ceil(POLLER_INVOCATIONS * BATCH)
            .max(2);
        let minimum_pollers = wanted.min(MOST_POLLERS.0);
        let maximum_pollers = (2 * wanted).min(MOST_POLLERS.1);
        let enqueuer_concurrency = (votes_per_second * 4).div_ceil(REQUESTS_PER_ENVIRONMENT).max(20);
        let processor_concurrency = 10 * maximum_pollers;
        let results = (votes_per_second * 2).div_ceil(REQUESTS_PER_ENVIRONMENT).max(20);
        let warm_writes = planned.max(FIRST_WRITES);
        Self {
            votes_per_second,
            minimum_pollers,
            maximum_pollers,
            enqueuer_concurrency,
            processor_concurrency,
            concurrency: enqueuer_concurrency + processor_concurrency + results + 100 + 20,
            // Openings and retries come in bursts: the routes let twice the planned rate through.
            api_rate: votes_per_second * REST_REQUESTS * 2,
            warm_writes,
            partitions: warm_writes.div_ceil(PARTITION_WRITES),
        }
    }

    /// Votes per second that a region's API and enqueuer let in.
    pub fn admitted(&self) -> u64 {
        let by_function = self.enqueuer_concurrency * 1_000 / ENQUEUER_MS;
        let by_requests = self.enqueuer_concurrency * REQUESTS_PER_ENVIRONMENT / ENQUEUER_REQUESTS;
        (self.api_rate / REST_REQUESTS).min(by_function).min(by_requests)
    }

    /// Messages per second that a region's pollers take at most.
    pub fn worked_off(&self) -> u64 {
        self.maximum_pollers * POLLER_INVOCATIONS * BATCH
    }
}

/// The planned-for rate.
pub fn with_headroom(rate: u64) -> u64 {
    (rate * HEADROOM_PERCENT).div_ceil(100)
}

/// A number to ask for in round numbers: two significant digits, upwards.
fn rounded(number: u64) -> u64 {
    let unit = 10_u64.pow(number.max(1).ilog10().saturating_sub(1));
    number.div_ceil(unit) * unit
}

/// Each limit with its need; what breaks first comes first.
///
/// Defaults, all under docs.aws.amazon.com: apigateway/latest/developerguide/limits.html,
/// lambda/latest/dg/gettingstarted-limits.html, amazondynamodb/latest/developerguide/ServiceQuotas.html and
/// warm-throughput.html, AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html,
/// kms/latest/developerguide/requests-per-second.html (us-east-2's, the lowest here),
/// AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html.
pub fn needs(demand: &Demand) -> Vec<Need> {
    let provision = Provision::of(demand);
    let planned = with_headroom(demand.peak());
    let region = provision.votes_per_second;
    let limit = |service, limit, need: u64, wanted: u64, default: u64, remedy| Need {
        service,
        limit,
        need,
        default,
        ask: (wanted > default).then(|| rounded(wanted)),
        // Needs grow with the rate: the rate at which this one reaches its default.
        breaks_at: u64::try_from(u128::from(demand.peak()) * u128::from(default) / u128::from(need.max(1)))
            .unwrap_or(u64::MAX),
        remedy,
    };
    let environments = (region * ENQUEUER_MS).div_ceil(1_000) + provision.processor_concurrency / 2;
    let mut needs = vec![
        limit(
            "API Gateway",
            "requests/s in a region",
            region * REST_REQUESTS,
            provision.api_rate,
            10_000,
            "quota",
        ),
        limit(
            "Lambda",
            "concurrent executions in a region",
            environments,
            provision.concurrency + 100,
            1_000,
            "quota: all that Terraform reserves, and 100",
        ),
        limit(
            "Lambda",
            "pollers of a queue",
            (region * COPIES).div_ceil(POLLER_INVOCATIONS * BATCH),
            provision.maximum_pollers,
            MOST_POLLERS.1,
            "votes_per_second; then more regions",
        ),
        limit(
            "DynamoDB",
            "writes/s of a new table",
            planned,
            planned,
            FIRST_WRITES,
            "warm_throughput; else doubles in 30 min",
        ),
        limit(
            "DynamoDB",
            "write units/s of a table",
            planned,
            planned,
            40_000,
            "quota: also for strong global tables",
        ),
        limit(
            "DynamoDB",
            "read units/s of a new table (roll)",
            region * ENQUEUER_REQUESTS * (READS_PER_REQUEST - 1),
            region * ENQUEUER_REQUESTS * (READS_PER_REQUEST - 1),
            12_000,
            "warm_throughput; its quota is 40,000",
        ),
        limit(
            "DynamoDB",
            "writes/s of one item (visits)",
            planned,
            PARTITION_WRITES,
            PARTITION_WRITES,
            "nothing: visits go uncounted, votes don't",
        ),
        limit(
            "SQS",
            "messages in flight in a queue",
            provision.processor_concurrency / 2 * BATCH,
            provision.processor_concurrency * BATCH,
            120_000,
            "quota",
        ),
        limit(
            "KMS",
            "requests/s in a region",
            RAMP_PER_SECOND * SECRETS,
            RAMP_PER_SECOND * SECRETS,
            20_000,
            "nothing: no request per vote",
        ),
        limit(
            "CloudFront",
            "requests/s of a distribution",
            planned * (PAGE_FILES + REST_REQUESTS),
            planned * (PAGE_FILES + REST_REQUESTS),
            250_000,
            "quota",
        ),
    ];
    // KMS doesn't grow with votes.
    if let Some(kms) = needs.iter_mut().find(|need| need.service == "KMS") {
        kms.breaks_at = u64::MAX;
    }
    needs.sort_by_key(|need| need.breaks_at);
    needs
}

/// How long a backlog takes that is worked off at one rate while it fills at another: the fluid limit of a queue,
/// backlog / (out - in). None if it never empties.
pub fn drain_seconds(backlog: u64, out_per_second: u64, in_per_second: u64) -> Option<u64> {
    let net = out_per_second.checked_sub(in_per_second).filter(|net| *net > 0)?;
    Some(backlog.div_ceil(net))
}

/// After an outage of one region's processing for this long while its queue went on taking votes at the busiest
/// rate: messages that wait, and the seconds until they are worked off if the busiest rate goes on, or the mean one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Outage {
    /// Minutes.
    pub minutes: u64,
    /// Messages in the region's queue when it is back.
    pub backlog: u64,
    /// Messages that the region takes in a second then: its pollers, and what the tables have left for it.
    pub out_per_second: u64,
    /// At the busiest rate.
    pub drain_seconds_at_peak: Option<u64>,
    /// At the mean rate.
    pub drain_seconds_at_mean: Option<u64>,
}

impl Outage {
    /// Of thirty minutes.
    pub fn of_half_an_hour(demand: &Demand) -> Self {
        const MINUTES: u64 = 30;
        let provision = Provision::of(demand);
        let regions = demand.regions as u64;
        let share = |votes: u64| (votes * COPIES).div_ceil(regions);
        let (peak, mean) = (share(demand.peak()), share(demand.mean_millis().div_ceil(1_000)));
        // Half of what waits are second copies, which peers recorded meanwhile or which were recorded by first copies:
        // they are read, not written. What the tables can write beyond the others' votes bounds the other half.
        let written = |rate: u64| {
            provision
                .warm_writes
                .saturating_sub(rate * (regions - 1) / COPIES)
                * COPIES
        };
        let drain = |rate| {
            let out = provision.worked_off().min(written(rate));
            drain_seconds(peak * MINUTES * 60, out, rate)
        };
        Self {
            minutes: MINUTES,
            backlog: peak * MINUTES * 60,
            out_per_second: provision.worked_off().min(written(peak)),
            drain_seconds_at_peak: drain(peak),
            drain_seconds_at_mean: drain(mean),
        }
    }
}
