//! Owns a ballot's content: checking a voter's selections against their ballot, writing them in one
//! canonical form, and reading that form back to count it. Nothing here has `Debug`: it is the vote.
//!
//! Format 1 is compact JSON in UTF-8: an object from contest to an array of candidates, then write-ins
//! as `{"write_in":"…"}`. Contests and candidates stand in the definition's order, write-ins in the
//! voter's; a contest left blank is left out.

use crate::definition::{Contest, Definition};
use crate::identifiers::JurisdictionId;
use crate::json::Json;

/// The format that [`canonical`] writes.
pub const FORMAT: u8 = 1;

/// The longest write-in, in characters.
pub const WRITE_IN_CHARACTERS: usize = 200;

/// One choice as a voter sent it, not checked yet.
#[derive(Clone, PartialEq, Eq)]
pub enum Choice {
    /// A candidate's id.
    Candidate(String),
    /// A name written in.
    WriteIn(String),
}

/// A voter's choices by contest, not checked yet.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Selections(pub Vec<(String, Vec<Choice>)>);

impl Selections {
    /// Reads `{"contest": ["candidate", {"write_in": "…"}]}`; `None` for any other shape.
    pub fn from_json(json: &Json) -> Option<Self> {
        let Json::Object(contests) = json else { return None };
        let contest = |(id, choices): &(String, Json)| match choices {
            Json::Array(choices) => Some((
                id.clone(),
                choices
                    .iter()
                    .map(Choice::from_json)
                    .collect::<Option<Vec<_>>>()?,
            )),
            _ => None,
        };
        contests.iter().map(contest).collect::<Option<_>>().map(Self)
    }
}

impl Choice {
    fn from_json(json: &Json) -> Option<Self> {
        match json {
            Json::Text(id) => Some(Self::Candidate(id.clone())),
            Json::Object(entries) => match entries.as_slice() {
                [(key, Json::Text(text))] if key == "write_in" => Some(Self::WriteIn(text.clone())),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What is wrong with a selection. The code of each is part of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SelectionProblem {
    /// No contest of the election has this id.
    ContestUnknown,
    /// The contest isn't on the ballot of the voter's jurisdiction.
    ContestOtherJurisdiction,
    /// No candidate of the contest has this id.
    CandidateUnknown,
    /// The candidate doesn't run in the voter's jurisdiction.
    CandidateOtherJurisdiction,
    /// The same candidate or the same write-in twice.
    ChoiceRepeated,
    /// More choices than the contest allows.
    TooManyChoices,
    /// More write-ins than the contest has lines for.
    WriteInNotAllowed,
    /// A write-in without a visible character.
    WriteInEmpty,
    /// A write-in over [`WRITE_IN_CHARACTERS`].
    WriteInTooLong,
    /// A write-in with control characters.
    WriteInMalformed,
}

impl SelectionProblem {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::ContestUnknown => "contest-unknown",
            Self::ContestOtherJurisdiction => "contest-other-jurisdiction",
            Self::CandidateUnknown => "candidate-unknown",
            Self::CandidateOtherJurisdiction => "candidate-other-jurisdiction",
            Self::ChoiceRepeated => "choice-repeated",
            Self::TooManyChoices => "too-many-choices",
            Self::WriteInNotAllowed => "write-in-not-allowed",
            Self::WriteInEmpty => "write-in-empty",
            Self::WriteInTooLong => "write-in-too-long",
            Self::WriteInMalformed => "write-in-malformed",
        }
    }
}

/// A problem and where it is, as `selections.president[1]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionError {
    /// The path in the request. A contest that isn't the election's is cut to 40 characters.
    pub field: String,
    /// What is wrong there.
    pub problem: SelectionProblem,
}

/// Checks selections against the ballot of a jurisdiction and writes them as format 1, or tells
/// everything that is wrong with them.
pub fn canonical(
    definition: &Definition,
    jurisdiction: &JurisdictionId,
    selections: &Selections,
) -> Result<Box<[u8]>, Vec<SelectionError>> {
    let mut errors = Vec::new();
    for (id, choices) in &selections.0 {
        let field = format!("selections.{}", id.chars().take(40).collect::<String>());
        match definition.contest(id.as_str()) {
            None => errors.push(SelectionError {
                field,
                problem: SelectionProblem::ContestUnknown,
            }),
            Some(contest) if !contest.is_on_ballot_of(jurisdiction) => {
                errors.push(SelectionError {
                    field,
                    problem: SelectionProblem::ContestOtherJurisdiction,
                });
            }
            Some(contest) => check_contest(contest, jurisdiction, choices, &field, &mut errors),
        }
    }
    if errors.is_empty() {
        Ok(write(definition, selections))
    } else {
        Err(errors)
    }
}

fn check_contest(
    contest: &Contest,
    jurisdiction: &JurisdictionId,
    choices: &[Choice],
    field: &str,
    errors: &mut Vec<SelectionError>,
) {
    let mut write_ins = 0;
    for (index, choice) in choices.iter().enumerate() {
        let mut problem = match choice {
            Choice::Candidate(id) => check_candidate(contest, jurisdiction, id),
            Choice::WriteIn(text) => {
                write_ins += 1;
                if write_ins > contest.write_ins() {
                    Some(SelectionProblem::WriteInNotAllowed)
                } else {
                    check_write_in(text)
                }
            }
        };
        if problem.is_none()
            && choices[..index]
                .iter()
                .any(|earlier| same_choice(earlier, choice))
        {
            problem = Some(SelectionProblem::ChoiceRepeated);
        }
        if let Some(problem) = problem {
            errors.push(SelectionError {
                field: format!("{field}[{index}]"),
                problem,
            });
        }
    }
    if choices.len() > contest.votes_allowed() as usize {
        errors.push(SelectionError {
            field: field.to_owned(),
            problem: SelectionProblem::TooManyChoices,
        });
    }
}

fn check_candidate(contest: &Contest, jurisdiction: &JurisdictionId, id: &str) -> Option<SelectionProblem> {
    match contest.candidate(id) {
        None => Some(SelectionProblem::CandidateUnknown),
        Some(candidate) if !candidate.runs_in(jurisdiction) => {
            Some(SelectionProblem::CandidateOtherJurisdiction)
        }
        Some(_) => None,
    }
}

fn check_write_in(text: &str) -> Option<SelectionProblem> {
    if text
        .chars()
        .any(|character| character.is_control() || matches!(character, '\u{2028}' | '\u{2029}'))
    {
        Some(SelectionProblem::WriteInMalformed)
    } else if text.trim().is_empty() {
        Some(SelectionProblem::WriteInEmpty)
    } else if text.chars().count() > WRITE_IN_CHARACTERS {
        Some(SelectionProblem::WriteInTooLong)
    } else {
        None
    }
}

fn same_choice(one: &Choice, other: &Choice) -> bool {
    match (one, other) {
        (Choice::WriteIn(one), Choice::WriteIn(other)) => one.trim() == other.trim(),
        _ => one == other,
    }
}

/// Writes checked selections in canonical order.
fn write(definition: &Definition, selections: &Selections) -> Box<[u8]> {
    let mut object = serde_json::Map::new();
    for contest in definition.contests() {
        let chosen = selections.0.iter().find(|(id, _)| id == contest.id().as_str());
        let Some((_, choices)) = chosen.filter(|(_, choices)| !choices.is_empty()) else {
            continue;
        };
        let candidates = contest
            .candidates()
            .iter()
            .filter(|candidate| {
                choices
                    .iter()
                    .any(|choice| matches!(choice, Choice::Candidate(id) if id == candidate.id().as_str()))
            })
            .map(|candidate| candidate.id().as_str().into());
        let write_ins = choices.iter().filter_map(|choice| match choice {
            Choice::WriteIn(text) => Some(serde_json::json!({ "write_in": text.trim() })),
            Choice::Candidate(_) => None,
        });
        object.insert(
            contest.id().as_str().to_owned(),
            candidates.chain(write_ins).collect(),
        );
    }
    serde_json::Value::Object(object).to_string().into_bytes().into()
}

/// The content isn't format 1, or doesn't fit the ballot of its jurisdiction: it can't be counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the ballot's content can't be read")]
pub struct Unreadable;

/// Reads what [`canonical`] wrote and checks it once more: a tally counts nothing that a voter of that
/// jurisdiction couldn't have cast.
pub fn read(
    definition: &Definition,
    jurisdiction: &JurisdictionId,
    format: u8,
    content: &[u8],
) -> Result<Selections, Unreadable> {
    if format != FORMAT {
        return Err(Unreadable);
    }
    let json = Json::parse(content).map_err(|_| Unreadable)?;
    let selections = Selections::from_json(&json).ok_or(Unreadable)?;
    match canonical(definition, jurisdiction, &selections) {
        Ok(again) if *again == *content => Ok(selections),
        _ => Err(Unreadable),
    }
}
