//! The TOML that operators write.
#![no_main]

use election_core::definition::Definition;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Definition::parse(bytes);
});
