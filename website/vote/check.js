// Checking a receipt: says what the ballot box has for it. The receipt goes into the one
// request that needs it; never into the page's address, into storage or into a log.

import { requestAnywhere } from "../shared/api.js";
import { el, loadElection, setTitle, showProblems, typingProblem } from "../shared/page.js";
import { OFFICE } from "./outcomes.js";
import { parseReceipt, receiptGroups } from "./receipt.js";

const TITLE = "Check my ballot";

const form = document.getElementById("form");
const field = document.getElementById("receipt");
const fieldProblem = document.getElementById("receipt-problem");
const progress = document.getElementById("progress");
const place = document.getElementById("answer");
let election = null;
let busy = false;

const ANSWERS = {
  recorded: [
    "Your ballot was recorded",
    "The ballot of this receipt is in the ballot box, unchanged.",
    "You need not do anything else.",
  ],
  "another-ballot-recorded": [
    "Another ballot was recorded",
    "For the voter of this receipt a different ballot is in the ballot box. The ballot of this receipt was not counted.",
    `If you cast more than one ballot, check the other receipt. If you cast only this one, contact ${OFFICE} and show the receipt.`,
  ],
  "not-recorded": [
    "Not recorded yet",
    "The ballot box has no ballot for this receipt yet. Recording takes a few seconds as a rule, and some minutes at busy times.",
    `Check again in ten minutes. If it is still not recorded an hour after you cast it, contact ${OFFICE} and show the receipt.`,
  ],
};

function fail(message) {
  fieldProblem.textContent = message;
  fieldProblem.hidden = false;
  field.setAttribute("aria-invalid", "true");
  problems([{ message, field: "receipt" }]);
}

function problems(found) {
  setTitle(TITLE, true);
  showProblems(document.getElementById("problems"), found);
}

function clear() {
  document.getElementById("problems").replaceChildren();
  fieldProblem.hidden = true;
  field.removeAttribute("aria-invalid");
  place.hidden = true;
  setTitle(TITLE);
}

async function check(event) {
  event.preventDefault();
  if (busy) return;
  clear();
  const parsed = parseReceipt(field.value);
  const mistyped = (problem) => fail(typingProblem(problem, "receipt", 36, "your receipt"));
  if (parsed.problem) return mistyped(parsed);

  busy = true;
  progress.textContent = "Checking…";
  const { receipt } = parsed;
  const regions = election?.regions ?? [];
  const answer = await requestAnywhere(
    `/receipts/${receipt}`,
    {},
    { regions, attempts: regions.length + 2 },
  );
  busy = false;
  progress.textContent = "";
  if (answer.code === "receipt-malformed") return mistyped({ problem: "check" });
  const status = answer.status === 404 ? answer.code : answer.body?.status;
  if (!ANSWERS[status]) {
    problems([
      {
        message:
          "We could not check your receipt just now. This says nothing about your ballot. Try again in a minute.",
      },
    ]);
    return;
  }
  show(ANSWERS[status], receipt);
}

function show([title, meaning, whatToDo], receipt) {
  const heading = el("h2", { id: "answer-title", tabindex: "-1" }, title);
  place.replaceChildren(
    heading,
    el("p", {}, meaning),
    el("p", {}, whatToDo),
    el(
      "p",
      {},
      "Receipt checked: ",
      el("span", { class: "code" }, receiptGroups(receipt).join(" ")),
    ),
  );
  place.hidden = false;
  setTitle(`${title} – ${TITLE}`);
  heading.focus();
}

form.addEventListener("submit", check);
form.hidden = false;
// The field has two lines because a receipt doesn't fit one on a phone.
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit();
});
election = await loadElection();
if (!document.title.startsWith("Error") && place.hidden) setTitle(TITLE);
