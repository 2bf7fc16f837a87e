//! Selections, their canonical form, and everything that isn't a ballot.

use election_core::content::{FORMAT, SelectionProblem, Selections, canonical, read};
use election_core::json::Json;
use proptest::prelude::*;

use crate::fixtures::{club, jurisdiction, selections};

fn problems(place: &str, contests: &[(&str, &[&str])]) -> Vec<(String, SelectionProblem)> {
    let errors = canonical(&club(), &jurisdiction(place), &selections(contests))
        .err()
        .unwrap_or_default();
    errors
        .into_iter()
        .map(|error| (error.field, error.problem))
        .collect()
}

fn written(place: &str, contests: &[(&str, &[&str])]) -> String {
    let content = canonical(&club(), &jurisdiction(place), &selections(contests));
    String::from_utf8(content.expect("valid selections").into()).unwrap()
}

#[test]
fn content_is_written_in_the_definitions_order_whatever_order_it_was_sent_in() {
    let expected = r#"{"board":["lopez","chen",{"write_in":"Jane \"JD\" Doe"}],"dues":["no"]}"#;
    assert_eq!(
        written(
            "north",
            &[
                ("dues", &["no"]),
                ("board", &[" Jane \"JD\" Doe ", "chen", "lopez"])
            ]
        ),
        expected
    );
}

#[test]
fn a_contest_left_blank_is_valid_and_left_out() {
    assert_eq!(written("north", &[("board", &[])]), "{}");
    assert_eq!(written("north", &[]), "{}");
}

#[test]
fn every_wrong_selection_is_named_with_its_field() {
    use SelectionProblem::*;
    let long = format!("X{}", "é".repeat(200));
    type Sent<'a> = &'a [(&'a str, &'a [&'a str])];
    let cases: [(&str, Sent<'_>, &str, SelectionProblem); 11] = [
        (
            "north",
            &[("mayor", &["chen"])],
            "selections.mayor",
            ContestUnknown,
        ),
        (
            "south",
            &[("dues", &["yes"])],
            "selections.dues",
            ContestOtherJurisdiction,
        ),
        (
            "north",
            &[("board", &["lopez", "nobody"])],
            "selections.board[1]",
            CandidateUnknown,
        ),
        (
            "north",
            &[("board", &["okoye"])],
            "selections.board[0]",
            CandidateOtherJurisdiction,
        ),
        (
            "north",
            &[("board", &["chen", "chen"])],
            "selections.board[1]",
            ChoiceRepeated,
        ),
        (
            "north",
            &[("dues", &["yes", "no"])],
            "selections.dues",
            TooManyChoices,
        ),
        (
            "north",
            &[("dues", &["Maybe"])],
            "selections.dues[0]",
            WriteInNotAllowed,
        ),
        (
            "north",
            &[("board", &["Jane", "Joe"])],
            "selections.board[1]",
            WriteInNotAllowed,
        ),
        (
            "north",
            &[("board", &[&long])],
            "selections.board[0]",
            WriteInTooLong,
        ),
        (
            "north",
            &[("board", &["Jane\u{7}"])],
            "selections.board[0]",
            WriteInMalformed,
        ),
        (
            "north",
            &[("board", &["Jane\u{2028}Doe"])],
            "selections.board[0]",
            WriteInMalformed,
        ),
    ];
    for (place, contests, field, problem) in cases {
        assert_eq!(problems(place, contests), [(field.to_owned(), problem)]);
    }
}

#[test]
fn an_invisible_write_in_is_empty_and_two_hundred_characters_are_not_too_many() {
    let invisible = Json::parse(br#"{"board":[{"write_in":"  "}]}"#)
        .ok()
        .and_then(|json| Selections::from_json(&json));
    let errors = canonical(&club(), &jurisdiction("north"), &invisible.unwrap())
        .err()
        .unwrap();
    assert_eq!(errors[0].problem, SelectionProblem::WriteInEmpty);
    assert_eq!(
        problems("north", &[("board", &[&format!("X{}", "é".repeat(199))])]),
        []
    );
}

#[test]
fn selections_of_another_shape_are_none() {
    for text in [
        r#"[]"#,
        r#"{"board":"chen"}"#,
        r#"{"board":[1]}"#,
        r#"{"board":[{"name":"x"}]}"#,
        r#"{"board":[{"write_in":1}]}"#,
    ] {
        let json = Json::parse(text.as_bytes()).ok().unwrap();
        assert!(Selections::from_json(&json).is_none(), "{text}");
    }
}

#[test]
fn only_canonical_content_of_the_jurisdiction_can_be_read() {
    let content = written("north", &[("board", &["chen"])]);
    assert!(read(&club(), &jurisdiction("north"), FORMAT, content.as_bytes()).is_ok());
    assert!(read(&club(), &jurisdiction("north"), 2, content.as_bytes()).is_err());
    assert!(read(&club(), &jurisdiction("south"), FORMAT, br#"{"dues":["yes"]}"#).is_err());
    for other in [
        r#"{"board": ["chen"]}"#,
        r#"{"board":["chen","lopez"]}"#,
        r#"{"board":[]}"#,
        "",
        "[]",
    ] {
        assert!(
            read(&club(), &jurisdiction("north"), FORMAT, other.as_bytes()).is_err(),
            "{other}"
        );
    }
}

proptest! {
    #[test]
    fn what_is_written_can_be_read_and_says_the_same(write_in in "[A-Z][^\\p{C}\u{2028}\u{2029}]{0,150}", lopez: bool, dues in 0usize..3) {
        let mut board = vec![write_in.as_str()];
        if lopez { board.push("lopez"); }
        let dues: &[&str] = [&["yes"][..], &["no"], &[]][dues];
        let sent = [("dues", dues), ("board", board.as_slice())];
        let content = written("north", &sent);
        let again = read(&club(), &jurisdiction("north"), FORMAT, content.as_bytes());
        prop_assert!(again.is_ok_and(|again| again.0.iter().map(|(_, choices)| choices.len()).sum::<usize>() == board.len() + dues.len()));
    }

    #[test]
    fn no_content_makes_reading_panic(content in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&club(), &jurisdiction("north"), FORMAT, &content);
    }
}
