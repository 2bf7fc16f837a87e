// The voting journey: one page, one step at a time. What the voter enters lives in `journey`,
// in memory only: never in the address, in storage or in a log.

import { requestAnywhere } from "../shared/api.js";
import {
  candidateName,
  contestTitle,
  jurisdictionName,
  knownElection,
  loadElection,
} from "../shared/election.js";
import { bdi, el } from "../shared/elements.js";
import { text } from "../shared/messages.js";
import { setTitle, showProblems, startPage } from "../shared/page.js";
import { ballotContent, blankChoices, newBallotId, votesUsed } from "./ballot.js";
import { castBallot } from "./cast.js";
import { keepingFocus } from "./focus.js";
import { watchIdleness } from "./idle.js";
import { endingOf, voterIdProblem } from "./outcomes.js";
import { loadQRCode } from "./receipt-card.js";
import {
  ballotStep,
  castingStep,
  closedMessage,
  contestStep,
  endingStep,
  reviewStep,
  stages,
  tellCasting,
  voterIdStep,
  worded,
} from "./steps.js";

const DOUBLE_CLICK_MS = 500;

// A QR code carries the voter ID after `#`; it leaves the address before any request.
let journey = newJourney(takeVoterIdFromAddress());

function newJourney(typed = "") {
  return {
    typed, // as in the field
    voterId: null,
    ballot: null, // what POST /eligibility answered
    home: null, // the region that did
    choices: new Map(),
    step: { name: "voter-id" },
    problems: [], // {id, args?, field?, contest?, onclick?}
    casting: null, // {attempts} from the press of "Cast my ballot" until its outcome
    ending: null, // the outcome that ended the journey
    cleared: false, // because nobody answered "Are you still voting?"
  };
}

// ---- Steps and the browser's history (which holds the step's name, nothing else)

const STEPS = {
  "voter-id": voterIdStep,
  ballot: ballotStep,
  contest: contestStep,
  review: reviewStep,
};

const actions = {
  lookUp,
  cast,
  begin: () => go({ name: "contest", index: 0 }),
  change: (index) => go({ name: "contest", index, change: true }),
  onTyped: (typed) => (journey.typed = typed),
  onProblem: (problem) => tellProblems([problem]),
  onVotes: warnWhileChoicesExist,
  leaveContest({ index, change }) {
    const last = index + 1 === journey.ballot.contests.length;
    go(change || last ? { name: "review" } : { name: "contest", index: index + 1 });
  },
};

function go(step) {
  history.pushState(step, "");
  enter(step);
}

function enter(step) {
  journey.step = reachable(step);
  journey.problems = [];
  show();
  focusTitle();
  // The second half of a double click meant for the step before must hit nothing here.
  const content = document.getElementById("content");
  content.inert = true;
  setTimeout(() => (content.inert = false), DOUBLE_CLICK_MS);
}

/** The step itself, or the nearest one that makes sense with what the voter has entered: the
 *  browser's history may lead anywhere. */
function reachable(step) {
  const { ballot } = journey;
  if (!ballot || !STEPS[step.name]) return { name: "voter-id" };
  const voting = step.name === "contest" || step.name === "review";
  if (voting && (ballot.voted || closedMessage(knownElection()))) return { name: "ballot" };
  if (step.name === "contest" && !ballot.contests[step.index]) return { name: "ballot" };
  return step;
}

/** Puts up everything as the journey stands. */
function show() {
  const view = journey.ending
    ? endingStep
    : journey.casting
      ? castingStep
      : STEPS[journey.step.name];
  const { title, stage, above, content } = view({ ...journey, election: knownElection() }, actions);
  document
    .getElementById("step")
    .replaceChildren(
      ...[
        stages(stage),
        above && el("p", { class: "position" }, above),
        el("h1", { id: "title", tabindex: "-1" }, bdi(title)),
        el("div", { id: "content" }, ...content.filter(Boolean)),
      ].filter(Boolean),
    );
  setTitle(text(title), journey.problems.length > 0);
  showProblems(document.getElementById("problems"), journey.problems.map(worded), { focus: false });
}

function focusTitle() {
  scrollTo(0, 0);
  document.getElementById("title").focus({ preventScroll: true });
}

function tellProblems(problems) {
  journey.problems = problems;
  show();
  document.querySelector(".problems").focus();
}

addEventListener("popstate", (event) => {
  // Without a state it is a change of what follows `#`: see below.
  if (event.state && !journey.casting && !journey.ending) enter(event.state);
});

addEventListener("hashchange", () => {
  const typed = takeVoterIdFromAddress();
  history.replaceState(journey.step, "");
  if (!typed || journey.ballot || journey.ending) return;
  journey = newJourney(typed);
  enter(journey.step);
});

// A key held down acts once.
addEventListener("keydown", (event) => {
  if (event.repeat && event.key === "Enter") event.preventDefault();
});

function takeVoterIdFromAddress() {
  const { hash, pathname, search } = location;
  if (hash === "") return "";
  history.replaceState(null, "", pathname + search);
  try {
    const typed = decodeURIComponent(hash.slice(1));
    return document.getElementById(typed) ? "" : typed.slice(0, 60);
  } catch {
    return "";
  }
}

function warnBeforeLeaving(event) {
  event.preventDefault();
  event.returnValue = true; // for browsers that want it so
}

function warnWhileChoicesExist() {
  const choicesExist = [...journey.choices.values()].some((choice) => votesUsed(choice) > 0);
  removeEventListener("beforeunload", warnBeforeLeaving);
  if (journey.casting || choicesExist) addEventListener("beforeunload", warnBeforeLeaving);
}

// ---- Looking up the ballot

async function lookUp(voterId) {
  const before = journey;
  const reloaded = loadElection();
  const regions = knownElection()?.regions ?? [];
  const answer = await requestAnywhere(
    "/eligibility",
    { method: "POST", body: JSON.stringify({ voter_id: voterId }) },
    { regions, attempts: regions.length + 2 },
  );
  await reloaded;
  if (journey !== before) return; // given up meanwhile
  if (answer.status !== 200) {
    const id = voterIdProblem(answer.code);
    tellProblems([id ? { id, field: "voter-id" } : { id: "look-up-later", field: "continue" }]);
    return;
  }
  const same =
    journey.voterId === voterId && journey.ballot.election_hash === answer.body.election_hash;
  const ballot = translated(answer.body);
  journey = {
    ...newJourney(journey.typed),
    voterId,
    ballot,
    home: answer.region,
    choices: same ? journey.choices : blankChoices(ballot.contests),
  };
  warnWhileChoicesExist();
  loadQRCode();
  go({ name: "ballot" });
}

/** The ballot with its texts in every language of the definition. */
function translated({ jurisdiction, contests, ...ballot }) {
  return {
    ...ballot,
    jurisdiction: { ...jurisdiction, name: jurisdictionName(jurisdiction) },
    contests: contests.map((contest) => ({
      ...contest,
      title: contestTitle(contest),
      candidates: contest.candidates.map((candidate) => ({
        ...candidate,
        name: candidateName(contest, candidate),
      })),
    })),
  };
}

// ---- Casting

async function cast() {
  if (journey.casting || journey.ending) return; // a double click is one ballot
  journey.casting = { attempts: 0 };
  journey.problems = [];
  warnWhileChoicesExist();
  show();
  focusTitle();
  const { voterId, ballot, choices, home } = journey;
  const outcome = await castBallot(
    {
      voterId,
      ballotId: newBallotId(),
      content: ballotContent(ballot.contests, choices),
      electionHash: ballot.election_hash,
    },
    { regions: knownElection()?.regions ?? [], home, onRetry },
  );
  journey.casting = null;
  if (endingOf(outcome)) finish(outcome);
  else refuse(outcome);
}

function onRetry(attempts) {
  journey.casting.attempts = attempts;
  tellCasting(
    journey.casting,
    document.getElementById("casting"),
    document.getElementById("patience"),
  );
}

/** Ends the journey: forgets the voter and the choices. */
function finish(outcome) {
  journey = { ...newJourney(), ending: outcome };
  warnWhileChoicesExist();
  show();
  focusTitle();
}

function refuse({ code, errors }) {
  journey.step = { name: "review" };
  const { contests } = journey.ballot;
  const refused = contests.filter(({ id }) =>
    errors.some(({ field = "" }) => field.replace(/^selections\./, "").replace(/\[.*$/, "") === id),
  );
  if (refused.length > 0) {
    tellProblems(
      refused.map((contest) => ({
        id: "not-cast-contest",
        contest,
        onclick: () => actions.change(contests.indexOf(contest)),
      })),
    );
  } else if (code === "polls-not-open") tellProblems([{ id: "not-cast-not-open" }]);
  else tellProblems([{ id: voterIdProblem(code) ?? "not-cast" }]);
}

// ---- Staying away

function giveUp() {
  journey = { ...newJourney(), cleared: true };
  warnWhileChoicesExist();
  history.replaceState(journey.step, "");
  show();
  focusTitle();
}

// ---- Start

history.replaceState(journey.step, "");
watchIdleness(
  () => !journey.casting && !journey.ending && (journey.ballot !== null || journey.typed !== ""),
  giveUp,
);
startPage("vote", () => keepingFocus(show));
