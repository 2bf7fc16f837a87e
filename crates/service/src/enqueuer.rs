//! Owns the acceptance of votes: who may vote on what, and the promise that a 202 is durable in two
//! regions. It never writes to the ballot box: only the processor records.

use std::sync::Arc;
use std::time::Duration;

use election_core::ballot::{Ballot, BallotId};
use election_core::content::{self, SelectionError, Selections};
use election_core::definition::Definition;
use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::{ElectionHash, JurisdictionId};
use election_core::keys::{BallotKey, BallotSecret, MacSecret, RollSecret};
use election_core::phase::Phase;
use election_core::receipt::Receipt;
use election_core::voter_id::VoterId;

use crate::phase_cache::PhaseCache;
use crate::ports::{BallotBox, CopyRole, Intake, PortError, PortResult, VoterRoll};
use crate::randomness;
use crate::regions::{Region, Regions};

/// Accepts votes in one region.
pub struct Enqueuer {
    /// The election.
    pub definition: Arc<Definition>,
    /// Finds voters.
    pub roll_secret: Arc<RollSecret>,
    /// Joins persons to ballots; `None` once destroyed.
    pub ballot_secret: BallotSecretSlot,
    /// Seals ballots.
    pub mac_secret: Arc<MacSecret>,
    /// The voter roll.
    pub roll: Arc<dyn VoterRoll>,
    /// The ballot box, to find what is recorded already.
    pub ballots: Arc<dyn BallotBox>,
    /// The election's phase.
    pub phase: PhaseCache,
    /// The region that accepts.
    pub region: Arc<Region>,
    /// All regions: the second copy goes to a peer.
    pub regions: Regions,
    /// How long a second copy waits before it is looked at.
    pub second_copy_delay: Duration,
}

/// The ballot secret of a running process, which key destruction takes away.
pub type BallotSecretSlot = Arc<std::sync::RwLock<Option<Arc<BallotSecret>>>>;

/// A vote as it was sent, its texts parsed.
pub struct Vote {
    /// The credential.
    pub voter_id: VoterId,
    /// The device's id of this ballot.
    pub ballot_id: BallotId,
    /// The choices, not checked yet.
    pub selections: Selections,
    /// The definition that the voter's page showed, if it says so.
    pub election_hash: Option<ElectionHash>,
}

/// A vote that is durable in two regions, or was recorded before.
pub struct Accepted {
    /// For the voter.
    pub receipt: Receipt,
    /// Whether this very ballot had been recorded already.
    pub repeat: bool,
}

/// Why a vote isn't accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CastError {
    /// No voter has this id.
    #[error("the voter id is not on the roll")]
    VoterNotFound,
    /// The id was replaced by another letter's.
    #[error("the voter id was replaced by a newer letter")]
    VoterIdRevoked,
    /// The election isn't open yet.
    #[error("the polls are not open yet")]
    PollsNotOpen,
    /// The election is closed.
    #[error("the polls are closed")]
    PollsClosed,
    /// Another ballot of this voter is recorded.
    #[error("another ballot of this voter is recorded")]
    AlreadyVoted,
    /// A ballot with this id and other content is recorded.
    #[error("this ballot id was used with other selections")]
    BallotChanged,
    /// The voter's page showed another definition.
    #[error("the ballot was made for another definition")]
    OtherDefinition,
    /// The selections don't fit the voter's ballot.
    #[error("the selections do not fit the ballot")]
    Selections(Vec<SelectionError>),
    /// The link between voters and ballots is destroyed.
    #[error("the keys of this election are destroyed")]
    KeysDestroyed,
    /// Two durable copies can't be made now, or something that must be known can't be read.
    #[error("unavailable: {0}")]
    Unavailable(#[from] PortError),
}

/// A voter's ballot before it is cast.
pub struct Eligibility {
    /// Where the voter votes.
    pub jurisdiction: JurisdictionId,
    /// Whether a ballot of theirs is recorded.
    pub voted: bool,
}

struct Voter {
    jurisdiction: JurisdictionId,
    ballot_key: BallotKey,
}

impl Enqueuer {
    /// Which ballot a voter has, and whether they voted.
    pub async fn eligibility(&self, voter_id: &VoterId) -> Result<Eligibility, CastError> {
        let voter = self.find_voter(voter_id).await?;
        let voted = self.ballots.find(&voter.ballot_key).await?.is_some();
        Ok(Eligibility {
            jurisdiction: voter.jurisdiction,
            voted,
        })
    }

    /// Accepts a vote: checks it, then makes it durable in two regions. The first reason to refuse wins,
    /// in the order of DESIGN.md §3.
    pub async fn cast(&self, vote: &Vote) -> Result<Accepted, CastError> {
        let voter = self.find_voter(&vote.voter_id).await?;
        let content = content::canonical(&self.definition, &voter.jurisdiction, &vote.selections);
        let recorded = self.recorded(&voter.ballot_key).await;
        let ballot = content.map(|content| self.seal(&voter, vote.ballot_id, content));

        if let (Some(recorded), Ok(ballot)) = (&recorded, &ballot)
            && recorded.is_same_vote(ballot)
        {
            self.ballots.add_repeat().await?;
            return Ok(Accepted {
                receipt: recorded.receipt(&self.definition.hash()),
                repeat: true,
            });
        }
        match self.phase.phase().await?.phase {
            Phase::PreElection => return Err(CastError::PollsNotOpen),
            Phase::Open => {}
            Phase::Closed | Phase::Certifying | Phase::Certified => return Err(CastError::PollsClosed),
        }
        if let Some(recorded) = recorded {
            let same_id = recorded.id == vote.ballot_id;
            return Err(if same_id {
                CastError::BallotChanged
            } else {
                CastError::AlreadyVoted
            });
        }
        if vote
            .election_hash
            .is_some_and(|hash| hash != self.definition.hash())
        {
            return Err(CastError::OtherDefinition);
        }
        let ballot = ballot.map_err(CastError::Selections)?;
        self.enqueue_twice(&ballot).await?;
        Ok(Accepted {
            receipt: ballot.receipt(&self.definition.hash()),
            repeat: false,
        })
    }

    async fn find_voter(&self, voter_id: &VoterId) -> Result<Voter, CastError> {
        let secret = self
            .ballot_secret
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone();
        let secret = secret.ok_or(CastError::KeysDestroyed)?;
        let found = self.roll.find(&self.roll_secret.voter_key(voter_id)).await?;
        let registration = found.ok_or(CastError::VoterNotFound)?;
        if registration.revoked {
            return Err(CastError::VoterIdRevoked);
        }
        let ballot_key = secret.ballot_key(&registration.person);
        Ok(Voter {
            jurisdiction: registration.jurisdiction,
            ballot_key,
        })
    }

    /// What is recorded for the voter, as far as it can be read: the processor decides in any case, so a
    /// failure here must not refuse a vote.
    async fn recorded(&self, key: &BallotKey) -> Option<Ballot> {
        self.ballots.find(key).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "the ballot box can't be read; the vote is accepted as if none was recorded");
            None
        })
    }

    fn seal(&self, voter: &Voter, id: BallotId, content: Box<[u8]>) -> Ballot {
        let jurisdiction = voter.jurisdiction.clone();
        Ballot::seal(
            &self.mac_secret,
            voter.ballot_key,
            id,
            jurisdiction,
            content::FORMAT,
            content,
        )
    }

    /// Sends the first copy to this region and the second to a peer, both at once; a send that fails is
    /// tried in the next peer. Nothing is sent if fewer than two regions could take it.
    async fn enqueue_twice(&self, ballot: &Ballot) -> PortResult<()> {
        let own = self.region.active_intake();
        let peers = self
            .regions
            .peers_of(self.region.name())
            .filter_map(|peer| peer.active_intake());
        let mut intakes = own.into_iter().chain(peers).collect::<Vec<_>>().into_iter();
        let (Some(first), Some(second)) = (intakes.next(), intakes.next()) else {
            return Err(PortError::Unavailable(
                "fewer than two regions are active".to_owned(),
            ));
        };
        let message = Message::seal(EnvelopeId(randomness::bytes()?), ballot);
        let (first, second) = tokio::join!(
            send(first, &message, CopyRole::Primary, Duration::ZERO),
            send(second, &message, CopyRole::Second, self.second_copy_delay),
        );
        for (result, role) in [(first, CopyRole::Primary), (second, CopyRole::Second)] {
            let Err(mut last) = result else { continue };
            let delay = if role == CopyRole::Primary {
                Duration::ZERO
            } else {
                self.second_copy_delay
            };
            loop {
                let Some(next) = intakes.next() else {
                    return Err(last);
                };
                match send(next, &message, role, delay).await {
                    Ok(()) => break,
                    Err(error) => last = error,
                }
            }
        }
        Ok(())
    }
}

async fn send(intake: Arc<dyn Intake>, message: &Message, role: CopyRole, delay: Duration) -> PortResult<()> {
    intake.send(message.clone(), role, delay).await
}
