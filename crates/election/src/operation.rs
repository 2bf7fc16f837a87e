//! Owns what can be asked of an election by command, and doing it: in this process if no server runs, or
//! in the server, by the same code.

use std::path::PathBuf;

use election_core::definition::ResultsPolicy;
use election_core::phase::Phase;
use election_service::operations::{OperationError, Progress};
use election_service::ports::RegionState;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::election::{Edition, Election};
use crate::export::{self, ExportKind};
use crate::voters;

/// What to do with a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegionAction {
    Fail,
    Restore,
    Lose,
}

/// A command on an election. No `Debug`: one of them names a person.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case")]
pub(crate) enum Operation {
    Open,
    Close,
    Certify,
    Results,
    Recount,
    Status,
    Region {
        name: String,
        action: RegionAction,
    },
    DeadLettersList,
    DeadLettersReplay,
    KeysDestroy,
    Export {
        what: ExportKind,
        out: PathBuf,
    },
    TallyRebuild {
        name: String,
    },
    VotersImport {
        roll: PathBuf,
        letters: PathBuf,
        report: Option<PathBuf>,
    },
    VotersReissue {
        external_id: String,
        letters: PathBuf,
    },
}

impl Operation {
    /// What a progress bar says of it.
    pub(crate) fn title(&self) -> &'static str {
        match self {
            Self::Certify => "Certifying",
            Self::Recount => "Recounting ballots",
            Self::Export { .. } => "Exporting",
            Self::TallyRebuild { .. } => "Rebuilding the tally",
            Self::VotersImport { .. } => "Importing voters",
            _ => "Working",
        }
    }
}

/// Does an operation and gives its answer as JSON; null if there is nothing to tell.
pub(crate) async fn execute(
    election: &Election,
    operation: Operation,
    progress: Progress<'_>,
) -> Result<Value, OperationError> {
    let operations = &election.operations;
    match operation {
        Operation::Open => operations.open().await.map(|()| Value::Null),
        Operation::Close => operations.close().await.map(|()| Value::Null),
        Operation::Certify => operations.certify(progress).await.map(|()| Value::Null),
        Operation::Results => results(election, progress).await,
        Operation::Recount => recount(election, progress).await,
        Operation::Status => document(&operations.status().await?),
        Operation::Region { name, action } => region(election, &name, action).await,
        Operation::DeadLettersList => document(&operations.dead_letters().await?),
        Operation::DeadLettersReplay => Ok(json!({ "replayed": operations.replay_dead_letters().await? })),
        Operation::KeysDestroy => {
            operations.destroy_keys().await?;
            Ok(still_links(&election.edition))
        }
        Operation::Export { what, out } => document(&export::run(election, what, &out, progress).await?),
        Operation::TallyRebuild { name } => document(&operations.rebuild_tally(&name, progress).await?),
        Operation::VotersImport {
            roll,
            letters,
            report,
        } => {
            let files = voters::import::Files {
                roll,
                letters,
                report,
            };
            document(&voters::import::run(election, &files, progress).await?)
        }
        Operation::VotersReissue { external_id, letters } => {
            voters::reissue::run(election, &external_id, &letters)
                .await
                .map(|()| Value::Null)
        }
    }
}

/// What the destruction of the keys didn't reach, and until when.
fn still_links(edition: &Edition) -> Value {
    match edition {
        Edition::Local(_) => json!({
            "destroyed": "the ballot secret and its key; the box is rewritten in key order",
            "still_links": [
                "letters: whoever has a letter and a copy of the destroyed key file (delete backups of it)",
                "backups and file system snapshots of the data folder made before now",
                "blocks that the disk has not overwritten yet",
            ],
        }),
        #[cfg(feature = "aws")]
        Edition::Aws => json!({
            "destroyed": "the wrapped ballot secret; its KMS key is scheduled for deletion",
            "still_links": [
                "the KMS key, until its deletion in 7 days: whoever may cancel that can use it again",
                "point-in-time recovery of the table with the wrapped secret, for 35 days",
                "functions that are running: they forget the secret when their environment ends, within hours",
                "streams of the ballot box, which have the order of voting, for 24 hours",
                "queues, for at most 14 days",
                "letters: whoever has a letter and one of the above",
            ],
        }),
    }
}

fn document(answer: &impl Serialize) -> Result<Value, OperationError> {
    serde_json::to_value(answer)
        .map_err(|error| OperationError::Refused(format!("the answer can't be written: {error}")))
}

/// The results as the nearest region counts them; recounted if none is active.
async fn results(election: &Election, progress: Progress<'_>) -> Result<Value, OperationError> {
    let nearest = election
        .regions
        .nearest_active()
        .and_then(|region| region.active_stores());
    if let Some(stores) = nearest {
        return document(&election.results.read(stores.tallies.as_ref()).await?);
    }
    let recount = election.operations.recount(progress).await?;
    let phase = election.operations.elections.phase().await?.phase;
    document(&election.results.of_counts(phase, &recount.counts))
}

async fn recount(election: &Election, progress: Progress<'_>) -> Result<Value, OperationError> {
    let recount = election.operations.recount(progress).await?;
    let differences: Vec<String> = recount.differences().collect();
    let ballots: u64 = recount.counts.values().map(|counts| counts.ballots).sum();
    let phase = election.operations.elections.phase().await?.phase;
    let secret = election.definition.results() == ResultsPolicy::AfterClose && phase < Phase::Closed;
    let counts: Vec<Value> = recount
        .counts
        .iter()
        .filter(|_| !secret)
        .map(|(jurisdiction, counts)| json!({ "jurisdiction": jurisdiction, "counts": counts }))
        .collect();
    Ok(json!({
        "agrees": differences.is_empty(),
        "ballots": ballots,
        "differences": differences,
        "regions": recount.regions,
        "jurisdictions": counts,
    }))
}

async fn region(election: &Election, name: &str, action: RegionAction) -> Result<Value, OperationError> {
    let state = match action {
        RegionAction::Fail => RegionState::Failed,
        RegionAction::Restore => RegionState::Active,
        RegionAction::Lose => RegionState::Lost,
    };
    election.operations.set_region(name, state).await?;
    if let (RegionState::Lost, Some(region)) = (state, election.regions.named(name)) {
        election.remove_region(region).await?;
    }
    Ok(Value::Null)
}
