//! A message of the intake queue, as whoever can write to the queue may forge it.
#![no_main]

use election_core::envelope::Envelope;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Envelope::decode(bytes);
});
