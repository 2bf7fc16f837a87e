//! Owns `election voters reissue`: a new letter for somebody whose old one is revoked.

use std::path::Path;

use election_core::phase::Phase;
use election_service::operations::OperationError;
use election_service::registration::ReissueError;

use super::letters::Letters;
use crate::election::Election;

/// Writes the new letter, then makes it the valid one.
pub(crate) async fn run(election: &Election, external_id: &str, path: &Path) -> Result<(), OperationError> {
    let _registering = election.registering.lock().await;
    let phase = election.operations.elections.phase().await?.phase;
    if phase >= Phase::Closed {
        return Err(OperationError::Refused(format!(
            "the election is {phase}: a new letter would be of no use"
        )));
    }
    let refused = |error| match error {
        ReissueError::Port(error) => OperationError::Port(error),
        other => OperationError::Refused(other.to_string()),
    };
    let registrar = election.registrar();
    let reissue = registrar.prepare_reissue(external_id).await.map_err(refused)?;
    let written = Letters::open(path).and_then(|mut letters| {
        letters.append([(&reissue.voter_id, &reissue.record, &reissue.jurisdiction)])
    });
    written.map_err(|error| OperationError::Refused(format!("{error:#}")))?;
    registrar.confirm_reissue(&reissue).await.map_err(refused)
}
