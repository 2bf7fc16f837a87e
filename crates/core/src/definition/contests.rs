//! Owns the rules of `[[contests]]`: contests, candidates and parties, and that a contest offers
//! a choice to everybody who votes on it.

use std::collections::BTreeMap;

use super::contest::{Candidate, Contest, Party, Scope};
use super::error::DefinitionErrorCode as Code;
use super::index::Indexed;
use super::reader::{Field, Table, every};
use super::values::{Declared, Ids, plain_text};
use crate::identifiers::{CandidateId, ContestId, JurisdictionId};

const CONTEST_KEYS: &[&str] = &[
    "id",
    "title",
    "votes_allowed",
    "write_ins",
    "jurisdictions",
    "candidates",
];
const CANDIDATE_KEYS: &[&str] = &["id", "name", "party", "jurisdictions"];

/// Files with candidates' weights use these names beside the candidates' ids.
const RESERVED_CANDIDATE_IDS: &[&str] = &["write-in", "blank"];

const VOTES_ALLOWED_LIMIT: u32 = 1_000;

/// A message names no more jurisdictions than this.
const NAMED_JURISDICTIONS_LIMIT: usize = 10;

/// A contest or candidate with the scope that it holds in; each is `None` if it couldn't be read.
/// The rules about who votes on what need only the scope, so that they are checked even if a
/// title is wrong.
pub(super) struct Scoped<T> {
    pub(super) value: Option<T>,
    scope: Option<Scope>,
}

impl<T> Scoped<T> {
    const UNREADABLE: Self = Self {
        value: None,
        scope: None,
    };

    /// Whether it holds in `jurisdiction`, in favour of what couldn't be read.
    pub(super) fn may_hold_in(&self, jurisdiction: &JurisdictionId) -> bool {
        self.scope
            .as_ref()
            .is_none_or(|scope| scope.contains(jurisdiction))
    }
}

/// One entry of `contests`; `voting` are all of the election's jurisdictions.
pub(super) fn contest<'a>(
    field: &Field<'a>,
    ids: &mut Ids<'a>,
    declared: &Declared<'_>,
    voting: &[JurisdictionId],
) -> Scoped<Contest> {
    let Some(table) = field.table_of(CONTEST_KEYS) else {
        return Scoped::UNREADABLE;
    };
    let id = table
        .required("id")
        .and_then(|id| ids.declare(&id, &[], ContestId::parse));
    let title = table.required("title").and_then(|title| declared.text(&title));
    let votes_allowed = table
        .required("votes_allowed")
        .and_then(|votes| votes.number(1..=VOTES_ALLOWED_LIMIT));
    let write_ins = write_ins(&table, votes_allowed);
    let scope = match table.optional("jurisdictions") {
        Some(listed) => declared.scope(&listed, &Scope::EVERYWHERE),
        None => Some(Scope::EVERYWHERE),
    };
    let candidates = candidates(&table, declared, scope.as_ref());
    if let (Some(scope), Some(0), Some(candidates)) = (&scope, write_ins, &candidates) {
        let voting = voting.iter().filter(|jurisdiction| scope.contains(jurisdiction));
        report_nothing_to_choose(&table, voting, candidates);
    }

    let candidates = candidates.and_then(|read| every(read.into_iter().map(|candidate| candidate.value)));
    let whole = || {
        Some(Contest {
            id: id?,
            title: title?,
            votes_allowed: votes_allowed?,
            write_ins: write_ins?,
            scope: scope.clone()?,
            candidates: Indexed::new(candidates?, |candidate| candidate.id.clone()),
        })
    };
    Scoped {
        value: whole(),
        scope,
    }
}

/// The contest's lines for write-ins, of which a voter can't use more than they have votes.
fn write_ins(contest: &Table<'_>, votes_allowed: Option<u32>) -> Option<u32> {
    let Some(field) = contest.optional("write_ins") else {
        return Some(0);
    };
    let write_ins = field.number(0..=VOTES_ALLOWED_LIMIT)?;
    if let Some(votes_allowed) = votes_allowed.filter(|votes_allowed| write_ins > *votes_allowed) {
        field.report(
            Code::TooManyWriteIns,
            format!("must be at most `votes_allowed`, {votes_allowed}"),
        );
    }
    Some(write_ins)
}

/// A contest may have write-in lines only, and no `candidates`.
fn candidates(
    contest: &Table<'_>,
    declared: &Declared<'_>,
    contest_scope: Option<&Scope>,
) -> Option<Vec<Scoped<Candidate>>> {
    let Some(field) = contest.optional("candidates") else {
        return Some(Vec::new());
    };
    let mut ids = Ids::default();
    let items = field.list("a list of candidates")?;
    Some(
        items
            .iter()
            .map(|item| candidate(item, &mut ids, declared, contest_scope))
            .collect(),
    )
}

fn candidate<'a>(
    field: &Field<'a>,
    ids: &mut Ids<'a>,
    declared: &Declared<'_>,
    contest_scope: Option<&Scope>,
) -> Scoped<Candidate> {
    let Some(table) = field.table_of(CANDIDATE_KEYS) else {
        return Scoped::UNREADABLE;
    };
    let id = table
        .required("id")
        .and_then(|id| ids.declare(&id, RESERVED_CANDIDATE_IDS, CandidateId::parse));
    let name = table.required("name").and_then(|name| declared.text(&name));
    let party = table.optional("party").map(|field| party(&field, declared));
    let scope = match table.optional("jurisdictions") {
        Some(listed) => declared.scope(&listed, contest_scope.unwrap_or(&Scope::EVERYWHERE)),
        None => contest_scope.cloned(),
    };

    let whole = || {
        let party = match party {
            Some(read) => Some(read?),
            None => None,
        };
        Some(Candidate {
            id: id?,
            name: name?,
            party,
            scope: scope.clone()?,
        })
    };
    Scoped {
        value: whole(),
        scope,
    }
}

/// A string, or a table from `default` and jurisdictions to strings.
fn party(field: &Field<'_>, declared: &Declared<'_>) -> Option<Party> {
    if !field.is_table() {
        let party = plain_text(field, "a string, or a table as { default = \"...\" }")?;
        return Some(Party {
            default: Some(party.into()),
            elsewhere: BTreeMap::new(),
        });
    }
    let (mut default, mut elsewhere) = (None, Vec::new());
    for (key, value) in field.table()?.entries() {
        let party = plain_text(&value, "a string").map(Box::from);
        if key == "default" {
            default = Some(party);
        } else {
            elsewhere.push(declared.jurisdiction(&value, key).zip(party));
        }
    }
    if default.is_none() && elsewhere.is_empty() {
        field.report(Code::Empty, "must name a party; remove it if there is none");
    }
    let default = match default {
        Some(read) => Some(read?),
        None => None,
    };
    Some(Party {
        default,
        elsewhere: elsewhere.into_iter().collect::<Option<_>>()?,
    })
}

/// Each of `voting` must find a candidate on its ballot if there is no write-in line.
fn report_nothing_to_choose<'j>(
    contest: &Table<'_>,
    voting: impl Iterator<Item = &'j JurisdictionId>,
    candidates: &[Scoped<Candidate>],
) {
    let without = voting.filter(|voting| !candidates.iter().any(|candidate| candidate.may_hold_in(voting)));
    let without: Vec<&str> = without.map(JurisdictionId::as_str).collect();
    let (named, others) = without.split_at(without.len().min(NAMED_JURISDICTIONS_LIMIT));
    if !named.is_empty() {
        let others = if others.is_empty() {
            String::new()
        } else {
            format!(" and {} more", others.len())
        };
        let message = format!(
            "must have a candidate, or a write-in line, for {}{others}",
            named.join(", ")
        );
        contest.report_at("candidates", Code::NothingToChoose, message);
    }
}
