//! What a voter types from the letter, or what a QR code carries.
#![no_main]

use election_core::voter_id::VoterId;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = VoterId::parse(text);
});
