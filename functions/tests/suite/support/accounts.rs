//! Owns the reckoning at the end: what was promised to voters against what is in the box, and every region's tally
//! against a recount.

use std::collections::BTreeSet;
use std::time::Duration;

use election_core::receipt::Receipt;
use election_core::tally::{self, Counts, Sequence, Tally, by_jurisdiction};
use election_service::ports::BallotBox;
use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::mpsc;

use super::aws::{Aws, region};
use super::pipeline::{RegionPipeline, until};

/// What all 202s add up to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) accepted: u64,
    pub(crate) recorded: u64,
    pub(crate) repeats: u64,
    pub(crate) conflicts: u64,
}

/// The receipts of the answers that are 202.
pub(crate) fn receipts<'a>(answers: impl IntoIterator<Item = &'a Value>) -> Vec<Receipt> {
    let accepted = answers.into_iter().filter(|answer| answer["statusCode"] == 202);
    accepted
        .map(|answer| {
            let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
            Receipt::parse(body["receipt"].as_str().unwrap())
                .unwrap_or_else(|_| panic!("a receipt that is none"))
        })
        .collect()
}

/// Waits until the working regions' queues are empty and their tallies have been given everything.
pub(crate) async fn settled(aws: &Aws, working: &[RegionPipeline]) {
    until("an empty queue", Duration::from_secs(300), async || {
        for pipeline in working {
            let name = region(pipeline.name);
            if aws.sqs.count(&name, &aws.urls[&name].url).await > 0 {
                return false;
            }
        }
        true
    })
    .await;
    let records = aws.dynamodb.stream_after(None).len();
    until(
        "the last record of the stream",
        Duration::from_secs(300),
        async || working.iter().all(|pipeline| pipeline.folded() == records),
    )
    .await;
}

/// Every 202 is recorded or a conflict, nothing else is, and all tallies equal the recount.
pub(crate) async fn reconcile(aws: &Aws, receipts: &[Receipt], working: &[RegionPipeline]) -> Account {
    let ballots = aws.ballots();
    let (mut recorded, mut conflicts, mut keys) = (0, 0, BTreeSet::new());
    for part in receipts.chunks(100) {
        let find = |receipt: &Receipt| {
            let (ballots, key) = (ballots.clone(), *receipt.ballot_key());
            async move { ballots.find(&key).await.unwrap() }
        };
        for (receipt, found) in part.iter().zip(join_all(part.iter().map(find)).await) {
            let found = found.expect("whoever has a receipt has a recorded ballot");
            if receipt.is_for(&found.digest(&aws.definition.hash())) {
                recorded += 1;
            } else {
                conflicts += 1;
            }
            keys.insert(receipt.ballot_key().0);
        }
    }
    let recount = recount(aws, ballots.as_ref()).await;
    let (mut counts, mut of_recount) = (Vec::new(), Counts::default());
    for pipeline in working {
        counts.push((
            pipeline.name,
            by_jurisdiction(&aws.tallies(pipeline.name).load().await.unwrap().tally),
        ));
    }
    for (name, counts) in counts {
        assert_eq!(
            counts,
            by_jurisdiction(&recount),
            "the tally of {name} isn't the recount"
        );
    }
    by_jurisdiction(&recount)
        .values()
        .for_each(|counts| of_recount.merge(counts));
    assert_eq!(
        of_recount.ballots,
        keys.len() as u64,
        "ballots are of those who have receipts"
    );
    assert_eq!((of_recount.unreadable, of_recount.alterations), (0, 0));
    let account = Account {
        accepted: receipts.len() as u64,
        recorded: of_recount.ballots,
        repeats: recorded - of_recount.ballots,
        conflicts,
    };
    let exceptions = ballots.exceptions().await.unwrap();
    assert_eq!(
        exceptions.conflicts, account.conflicts,
        "each other ballot is in the conflict log: {account:?}"
    );
    assert_eq!(
        exceptions.repeats, account.repeats,
        "each same ballot is a repeat: {account:?}"
    );
    account
}

async fn recount(aws: &Aws, ballots: &dyn BallotBox) -> Tally {
    let (sender, mut pages) = mpsc::channel(4);
    let fold = async {
        let mut tally = Tally::new();
        while let Some(page) = pages.recv().await {
            // Each page's records are numbered on from those before.
            tally::fold(&mut tally, &aws.definition, &aws.keys.mac, "recount", &page);
        }
        tally
    };
    let (read, tally) = tokio::join!(ballots.read(Sequence::START, sender), fold);
    read.unwrap();
    tally
}
