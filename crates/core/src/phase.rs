//! Owns the phases of an election and which may follow which.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where the election stands. Only commands move it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The definition can be read and voters imported; no vote is accepted.
    PreElection,
    /// Votes are accepted.
    Open,
    /// No vote is accepted; what was accepted is still being recorded.
    Closed,
    /// The recount is under way; a ballot that isn't recorded by now is late.
    Certifying,
    /// The recount is the result, for good.
    Certified,
}

impl Phase {
    /// All phases in order.
    pub const ALL: [Self; 5] = [
        Self::PreElection,
        Self::Open,
        Self::Closed,
        Self::Certifying,
        Self::Certified,
    ];

    /// The phase's name in JSON and stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreElection => "pre-election",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Certifying => "certifying",
            Self::Certified => "certified",
        }
    }

    /// Reads the phase's name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| phase.as_str() == text)
    }

    /// Whether `next` may follow: each phase in turn, and back to closed when certification is refused.
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::PreElection, Self::Open)
                | (Self::Open, Self::Closed)
                | (Self::Closed, Self::Certifying)
                | (Self::Certifying, Self::Closed | Self::Certified)
        )
    }

    /// Whether a ballot that isn't recorded by now comes too late.
    pub fn is_too_late_to_record(self) -> bool {
        self >= Self::Certifying
    }
}

impl fmt::Display for Phase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_election_never_reopens() {
        for phase in [Phase::Closed, Phase::Certifying, Phase::Certified] {
            assert!(!phase.may_become(Phase::Open));
        }
        assert!(
            Phase::ALL
                .into_iter()
                .all(|next| !Phase::Certified.may_become(next))
        );
    }

    #[test]
    fn names_read_back() {
        assert!(
            Phase::ALL
                .into_iter()
                .all(|phase| Phase::parse(phase.as_str()) == Some(phase))
        );
        assert_eq!(Phase::parse("opened"), None);
    }
}
