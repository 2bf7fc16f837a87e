//! The properties of [`KeyVault`](election_service::ports::KeyVault).

use election_core::voter_record::KeyBatchId;
use election_service::ports::WrappedDataKey;

use super::{Adapter, open};

/// From call to call; one is none of the others.
pub async fn secrets_stay_the_same_and_differ(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let (first, second) = (
        stores.vault.secrets().await.unwrap(),
        stores.vault.secrets().await.unwrap(),
    );
    assert!(first.roll == second.roll && first.ballot == second.ballot && first.mac == second.mac);
    let ballot = first.ballot.expect("a ballot secret");
    assert!(first.roll != ballot && ballot != first.mac && first.mac != first.roll);
    for secret in [first.roll, ballot, first.mac] {
        assert!(secret.iter().any(|byte| *byte != 0));
    }
}

/// However often, and each is another.
pub async fn a_data_key_unwraps_to_itself(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let (one, two) = (KeyBatchId([1; 16]), KeyBatchId([2; 16]));
    let (first, first_wrapped) = stores.vault.generate_data_key(one).await.unwrap();
    let (second, second_wrapped) = stores.vault.generate_data_key(two).await.unwrap();
    assert!(first.as_bytes() != second.as_bytes() && first_wrapped != second_wrapped);
    for _ in 0..2 {
        let unwrapped = stores.vault.unwrap_data_key(one, &first_wrapped).await.unwrap();
        assert!(unwrapped.as_bytes() == first.as_bytes());
        let unwrapped = stores.vault.unwrap_data_key(two, &second_wrapped).await.unwrap();
        assert!(unwrapped.as_bytes() == second.as_bytes());
    }
}

/// Nor does anything else unwrap.
pub async fn a_data_key_unwraps_for_its_own_batch_only(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let (one, two) = (KeyBatchId([1; 16]), KeyBatchId([2; 16]));
    let (_, wrapped) = stores.vault.generate_data_key(one).await.unwrap();
    assert!(stores.vault.unwrap_data_key(two, &wrapped).await.is_err());
    let mut changed = wrapped.0.clone();
    *changed.last_mut().expect("a wrapped key has bytes") ^= 1;
    let shorter = wrapped.0[..wrapped.0.len() - 1].to_vec();
    for bytes in [vec![], vec![0], changed, shorter] {
        assert!(
            stores
                .vault
                .unwrap_data_key(one, &WrappedDataKey(bytes))
                .await
                .is_err()
        );
    }
}

/// It is of no use without the key service.
pub async fn a_wrapped_data_key_does_not_show_the_key(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let (key, wrapped) = stores.vault.generate_data_key(KeyBatchId([1; 16])).await.unwrap();
    let shows = |bytes: &[u8]| wrapped.0.windows(bytes.len()).any(|window| window == bytes);
    assert!(!key.as_bytes().chunks(8).any(shows));
}

/// And the data keys; doing it again is harmless.
pub async fn destroying_the_ballot_secret_spares_the_others(adapter: &dyn Adapter) {
    let stores = open(adapter).await;
    let batch = KeyBatchId([1; 16]);
    let (key, wrapped) = stores.vault.generate_data_key(batch).await.unwrap();
    let before = stores.vault.secrets().await.unwrap();
    assert!(before.ballot.is_some());
    for _ in 0..2 {
        stores.vault.destroy_ballot_secret().await.unwrap();
        let after = stores.vault.secrets().await.unwrap();
        assert!(after.ballot.is_none());
        assert!(after.roll == before.roll && after.mac == before.mac);
        let unwrapped = stores.vault.unwrap_data_key(batch, &wrapped).await.unwrap();
        assert!(unwrapped.as_bytes() == key.as_bytes());
    }
}
