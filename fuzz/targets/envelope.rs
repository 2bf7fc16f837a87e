//! A message of the intake queue, as whoever can write to the queue may forge it.
#![no_main]

use election_core::envelope::{EnvelopeId, Message};
use election_core::identifiers::{ElectionHash, ElectionId};
use election_core::keys::{BallotKey, MacSecret};

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let election = ElectionId::parse("club").unwrap();
    let secret = MacSecret::new(&[1; 32], &election, ElectionHash::from_bytes([2; 32]));
    let message = Message {
        envelope: EnvelopeId([0; 16]),
        ballot_key: BallotKey([0; 12]),
        body: body.into(),
    };
    assert!(message.open(&secret).is_err(), "forged without the secret");
});
