// The operators' page: asks for the token, then for the overview again and again, and does what is confirmed.

import { knownElection } from "../shared/election.js";
import { el } from "../shared/elements.js";
import { dateTime, t } from "../shared/messages.js";
import { setTitle, showProblems, startPage } from "../shared/page.js";
import { clearBoard, showBoard } from "./board.js";
import { confirmed } from "./confirmation.js";
import { forget, remember } from "./history.js";
import { operate, overview, useToken } from "./operator.js";

const POLL_MS = 2_000;
/** What follows in each phase. */
const STEPS = { "pre-election": "open", open: "close", closed: "certify", certifying: "certify" };

const byId = (id) => document.getElementById(id);
let known = null; // the newest overview
let problem = null; // a message about the token
let outcome = null; // what came of the last operation
let answeredAt = null;
let failing = false;
let busy = false;
let timer = null;

// ---- Signing in

byId("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = byId("token").value.trim();
  byId("token").value = "";
  useToken(token);
  forget();
  await poll();
});

function signOut(message) {
  useToken("");
  clearTimeout(timer);
  known = null;
  problem = message;
  show();
  byId("token").focus();
}

// ---- Asking

async function poll() {
  clearTimeout(timer);
  timer = null;
  const { status, body } = await overview();
  if (status === 401) return signOut("token-wrong");
  failing = status !== 200;
  if (!failing) {
    remember(body);
    known = body;
    problem = null;
    answeredAt = new Date();
  } else if (!known) {
    return signOut("no-answer");
  }
  show();
  if (!document.hidden) timer = setTimeout(poll, POLL_MS);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && known && timer === null) poll();
});

// ---- Acting

async function act(action, name) {
  if (busy || !(await confirmed(action, name))) return;
  const isRegion = action === "fail" || action === "restore";
  const operation = isRegion ? { operation: "region", name, action } : { operation: action };
  busy = true;
  outcome = { id: "working" };
  show();
  const { event, text } = await operate(operation);
  busy = false;
  outcome = { id: event === "done" ? `done-${action}` : event, name, text };
  await poll();
}

// ---- Showing

function show() {
  setTitle(t("operations"));
  showProblems(byId("problems"), problem ? [{ message: t(problem), field: "token" }] : [], { focus: false });
  byId("sign-in").hidden = known !== null;
  byId("board").hidden = known === null;
  showOutcome();
  const stale = byId("stale");
  stale.hidden = !failing || !known;
  stale.textContent = stale.hidden ? "" : t("not-updating", { time: dateTime(answeredAt, { timeStyle: "medium" }) });
  if (!known) return;
  const { phase } = known.status;
  byId("phase").textContent = t(`phase-${phase}`);
  showStep(STEPS[phase]);
  showBoard(known, act);
}

/** A refusal is the server's own words, which are English. */
function showOutcome() {
  const place = byId("outcome");
  if (!outcome) return place.replaceChildren();
  const { id, name, text } = outcome;
  const words = [t(id, { name: name ?? "" }), ...(text ? [" ", el("span", { lang: "en" }, text)] : [])];
  place.classList.toggle("warning", ["refused", "failed", "lost"].includes(id));
  place.replaceChildren(...words);
}

function showStep(action) {
  const place = byId("steps");
  const id = knownElection()?.definition?.id;
  if (!id || place.dataset.action === (action ?? "")) return;
  place.dataset.action = action ?? "";
  const button = () => el("button", { type: "button", onclick: () => act(action, id) }, t(`do-${action}`));
  place.replaceChildren(...(action ? [button()] : []));
}

startPage("ops", () => {
  clearBoard();
  delete byId("steps").dataset.action;
  show();
});
