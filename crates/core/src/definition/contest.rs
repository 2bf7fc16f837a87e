//! Owns what stands on a ballot: jurisdictions, contests, candidates, and who runs where.

use std::collections::BTreeMap;

use serde::Serialize;

use super::index::Indexed;
use super::text::Text;
use crate::identifiers::{CandidateId, ContestId, JurisdictionId};

/// A jurisdiction: its voters share one ballot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jurisdiction {
    pub(super) id: JurisdictionId,
    pub(super) name: Text,
}

impl Jurisdiction {
    /// The jurisdiction's id.
    pub fn id(&self) -> &JurisdictionId {
        &self.id
    }

    /// What voters read.
    pub fn name(&self) -> &Text {
        &self.name
    }
}

/// Where something holds: in every jurisdiction, or only in some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Scope(Option<Box<[JurisdictionId]>>);

impl Scope {
    pub(super) const EVERYWHERE: Self = Self(None);

    pub(super) fn only(mut jurisdictions: Vec<JurisdictionId>) -> Self {
        jurisdictions.sort_unstable();
        Self(Some(jurisdictions.into()))
    }

    pub(super) fn contains(&self, jurisdiction: &JurisdictionId) -> bool {
        self.0
            .as_ref()
            .is_none_or(|sorted| sorted.binary_search(jurisdiction).is_ok())
    }
}

/// One question on the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contest {
    pub(super) id: ContestId,
    pub(super) title: Text,
    pub(super) votes_allowed: u32,
    pub(super) write_ins: u32,
    pub(super) scope: Scope,
    pub(super) candidates: Indexed<CandidateId, Candidate>,
}

impl Contest {
    /// The contest's id.
    pub fn id(&self) -> &ContestId {
        &self.id
    }

    /// What voters read.
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// How many candidates and write-ins a voter may choose at most; 1 to 1,000.
    pub fn votes_allowed(&self) -> u32 {
        self.votes_allowed
    }

    /// How many lines for write-ins there are; at most [`Self::votes_allowed`].
    pub fn write_ins(&self) -> u32 {
        self.write_ins
    }

    /// The jurisdictions that vote on the contest, sorted by id; `None` if all do.
    pub fn jurisdictions(&self) -> Option<&[JurisdictionId]> {
        self.scope.0.as_deref()
    }

    /// Whether the voters of `jurisdiction` vote on the contest.
    pub fn is_on_ballot_of(&self, jurisdiction: &JurisdictionId) -> bool {
        self.scope.contains(jurisdiction)
    }

    /// All candidates, in the definition's order; none if there are only write-ins.
    pub fn candidates(&self) -> &[Candidate] {
        self.candidates.as_slice()
    }

    /// The candidate of that id, wherever they run.
    pub fn candidate(&self, id: &(impl std::borrow::Borrow<str> + ?Sized)) -> Option<&Candidate> {
        self.candidates.get(id.borrow())
    }

    /// The candidates on the ballot of `jurisdiction`, in the definition's order.
    pub fn candidates_in<'a>(
        &'a self,
        jurisdiction: &'a JurisdictionId,
    ) -> impl Iterator<Item = &'a Candidate> {
        self.candidates()
            .iter()
            .filter(|candidate| candidate.runs_in(jurisdiction))
    }
}

/// A candidate, or an option such as "yes".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub(super) id: CandidateId,
    pub(super) name: Text,
    pub(super) party: Option<Party>,
    /// The contest's scope, unless the candidate has one of their own.
    pub(super) scope: Scope,
}

impl Candidate {
    /// The candidate's id, unique within the contest.
    pub fn id(&self) -> &CandidateId {
        &self.id
    }

    /// What voters read.
    pub fn name(&self) -> &Text {
        &self.name
    }

    /// The party, which may differ between jurisdictions.
    pub fn party(&self) -> Option<&Party> {
        self.party.as_ref()
    }

    /// The party on the ballot of `jurisdiction`.
    pub fn party_in(&self, jurisdiction: &JurisdictionId) -> Option<&str> {
        self.party()?.in_jurisdiction(jurisdiction)
    }

    /// The party wherever no other is given.
    pub fn default_party(&self) -> Option<&str> {
        self.party()?.default()
    }

    /// The jurisdictions whose voters may choose the candidate, sorted by id; `None` if all may.
    /// Without jurisdictions of their own a candidate has the contest's.
    pub fn jurisdictions(&self) -> Option<&[JurisdictionId]> {
        self.scope.0.as_deref()
    }

    /// Whether the voters of `jurisdiction` may choose the candidate: it votes on the contest and
    /// the candidate runs there.
    pub fn runs_in(&self, jurisdiction: &JurisdictionId) -> bool {
        self.scope.contains(jurisdiction)
    }
}

/// A candidate's party, as the ballots name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Party {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) default: Option<Box<str>>,
    // No jurisdiction can be called "default": the id is reserved.
    #[serde(flatten)]
    pub(super) elsewhere: BTreeMap<JurisdictionId, Box<str>>,
}

impl Party {
    /// The party wherever no other is given.
    pub fn default(&self) -> Option<&str> {
        self.default.as_deref()
    }

    /// The party on the ballot of `jurisdiction`.
    pub fn in_jurisdiction(&self, jurisdiction: &JurisdictionId) -> Option<&str> {
        self.elsewhere
            .get(jurisdiction)
            .or(self.default.as_ref())
            .map(|party| &**party)
    }
}
