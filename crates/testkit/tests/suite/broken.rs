//! That the contract suite fails where it has to: adapters with one flaw each, and the properties that
//! find it. The clock is paused, so that waiting in vain takes no time.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use election_core::ballot::Ballot;
use election_core::envelope::{EnvelopeId, Message};
use election_core::keys::BallotKey;
use election_core::tally::{FeedRecord, Sequence, Tally};
use election_service::ports::{
    BallotBox, CopyRole, DeadLetter, Depth, Handle, Intake, Outcome, PortResult, Received, Reckoning,
    StoredTally, Submission, TallyStore, TallyUpdate, Waiting,
};
use election_testkit::Stores;
use election_testkit::contract::{self, Adapter};
use election_testkit::fixtures::envelope;
use election_testkit::memory::MemoryStore;
use time::OffsetDateTime;

#[derive(Clone, Copy, PartialEq)]
enum Flaw {
    None,
    LastWriterWins,
    EnvelopesForgotten,
    EverythingDecided,
    DecidedInReverse,
    OnlyRecordedDecided,
    FeedSkipsTheFirst,
    FeedReversesPages,
    ConditionIgnored,
    ItemsWrittenOneByOne,
    EverythingAcknowledged,
    AcknowledgedOnReceipt,
    DelaysIgnored,
    LeasesIgnored,
}

struct Flawed<P: ?Sized> {
    inner: Arc<P>,
    flaw: Flaw,
    last: Mutex<HashMap<BallotKey, Ballot>>,
    recorded: Mutex<HashSet<EnvelopeId>>,
    handles: Mutex<Vec<Handle>>,
    envelopes: AtomicU64,
}

impl<P: ?Sized> Flawed<P> {
    fn new(inner: &Arc<P>, flaw: Flaw) -> Arc<Self> {
        let (last, recorded, handles) = (Mutex::default(), Mutex::default(), Mutex::default());
        Arc::new(Self {
            inner: Arc::clone(inner),
            flaw,
            last,
            recorded,
            handles,
            envelopes: AtomicU64::new(1 << 40),
        })
    }
}

#[async_trait]
impl Adapter for Flaw {
    async fn open(&self, visibility: Duration) -> Stores {
        let stores = MemoryStore::new(3, visibility).stores();
        Stores {
            ballots: Flawed::new(&stores.ballots, *self),
            intakes: stores
                .intakes
                .iter()
                .map(|intake| Flawed::new(intake, *self) as _)
                .collect(),
            tallies: stores
                .tallies
                .iter()
                .map(|tallies| Flawed::new(tallies, *self) as _)
                .collect(),
            ..stores
        }
    }
}

#[async_trait]
impl BallotBox for Flawed<dyn BallotBox> {
    async fn find(&self, key: &BallotKey) -> PortResult<Option<Ballot>> {
        if self.flaw == Flaw::LastWriterWins {
            return Ok(self.last.lock().unwrap().get(key).cloned());
        }
        self.inner.find(key).await
    }

    async fn record(&self, submissions: &[Submission]) -> Vec<PortResult<Outcome>> {
        let mut submissions = submissions.to_vec();
        for submission in &mut submissions {
            self.last
                .lock()
                .unwrap()
                .insert(submission.ballot.key, submission.ballot.clone());
            if self.flaw == Flaw::EnvelopesForgotten {
                submission.envelope = envelope(self.envelopes.fetch_add(1, Ordering::SeqCst));
            }
        }
        let outcomes = self.inner.record(&submissions).await;
        let recorded = submissions
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| **outcome == Ok(Outcome::Recorded));
        let envelopes = recorded.map(|(submission, _)| submission.envelope);
        self.recorded.lock().unwrap().extend(envelopes);
        outcomes
    }

    async fn are_decided(&self, envelopes: &[(EnvelopeId, BallotKey)]) -> PortResult<Vec<bool>> {
        let mut decided = self.inner.are_decided(envelopes).await?;
        match self.flaw {
            Flaw::EverythingDecided => decided.fill(true),
            Flaw::DecidedInReverse => decided.reverse(),
            Flaw::OnlyRecordedDecided => {
                let recorded = self.recorded.lock().unwrap();
                decided = envelopes
                    .iter()
                    .map(|(envelope, _)| recorded.contains(envelope))
                    .collect();
            }
            _ => {}
        }
        Ok(decided)
    }

    async fn add_repeat(&self) -> PortResult<()> {
        self.inner.add_repeat().await
    }

    async fn set_aside(&self, letter: &DeadLetter) -> PortResult<()> {
        self.inner.set_aside(letter).await
    }

    async fn dead_letters(&self) -> PortResult<Vec<DeadLetter>> {
        self.inner.dead_letters().await
    }

    async fn reckon(&self, waiting: &[Waiting]) -> PortResult<Reckoning> {
        self.inner.reckon(waiting).await
    }

    async fn feed(&self, after: Sequence, limit: usize) -> PortResult<Vec<FeedRecord>> {
        let mut page = self.inner.feed(after, limit).await?;
        match self.flaw {
            Flaw::FeedSkipsTheFirst if !page.is_empty() => drop(page.remove(0)),
            Flaw::FeedReversesPages => page.reverse(),
            _ => {}
        }
        Ok(page)
    }

    async fn behind(&self, after: Sequence) -> PortResult<u64> {
        self.inner.behind(after).await
    }
}

#[async_trait]
impl TallyStore for Flawed<dyn TallyStore> {
    async fn load(&self) -> PortResult<StoredTally> {
        self.inner.load().await
    }

    async fn commit(&self, mut updates: Vec<TallyUpdate>, at: OffsetDateTime) -> PortResult<bool> {
        if self.flaw == Flaw::ConditionIgnored {
            let tally = self.inner.load().await?.tally;
            for update in &mut updates {
                update.expected = tally
                    .get(&update.key)
                    .map_or(Sequence::START, |item| item.last_sequence);
            }
        }
        if self.flaw == Flaw::ItemsWrittenOneByOne {
            let mut all = true;
            for update in updates {
                all &= self.inner.commit(vec![update], at).await?;
            }
            return Ok(all);
        }
        self.inner.commit(updates, at).await
    }

    async fn replace(&self, expected: Option<&Tally>, tally: &Tally, at: OffsetDateTime) -> PortResult<bool> {
        if self.flaw == Flaw::ConditionIgnored {
            let stored = self.inner.load().await?.tally;
            return self.inner.replace(Some(&stored), tally, at).await;
        }
        self.inner.replace(expected, tally, at).await
    }
}

#[async_trait]
impl Intake for Flawed<dyn Intake> {
    async fn send(&self, message: Message, role: CopyRole, delay: Duration) -> PortResult<()> {
        let delay = if self.flaw == Flaw::DelaysIgnored {
            Duration::ZERO
        } else {
            delay
        };
        self.inner.send(message, role, delay).await
    }

    async fn receive(&self, max: usize, wait: Duration) -> PortResult<Vec<Received>> {
        let received = self.inner.receive(max, wait).await?;
        let handles: Vec<Handle> = received.iter().map(|received| received.handle.clone()).collect();
        match self.flaw {
            Flaw::AcknowledgedOnReceipt => self.inner.acknowledge(&handles).await?,
            Flaw::LeasesIgnored => self.inner.release(&handles, Duration::ZERO).await?,
            _ => self.handles.lock().unwrap().extend(handles),
        }
        Ok(received)
    }

    async fn acknowledge(&self, handles: &[Handle]) -> PortResult<()> {
        let all = self.handles.lock().unwrap().clone();
        self.inner
            .acknowledge(if self.flaw == Flaw::EverythingAcknowledged {
                &all
            } else {
                handles
            })
            .await
    }

    async fn release(&self, handles: &[Handle], delay: Duration) -> PortResult<()> {
        self.inner.release(handles, delay).await
    }

    async fn waiting(&self) -> PortResult<Option<Vec<Waiting>>> {
        self.inner.waiting().await
    }

    async fn depth(&self) -> PortResult<Depth> {
        self.inner.depth().await
    }
}

/// One test per property that must find a flaw, and which must pass without it.
macro_rules! finds {
    ($($test:ident: $flaw:ident, $module:ident::$property:ident;)*) => {$(
        #[tokio::test(start_paused = true)]
        async fn $test() {
            let property = contract::$module::$property;
            property(&Flaw::None).await;
            let failed = tokio::spawn(async move { property(&Flaw::$flaw).await }).await;
            assert!(failed.is_err_and(|error| error.is_panic()), "the property doesn't find the flaw");
        }
    )*};
}

finds! {
    a_box_whose_last_writer_wins_is_found: LastWriterWins, ballot_box::the_first_ballot_wins;
    a_box_whose_last_writer_wins_is_found_in_a_race:
        LastWriterWins, ballot_box::one_of_64_ballots_of_one_voter_at_once_is_recorded;
    a_box_whose_last_writer_wins_is_found_by_accounting:
        LastWriterWins, accounting::every_envelope_has_exactly_one_outcome;
    a_box_that_forgets_envelopes_is_found: EnvelopesForgotten, ballot_box::a_decided_envelope_is_never_decided_again;
    a_box_that_forgets_envelopes_is_found_by_accounting:
        EnvelopesForgotten, accounting::every_envelope_has_exactly_one_outcome;
    a_box_that_forgets_envelopes_is_found_by_failures:
        EnvelopesForgotten, failures::a_vote_is_counted_once_whichever_write_fails;
    a_box_that_takes_every_envelope_for_decided_is_found:
        EverythingDecided, ballot_box::decided_are_the_envelopes_that_were_recorded_or_found_recorded;
    a_box_that_knows_no_repeats_and_conflicts_is_found:
        OnlyRecordedDecided, ballot_box::decided_are_the_envelopes_that_were_recorded_or_found_recorded;
    a_box_that_mixes_up_what_is_decided_is_found: DecidedInReverse, ballot_box::what_is_decided_is_told_in_the_order_asked;
    a_feed_with_a_gap_is_found: FeedSkipsTheFirst, feed::the_feed_is_complete_ordered_and_without_doubles;
    a_feed_out_of_order_is_found: FeedReversesPages, feed::the_feed_is_the_same_under_any_paging;
    a_tally_without_condition_is_found: ConditionIgnored, tally_store::a_commit_needs_the_expected_checkpoint;
    a_tally_without_condition_is_found_among_folders:
        ConditionIgnored, tally_store::one_of_two_folders_that_loaded_the_same_commits;
    a_tally_replaced_without_condition_is_found:
        ConditionIgnored, tally_store::a_tally_is_replaced_only_as_it_was_read;
    a_tally_written_by_halves_is_found: ItemsWrittenOneByOne, tally_store::a_stale_item_keeps_the_whole_commit_out;
    a_queue_that_acknowledges_everything_is_found:
        EverythingAcknowledged, intake::acknowledging_is_idempotent_and_ignores_unknown_handles;
    a_queue_that_delivers_at_most_once_is_found:
        AcknowledgedOnReceipt, intake::a_lease_that_ends_shows_the_message_again;
    a_queue_that_delivers_at_most_once_is_found_among_receivers:
        AcknowledgedOnReceipt, intake_delivery::every_message_is_delivered_to_some_receiver;
    a_queue_that_ignores_delays_is_found: DelaysIgnored, intake::a_delayed_message_is_not_received_before;
    a_queue_that_ignores_leases_is_found: LeasesIgnored, intake::a_lease_hides_and_a_release_shows_again;
}
