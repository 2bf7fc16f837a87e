//! The contract that every adapter passes: one function per property of a port's documentation, which
//! panics if the adapter doesn't have it. [`contract_suite!`](crate::contract_suite) makes the tests.
//!
//! Nothing here sleeps: where time has to pass, the queue itself is waited for.

pub mod accounting;
pub mod ballot_box;
pub mod elections;
pub mod failures;
pub mod feed;
pub mod intake;
pub mod intake_delivery;
pub mod key_vault;
pub mod tally_store;
pub mod voter_roll;

use std::time::Duration;

use async_trait::async_trait;
use election_service::ports::PortResult;
use tokio::task::JoinSet;

use crate::Stores;

/// How an adapter is opened.
#[async_trait]
pub trait Adapter: Send + Sync {
    /// Opens a fresh, empty store in three regions, whose queues lease messages for `visibility`.
    async fn open(&self, visibility: Duration) -> Stores;

    /// Whether the feed can be followed while ballots are recorded; see
    /// [`BallotBox::can_be_followed`](election_service::ports::BallotBox::can_be_followed).
    fn feed_can_be_followed(&self) -> bool {
        true
    }

    /// Whether an envelope is known again under another voter's key, which no genuine one ever comes with: a
    /// store whose writes reach one item can't look for it.
    fn envelopes_are_known_by_id_alone(&self) -> bool {
        true
    }

    /// How many messages are many to a queue. Where too many at once let calls time out, they are made again, and
    /// messages doubled.
    fn many_messages(&self) -> u64 {
        5_000
    }

    /// Whether a commit of several tally items writes all or none, as where the feed is pulled.
    fn commits_all_or_nothing(&self) -> bool {
        true
    }
}

/// Longer than any test takes.
pub(crate) const LONG: Duration = Duration::from_secs(600);

/// Longer than an adapter that works needs for one message.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a property, and fails it if it doesn't end.
pub async fn in_time(property: impl Future<Output = ()>) {
    tokio::time::timeout(PATIENCE * 6, property)
        .await
        .expect("the property ends");
}

/// Opens an adapter with leases that don't end during the test.
pub(crate) async fn open(adapter: &dyn Adapter) -> Stores {
    adapter.open(LONG).await
}

/// Runs tasks at once and returns what they return, in no order.
pub(crate) async fn at_once<T: Send + 'static>(
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    tasks.into_iter().collect::<JoinSet<T>>().join_all().await
}

/// Repeats a call after each failure, as its caller has to. Gives up where no fault plan would go on.
pub(crate) async fn until_ok<T, F: Future<Output = PortResult<T>>>(mut call: impl FnMut() -> F) -> T {
    for _ in 0..10 {
        if let Ok(value) = call().await {
            return value;
        }
    }
    panic!("the call failed ten times");
}

/// Makes a test of each property of the contract. The argument is an expression of type
/// [`Adapter`](crate::contract::Adapter); the crate needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! contract_suite {
    ($adapter:expr) => {
        $crate::contract_suite! { @tests $adapter;
            elections: [
                an_election_is_created_once_and_the_first_stays,
                one_of_eight_creators_at_once_wins,
                before_its_creation_there_is_no_election,
                a_phase_changes_only_from_the_phase_it_is_in,
                one_of_eight_phase_changes_at_once_wins,
                certification_stores_phase_and_counts_in_one,
                a_lost_region_stays_lost,
                regions_are_listed_in_the_order_first_declared,
                visits_at_once_are_all_counted,
                destroying_the_keys_keeps_every_ballot_and_forgets_their_order,
            ],
            voter_roll: [
                an_added_voter_is_found_as_added,
                a_person_on_the_roll_stays_as_they_were,
                a_voter_key_is_nobody_elses,
                doubles_within_one_call_are_told_apart,
                a_reissue_revokes_the_old_letter_and_needs_it_valid,
                a_reissue_takes_no_key_that_was_ever_used,
                one_of_two_reissues_at_once_wins,
                taken_keys_include_revoked_ones,
                registered_persons_are_counted_once_per_jurisdiction,
                data_keys_are_kept_by_batch,
                twenty_thousand_voters_are_added_and_found,
                the_same_voters_added_at_once_are_each_added_once,
            ],
            intake: [
                a_message_is_received_as_sent,
                a_delayed_message_is_not_received_before,
                a_lease_hides_and_a_release_shows_again,
                a_release_may_delay,
                a_lease_that_ends_shows_the_message_again,
                an_acknowledged_message_is_gone_for_good,
                acknowledging_is_idempotent_and_ignores_unknown_handles,
                receiving_waits_for_a_message_that_is_sent_meanwhile,
                receiving_takes_no_more_than_asked,
                sending_again_makes_another_message,
                waiting_and_depth_see_visible_delayed_and_leased_messages,
                queues_of_regions_are_apart,
            ],
            intake_delivery: [
                any_body_is_carried_unharmed,
                every_message_is_delivered_to_some_receiver,
                no_message_is_leased_to_two_receivers_at_once,
                many_messages_pass,
            ],
            ballot_box: [
                the_first_ballot_wins,
                one_of_64_ballots_of_one_voter_at_once_is_recorded,
                one_ballot_in_many_envelopes_is_recorded_once,
                a_decided_envelope_is_never_decided_again,
                one_envelope_recorded_at_once_by_many_is_decided_once,
                doubles_within_a_batch_are_told_apart,
                the_same_choices_under_another_id_are_another_ballot,
                content_of_every_kind_survives,
                five_thousand_ballots_are_recorded,
                an_unknown_ballot_is_not_found,
                decided_are_the_envelopes_that_were_recorded_or_found_recorded,
                what_is_decided_is_told_in_the_order_asked,
            ],
            accounting: [
                every_envelope_has_exactly_one_outcome,
                a_repeat_without_an_envelope_counts,
                a_dead_letter_is_kept_as_received,
                a_dead_letter_is_kept_once,
                a_decided_envelope_is_no_dead_letter,
                deciding_a_dead_letter_takes_it_out,
                a_dead_letter_stays_until_it_is_recorded,
                undecided_are_the_envelopes_without_an_outcome,
                from_certifying_on_a_first_ballot_is_late_and_has_no_outcome,
            ],
            feed: [
                the_feed_is_complete_ordered_and_without_doubles,
                the_feed_is_the_same_under_any_paging,
                the_feed_never_gains_a_record_before_one_that_was_read,
                behind_counts_the_records_to_come,
                conflicts_and_repeats_are_not_in_the_feed,
            ],
            tally_store: [
                a_new_tally_is_empty,
                a_commit_is_read_back_with_its_time,
                a_commit_needs_the_expected_checkpoint,
                a_stale_item_keeps_the_whole_commit_out,
                tallies_of_regions_are_apart,
                any_replay_gives_the_counts_of_one_pass,
                one_of_two_folders_that_loaded_the_same_commits,
                folders_at_once_count_each_record_once,
                tallies_of_all_regions_agree_with_the_box,
                a_replaced_tally_is_read_back_and_counted_on,
                a_tally_is_replaced_only_as_it_was_read,
                one_of_a_replacement_and_commits_at_once_wins,
            ],
            key_vault: [
                secrets_stay_the_same_and_differ,
                a_data_key_unwraps_to_itself,
                a_data_key_unwraps_for_its_own_batch_only,
                a_wrapped_data_key_does_not_show_the_key,
                destroying_the_ballot_secret_spares_the_others,
            ],
            failures: [
                a_vote_is_counted_once_whichever_write_fails,
                an_election_is_run_whichever_write_fails,
                a_batch_is_recorded_whichever_submission_fails,
            ],
        }
    };
    (@tests $adapter:expr; $($module:ident: $properties:tt,)*) => {
        $($crate::contract_suite! { @module $adapter; $module $properties })*
    };
    (@module $adapter:expr; $module:ident [$($property:ident,)*]) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $property() {
                $crate::contract::in_time($crate::contract::$module::$property(&$adapter)).await;
            }
        )*
    };
}
