//! Owns the functions' programs, and the variables that each is started with. Nothing but these is in their
//! environment.

use std::path::Path;

use election_testkit::lambda::Function;

/// A function.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    path: &'static str,
    /// What it needs besides [`COMMON`].
    pub(crate) needs: &'static [&'static str],
}

/// What all functions need.
pub(crate) const COMMON: [&str; 4] = [
    "AWS_REGION",
    "ELECTION_REGIONS",
    "ELECTION_REPLICA_REGION",
    "ELECTION_TABLE_ELECTIONS",
];

pub(crate) const VOTE_ENQUEUER: Program = Program {
    name: "vote-enqueuer",
    path: env!("CARGO_BIN_EXE_vote-enqueuer"),
    needs: &[
        "ELECTION_TABLE_BALLOTS",
        "ELECTION_TABLE_VOTERS",
        "ELECTION_TABLE_CONFLICTS",
        "ELECTION_QUEUES",
        "ELECTION_RECORDS_KEY",
        "ELECTION_BALLOT_SECRET_KEY",
    ],
};
pub(crate) const VOTE_PROCESSOR: Program = Program {
    name: "vote-processor",
    path: env!("CARGO_BIN_EXE_vote-processor"),
    needs: &[
        "ELECTION_TABLE_BALLOTS",
        "ELECTION_TABLE_CONFLICTS",
        "ELECTION_RECORDS_KEY",
    ],
};
pub(crate) const TALLY: Program = Program {
    name: "tally",
    path: env!("CARGO_BIN_EXE_tally"),
    needs: &["ELECTION_TABLE_TALLIES", "ELECTION_RECORDS_KEY"],
};
pub(crate) const RESULTS: Program = Program {
    name: "results",
    path: env!("CARGO_BIN_EXE_results"),
    needs: &["ELECTION_TABLE_BALLOTS", "ELECTION_TABLE_TALLIES"],
};
pub(crate) const HEALTH_CHECK: Program = Program {
    name: "health-check",
    path: env!("CARGO_BIN_EXE_health-check"),
    needs: &[
        "ELECTION_TABLE_BALLOTS",
        "ELECTION_TABLE_VOTERS",
        "ELECTION_TABLE_TALLIES",
        "ELECTION_QUEUES",
    ],
};
pub(crate) const ALL: [Program; 5] = [VOTE_ENQUEUER, VOTE_PROCESSOR, TALLY, RESULTS, HEALTH_CHECK];

/// Variables and their values.
pub(crate) type Variables = Vec<(String, String)>;

impl Program {
    /// Of all variables that an election's functions have in a region, those that this function needs; and
    /// what every AWS program has: credentials and, here, end points.
    pub(crate) fn of(self, all: &Variables) -> Variables {
        let is_needed = |name: &str| {
            let is_aws = name.starts_with("AWS_") || name == "ELECTION_SECOND_COPY_DELAY_SECONDS";
            is_aws || COMMON.contains(&name) || self.needs.contains(&name)
        };
        all.iter().filter(|(name, _)| is_needed(name)).cloned().collect()
    }

    /// Starts it.
    pub(crate) async fn start(self, variables: &Variables) -> Function {
        Function::start(Path::new(self.path), self.name, variables).await
    }
}

/// The variables with one changed, or taken away.
pub(crate) fn with(variables: &Variables, name: &str, value: Option<&str>) -> Variables {
    let others = variables.iter().filter(|(other, _)| other != name).cloned();
    others
        .chain(value.map(|value| (name.to_owned(), value.to_owned())))
        .collect()
}

/// Variables as a deployment in us-east-1 has them, with AWS at this end point.
pub(crate) fn deployed(end_point: &str) -> Variables {
    let queue = |region: &str| format!("{region}=https://sqs.{region}.amazonaws.com/123456789012/votes");
    let regions = ["us-east-1", "us-east-2", "us-west-2"];
    let values = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_ENDPOINT_URL", end_point),
        ("ELECTION_REGIONS", &regions.join(",")),
        ("ELECTION_REPLICA_REGION", "us-east-1"),
        ("ELECTION_TABLE_BALLOTS", "ballots"),
        ("ELECTION_TABLE_VOTERS", "voters"),
        ("ELECTION_TABLE_ELECTIONS", "elections"),
        ("ELECTION_TABLE_CONFLICTS", "conflicts"),
        ("ELECTION_TABLE_TALLIES", "tallies"),
        ("ELECTION_QUEUES", &regions.map(queue).join(",")),
        (
            "ELECTION_RECORDS_KEY",
            "arn:aws:kms:us-east-1:123456789012:key/mrk-1234abcd12ab34cd56ef1234567890ab",
        ),
        ("ELECTION_BALLOT_SECRET_KEY", "alias/ballot-secret"),
    ];
    values
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
}
