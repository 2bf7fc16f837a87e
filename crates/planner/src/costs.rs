//! Owns what a day and the weeks around it cost: a line for each service, region and purpose, never a factor on top.
//! Every sum is the sum of its lines.

use serde::Serialize;

use crate::demand::Demand;
use crate::facts::{
    BALLOT_BYTES, BATCH, BATCH_WINDOW_SECONDS, COPY_MS, ENQUEUER_MS, ENQUEUER_REQUESTS, FIREWALL_RULES,
    HEALTH_CHECKS, JURISDICTIONS, KEY_REUSE_SECONDS, KEYS, LOG_BYTES, MEMORY_MB, MESSAGE_BYTES, MONTH_HOURS,
    PAGE_BYTES, PAGE_FILES, READS_PER_REQUEST, RECORD_MS, REST_REQUESTS, SECRETS, TALLY_MS, TALLY_RECORDS,
    TRANSACTION_UNITS, VISIT_MS, VOTER_BYTES, VOTER_ITEMS, WEEKS,
};
use crate::money::Money;
use crate::needs::Provision;
use crate::prices::{Prices, PricesError};

/// What a line is for. Each line has one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Purpose {
    /// The pipeline with one copy, one table and no firewall.
    Voting,
    /// The second copy in a peer's queue.
    SecondCopy,
    /// The box in all replicas, and reads that see every earlier write.
    StrongConsistency,
    /// The firewalls.
    Firewall,
}

/// When it is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Time {
    /// Once, when the roll is imported.
    Import,
    /// On the day, for each vote.
    Day,
    /// In the weeks before and after.
    Weeks,
}

/// A line of the bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Whose bill.
    pub service: &'static str,
    /// Where; `global` for what has no region.
    pub region: &'static str,
    /// What.
    pub item: &'static str,
    /// What for.
    pub purpose: Purpose,
    /// When.
    pub time: Time,
    /// How many units.
    pub quantity: u64,
    /// In millionths of a dollar.
    pub cost: Money,
}

/// The part of the bill that belongs to no region.
pub const GLOBAL: &str = "global";

struct Bill<'a> {
    prices: &'a Prices,
    lines: Vec<Line>,
    region: &'static str,
    time: Time,
}

impl Bill<'_> {
    fn add(
        &mut self,
        (service, item, price): (&'static str, &'static str, &str),
        purpose: Purpose,
        quantity: u64,
    ) -> Result<(), PricesError> {
        let cost = self.prices.cost(price, quantity)?;
        self.push(service, item, purpose, quantity, cost);
        Ok(())
    }

    /// What is priced by the month, for some weeks.
    fn add_weeks(
        &mut self,
        (service, item, price): (&'static str, &'static str, &str),
        purpose: Purpose,
        quantity: u64,
        weeks: u64,
    ) -> Result<(), PricesError> {
        let cost = self.prices.cost(price, quantity)?.share(weeks * 168, MONTH_HOURS);
        self.push(service, item, purpose, quantity, cost);
        Ok(())
    }

    fn push(
        &mut self,
        service: &'static str,
        item: &'static str,
        purpose: Purpose,
        quantity: u64,
        cost: Money,
    ) {
        self.lines.push(Line {
            service,
            region: self.region,
            item,
            purpose,
            time: self.time,
            quantity,
            cost,
        });
    }
}

/// Gigabyte-seconds of invocations of so many milliseconds, rounded up.
fn gb_seconds(invocations: u64, milliseconds: u64) -> u64 {
    (invocations * milliseconds * MEMORY_MB).div_ceil(1_024 * 1_000)
}

/// Gigabytes, rounded up.
fn gigabytes(items: u64, bytes: u64) -> u64 {
    (items * bytes).div_ceil(1_000_000_000)
}

/// Batches of a number of messages over a time: full ones, or one for each window in which any came.
fn batches(messages: u64, seconds: u64) -> u64 {
    messages
        .div_ceil(BATCH)
        .max(messages.min(seconds / BATCH_WINDOW_SECONDS))
}

/// The whole bill.
pub fn lines(demand: &Demand, prices: &Prices) -> Result<Vec<Line>, PricesError> {
    let mut bill = Bill {
        prices,
        lines: Vec::new(),
        region: GLOBAL,
        time: Time::Day,
    };
    for (place, name) in demand.names().iter().enumerate() {
        bill.region = name;
        bill.time = Time::Day;
        add_intake(&mut bill, demand, demand.voters_of(place))?;
        if place < demand.replicas() {
            add_replica(&mut bill, demand, place)?;
        }
        bill.time = Time::Weeks;
        add_standing(&mut bill)?;
    }
    bill.region = GLOBAL;
    bill.time = Time::Day;
    add_edge(&mut bill, demand)?;
    Ok(bill.lines)
}

/// What a region's own voters cost: API, functions, queue.
fn add_intake(bill: &mut Bill<'_>, demand: &Demand, votes: u64) -> Result<(), PricesError> {
    use Purpose::{Firewall, SecondCopy, StrongConsistency, Voting};
    let requests = votes * REST_REQUESTS;
    bill.add(("API Gateway", "requests", "rest_request"), Voting, requests)?;
    bill.add(
        ("WAF", "requests to the API", "firewall_request"),
        Firewall,
        requests,
    )?;
    bill.add(
        ("CloudWatch", "logs, GB", "log_gb"),
        Voting,
        gigabytes(requests, LOG_BYTES),
    )?;

    let batches = batches(votes, demand.seconds());
    bill.add(
        ("Lambda", "requests", "lambda_request"),
        Voting,
        requests + batches,
    )?;
    let seconds =
        gb_seconds(votes, ENQUEUER_MS) + gb_seconds(votes, VISIT_MS) + gb_seconds(batches, RECORD_MS);
    bill.add(("Lambda", "GB-seconds", "lambda_gb_second"), Voting, seconds)?;
    bill.add(
        ("Lambda", "requests for second copies", "lambda_request"),
        SecondCopy,
        batches,
    )?;
    let seconds = gb_seconds(batches, COPY_MS);
    bill.add(
        ("Lambda", "GB-seconds for second copies", "lambda_gb_second"),
        SecondCopy,
        seconds,
    )?;

    // Each message is sent by itself; received and deleted in batches.
    bill.add(("SQS", "requests", "sqs_request"), Voting, votes + 2 * batches)?;
    bill.add(
        ("SQS", "requests for second copies", "sqs_request"),
        SecondCopy,
        votes + 2 * batches,
    )?;
    let crossing = gigabytes(votes, MESSAGE_BYTES);
    bill.add(
        (
            "Data transfer",
            "second copies to a peer, GB",
            "between_regions_gb",
        ),
        SecondCopy,
        crossing,
    )?;

    // An eventually consistent read is half a unit; a strong one the other half besides.
    let reads = votes * ENQUEUER_REQUESTS * READS_PER_REQUEST;
    bill.add(
        ("DynamoDB", "read units", "read_unit"),
        Voting,
        reads / 2 + batches,
    )?;
    bill.add(
        ("DynamoDB", "the strong half of reads", "read_unit"),
        StrongConsistency,
        reads - reads / 2,
    )?;
    bill.add(
        ("DynamoDB", "read units for second copies", "read_unit"),
        SecondCopy,
        votes,
    )?;

    // AWS's estimate for SSE-KMS on SQS (SQSDeveloperGuide, sqs-key-management): time / reuse × (2 × senders +
    // receivers); and the secrets that each environment unwraps when it starts.
    let provision = Provision::of(demand);
    let keys = demand.seconds() / KEY_REUSE_SECONDS * (2 * demand.regions as u64 + 1);
    let secrets = (provision.enqueuer_concurrency + provision.processor_concurrency) * SECRETS;
    bill.add(("KMS", "requests", "kms_request"), Voting, keys + secrets)
}

/// What a replica of the tables costs: it takes every region's ballots, and tallies them all.
fn add_replica(bill: &mut Bill<'_>, demand: &Demand, place: usize) -> Result<(), PricesError> {
    use Purpose::{StrongConsistency, Voting};
    // One table would do for voting; the others are there for strong consistency.
    let purpose = if place == 0 { Voting } else { StrongConsistency };
    bill.add(
        ("DynamoDB", "ballots, write units", "write_unit"),
        purpose,
        demand.voters,
    )?;
    // A batch for each shard and second in which anything came, or full ones.
    let shards = Provision::of(demand).partitions;
    let invocations = demand
        .voters
        .min(shards * demand.seconds())
        .max(demand.voters.div_ceil(TALLY_RECORDS));
    bill.add(
        ("Lambda", "tally, requests", "lambda_request"),
        Voting,
        invocations,
    )?;
    let seconds = gb_seconds(invocations, TALLY_MS);
    bill.add(
        ("Lambda", "tally, GB-seconds", "lambda_gb_second"),
        Voting,
        seconds,
    )?;
    // The jurisdictions that a batch touches, and the pointer.
    let items = demand.voters.min(invocations * JURISDICTIONS) + invocations;
    let item = ("DynamoDB", "tallies, write units", "write_unit");
    bill.add(item, Voting, items * TRANSACTION_UNITS)?;
    bill.time = Time::Import;
    let item = ("DynamoDB", "roll, write units", "write_unit");
    bill.add(item, purpose, demand.voters * VOTER_ITEMS)?;
    bill.time = Time::Weeks;
    let (before, after) = WEEKS;
    for (item, price, recovery) in [
        ("roll, GB", "table_gb_month", false),
        ("roll, recovery, GB", "recovery_gb_month", true),
    ] {
        let size = gigabytes(demand.voters, VOTER_BYTES);
        bill.add_weeks(("DynamoDB", item, price), purpose, size, before + after)?;
        let item = if recovery {
            "ballots, recovery, GB"
        } else {
            "ballots, GB"
        };
        let size = gigabytes(demand.voters, BALLOT_BYTES);
        bill.add_weeks(("DynamoDB", item, price), purpose, size, after)?;
    }
    Ok(())
}

/// What a region costs without a single vote.
fn add_standing(bill: &mut Bill<'_>) -> Result<(), PricesError> {
    use Purpose::{Firewall, Voting};
    let weeks = WEEKS.0 + WEEKS.1;
    bill.add_weeks(("KMS", "keys", "kms_key_month"), Voting, KEYS, weeks)?;
    bill.add_weeks(
        ("Route 53", "health checks", "health_check_month"),
        Voting,
        HEALTH_CHECKS,
        weeks,
    )?;
    bill.add_weeks(("WAF", "web ACL", "firewall_month"), Firewall, 1, weeks)?;
    bill.add_weeks(
        ("WAF", "rules", "firewall_rule_month"),
        Firewall,
        FIREWALL_RULES,
        weeks,
    )?;
    // Ten receives at once for each of the two pollers there always are, waiting 20 s for nothing; more are asked for
    // when the day comes.
    let polls = 2 * 10 * weeks * 168 * 3_600 / 20;
    bill.add(("SQS", "empty receives", "sqs_request"), Voting, polls)
}

/// What is in front of all regions.
fn add_edge(bill: &mut Bill<'_>, demand: &Demand) -> Result<(), PricesError> {
    use Purpose::{Firewall, Voting};
    let requests = demand.voters * (PAGE_FILES + REST_REQUESTS);
    bill.add(("CloudFront", "requests", "edge_request"), Voting, requests)?;
    bill.add(
        ("CloudFront", "pages, GB", "edge_gb"),
        Voting,
        gigabytes(demand.voters, PAGE_BYTES),
    )?;
    bill.add(
        ("WAF", "requests to the website", "firewall_request"),
        Firewall,
        requests,
    )?;
    bill.add(("Route 53", "queries", "dns_query"), Voting, demand.voters)?;
    bill.time = Time::Weeks;
    let weeks = WEEKS.0 + WEEKS.1;
    bill.add_weeks(("WAF", "web ACL", "firewall_month"), Firewall, 1, weeks)?;
    bill.add_weeks(
        ("WAF", "rules", "firewall_rule_month"),
        Firewall,
        FIREWALL_RULES,
        weeks,
    )
}

/// The sum of some lines.
pub fn sum<'a>(lines: impl IntoIterator<Item = &'a Line>) -> Money {
    lines.into_iter().map(|line| line.cost).sum()
}
