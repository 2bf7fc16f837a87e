//! The NIST report has the form of the schema: `NIST_V2_election_results_reporting.json`, of which the part
//! that the report uses is written down here by hand. Over 400 lines: most of them are that table.

use std::collections::{BTreeMap, BTreeSet};

use election_core::identifiers::{CandidateId, ContestId};
use election_core::nist::report;
use election_core::published::CertifiedElection;
use election_core::tally::{ContestCounts, Counts};
use serde_json::Value;
use time::OffsetDateTime;

use crate::fixtures::{club_after, jurisdiction};

/// Class, members it must have, members it may have.
const CLASSES: [(&str, &[&str], &[&str]); 11] = [
    (
        "ElectionReport",
        &[
            "@type",
            "Format",
            "GeneratedDate",
            "Issuer",
            "IssuerAbbreviation",
            "SequenceEnd",
            "SequenceStart",
            "Status",
            "VendorApplicationId",
        ],
        &[
            "Election",
            "ExternalIdentifier",
            "GpUnit",
            "Header",
            "IsTest",
            "Notes",
            "Office",
            "OfficeGroup",
            "Party",
            "Person",
            "TestType",
        ],
    ),
    (
        "Election",
        &["@type", "ElectionScopeId", "EndDate", "Name", "StartDate", "Type"],
        &[
            "BallotCounts",
            "BallotStyle",
            "Candidate",
            "ContactInformation",
            "Contest",
            "CountStatus",
            "ExternalIdentifier",
            "OtherType",
        ],
    ),
    (
        "ReportingUnit",
        &["@id", "@type", "Type"],
        &[
            "AuthorityIds",
            "ComposingGpUnitIds",
            "ContactInformation",
            "CountStatus",
            "ElectionAdministration",
            "ExternalIdentifier",
            "IsDistricted",
            "IsMailOnly",
            "Name",
            "Number",
            "OtherType",
            "PartyRegistration",
            "SpatialDimension",
            "SubUnitsReported",
            "TotalSubUnits",
            "VotersParticipated",
            "VotersRegistered",
        ],
    ),
    (
        "Party",
        &["@id", "@type", "Name"],
        &[
            "Abbreviation",
            "Color",
            "ContactInformation",
            "ExternalIdentifier",
            "IsRecognizedParty",
            "LeaderPersonIds",
            "LogoUri",
            "PartyScopeGpUnitIds",
            "Slogan",
        ],
    ),
    (
        "Candidate",
        &["@id", "@type", "BallotName"],
        &[
            "CampaignSlogan",
            "ContactInformation",
            "ExternalIdentifier",
            "FileDate",
            "IsIncumbent",
            "IsTopTicket",
            "PartyId",
            "PersonId",
            "PostElectionStatus",
            "PreElectionStatus",
        ],
    ),
    (
        "CandidateContest",
        &["@id", "@type", "ElectionDistrictId", "Name", "VotesAllowed"],
        &[
            "Abbreviation",
            "BallotSubTitle",
            "BallotTitle",
            "ContestSelection",
            "CountStatus",
            "ExternalIdentifier",
            "HasRotation",
            "NumberElected",
            "NumberRunoff",
            "OfficeIds",
            "OtherCounts",
            "OtherVoteVariation",
            "PrimaryPartyIds",
            "SequenceOrder",
            "SubUnitsReported",
            "TotalSubUnits",
            "VoteVariation",
        ],
    ),
    (
        "CandidateSelection",
        &["@id", "@type"],
        &[
            "CandidateIds",
            "EndorsementPartyIds",
            "IsWriteIn",
            "SequenceOrder",
            "VoteCounts",
        ],
    ),
    (
        "VoteCounts",
        &["@type", "Count", "GpUnitId", "Type"],
        &["DeviceClass", "IsSuppressedForPrivacy", "OtherType", "Round"],
    ),
    (
        "BallotCounts",
        &["@type", "GpUnitId", "Type"],
        &[
            "BallotsCast",
            "BallotsOutstanding",
            "BallotsRejected",
            "DeviceClass",
            "IsSuppressedForPrivacy",
            "OtherType",
            "Round",
        ],
    ),
    (
        "OtherCounts",
        &["@type", "GpUnitId"],
        &["DeviceClass", "Overvotes", "Undervotes", "WriteIns"],
    ),
    ("InternationalizedText", &["@type", "Text"], &["Label"]),
];

/// What a reference has to refer to.
const REFERENCES: [(&str, &[&str]); 7] = [
    ("GpUnitId", &["ReportingUnit"]),
    ("ElectionScopeId", &["ReportingUnit"]),
    ("ElectionDistrictId", &["ReportingUnit"]),
    ("ComposingGpUnitIds", &["ReportingUnit"]),
    ("CandidateIds", &["Candidate"]),
    ("PartyId", &["Party"]),
    ("EndorsementPartyIds", &["Party"]),
];

const INTEGERS: [&str; 12] = [
    "BallotsCast",
    "Count",
    "Overvotes",
    "SequenceEnd",
    "SequenceOrder",
    "SequenceStart",
    "Undervotes",
    "VotersParticipated",
    "VotersRegistered",
    "VotesAllowed",
    "WriteIns",
    "Round",
];

fn class(value: &Value) -> &str {
    let class = value["@type"].as_str().expect("a class");
    class
        .strip_prefix("ElectionResults.")
        .expect("a class of the format")
}

/// A contest, its write-ins, and its votes by candidate.
type ContestVotes<'a> = (&'a str, u64, &'a [(&'a str, u64)]);

/// Every object, from the outside in.
fn objects<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(members) => {
            found.push(value);
            members.values().for_each(|member| objects(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| objects(item, found)),
        _ => {}
    }
}

fn example() -> Value {
    // One contest of all, one of one jurisdiction, and one of two out of three.
    let definition = club_after(
        "[[contests]]\nid = \"dues\"",
        r#"[[jurisdictions]]
id = "east"
name = "East"

[[contests]]
id = "coast"
title = "Coast"
votes_allowed = 2
jurisdictions = ["south", "east"]
candidates = [{ id = "a", name = "A", party = "Open" }, { id = "b", name = "B" }, { id = "c", name = "C", jurisdictions = ["east"] }]

[[contests]]
id = "dues""#,
    );
    let votes = |votes: &[(&str, u64)]| {
        votes
            .iter()
            .map(|(id, votes)| (CandidateId::parse(id).unwrap(), *votes))
            .collect()
    };
    let counts = |ballots, contests: &[ContestVotes]| Counts {
        ballots,
        contests: contests
            .iter()
            .map(|(id, write_ins, each)| {
                let counts = ContestCounts {
                    blank: 0,
                    undervotes: 5,
                    write_ins: *write_ins,
                    votes: votes(each),
                };
                (ContestId::parse(id).unwrap(), counts)
            })
            .collect(),
        ..Counts::default()
    };
    let all = BTreeMap::from([
        (
            Some(jurisdiction("north")),
            counts(10, &[("board", 1, &[("chen", 7)]), ("dues", 0, &[("no", 9)])]),
        ),
        (
            Some(jurisdiction("south")),
            counts(
                20,
                &[
                    ("board", 2, &[("chen", 8), ("okoye", 3)]),
                    ("coast", 0, &[("a", 4)]),
                ],
            ),
        ),
        (
            Some(jurisdiction("east")),
            counts(30, &[("coast", 0, &[("a", 6), ("c", 1)])]),
        ),
    ]);
    let registered = BTreeMap::from([(jurisdiction("north"), 100), (jurisdiction("east"), 300)]);
    report(&CertifiedElection {
        definition: &definition,
        certified_at: OffsetDateTime::from_unix_timestamp_nanos(1_800_000_000_123_456_789).unwrap(),
        counts: &all,
        registered: &registered,
    })
}

#[test]
fn every_object_has_the_members_of_its_class_and_no_other() {
    let report = example();
    let mut found = Vec::new();
    objects(&report, &mut found);
    let mut seen = BTreeSet::new();
    for object in found {
        let class = class(object);
        seen.insert(class);
        let members: BTreeSet<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
        if class == "LanguageString" {
            assert_eq!(members, BTreeSet::from(["@type", "Content", "Language"]));
            continue;
        }
        let (_, required, optional) = CLASSES
            .iter()
            .find(|(name, ..)| *name == class)
            .expect("a class of the schema");
        for member in *required {
            assert!(members.contains(member), "{class} lacks {member}");
        }
        for (name, value) in object.as_object().unwrap() {
            assert!(
                required.contains(&name.as_str()) || optional.contains(&name.as_str()),
                "{class} has no {name}"
            );
            assert_eq!(
                INTEGERS.contains(&name.as_str()),
                value.is_u64(),
                "{class} {name}: {value}"
            );
        }
    }
    assert_eq!(seen.len(), CLASSES.len() + 1, "{seen:?}");
}

#[test]
fn ids_are_distinct_and_references_refer_to_the_right_class() {
    let report = example();
    let mut found = Vec::new();
    objects(&report, &mut found);
    let mut ids = BTreeMap::new();
    for object in &found {
        if let Some(id) = object["@id"].as_str() {
            assert!(
                id.starts_with(|first: char| first.is_ascii_alphabetic()),
                "{id} is an XML id too"
            );
            assert!(ids.insert(id, class(object)).is_none(), "{id} twice");
        }
    }
    let mut references = 0;
    for (name, classes) in REFERENCES {
        for object in &found {
            let targets = match &object[name] {
                Value::Null => &[][..],
                Value::Array(targets) => targets,
                target => std::slice::from_ref(target),
            };
            for target in targets {
                references += 1;
                let class = ids.get(target.as_str().unwrap());
                assert!(
                    class.is_some_and(|class| classes.contains(class)),
                    "{name}: {target}"
                );
            }
        }
    }
    assert!(references > 30);
}

#[test]
fn enumerations_dates_and_status_are_the_schemas() {
    let report = example();
    assert_eq!(class(&report), "ElectionReport");
    assert_eq!(
        (&report["Format"], &report["Status"]),
        (&"summary-contest".into(), &"certified".into())
    );
    assert_eq!(report["GeneratedDate"], "2027-01-15T08:00:00Z");
    let election = &report["Election"][0];
    assert_eq!(
        (&election["Type"], &election["StartDate"]),
        (&"other".into(), &"2026-11-03".into())
    );
    assert_eq!(
        election["EndDate"], "2026-11-04",
        "the definition's times are kept in UTC"
    );
}

#[test]
fn votes_are_told_by_district_and_by_jurisdiction() {
    let report = example();
    let election = &report["Election"][0];
    let counts = |of: &Value, number: &str| -> Vec<(String, u64)> {
        let counts = of.as_array().unwrap().iter();
        counts
            .map(|count| {
                (
                    count["GpUnitId"].as_str().unwrap().to_owned(),
                    count[number].as_u64().unwrap(),
                )
            })
            .collect()
    };
    let expect = |pairs: &[(&str, u64)]| {
        pairs
            .iter()
            .map(|(unit, count)| ((*unit).to_owned(), *count))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        counts(&election["BallotCounts"], "BallotsCast"),
        expect(&[
            ("unit", 60),
            ("unit.north", 10),
            ("unit.south", 20),
            ("unit.east", 30)
        ])
    );
    let [board, coast, dues] = [0, 1, 2].map(|place| &election["Contest"][place]);
    let votes =
        |contest: &Value, place: usize| counts(&contest["ContestSelection"][place]["VoteCounts"], "Count");
    assert_eq!(
        votes(board, 1),
        expect(&[
            ("unit", 15),
            ("unit.north", 7),
            ("unit.south", 8),
            ("unit.east", 0)
        ])
    );
    assert_eq!(
        votes(board, 2),
        expect(&[("unit", 3), ("unit.south", 3)]),
        "okoye runs in the south only"
    );
    assert_eq!(
        votes(coast, 0),
        expect(&[("district.coast", 10), ("unit.south", 4), ("unit.east", 6)])
    );
    assert_eq!(
        votes(coast, 2),
        expect(&[("district.coast", 1), ("unit.east", 1)])
    );
    assert_eq!(votes(dues, 1), expect(&[("unit.north", 9)]));
    assert_eq!(
        counts(&board["OtherCounts"], "WriteIns"),
        expect(&[
            ("unit", 3),
            ("unit.north", 1),
            ("unit.south", 2),
            ("unit.east", 0)
        ])
    );
    let lopez = &board["ContestSelection"][0];
    assert_eq!(
        lopez["EndorsementPartyIds"].as_array().unwrap().len(),
        2,
        "the party differs in the south"
    );
    let parties = report["Party"].as_array().unwrap().iter();
    let names: Vec<_> = parties
        .map(|party| party["Name"]["Text"][0]["Content"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Open", "Open South"]);
}
