//! What a voter types to check that the ballot was recorded.
#![no_main]

use election_core::receipt::Receipt;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let _ = Receipt::parse(text);
});
