//! Owns what the formulas take for granted: how this project's pipeline works, and how AWS does. Each says where it is
//! from. What was only assumed, because nothing of this has run on AWS yet, is told by [`ASSUMED`] and [`UNKNOWN`].

/// What is planned for beyond the busiest rate, in percent: a queue that is worked off no faster than it fills
/// never empties (the fluid limit in [`crate::needs`]).
pub const HEADROOM_PERCENT: u64 = 120;

// A voter's requests: website/vote.js, modules/api/routes.tf.

/// Requests of a voter that reach API Gateway: POST /visits, /eligibility and /votes.
pub const REST_REQUESTS: u64 = 3;
/// Of these, what the enqueuer answers.
pub const ENQUEUER_REQUESTS: u64 = 2;
/// Files of the voting page that a first visit fetches: website/index.html and what it imports, and GET /election.
pub const PAGE_FILES: u64 = 16;
/// What they weigh compressed, with headers.
pub const PAGE_BYTES: u64 = 30_000;

// The enqueuer and the queue: crates/service/src/enqueuer.rs, modules/functions/main.tf.

/// Strongly consistent reads of a request to the enqueuer: two items of the roll, one of the box.
pub const READS_PER_REQUEST: u64 = 3;
/// Messages of a vote: its own, and the second copy in a peer's queue.
pub const COPIES: u64 = 2;
/// Messages that one invocation takes at most.
pub const BATCH: u64 = 10;
/// Seconds for which a poller waits for a full batch.
pub const BATCH_WINDOW_SECONDS: u64 = 1;
/// Seconds for which a second copy waits.
pub const COPY_DELAY_SECONDS: u64 = 300;
/// Invocations of a poller in a second (docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
pub const POLLER_INVOCATIONS: u64 = 10;
/// Pollers that are added in a minute (same place).
pub const POLLERS_PER_MINUTE: u64 = 1_000;
/// The most pollers that modules/functions/main.tf asks for, and the most that are always there.
pub const MOST_POLLERS: (u64, u64) = (200, 2_000);
/// A second copy and its envelope as it crosses to a peer.
pub const MESSAGE_BYTES: u64 = 1_000;

// DynamoDB: docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html and ServiceQuotas.html.

/// Write units that a partition takes in a second.
pub const PARTITION_WRITES: u64 = 1_000;
/// What an on-demand table takes from the start, in write units a second.
pub const FIRST_WRITES: u64 = 4_000;
/// After this long a table takes twice its last peak.
pub const DOUBLING_SECONDS: u64 = 1_800;
/// A ballot's bytes with its keys and attributes' names; under 1 KB, so one write unit.
pub const BALLOT_BYTES: u64 = 400;
/// A voter's two items (crates/aws/src/roll.rs): the person and the pointer from the voter key.
pub const VOTER_ITEMS: u64 = 2;
/// Their bytes.
pub const VOTER_BYTES: u64 = 700;

// The tally: modules/functions/main.tf, crates/aws/src/tallies.rs.

/// Records of one invocation at most.
pub const TALLY_RECORDS: u64 = 1_000;
/// Jurisdictions; each one's counts are an item. As many as the United States have states, and the capital.
pub const JURISDICTIONS: u64 = 51;
/// Write units for each item of a transaction.
pub const TRANSACTION_UNITS: u64 = 2;

// Lambda: docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.

/// Memory of each function, in MB.
pub const MEMORY_MB: u64 = 512;
/// Environments that a function gains in a second.
pub const RAMP_PER_SECOND: u64 = 100;
/// Environments that a function may start with at once.
pub const RAMP_BURST: u64 = 1_000;
/// Requests per second and environment at most.
pub const REQUESTS_PER_ENVIRONMENT: u64 = 10;

// Durations of an invocation in milliseconds: assumed, see `ASSUMED`.

/// POST /eligibility and POST /votes together: reads, then two sends at once, one of them across a continent.
pub const ENQUEUER_MS: u64 = 105;
/// The processor with a batch of first copies: ten writes at once, each committed in a second region.
pub const RECORD_MS: u64 = 80;
/// The processor with a batch of second copies: one read.
pub const COPY_MS: u64 = 20;
/// The tally with a batch.
pub const TALLY_MS: u64 = 40;
/// POST /visits.
pub const VISIT_MS: u64 = 30;

// Other services.

/// SQS reuses a data key for so long: modules/queue/main.tf.
pub const KEY_REUSE_SECONDS: u64 = 300;
/// Secrets that an environment unwraps when it starts: the enqueuer's three.
pub const SECRETS: u64 = 3;
/// KMS keys in each region: modules/encryption.
pub const KEYS: u64 = 4;
/// Rules of a web ACL: modules/firewall.
pub const FIREWALL_RULES: u64 = 4;
/// Health checks of a region: modules/dns.
pub const HEALTH_CHECKS: u64 = 3;
/// Seconds until voters are led away from a region that doesn't answer: three checks of 10 s, and 60 s in which
/// names are remembered.
pub const FAIL_OVER_SECONDS: u64 = 90;
/// Bytes of log for a request: the access log's line and the functions' metrics.
pub const LOG_BYTES: u64 = 500;
/// Weeks for which everything stands ready before and after the day.
pub const WEEKS: (u64, u64) = (4, 2);
/// Hours of a month, as AWS counts them.
pub const MONTH_HOURS: u64 = 730;

/// What the figures rest on without having been measured.
pub const ASSUMED: [&str; 4] = [
    "105 ms for a voter's two requests, 80 ms to record ten votes, 20 ms for ten copies, 40 ms to tally; nothing ran on AWS",
    "20 % headroom with one region gone; voters evenly over regions, ballots over partitions; nobody sends twice",
    "a voter opens the page once; batches are as full as a second makes them; 51 jurisdictions; ballots under 1 KB",
    "us-east-1's prices without free tiers, discounts and tax; other regions differ",
];

/// What isn't in the sums, because no price or no measure of it is at hand.
pub const UNKNOWN: [&str; 4] = [
    "provisioned pollers (billed by the hour), fast health checks, alarms, custom metrics, traces, the witness",
    "readers of the results: each million polls at the edge is $1.00, and $0.60 for the firewall",
    "KMS requests of DynamoDB; attackers and refused clients: API Gateway doesn't charge for them, the firewall does",
    "people: support, printing and mailing letters",
];
