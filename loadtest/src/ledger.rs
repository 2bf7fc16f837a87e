//! Owns what was sent and what was answered, vote by vote, in a few bytes each: what the reconciliation holds
//! against the server.

use std::sync::{Mutex, MutexGuard, PoisonError};

use election_core::receipt::Receipt;

use crate::ballots::Which;

/// Locks, whatever became of another thread that held it: the values are whole at any time.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far a vote has got with the server, as its sender knows it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// Never sent.
    #[default]
    Unsent,
    /// Sent, without an answer that settles the matter: it may be recorded or not.
    Open,
    /// 202.
    Accepted,
    /// Refused, by the position of its code in [`Ledger::codes`].
    Refused(u8),
}

/// What a receipt said in the end.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Fate {
    /// Not asked, or no receipt.
    #[default]
    Unknown,
    /// This ballot.
    Recorded,
    /// Another ballot of the voter.
    Another,
}

/// One vote.
#[derive(Clone, Copy, Default)]
pub(crate) struct Entry {
    /// How far it has got.
    pub(crate) state: State,
    /// What its receipt says.
    pub(crate) fate: Fate,
    /// What came with the first 202.
    pub(crate) receipt: Option<Receipt>,
}

/// All votes of a run.
pub(crate) struct Ledger {
    entries: Vec<Mutex<Entry>>,
    /// The voters, in the order that they vote in.
    order: Vec<u32>,
    /// Ballots per voter: 2 where some cast twice.
    variants: u8,
    codes: Mutex<Vec<String>>,
}

impl Ledger {
    /// A ledger of `order.len()` voters with `variants` ballots each.
    pub(crate) fn new(order: Vec<u32>, variants: u8) -> Self {
        let count = order.len() * usize::from(variants);
        let entries = std::iter::repeat_with(Mutex::default).take(count).collect();
        Self {
            entries,
            order,
            variants,
            codes: Mutex::default(),
        }
    }

    /// How many votes there can be.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).unwrap_or(u32::MAX)
    }

    /// How many voters there are.
    pub(crate) fn voters(&self) -> u32 {
        u32::try_from(self.order.len()).unwrap_or(u32::MAX)
    }

    /// The number of a voter's ballot, by the voter's place in the order.
    pub(crate) fn vote(&self, place: u32, variant: u8) -> u32 {
        place * u32::from(self.variants) + u32::from(variant)
    }

    /// Whose ballot a vote is.
    pub(crate) fn which(&self, vote: u32) -> Which {
        let variants = u32::from(self.variants);
        let variant = u8::try_from(vote % variants).unwrap_or(0);
        Which {
            voter: self.order[(vote / variants) as usize],
            variant,
        }
    }

    /// A vote's entry.
    pub(crate) fn entry(&self, vote: u32) -> MutexGuard<'_, Entry> {
        lock(&self.entries[vote as usize])
    }

    /// All votes with their entries.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u32, Entry)> {
        (0..self.len()).map(|vote| (vote, *self.entry(vote)))
    }

    /// Notes that a vote is about to be sent.
    pub(crate) fn sending(&self, vote: u32) {
        let mut entry = self.entry(vote);
        if entry.state == State::Unsent {
            entry.state = State::Open;
        }
    }

    /// Notes a 202; false if it came with another receipt than the one before.
    pub(crate) fn accepted(&self, vote: u32, receipt: Receipt) -> Accepted {
        let mut entry = self.entry(vote);
        let known = entry.receipt;
        entry.state = State::Accepted;
        match known {
            None => {
                entry.receipt = Some(receipt);
                Accepted::First
            }
            Some(known) if known == receipt => Accepted::Again,
            Some(_) => Accepted::OtherReceipt,
        }
    }

    /// Notes a refusal, unless the vote had its 202 before.
    pub(crate) fn refused(&self, vote: u32, code: &str) {
        let position = {
            let mut codes = lock(&self.codes);
            let known = codes.iter().position(|known| known == code);
            known.unwrap_or_else(|| {
                codes.push(code.to_owned());
                codes.len() - 1
            })
        };
        let mut entry = self.entry(vote);
        if entry.state != State::Accepted {
            entry.state = State::Refused(u8::try_from(position).unwrap_or(u8::MAX));
        }
    }

    /// The codes that votes were refused with.
    pub(crate) fn codes(&self) -> Vec<String> {
        lock(&self.codes).clone()
    }
}

/// What a 202 was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Accepted {
    /// The vote's first.
    First,
    /// The same answer once more.
    Again,
    /// The same ballot, with another receipt: that must not be.
    OtherReceipt,
}
