//! Owns the ballot box. The only write of a ballot is one conditional put of its item; nothing here changes or
//! removes one. What else became of envelopes is in [`crate::conflicts`], and follows from both tables: an
//! envelope is recorded if the box's item names it, whatever was stored of it before.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::EnvelopeId;
use election_core::identifiers::ElectionHash;
use election_core::keys::BallotKey;
use election_core::tally::{FeedRecord, Sequence};
use election_service::ports::{
    BallotBox, DeadLetter, Exceptions, Outcome, PortResult, Reckoning, Submission, Waiting,
};
use futures_util::stream::{self, StreamExt, TryStreamExt};
use tokio::sync::mpsc;

use crate::attributes::Item;
use crate::conflicts::{Conflicts, Kind, Name};
use crate::elections;
use crate::failure::{corrupt, unavailable};
use crate::feed;
use crate::recorded::{self, BALLOT_KEY, ENVELOPE, read_ballot, read_envelope, read_key};
use crate::settings::Table;
use crate::tables::{Expression, Projection, TableCalls, Written};

/// How many ballots of one call are recorded at once.
const AT_ONCE: usize = 64;

/// The box as kept in the tables of the ballots, the conflicts and, for the phase, the election.
pub(crate) struct DynamoBallotBox {
    pub(crate) ballots: TableCalls,
    pub(crate) elections: TableCalls,
    /// Who only reads the box may have none.
    pub(crate) conflicts: Option<Conflicts>,
    /// The conflict log's digests need it.
    pub(crate) election: ElectionHash,
}

/// Where an envelope stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Decided,
    Letter,
    Unknown,
}

fn name(submission: &Submission) -> Name {
    (submission.envelope, submission.ballot.key)
}

impl DynamoBallotBox {
    fn conflicts(&self) -> PortResult<&Conflicts> {
        let missing = || unavailable(&format!("{} is not set", Table::Conflicts.variable()));
        self.conflicts.as_ref().ok_or_else(missing)
    }

    async fn item(&self, key: &BallotKey, projection: Option<Projection>) -> PortResult<Option<Item>> {
        self.ballots.get(recorded::key(key), projection).await
    }

    /// Decides submissions of one voter, in order.
    async fn decide_in_turn(
        &self,
        submissions: Vec<(usize, &Submission)>,
        is_too_late: bool,
    ) -> Vec<(usize, PortResult<Outcome>)> {
        let mut outcomes = Vec::with_capacity(submissions.len());
        for (place, submission) in submissions {
            outcomes.push((place, self.decide(submission, is_too_late).await));
        }
        outcomes
    }

    async fn decide(&self, submission: &Submission, is_too_late: bool) -> PortResult<Outcome> {
        let found = if is_too_late {
            match self.item(&submission.ballot.key, None).await? {
                None => return Ok(Outcome::Late),
                Some(found) => found,
            }
        } else {
            match self.put(submission).await? {
                Written::Done => return Ok(Outcome::Recorded),
                Written::Refused(found) if !found.is_empty() => found,
                // The answer needn't have the item.
                Written::Refused(_) => {
                    let found = self.item(&submission.ballot.key, None).await?;
                    found.ok_or_else(|| unavailable("a recorded ballot can't be found"))?
                }
            }
        };
        self.decide_further(submission, &found).await
    }

    /// The one conditional write of a ballot.
    async fn put(&self, submission: &Submission) -> PortResult<Written> {
        let first = Expression::new("attribute_not_exists(#key)", &[("#key", BALLOT_KEY)]);
        self.ballots
            .put(recorded::recorded(submission), Some(first))
            .await
    }

    /// Decides an envelope whose voter has a recorded ballot. After a lost answer that is this very one, which
    /// nothing tells from a redelivery.
    async fn decide_further(&self, submission: &Submission, found: &Item) -> PortResult<Outcome> {
        if read_envelope(found) == Some(submission.envelope) {
            return Ok(Outcome::AlreadyDecided);
        }
        let recorded = read_ballot(found).ok_or_else(|| corrupt("a recorded ballot can't be read"))?;
        let (conflicts, name) = (self.conflicts()?, name(submission));
        let (outcome, is_new) = if recorded.is_same_vote(&submission.ballot) {
            (Outcome::Repeat, conflicts.decide_as_repeat(&name).await?)
        } else {
            let digest = submission.ballot.digest(&self.election);
            let is_new = conflicts.decide_as_conflict(&name, &digest).await?;
            (Outcome::Conflict, is_new)
        };
        Ok(if is_new { outcome } else { Outcome::AlreadyDecided })
    }

    /// By which envelopes these voters' ballots came; voters without a recorded ballot are missing.
    async fn recorded_envelopes(
        &self,
        keys: BTreeSet<BallotKey>,
    ) -> PortResult<HashMap<BallotKey, Option<EnvelopeId>>> {
        let keys = keys.iter().map(recorded::key).collect();
        let projection = Projection(&[BALLOT_KEY, ENVELOPE]);
        let items = self.ballots.batch_get(keys, Some(projection)).await?;
        let envelope = |item: &Item| Some((read_key(item)?, read_envelope(item)));
        Ok(items.iter().filter_map(envelope).collect())
    }

    /// Where these envelopes stand. Letters are told from unknown envelopes only if `with_letters`: nothing else
    /// is stored of an envelope while its voter has no recorded ballot.
    async fn standings(&self, names: &[Name], with_letters: bool) -> PortResult<Vec<Standing>> {
        let recorded = self
            .recorded_envelopes(names.iter().map(|(_, key)| *key).collect())
            .await?;
        let is_recorded = |(envelope, key): &Name| recorded.get(key) == Some(&Some(*envelope));
        let is_open = |name: &Name| !is_recorded(name) && (with_letters || recorded.contains_key(&name.1));
        let open: BTreeSet<Name> = names.iter().copied().filter(is_open).collect();
        let mut kinds = HashMap::new();
        if !open.is_empty() {
            let open: Vec<Name> = open.into_iter().collect();
            kinds.extend(self.conflicts()?.kinds_of(&open).await?);
        }
        let standing = |name: &Name| match kinds.get(name) {
            _ if is_recorded(name) => Standing::Decided,
            Some(Kind::Repeat | Kind::Conflict) => Standing::Decided,
            Some(Kind::Letter) => Standing::Letter,
            None => Standing::Unknown,
        };
        Ok(names.iter().map(standing).collect())
    }

    /// Which of these envelopes the box names.
    async fn are_recorded(&self, names: &[Name]) -> PortResult<Vec<bool>> {
        let keys = names.iter().map(|(_, key)| *key).collect();
        let recorded = self.recorded_envelopes(keys).await?;
        let is_recorded = |(envelope, key): &Name| recorded.get(key) == Some(&Some(*envelope));
        Ok(names.iter().map(is_recorded).collect())
    }
}

/// Recording, and how it may be told: an outcome is `Recorded` if the answer says so. If the answer got lost and
/// the SDK asked again, it is `AlreadyDecided`, as for a redelivery; the ballot is recorded once all the same.
#[async_trait]
impl BallotBox for DynamoBallotBox {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        let Some(item) = self.item(key, None).await? else {
            return Ok(None);
        };
        let ballot = read_ballot(&item).ok_or_else(|| corrupt("a recorded ballot can't be read"))?;
        Ok(Some(ballot))
    }

    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        if submissions.is_empty() {
            return Vec::new();
        }
        let is_too_late = match elections::stored_phase(&self.elections).await {
            Ok(phase) => phase.is_some_and(|phase| phase.is_too_late_to_record()),
            Err(error) => return vec![Err(error); submissions.len()],
        };
        // One voter's are decided one after the other, as they stand; different voters' at once.
        let mut by_voter: HashMap<BallotKey, Vec<(usize, &Submission)>> = HashMap::new();
        for (place, submission) in submissions.iter().enumerate() {
            by_voter
                .entry(submission.ballot.key)
                .or_default()
                .push((place, submission));
        }
        let turns: Vec<_> = by_voter
            .into_values()
            .map(|of_voter| self.decide_in_turn(of_voter, is_too_late))
            .collect();
        let decided: Vec<_> = stream::iter(turns).buffer_unordered(AT_ONCE).collect().await;
        let mut outcomes: Vec<_> = decided.into_iter().flatten().collect();
        outcomes.sort_by_key(|(place, _)| *place);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn are_decided(&self, envelopes: &[Name]) -> PortResult<Vec<bool>> {
        let standings = self.standings(envelopes, false).await?;
        Ok(standings
            .into_iter()
            .map(|standing| standing == Standing::Decided)
            .collect())
    }

    async fn add_repeat(&self) -> PortResult<()> {
        self.conflicts()?.add_unsent_repeat().await
    }

    /// A letter that is kept although its envelope is being recorded at this instant is none: whoever reads the
    /// letters looks into the box.
    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        let message = &letter.message;
        let found = self
            .item(&message.ballot_key, Some(Projection(&[ENVELOPE])))
            .await?;
        if found.as_ref().and_then(read_envelope) == Some(message.envelope) {
            return Ok(());
        }
        self.conflicts()?.keep(letter).await
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        let conflicts = self.conflicts()?;
        let (mut undecided, mut pages) = (Vec::new(), conflicts.letters());
        while let Some(letters) = pages.try_next().await? {
            let name = |letter: &DeadLetter| (letter.message.envelope, letter.message.ballot_key);
            let names: Vec<Name> = letters.iter().map(name).collect();
            for (letter, is_recorded) in letters.into_iter().zip(self.are_recorded(&names).await?) {
                if is_recorded {
                    // Nobody counts it; who may not remove it leaves it.
                    drop(conflicts.remove_letter(&name(&letter)).await);
                } else {
                    undecided.push(letter);
                }
            }
        }
        undecided.sort_by_key(|letter| letter.at);
        Ok(undecided)
    }

    /// There is no instant at which DynamoDB can be read as a whole: the sums are exact once nothing is recorded
    /// any more.
    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        let names: Vec<Name> = waiting
            .iter()
            .map(|each| (each.envelope, each.ballot_key))
            .collect();
        let standings = self.standings(&names, true).await?;
        let (recorded, exceptions) = tokio::try_join!(self.ballots.count(), self.exceptions())?;
        Ok(Reckoning {
            recorded,
            repeats: exceptions.repeats,
            conflicts: exceptions.conflicts,
            dead_letters: exceptions.dead_letters,
            undecided: standings
                .into_iter()
                .map(|standing| standing == Standing::Unknown)
                .collect(),
        })
    }

    async fn exceptions(&self) -> PortResult<Exceptions> {
        let (mut exceptions, mut pages) = (Exceptions::default(), self.conflicts()?.kinds());
        while let Some(kinds) = pages.try_next().await? {
            exceptions.repeats += kinds.repeats;
            exceptions.conflicts += kinds.conflicts;
            let recorded = self.are_recorded(&kinds.letters).await?;
            exceptions.dead_letters += recorded.iter().filter(|is_recorded| !**is_recorded).count() as u64;
        }
        Ok(exceptions)
    }

    fn can_be_followed(&self) -> bool {
        false
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        feed::page(&self.ballots, after, limit).await
    }

    async fn behind(&self, after: Sequence) -> PortResult<u64> {
        feed::behind(&self.ballots, after).await
    }

    async fn read(&self, after: Sequence, pages: mpsc::Sender<Vec<FeedRecord>>) -> PortResult<()> {
        feed::read(&self.ballots, after, pages).await
    }
}
