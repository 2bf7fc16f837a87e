//! Owns what is known in memory of the recorded ballots, so that most questions about them need no reading:
//! under load nearly every vote is its voter's first, and nearly every second copy is of a ballot that was
//! recorded moments ago. It never says more than the file: what it doesn't know is read there.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use election_core::envelope::EnvelopeId;
use election_core::keys::BallotKey;

use crate::failure::locked;

/// 8 MiB. With 5 million ballots one key in 200 is looked up in vain, with 20 million one in four.
const WORDS: usize = 1 << 20;
const BITS: u64 = WORDS as u64 * 64;
/// How many bits a key sets.
const PROBES: u64 = 4;

/// How many envelopes are remembered at least; a few seconds' worth.
const RECENT: usize = 1 << 17;

const EMPTY: u8 = 0;
const LOADING: u8 = 1;
const COMPLETE: u8 = 2;

/// What is recorded, as far as it is known.
pub(crate) struct Recorded {
    /// A Bloom filter of the ballots' keys.
    keys: Box<[AtomicU64]>,
    state: AtomicU8,
    envelopes: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    newer: HashSet<EnvelopeId>,
    older: HashSet<EnvelopeId>,
}

/// The bits of a key. Keys are the output of an HMAC: any part of one is as good as a hash of it.
fn bits(BallotKey(key): &BallotKey) -> impl Iterator<Item = (usize, u64)> {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = *key;
    let start = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
    // Odd, so that the probes differ.
    let stride = u64::from(u32::from_le_bytes([i, j, k, l])) | 1;
    (0..PROBES).map(move |probe| {
        let bit = start.wrapping_add(probe.wrapping_mul(stride)) % BITS;
        ((bit / 64) as usize, 1 << (bit % 64))
    })
}

impl Recorded {
    pub(crate) fn new() -> Self {
        Self {
            keys: (0..WORDS).map(|_| AtomicU64::new(0)).collect(),
            state: AtomicU8::new(EMPTY),
            envelopes: Mutex::default(),
        }
    }

    /// True for the first one who asks: they have to add all keys of the file and then call
    /// [`Self::complete`], or [`Self::give_up`].
    pub(crate) fn is_to_be_loaded(&self) -> bool {
        self.state
            .compare_exchange(EMPTY, LOADING, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// All keys of the file, read after this was made, were added.
    pub(crate) fn complete(&self) {
        self.state.store(COMPLETE, Ordering::Release);
    }

    /// Loading failed; somebody else may try.
    pub(crate) fn give_up(&self) {
        self.state.store(EMPTY, Ordering::Release);
    }

    pub(crate) fn add_key(&self, key: &BallotKey) {
        for (word, bit) in bits(key) {
            self.keys[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Whether surely no ballot is recorded under this key.
    pub(crate) fn is_new(&self, key: &BallotKey) -> bool {
        self.state.load(Ordering::Acquire) == COMPLETE
            && bits(key).any(|(word, bit)| self.keys[word].load(Ordering::Relaxed) & bit == 0)
    }

    /// These ballots are durably recorded.
    pub(crate) fn add<'a>(&self, recorded: impl Iterator<Item = (&'a EnvelopeId, &'a BallotKey)>) {
        let mut recent = locked(&self.envelopes);
        for (envelope, key) in recorded {
            self.add_key(key);
            if recent.newer.len() >= RECENT {
                recent.older = std::mem::take(&mut recent.newer);
            }
            recent.newer.insert(*envelope);
        }
    }

    /// Which of these envelopes are known to be recorded.
    pub(crate) fn are_recent(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> Vec<bool> {
        let recent = locked(&self.envelopes);
        let is_recent = |envelope| recent.newer.contains(envelope) || recent.older.contains(envelope);
        envelopes
            .iter()
            .map(|(envelope, _)| is_recent(envelope))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u64) -> BallotKey {
        // As uniform as an HMAC's output.
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mut bytes = [0; 12];
        bytes[..8].copy_from_slice(&(mixed ^ (mixed >> 32)).to_le_bytes());
        bytes[8..].copy_from_slice(&mixed.to_le_bytes()[..4]);
        BallotKey(bytes)
    }

    fn envelope(number: u64) -> EnvelopeId {
        EnvelopeId((u128::from(number) << 64).to_le_bytes())
    }

    #[test]
    fn nothing_is_surely_new_before_all_keys_are_known() {
        let recorded = Recorded::new();
        assert!(!recorded.is_new(&key(1)));
        assert!(recorded.is_to_be_loaded());
        assert!(!recorded.is_to_be_loaded(), "one loads it");
        assert!(!recorded.is_new(&key(1)));
        recorded.give_up();
        assert!(recorded.is_to_be_loaded());
        recorded.complete();
        assert!(recorded.is_new(&key(1)));
        assert!(!recorded.is_to_be_loaded());
    }

    #[test]
    fn a_recorded_key_is_never_new_and_another_mostly_is() {
        let recorded = Recorded::new();
        for number in 0..200_000 {
            recorded.add_key(&key(number));
        }
        assert!(recorded.is_to_be_loaded());
        recorded.complete();
        assert!((0..200_000).all(|number| !recorded.is_new(&key(number))));
        let in_vain = (200_000..400_000).filter(|number| !recorded.is_new(&key(*number)));
        assert!(in_vain.count() < 200);
    }

    #[test]
    fn the_last_envelopes_are_remembered_and_old_ones_forgotten() {
        let recorded = Recorded::new();
        let all: Vec<_> = (0..3 * RECENT as u64)
            .map(|number| (envelope(number), key(number)))
            .collect();
        for part in all.chunks(1_000) {
            recorded.add(part.iter().map(|(envelope, key)| (envelope, key)));
        }
        let known = recorded.are_recent(&all);
        assert!(known[2 * RECENT..].iter().all(|is_known| *is_known));
        assert!(known[..RECENT].iter().all(|is_known| !is_known));
        assert_eq!(recorded.are_recent(&[(envelope(u64::MAX), key(1))]), [false]);
    }
}
