// What each step of the journey shows: functions of the journey's state and of what its buttons do.
// They change nothing but a contest's choice, through contest.js. Each answers
// `{title, stage, above?, content}`; `title` is a text of the definition or a message.

import { bdi, el } from "../shared/elements.js";
import { dateTime, t, text } from "../shared/messages.js";
import { repeatedWriteIn } from "./ballot.js";
import { contestFields, writeInId } from "./contest.js";
import { endingOf } from "./outcomes.js";
import { backButton, link, note } from "./paragraphs.js";
import { reviewRows } from "./review.js";
import { voterIdForm } from "./voter-id-form.js";

/** Why nobody can vote now, in words, or null. If the phase isn't known, casting will tell. */
export function closedMessage(election) {
  const { phase, definition } = election ?? {};
  if (phase === "pre-election") {
    return definition?.opens_at
      ? t("opens-at", { time: dateTime(definition.opens_at) })
      : t("not-open");
  }
  return phase && phase !== "open" ? t("closed") : null;
}

// ---- 1 Voter ID

export function voterIdStep({ election, typed, cleared, problems }, { lookUp, onTyped, onProblem }) {
  const closed = closedMessage(election);
  const problem = problems.find(({ field }) => field === "voter-id");
  return {
    title: t("enter-voter-id"),
    stage: "voter-id",
    content: [
      cleared && note(t("cleared")),
      closed && note(closed),
      voterIdForm({
        typed,
        problem: problem && t(problem.id, problem.args),
        lookUp,
        onTyped,
        onProblem,
      }),
    ],
  };
}

// ---- 2 Your ballot

export function ballotStep({ election, ballot }, { begin }) {
  const { jurisdiction, contests, voted } = ballot;
  const closed = closedMessage(election);
  const canVote = !voted && !closed && contests.length > 0;
  const list = contests.map((contest) =>
    el("li", {}, bdi(contest.title), el("br"), t("votes-allowed", { votes: contest.votes_allowed })),
  );
  return {
    title: t("your-ballot"),
    stage: "voter-id",
    content: [
      el("p", {}, t("ballot-for")),
      el("p", { class: "jurisdiction" }, bdi(jurisdiction.name)),
      el("p", {}, t("compare-jurisdiction")),
      voted && note(t("already-recorded")),
      voted && el("p", {}, t("nobody-twice")),
      voted && link("/check", t("check-my-ballot")),
      !voted && closed && note(closed),
      !voted && el("p", {}, t("ballot-contests", { contests: contests.length })),
      !voted && el("ul", { class: "contests" }, ...list),
      canVote && el("p", {}, t("review-before")),
      el(
        "p",
        { class: "actions" },
        canVote && el("button", { type: "button", id: "start", onclick: begin }, t("start-voting")),
        backButton(),
      ),
    ],
  };
}

// ---- 3 One contest

export function contestStep({ ballot, choices, step }, { onVotes, onProblem, leaveContest }) {
  const { contests } = ballot;
  const { index, change = false } = step;
  const contest = contests[index];
  const choice = choices.get(contest.id);
  const next = el("button", { type: "submit", id: "next" }, t(change ? "save-and-review" : "next"));
  const skip = el(
    "button",
    { type: "submit", class: "secondary", id: "skip" },
    t(change ? "leave-blank-and-review" : "skip-contest"),
  );

  function count(votes) {
    next.hidden = votes === 0;
    skip.hidden = votes > 0;
    onVotes();
  }

  function submit(event) {
    event.preventDefault();
    const line = repeatedWriteIn(choice);
    if (line >= 0) onProblem({ id: "write-in-repeated", field: writeInId(line) });
    else leaveContest(step);
  }

  return {
    title: contest.title,
    stage: "ballot",
    above: t("contest-position", { contest: index + 1, contests: contests.length }),
    content: [
      el(
        "form",
        { novalidate: true, autocomplete: "off", onsubmit: submit },
        contestFields(contest, choice, count),
        el("p", { class: "actions" }, next, skip, !change && backButton()),
      ),
    ],
  };
}

// ---- 4 Review

export function reviewStep({ ballot, choices }, { change, cast }) {
  return {
    title: t("review"),
    stage: "review",
    content: [
      note(t("not-cast-yet")),
      ...reviewRows(ballot.contests, choices, change),
      el("p", {}, t("cannot-change")),
      el(
        "p",
        { class: "actions" },
        el("button", { type: "button", id: "cast", onclick: cast }, t("cast")),
      ),
    ],
  };
}

// ---- 5 Casting

const LONG_WAIT_ATTEMPTS = 4;

export function castingStep({ casting }) {
  const status = el("p", { id: "casting", role: "status" });
  const patience = el("p", { id: "patience", role: "status" });
  tellCasting(casting, status, patience);
  return { title: t("casting"), stage: "review", content: [status, patience] };
}

/** Says how it stands, in the elements that assistive technology already listens to. */
export function tellCasting({ attempts }, status, patience) {
  status.className = attempts > 0 ? "note" : "";
  status.textContent = t(attempts > 0 ? "checking" : "wait");
  patience.textContent = attempts >= LONG_WAIT_ATTEMPTS ? t("long-wait") : "";
}

// ---- 6 What became of it

export function endingStep({ ending }) {
  const [title, ...content] = endingOf(ending);
  return { title, stage: ending.kind === "cast" ? "receipt" : "review", content };
}

/** Problems in words; a contest that was refused is named in them. */
export function worded({ id, args, contest, ...problem }) {
  const named = contest ? { contest: text(contest.title) } : args;
  return { message: t(id, named), ...problem };
}

/** Where on the way the voter is. */
export function stages(current) {
  const items = ["voter-id", "ballot", "review", "receipt"].map((stage) =>
    el("li", { "aria-current": stage === current ? "step" : null }, t(`step-${stage}`)),
  );
  return el("ol", { class: "stages", "aria-label": t("steps") }, ...items);
}
