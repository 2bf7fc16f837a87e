//! Owns the reading of the operating system's random numbers.

use crate::ports::{PortError, PortResult};

/// Random bytes of the operating system's generator, fit for keys and credentials.
pub fn bytes<const N: usize>() -> PortResult<[u8; N]> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

/// Fills `bytes` as [`bytes`] does.
pub(crate) fn fill(bytes: &mut [u8]) -> PortResult<()> {
    getrandom::fill(bytes).map_err(|error| PortError::Unavailable(format!("random numbers: {error}")))
}
