// Checking a receipt: says what the ballot box has for it. The receipt goes into the one
// request that needs it; never into the page's address, into storage or into a log.

import { requestAnywhere } from "../shared/api.js";
import { knownElection, loadElection } from "../shared/election.js";
import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";
import { setTitle, showProblems, startPage } from "../shared/page.js";
import { keepingFocus } from "./focus.js";
import { parseReceipt, receiptGroups } from "./receipt.js";

// The receipt's QR code carries it after `#`; it leaves the address before any request.
let typed = takeReceiptFromAddress();
let problem = null; // {id, args?, field?}
let checking = false;
let answer = null; // {id, receipt}

function takeReceiptFromAddress() {
  const { hash, pathname, search } = location;
  if (hash === "") return "";
  history.replaceState(null, "", pathname + search);
  return /^#[\w-]{1,60}$/.test(hash) && hash !== "#main" ? hash.slice(1).replaceAll("-", " ") : "";
}

async function check(event) {
  event.preventDefault();
  if (checking) return;
  answer = null;
  const parsed = parseReceipt(typed);
  if (parsed.problem) {
    fail({ id: `receipt-${parsed.problem}`, args: { length: parsed.length }, field: "receipt" });
    return;
  }
  problem = null;
  checking = true;
  show();
  const { receipt } = parsed;
  const regions = knownElection()?.regions ?? [];
  const [given] = await Promise.all([
    requestAnywhere(`/receipts/${receipt}`, {}, { regions, attempts: regions.length + 2 }),
    loadElection(),
  ]);
  checking = false;
  if (given.code === "receipt-malformed") return fail({ id: "receipt-check", field: "receipt" });
  const id = answerOf(given);
  if (!id) return fail({ id: "check-later-again" });
  answer = { id, receipt };
  show();
  document.getElementById("answer").focus();
}

/** The message for what the service answered, or undefined if that says nothing about the ballot. */
function answerOf({ status, code, body }) {
  if (status === 404 && code === "not-recorded") {
    const over = ["certifying", "certified"].includes(knownElection()?.phase);
    return over ? "not-recorded" : "not-yet";
  }
  return { recorded: "recorded", "another-ballot-recorded": "another" }[body?.status];
}

function fail(found) {
  problem = found;
  show();
  document.querySelector(".problems").focus();
}

function show() {
  const words = problem && t(problem.id, problem.args);
  document
    .getElementById("step")
    .replaceChildren(
      el("h1", {}, t("check-my-ballot")),
      el("p", {}, t("check-about")),
      form(problem?.field && words),
      ...(answer ? [answerSection()] : []),
    );
  showProblems(
    document.getElementById("problems"),
    problem ? [{ message: words, field: problem.field }] : [],
    { focus: false },
  );
  setTitle(answer ? t(answer.id) : t("check-my-ballot"), problem !== null);
}

function form(fieldProblem) {
  const field = el("textarea", {
    id: "receipt",
    class: "code",
    rows: "2",
    maxlength: "120",
    autocapitalize: "characters",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "receipt-problem receipt-hint",
    "aria-invalid": fieldProblem ? "true" : null,
    oninput: () => (typed = field.value),
    // The field has two lines because a receipt doesn't fit one on a phone.
    onkeydown(event) {
      if (event.key !== "Enter") return;
      event.preventDefault();
      if (!event.repeat) field.form.requestSubmit();
    },
  });
  field.value = typed;
  return el(
    "form",
    { novalidate: true, autocomplete: "off", onsubmit: check },
    el("label", { for: "receipt" }, t("receipt")),
    el("p", { class: "hint", id: "receipt-hint" }, t("receipt-hint")),
    el("p", { class: "field-problem", id: "receipt-problem", hidden: !fieldProblem }, fieldProblem ?? ""),
    field,
    el("p", { class: "actions" }, el("button", { type: "submit", id: "check" }, t("check"))),
    el("p", { role: "status" }, checking ? t("checking-receipt") : ""),
  );
}

function answerSection() {
  return el(
    "section",
    { class: "note answer", "aria-labelledby": "answer" },
    el("h2", { id: "answer", tabindex: "-1" }, t(answer.id)),
    el("p", {}, t(`${answer.id}-text`)),
    el("p", {}, el("strong", {}, t(`${answer.id}-what-to-do`))),
    el(
      "p",
      {},
      t("receipt-checked"),
      " ",
      el("span", { class: "code" }, receiptGroups(answer.receipt).join(" ")),
    ),
  );
}

startPage("vote", () => keepingFocus(show));
