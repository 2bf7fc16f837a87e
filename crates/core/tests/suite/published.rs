//! What is published can be recounted, and any change of it is found.

use std::collections::{BTreeMap, BTreeSet};

use election_core::ballot::Ballot;
use election_core::definition::Definition;
use election_core::identifiers::JurisdictionId;
use election_core::published::{
    BALLOTS, BallotLines, CERTIFICATE, Certificate, CertifiedElection, DEFINITION, FileDigest, LISTED,
    RECEIPTS, ReceiptList, SUMS, Sums, Verdict, Verification, write_receipt,
};
use election_core::receipt::Receipt;
use election_core::tally::{Counts, Tally, by_jurisdiction, fold};
use proptest::prelude::*;
use time::OffsetDateTime;

use crate::fixtures::{CLUB, ballot, club, inserted, jurisdiction, secret};

/// A contest and what is chosen in it.
type Choices<'a> = (&'a str, &'a [&'a str]);

/// An export, by file.
type Files = BTreeMap<String, Vec<u8>>;

fn ballots(definition: &Definition) -> Vec<Ballot> {
    let votes: [(&str, &[Choices]); 6] = [
        ("south", &[("board", &["okoye", "Zoë \"Z\" \\ Ågren"])]),
        ("north", &[("board", &["chen"]), ("dues", &["no"])]),
        ("north", &[]),
        ("north", &[("board", &["chen"]), ("dues", &["no"])]),
        ("south", &[("board", &["lopez", "chen"])]),
        ("north", &[("dues", &["yes"])]),
    ];
    let numbered = votes.iter().zip(0..);
    numbered
        .map(|((place, contests), number)| ballot(definition, number * 7 % 5 + number, place, contests))
        .collect()
}

fn counts(definition: &Definition, ballots: &[Ballot]) -> BTreeMap<Option<JurisdictionId>, Counts> {
    let mut tally = Tally::new();
    let records: Vec<_> = ballots
        .iter()
        .zip(1..)
        .map(|(ballot, number)| inserted(number, ballot.clone()))
        .collect();
    fold(&mut tally, definition, &secret(definition), "0", &records);
    by_jurisdiction(&tally)
}

/// Publishes ballots as certified at a second.
fn published(ballots: &[Ballot]) -> Files {
    let definition = club();
    let counts = counts(&definition, ballots);
    let registered = BTreeMap::from([(jurisdiction("north"), 5), (jurisdiction("south"), 4)]);
    let election = CertifiedElection {
        definition: &definition,
        certified_at: OffsetDateTime::from_unix_timestamp_nanos(1_800_000_000_123_456_789).unwrap(),
        counts: &counts,
        registered: &registered,
    };
    let mut files = Files::from([(DEFINITION.to_owned(), CLUB.as_bytes().to_vec())]);
    let mut lines = BallotLines::default();
    ballots
        .iter()
        .for_each(|ballot| lines.add(&ballot.jurisdiction, &ballot.content));
    let lines = lines.sorted();
    let list = lines
        .iter()
        .flat_map(|(line, times)| line.repeat(usize::try_from(*times).unwrap()));
    files.insert(BALLOTS.to_owned(), list.collect());
    let mut receipts: Vec<Receipt> = ballots
        .iter()
        .map(|ballot| ballot.receipt(&definition.hash()))
        .collect();
    receipts.sort_unstable();
    let mut list = String::new();
    receipts
        .iter()
        .for_each(|receipt| write_receipt(receipt, &mut list));
    files.insert(RECEIPTS.to_owned(), list.into_bytes());
    let results = election.result_files().unwrap();
    files.extend(results.map(|(name, bytes)| (name.to_owned(), bytes)));
    let listed = LISTED
        .iter()
        .map(|name| ((*name).to_owned(), FileDigest::of(&files[*name])))
        .collect();
    files.insert(
        CERTIFICATE.to_owned(),
        Certificate::new(&election, listed).write().unwrap(),
    );
    sum_up(&mut files);
    files
}

/// Writes SHA256SUMS as the files are now.
fn sum_up(files: &mut Files) {
    files.remove(SUMS);
    let sums = files
        .iter()
        .map(|(name, bytes)| (name.clone(), FileDigest::of(bytes)));
    let sums = Sums(sums.collect()).write();
    files.insert(SUMS.to_owned(), sums);
}

/// Verifies, reading the lists in pieces of so many bytes.
fn verify(files: &Files, piece: usize) -> Verdict {
    let mut documents = files.clone();
    let lists = [BALLOTS, RECEIPTS].map(|name| documents.remove(name).unwrap_or_default());
    let names: BTreeSet<String> = files.keys().cloned().collect();
    let verification = match Verification::begin(names, documents) {
        Ok(verification) => verification,
        Err(verdict) => return *verdict,
    };
    let (mut ballots, mut receipts) = (verification.ballot_list(), ReceiptList::default());
    lists[0].chunks(piece).for_each(|piece| ballots.update(piece));
    lists[1].chunks(piece).for_each(|piece| receipts.update(piece));
    let ballots = ballots.finish();
    verification.finish(ballots, receipts.finish())
}

fn problems(verdict: &Verdict) -> Vec<String> {
    assert_eq!(verdict.verified, verdict.problems.is_empty());
    verdict.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn an_export_is_verified_however_its_lists_are_read() {
    let files = published(&ballots(&club()));
    for piece in [1, 7, 44, 45, 10_000] {
        let verdict = verify(&files, piece);
        assert_eq!(problems(&verdict), [""; 0]);
        let summary = verdict.summary.unwrap();
        assert_eq!((summary.ballots, summary.receipts, summary.registered), (6, 6, 9));
        assert_eq!(summary.export, FileDigest::of(&files[SUMS]));
    }
}

#[test]
fn an_election_without_a_ballot_can_be_verified() {
    assert_eq!(problems(&verify(&published(&[]), 10)), [""; 0]);
}

#[test]
fn ballots_are_published_sorted_and_with_nothing_but_jurisdiction_and_content() {
    let files = published(&ballots(&club()));
    let list = std::str::from_utf8(&files[BALLOTS]).unwrap();
    let expected = [
        r#"{"jurisdiction":"north","ballot":{"board":["chen"],"dues":["no"]}}"#,
        r#"{"jurisdiction":"north","ballot":{"board":["chen"],"dues":["no"]}}"#,
        r#"{"jurisdiction":"north","ballot":{"dues":["yes"]}}"#,
        r#"{"jurisdiction":"north","ballot":{}}"#,
        r#"{"jurisdiction":"south","ballot":{"board":["lopez","chen"]}}"#,
        r#"{"jurisdiction":"south","ballot":{"board":["okoye",{"write_in":"Zoë \"Z\" \\ Ågren"}]}}"#,
    ];
    assert!(list.lines().eq(expected), "{list}");
}

#[test]
fn the_order_of_recording_leaves_no_trace() {
    let mut reversed = ballots(&club());
    reversed.reverse();
    assert_eq!(published(&reversed), published(&ballots(&club())));
}

#[test]
fn a_problem_names_its_file_and_line() {
    let files = published(&ballots(&club()));
    let changed = |name: &str, from: &str, to: &str| {
        let mut files = files.clone();
        let text = String::from_utf8(files[name].clone()).unwrap();
        assert!(text.contains(from), "{name} has {from}");
        files.insert(name.to_owned(), text.replacen(from, to, 1).into_bytes());
        // Whoever changes a file can change its sum as well.
        sum_up(&mut files);
        problems(&verify(&files, 4096))
    };
    let has = |problems: &[String], problem: &str| {
        assert!(
            problems.iter().any(|found| found.contains(problem)),
            "{problem}: {problems:?}"
        );
    };
    has(
        &changed(BALLOTS, "yes", "nay"),
        "ballots.jsonl line 3: no ballot that the definition allows",
    );
    has(
        &changed(BALLOTS, "\"no\"", "\"yes\""),
        "ballots.jsonl line 2: the line isn't in order",
    );
    has(&changed(BALLOTS, "yes", "no"), "results.json line ");
    has(
        &changed(BALLOTS, "\"north\",\"ballot\":{}}\n", "\"north\",\"ballot\":{}}"),
        "ballots.jsonl line 4: ",
    );
    has(
        &changed(RECEIPTS, "1", "2"),
        "receipts.txt line 1: no receipt in its printed form",
    );
    has(
        &changed(RECEIPTS, "\n", "\r\n"),
        "receipts.txt line 1: no receipt in its printed form",
    );
    has(
        &changed(
            "results.csv",
            "north,board,chen,Wei Chen,,2",
            "north,board,chen,Wei Chen,,3",
        ),
        "results.csv line 3: ",
    );
    has(
        &changed(CERTIFICATE, "\"registered\": 5", "\"registered\": 3"),
        "certificate.json: north: 4 ballots, but 3",
    );
    has(&changed(DEFINITION, "Ana", "Eva"), "certificate.json line 4: ");
    has(
        &changed(DEFINITION, "format = 1", "format = 9"),
        "definition.toml: no election definition: ",
    );

    let mut sums = files.clone();
    sums.insert(SUMS.to_owned(), files[SUMS].to_ascii_uppercase());
    has(&problems(&verify(&sums, 10)), "SHA256SUMS line 1: ");
    let mut listed = files.clone();
    listed.insert(RECEIPTS.to_owned(), Vec::new());
    has(
        &problems(&verify(&listed, 10)),
        "receipts.txt: not the file that SHA256SUMS lists",
    );
    has(
        &problems(&verify(&listed, 10)),
        "receipts.txt: 0 receipts, but 6 ballots",
    );
}

#[test]
fn a_file_that_is_missing_or_too_much_is_named() {
    let files = published(&ballots(&club()));
    for name in files.keys() {
        let mut fewer = files.clone();
        fewer.remove(name);
        let missing = format!("{name}: the file is missing");
        assert!(problems(&verify(&fewer, 10)).contains(&missing));
        // Nor is it enough to take it out of the sums.
        sum_up(&mut fewer);
        assert!(name == SUMS || problems(&verify(&fewer, 10)).contains(&missing));
    }
    let mut more = files.clone();
    more.insert("notes.txt".to_owned(), Vec::new());
    sum_up(&mut more);
    assert!(
        problems(&verify(&more, 10)).contains(&"notes.txt: the file isn't a part of an export".to_owned())
    );
}

#[test]
fn a_voter_has_one_receipt() {
    let mut files = published(&ballots(&club()));
    let mut receipts: Vec<Receipt> = std::str::from_utf8(&files[RECEIPTS])
        .unwrap()
        .lines()
        .map(|line| Receipt::parse(line).unwrap())
        .collect();
    let digest = election_core::receipt::BallotDigest::from_bytes([0xff; 32]);
    receipts[1] = Receipt::new(*receipts[0].ballot_key(), &digest);
    let mut list = String::new();
    receipts
        .iter()
        .for_each(|receipt| write_receipt(receipt, &mut list));
    files.insert(RECEIPTS.to_owned(), list.into_bytes());
    sum_up(&mut files);
    let problems = problems(&verify(&files, 10));
    assert!(
        problems.contains(&"receipts.txt line 2: a second receipt of the same voter".to_owned()),
        "{problems:?}"
    );
}

#[test]
fn endless_lines_are_refused_and_not_kept() {
    let definition = club();
    let mut list = election_core::published::BallotList::new(&definition);
    (0..64).for_each(|_| list.update(&[b'x'; 1 << 16]));
    assert!(!list.finish().problems.is_empty());
    let mut list = ReceiptList::default();
    (0..64).for_each(|_| list.update(&[b'x'; 1 << 10]));
    assert!(!list.finish().problems.is_empty());
}

/// A change of some bytes.
#[derive(Clone, Debug)]
enum Change {
    Flip(u8),
    Remove(usize),
    Insert(Vec<u8>),
    Double,
    SwapLines,
    CutOff,
    Append(Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (1u8..).prop_map(Change::Flip),
        1 => (1usize..60).prop_map(Change::Remove),
        1 => prop::collection::vec(any::<u8>(), 1..4).prop_map(Change::Insert),
        1 => Just(Change::Double),
        2 => Just(Change::SwapLines),
        1 => Just(Change::CutOff),
        1 => prop::collection::vec(prop::sample::select(b"\n \r\0a{".to_vec()), 1..3).prop_map(Change::Append),
    ]
}

fn apply(bytes: &mut Vec<u8>, place: usize, change: &Change) {
    let place = place % bytes.len();
    match change {
        Change::Flip(bits) => bytes[place] ^= bits,
        Change::Remove(count) => drop(bytes.drain(place..(place + count).min(bytes.len()))),
        Change::Insert(more) => drop(bytes.splice(place..place, more.iter().copied())),
        Change::Double => bytes.insert(place, bytes[place]),
        Change::CutOff => bytes.truncate(place),
        Change::Append(more) => bytes.extend(more),
        Change::SwapLines => {
            let mut lines: Vec<Vec<u8>> = bytes
                .split_inclusive(|byte| *byte == b'\n')
                .map(<[u8]>::to_vec)
                .collect();
            let count = lines.len();
            lines.swap(place % count, (place + 1) % count);
            *bytes = lines.concat();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn any_change_of_any_byte_of_any_file_is_found(file in 0usize..8, place: usize, change in change(), piece in 1usize..200) {
        let files = published(&ballots(&club()));
        let name = files.keys().nth(file).unwrap().clone();
        let mut changed = files.clone();
        apply(changed.get_mut(&name).unwrap(), place, &change);
        let verdict = verify(&changed, piece);
        prop_assert_eq!(verdict.verified, changed == files, "{} {:?}", name, verdict.problems);
    }

    #[test]
    fn a_change_of_a_list_is_found_although_its_sums_were_made_to_fit(receipts: bool, place: usize, change in change()) {
        let files = published(&ballots(&club()));
        let name = if receipts { RECEIPTS } else { BALLOTS };
        let mut changed = files.clone();
        apply(changed.get_mut(name).unwrap(), place, &change);
        sum_up(&mut changed);
        prop_assert_eq!(verify(&changed, 64).verified, changed == files);
    }

    #[test]
    fn no_bytes_make_a_verification_panic(file in 0usize..8, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut files = published(&ballots(&club()));
        let name = files.keys().nth(file).unwrap().clone();
        files.insert(name, bytes);
        prop_assert!(!verify(&files, 17).verified);
    }
}
