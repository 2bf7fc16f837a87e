// The voting journey: one page, one step at a time. What the voter enters lives in `voter`,
// in memory only: never in the address, in storage or in a log.

import { request, requestAnywhere } from "../shared/api.js";
import { ballotContent, blankChoices, newBallotId, repeatedWriteIn, votesUsed } from "./ballot.js";
import { castBallot } from "./cast.js";
import { contestFields, writeInId } from "./contest.js";
import { OFFICE, eligibilityProblem, endingOf } from "./outcomes.js";
import { count, dateTime, el, loadElection, setTitle, showProblems, text } from "../shared/page.js";
import { reviewRows } from "./review.js";
import { voterIdForm } from "./voter-id-form.js";

// A QR code carries the voter ID after `#`; it leaves the address before any request.
const typedInAddress = takeVoterIdFromAddress();

const ARMING_MS = 500;
const LONG_WAIT_ATTEMPTS = 4;
const LATER =
  "We could not look up your ballot just now. Wait a minute, then choose Continue again.";

const place = document.getElementById("step");
let election = null;
let voter = { typed: typedInAddress };
let current = { name: "voter-id" }; // the step shown
let sending = false; // from the press of "Cast my ballot" until its outcome
let finished = false; // an outcome that ends the journey is shown

// ---- Steps and the browser's history (which holds the step's name, nothing else)

const STEPS = {
  "voter-id": voterIdStep,
  ballot: ballotStep,
  contest: contestStep,
  review: reviewStep,
};

function go(step) {
  history.pushState(step, "");
  show(step);
}

function show(step, { focus = true } = {}) {
  current = reachable(step);
  STEPS[current.name](current);
  if (focus) focusTitle();
}

/** The step itself, or the nearest one that makes sense with what the voter has entered: the
 *  browser's history may lead anywhere. */
function reachable(step) {
  if (!voter.ballot) return { name: "voter-id" };
  const voting = step.name === "contest" || step.name === "review";
  if (voting && (voter.ballot.voted || closedMessage())) return { name: "ballot" };
  if (step.name === "contest" && !voter.ballot.contests[step.index]) return { name: "ballot" };
  return step;
}

/** Puts up a step's content under its heading. */
function render(title, ...content) {
  place.replaceChildren(
    el("div", { id: "problems" }),
    el("h1", { id: "title", tabindex: "-1" }, title),
    ...content.filter(Boolean),
  );
  setTitle(title);
}

function focusTitle() {
  scrollTo(0, 0);
  document.getElementById("title").focus();
}

function problems(found) {
  setTitle(document.getElementById("title").textContent, true);
  showProblems(document.getElementById("problems"), found);
}

addEventListener("popstate", (event) => {
  // Without a state it is a change of what follows `#`: see below.
  if (event.state && !sending && !finished) show(event.state);
});

addEventListener("hashchange", () => {
  const typed = takeVoterIdFromAddress();
  history.replaceState(current, "");
  if (!typed || voter.ballot || finished) return;
  voter = { typed };
  show({ name: "voter-id" });
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

function choicesExist() {
  return [...voter.choices.values()].some((choice) => votesUsed(choice) > 0);
}

function warnWhileChoicesExist() {
  removeEventListener("beforeunload", warnBeforeLeaving);
  if (sending || (voter.choices && choicesExist()))
    addEventListener("beforeunload", warnBeforeLeaving);
}

/** A button that can't be hit by the second half of a double click meant for the step before. */
function armed(button) {
  button.disabled = true;
  setTimeout(() => (button.disabled = false), ARMING_MS);
  return button;
}

function backButton(label = "Back") {
  return el("button", { type: "button", class: "secondary", onclick: () => history.back() }, label);
}

// ---- 1 Voter ID

function voterIdStep() {
  const title = "Enter your voter ID";
  render(
    title,
    voterIdForm({ typed: voter.typed, lookUp, onProblem: (found) => problems([found]) }),
  );
}

/** Gets the voter's ballot and goes on to it; or answers what is wrong. */
async function lookUp(voterId, typed) {
  setTitle("Enter your voter ID");
  document.getElementById("problems").replaceChildren();
  const reloaded = loadElection();
  const regions = election?.regions ?? [];
  const answer = await requestAnywhere(
    "/eligibility",
    { method: "POST", body: JSON.stringify({ voter_id: voterId }) },
    { regions, attempts: regions.length + 2 },
  );
  election = await reloaded;
  if (answer.status !== 200) {
    return { field: eligibilityProblem(answer.code), other: LATER };
  }
  const same = voter.id === voterId && voter.ballot.election_hash === answer.body.election_hash;
  const choices = same ? voter.choices : blankChoices(answer.body.contests);
  voter = { typed, id: voterId, ballot: answer.body, home: answer.region, choices };
  warnWhileChoicesExist();
  go({ name: "ballot" });
  return null;
}

// ---- 2 Your ballot

function ballotStep() {
  const { jurisdiction, contests, voted } = voter.ballot;
  const closed = closedMessage();
  const contestList = el("ul", {}, ...contests.map(({ title }) => el("li", {}, text(title))));
  const intro = [
    el("p", { class: "jurisdiction" }, text(jurisdiction.name)),
    el(
      "p",
      {},
      "Compare this with your letter. If it is not the same, do not go on: contact " + OFFICE + ".",
    ),
  ];
  if (voted) {
    render(
      "Your ballot",
      ...intro,
      el(
        "div",
        { class: "note" },
        el("p", {}, el("strong", {}, "A ballot was already recorded for this voter.")),
        el(
          "p",
          {},
          "Nobody can vote twice. If you have a receipt, you can ",
          el("a", { href: "/check" }, "check your ballot"),
          `. If you have not voted, contact ${OFFICE}.`,
        ),
      ),
      el("p", { class: "actions" }, backButton()),
    );
    return;
  }
  const start = armed(
    el(
      "button",
      { type: "button", onclick: () => go({ name: "contest", index: 0 }) },
      "Start voting",
    ),
  );
  render(
    "Your ballot",
    ...intro,
    closed && el("p", { class: "note" }, el("strong", {}, closed)),
    el("p", {}, `Your ballot has ${count(contests.length, "contest")}:`),
    contestList,
    !closed && el("p", {}, "You can review and change everything before you cast your ballot."),
    el("p", { class: "actions" }, !closed && contests.length > 0 && start, backButton()),
  );
}

/** Why nobody can vote now, or null. If the phase isn't known, casting will tell. */
function closedMessage() {
  const { phase, definition = {} } = election ?? {};
  if (phase === "pre-election") {
    const opens = definition.opens_at
      ? ` They are announced to open on ${dateTime(definition.opens_at)}.`
      : "";
    return `The polls are not open yet.${opens}`;
  }
  if (phase && phase !== "open") return "The polls are closed. You can no longer vote.";
  return null;
}

// ---- 3 One contest

function contestStep({ index, change = false }) {
  const { contests } = voter.ballot;
  const contest = contests[index];
  const choice = voter.choices.get(contest.id);
  const next = armed(
    el("button", { type: "submit" }, change ? "Save and return to review" : "Next"),
  );
  const skip = armed(
    el(
      "button",
      { type: "submit", class: "secondary" },
      change ? "Leave blank and return to review" : "Skip this contest",
    ),
  );

  function onVotes(votes) {
    next.hidden = votes === 0;
    skip.hidden = votes > 0;
    warnWhileChoicesExist();
  }

  function submit(event) {
    event.preventDefault();
    if (next.disabled) return;
    const line = repeatedWriteIn(choice);
    if (line >= 0) {
      problems([
        {
          message: "You wrote in the same name twice. Remove one of them.",
          field: writeInId(line),
        },
      ]);
    } else if (change || index + 1 === contests.length) go({ name: "review" });
    else go({ name: "contest", index: index + 1 });
  }

  render(
    text(contest.title),
    el("p", { class: "position" }, `Contest ${index + 1} of ${contests.length}`),
    el(
      "form",
      { novalidate: true, autocomplete: "off", onsubmit: submit },
      contestFields(contest, choice, onVotes),
      el("p", { class: "actions" }, next, skip, !change && backButton()),
    ),
  );
}

// ---- 4 Review

function reviewStep() {
  const change = (index) => go({ name: "contest", index, change: true });
  render(
    "Review your votes",
    el("p", { class: "note" }, el("strong", {}, "Your ballot has not been cast yet.")),
    ...reviewRows(voter.ballot.contests, voter.choices, change),
    el("p", {}, "After you cast your ballot, you cannot change it."),
    el(
      "p",
      { class: "actions" },
      armed(el("button", { type: "button", id: "cast", onclick: cast }, "Cast my ballot")),
    ),
  );
}

// ---- 5 Casting

async function cast() {
  if (sending || finished) return; // a double click is one ballot
  sending = true;
  warnWhileChoicesExist();
  const { id, ballot, choices, home } = voter;
  const status = el("p", { role: "status" }, "Wait for your receipt.");
  render("Casting your ballot", status);
  focusTitle();
  const outcome = await castBallot(
    {
      voterId: id,
      ballotId: newBallotId(),
      content: ballotContent(ballot.contests, choices),
      electionHash: ballot.election_hash,
    },
    {
      regions: election?.regions ?? [],
      home,
      onRetry(attempt) {
        if (attempt === 1) {
          status.className = "note";
          status.replaceChildren(
            el(
              "strong",
              {},
              "We are checking whether your ballot was recorded. Do not start again.",
            ),
          );
        }
        if (attempt === LONG_WAIT_ATTEMPTS) {
          status.after(
            el(
              "p",
              { role: "status" },
              "This takes longer than usual. Keep this page open: it goes on trying by itself.",
            ),
          );
        }
      },
    },
  );
  sending = false;
  const ending = endingOf(outcome);
  if (ending) finish(...ending);
  else refusedStep(outcome);
}

// ---- 6 What became of it

/** Ends the journey: forgets the voter and the choices. */
function finish(title, ...content) {
  finished = true;
  voter = {};
  warnWhileChoicesExist();
  render(title, ...content);
  focusTitle();
}

function refusedStep({ code, errors, detail }) {
  const message =
    code === "polls-not-open"
      ? "Your ballot was not cast: the polls are not open yet. Keep this page open to keep your choices."
      : (eligibilityProblem(code) ??
        `Your ballot was not cast. ${detail ?? `Try again, or contact ${OFFICE}.`}`);
  show({ name: "review" }, { focus: false });
  problems(selectionProblems(errors) ?? [{ message }]);
}

/** The contests that the service refused, each with a way there; null if it named none. */
function selectionProblems(errors) {
  const { contests } = voter.ballot;
  const refused = contests.filter(({ id }) =>
    errors.some(({ field = "" }) => field.replace(/^selections\./, "").replace(/\[.*$/, "") === id),
  );
  if (refused.length === 0) return null;
  return refused.map((contest) => ({
    message: `Your ballot was not cast. Change your choices in: ${text(contest.title)}`,
    onclick: () => go({ name: "contest", index: contests.indexOf(contest), change: true }),
  }));
}

// ---- Start

history.replaceState(current, "");
show(current, { focus: false });
election = await loadElection();
if (!document.title.startsWith("Error")) setTitle(document.getElementById("title").textContent);
request("/visits", { method: "POST" });
