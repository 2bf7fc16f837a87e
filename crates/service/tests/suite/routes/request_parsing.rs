//! The reading of request bodies: whatever is sent, it is a request of the documented shape or a problem.

use election_service::http::{EligibilityRequest, VoteRequest};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const VOTER: &str = "K7RM2-9XQ4T-0WZ34";
const BALLOT: &str = "00112233-4455-6677-8899-aabbccddeeff";

/// JSON of any shape, often with the words of a request in it.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("voter_id".to_owned()),
        Just("ballot_id".to_owned()),
        Just("selections".to_owned()),
        Just("election_hash".to_owned()),
        Just("write_in".to_owned()),
        Just(VOTER.to_owned()),
        Just(BALLOT.to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        word.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn code<T>(result: Result<T, election_service::http::Problem>) -> Option<&'static str> {
    result.err().map(|problem| problem.code)
}

fn is_choice(choice: &Value) -> bool {
    let write_in = choice
        .as_object()
        .is_some_and(|entries| entries.len() == 1 && choice["write_in"].is_string());
    choice.is_string() || write_in
}

/// What the documentation says a vote looks like.
fn is_vote(body: &Value) -> bool {
    let Some(entries) = body.as_object() else {
        return false;
    };
    let known = ["voter_id", "ballot_id", "selections", "election_hash"];
    let selections = body["selections"].as_object().is_some_and(|contests| {
        contests.values().all(|choices| {
            choices
                .as_array()
                .is_some_and(|choices| choices.iter().all(is_choice))
        })
    });
    entries.keys().all(|key| known.contains(&key.as_str()))
        && body["voter_id"].is_string()
        && body["ballot_id"].is_string()
        && selections
        && entries.get("election_hash").is_none_or(Value::is_string)
}

proptest! {
    #[test]
    fn no_bytes_make_parsing_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = VoteRequest::parse(&bytes);
        let _ = EligibilityRequest::parse(&bytes);
    }

    #[test]
    fn no_cut_or_changed_vote_makes_parsing_panic(cut in 0usize..200, place in 0usize..200, byte in any::<u8>()) {
        let body = json!({"voter_id": VOTER, "ballot_id": BALLOT, "selections": {"board": ["eve", {"write_in": "Zoë"}]}});
        let mut bytes = body.to_string().into_bytes();
        if let Some(changed) = bytes.get_mut(place) {
            *changed = byte;
        }
        bytes.truncate(cut.max(1));
        let _ = VoteRequest::parse(&bytes);
    }

    #[test]
    fn any_json_is_a_vote_of_the_documented_shape_or_malformed(body in any_json()) {
        let parsed = VoteRequest::parse(body.to_string().as_bytes());
        prop_assert_eq!(parsed.is_ok(), is_vote(&body));
        prop_assert!(matches!(code(parsed), None | Some("request-malformed")));
    }

    #[test]
    fn any_selections_are_a_vote_if_they_have_the_documented_shape(selections in any_json()) {
        let body = json!({"voter_id": VOTER, "ballot_id": BALLOT, "selections": selections});
        let parsed = VoteRequest::parse(body.to_string().as_bytes());
        prop_assert_eq!(parsed.is_ok(), is_vote(&body));
    }

    #[test]
    fn an_unknown_field_is_malformed_wherever_it_stands(name in "[a-z_]{1,12}", value in any_json(), first in any::<bool>()) {
        prop_assume!(!["voter_id", "ballot_id", "selections", "election_hash"].contains(&name.as_str()));
        let known = format!(r#""voter_id":"{VOTER}","ballot_id":"{BALLOT}","selections":{{}}"#);
        let unknown = format!("{}:{value}", json!(name));
        let body = if first { format!("{{{unknown},{known}}}") } else { format!("{{{known},{unknown}}}") };
        prop_assert_eq!(code(VoteRequest::parse(body.as_bytes())), Some("request-malformed"));
    }

    #[test]
    fn a_key_twice_is_malformed_json_at_any_depth(depth in 0usize..60, key in "[a-z]{1,6}") {
        let twice = format!(r#"{{"{key}":"a","{key}":"a"}}"#);
        let selections = format!("{}{twice}{}", r#"{"board":["#.repeat(depth), "]}".repeat(depth));
        let body = format!(r#"{{"voter_id":"{VOTER}","ballot_id":"{BALLOT}","selections":{selections}}}"#);
        prop_assert_eq!(code(VoteRequest::parse(body.as_bytes())), Some("json-malformed"));
    }
}

#[test]
fn each_field_twice_is_malformed_json_even_with_the_same_value() {
    let fields = [
        format!(r#""voter_id":"{VOTER}""#),
        format!(r#""ballot_id":"{BALLOT}""#),
        r#""selections":{}"#.to_owned(),
        r#""election_hash":"00""#.to_owned(),
    ];
    let all = fields.join(",");
    assert!(VoteRequest::parse(format!("{{{all}}}").as_bytes()).is_ok());
    for field in fields {
        let body = format!("{{{all},{field}}}");
        assert_eq!(code(VoteRequest::parse(body.as_bytes())), Some("json-malformed"));
    }
    let twice = format!(r#"{{"voter_id":"{VOTER}","voter_id":"{VOTER}"}}"#);
    assert_eq!(
        code(EligibilityRequest::parse(twice.as_bytes())),
        Some("json-malformed")
    );
}
