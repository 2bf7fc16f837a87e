//! Owns how the key file's keys wrap secrets and data keys: AES-256-GCM, a random nonce before the
//! ciphertext, and what the key is for as associated data.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use election_core::identifiers::ElectionId;
use election_core::voter_record::KeyBatchId;
use zeroize::Zeroizing;

const NONCE_BYTES: usize = 12;

/// Bytes that are wiped when dropped.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;

/// The operating system gave no randomness.
pub(crate) struct NoRandomness;

/// What is wrapped.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Roll,
    Ballot,
    Mac,
    Records(KeyBatchId),
}

/// Bytes of the operating system's generator.
pub(crate) fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; N]);
    getrandom::fill(&mut bytes[..]).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// Length and election ‖ length and purpose ‖ batch: what is wrapped for one thing unwraps for no other.
pub(crate) fn context(election: &ElectionId, purpose: Purpose) -> Vec<u8> {
    let (name, batch): (&str, &[u8]) = match &purpose {
        Purpose::Roll => ("roll", &[]),
        Purpose::Ballot => ("ballot", &[]),
        Purpose::Mac => ("mac", &[]),
        Purpose::Records(batch) => ("records", &batch.0),
    };
    let mut context = Vec::new();
    for part in [election.as_str(), name] {
        // An identifier has at most 40 bytes.
        context.push(part.len() as u8);
        context.extend_from_slice(part.as_bytes());
    }
    context.extend_from_slice(batch);
    context
}

fn cipher(key: &[u8]) -> Option<Aes256Gcm> {
    Aes256Gcm::new_from_slice(key).ok()
}

/// Wraps `plain` under a key of 32 bytes.
pub(crate) fn wrap(key: &[u8], context: &[u8], plain: &[u8]) -> Result<Bytes, NoRandomness> {
    let nonce = random::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: plain,
        aad: context,
    };
    // Encrypting fails for gigabytes only, and the keys are made with their length: never here.
    let encrypted = cipher(key).and_then(|cipher| cipher.encrypt(&Nonce::from(*nonce), payload).ok());
    let mut wrapped = Bytes::new(nonce.to_vec());
    wrapped.extend_from_slice(&encrypted.ok_or(NoRandomness)?);
    Ok(wrapped)
}

/// Unwraps what [`wrap`] made with the same key and context.
pub(crate) fn unwrap(key: &[u8], context: &[u8], wrapped: &[u8]) -> Option<Bytes> {
    let (nonce, encrypted) = wrapped.split_first_chunk::<NONCE_BYTES>()?;
    let payload = Payload {
        msg: encrypted,
        aad: context,
    };
    cipher(key)?
        .decrypt(&Nonce::from(*nonce), payload)
        .ok()
        .map(Bytes::new)
}
