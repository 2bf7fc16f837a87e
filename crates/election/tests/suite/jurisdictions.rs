//! The presidential example in all its jurisdictions.

use std::collections::BTreeMap;

use election_core::definition::{Contest, Definition, Jurisdiction};
use serde_json::json;

use crate::support::{Election, Server, ballot_id, vote};

const EXAMPLE: &str = include_str!("../../../../examples/us-president-2020/definition.toml");

/// Sends a ballot for each candidate of a jurisdiction; gives how many there were.
fn vote_for_each(server: &Server, contest: &Contest, place: &Jurisdiction, voters: &[String]) -> usize {
    let candidates: Vec<&str> = contest
        .candidates_in(place.id())
        .map(|candidate| candidate.id().as_str())
        .collect();
    let body = json!({ "voter_id": voters[0] });
    let ballot = server.http.post("/eligibility", &body).is(200);
    let printed = ballot["contests"][0]["candidates"].as_array().unwrap();
    assert!(
        printed.iter().map(|candidate| &candidate["id"]).eq(&candidates),
        "{ballot}"
    );
    for (candidate, voter) in candidates.iter().zip(voters) {
        server.vote(voter, &json!({ "president": [candidate] })).receipt();
    }
    candidates.len()
}

#[test]
fn all_51_jurisdictions_accept_a_ballot_for_each_of_their_candidates_and_refuse_another_states() {
    let definition = Definition::parse(EXAMPLE.as_bytes()).unwrap();
    let contest = &definition.contests()[0];
    let places = definition.jurisdictions();
    assert_eq!(places.len(), 51);
    let people: Vec<(&str, usize)> = places
        .iter()
        .map(|place| (place.id().as_str(), contest.candidates_in(place.id()).count() + 1))
        .collect();
    let election = Election::open(EXAMPLE, &people);
    let server = election.serve();
    let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for voter in election.voters() {
        ids.entry(voter.jurisdiction).or_default().push(voter.id);
    }
    let (first_half, second_half) = places.split_at(places.len() / 2);
    let vote_in = |places: &[Jurisdiction]| {
        let mut ballots = 0;
        for place in places {
            let voters = &ids[place.id().as_str()];
            ballots += vote_for_each(&server, contest, place, voters);
            let elsewhere = contest
                .candidates()
                .iter()
                .find(|candidate| !candidate.runs_in(place.id()))
                .unwrap();
            let other = json!({ "president": [elsewhere.id().as_str()] });
            let body = vote(voters.last().unwrap(), &ballot_id(), &other);
            let problem = server
                .http
                .post("/votes", &body)
                .is_problem(422, "selections-invalid");
            let expected =
                json!([{"field": "selections.president[0]", "code": "candidate-other-jurisdiction"}]);
            assert_eq!(problem["errors"], expected);
        }
        ballots
    };
    let ballots = std::thread::scope(|scope| {
        let first = scope.spawn(|| vote_in(first_half));
        vote_in(second_half) + first.join().unwrap()
    });
    let results = server.counted(ballots as u64);
    for (place, counted) in places.iter().zip(results["jurisdictions"].as_array().unwrap()) {
        assert_eq!(counted["id"], place.id().as_str());
        let candidates = counted["contests"][0]["candidates"].as_array().unwrap();
        assert!(
            candidates.iter().all(|candidate| candidate["votes"] == 1),
            "{counted}"
        );
        assert_eq!(candidates.len(), contest.candidates_in(place.id()).count());
    }
    assert_eq!(election.recount()["ballots"], ballots);
}
