// The results page: asks for the results again and again and shows what comes. Numbers once
// shown are never blanked; a failure only says since when they stand still.

import { pauseMs, regionPrefix, regionsAfter, request, settles } from "../shared/api.js";
import { count, el, loadElection, setTitle, text } from "../shared/page.js";

const POLL_MS = 2_000;
const TOP = 10;

const byId = (id) => document.getElementById(id);
const contestParts = new Map(); // contest id → the parts of its section that change
let election = null;
let shown = null; // the results on the page
let etag = null;
let failures = 0;
let updatedAt = null; // when the service last answered
let paused = false;
let timer = null;

// ---- Asking

async function poll() {
  const regions = regionsAfter(election?.regions ?? [], null);
  // Each failure turns to another region, which has a tag of its own.
  const region = failures > 0 ? regions[(failures - 1) % regions.length] : undefined;
  const answer = await request(`${region ? regionPrefix(region) : ""}/votes`, { etag });
  if (paused) return;
  if (settles(answer) && answer.status < 400) {
    failures = 0;
    updatedAt = new Date();
    if (answer.status === 200) {
      etag = answer.etag;
      if (!isOlder(answer.body)) show(answer.body);
    }
    schedule(POLL_MS * (0.75 + Math.random() / 2));
  } else {
    failures += 1;
    etag = null;
    schedule(POLL_MS + pauseMs(failures, answer.retryAfterMs));
  }
  showFreshness();
}

/** Another region may be behind the one that answered before. */
function isOlder(results) {
  return shown !== null && results.status === shown.status && results.seq < shown.seq;
}

function schedule(ms) {
  clearTimeout(timer);
  // Nobody looks at a hidden page.
  timer = paused || document.hidden ? null : setTimeout(poll, ms);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && timer === null) schedule(0);
});

byId("pause").addEventListener("click", () => {
  paused = !paused;
  byId("pause").textContent = paused ? "Resume updates" : "Pause updates";
  schedule(0);
  showFreshness();
});

// ---- Showing

function show(results) {
  shown = results;
  setText("status", statusText(results));
  byId("results").hidden = false;
  byId("updated").textContent = `Last updated ${moment(results.last_updated)}.`;
  const reported = results.jurisdictions.filter(
    (jurisdiction) => jurisdiction.ballots_cast > 0,
  ).length;
  byId("totals").replaceChildren(
    ...fact("Ballots counted", number(results.ballots_cast)),
    ...fact("Jurisdictions reported", `${reported} of ${results.jurisdictions.length}`),
  );
  results.contests.forEach(showContest);
  showJurisdictions();
}

function showFreshness() {
  const stale = byId("stale");
  stale.hidden = paused || failures === 0;
  if (updatedAt && !stale.hidden)
    setText("stale", `Not updating since ${clock(updatedAt)}. We keep trying.`);
  if (!updatedAt) setText("status", "The results could not be loaded yet. We keep trying.");
  stale.hidden ||= !updatedAt;
}

function statusText({ status, phase }) {
  const countsShown = "Counts are unofficial and not complete.";
  if (status === "certified") return "Certified. These are the final results.";
  if (status === "pre-election") return "The polls are not open yet.";
  if (status === "unofficial-complete") {
    return "The polls are closed and all ballots are counted. Unofficial until they are certified.";
  }
  return phase === "open"
    ? `The polls are open. ${countsShown}`
    : `The polls are closed. Ballots are being counted. ${countsShown}`;
}

/** Whether the service gives counts of candidates; before the close it may hold them back. */
function hasCounts(contest) {
  return contest.candidates.some(({ votes }) => typeof votes === "number");
}

function ranked(contest) {
  return [...contest.candidates].sort((a, b) => b.votes - a.votes);
}

function showContest(contest) {
  let parts = contestParts.get(contest.id);
  if (!parts) {
    parts = newContestParts(contest);
    contestParts.set(contest.id, parts);
    byId("contests").append(parts.section);
  }
  parts.summary.textContent = `${count(contest.ballots_cast, "ballot")} counted.`;
  if (!hasCounts(contest)) {
    parts.summary.textContent += " Votes for each candidate are published after the polls close.";
    return;
  }
  const candidates = ranked(contest);
  const visible = parts.all ? candidates : candidates.slice(0, TOP);
  parts.list.replaceChildren(...visible.map(candidateRow));
  parts.more.hidden = candidates.length <= TOP;
  parts.more.textContent = parts.all
    ? `Show the first ${TOP} only`
    : `Show all ${candidates.length}`;
  parts.more.setAttribute("aria-expanded", String(parts.all));
  const others = [
    ["Write-ins", contest.write_ins],
    ["Votes not used", contest.undervotes],
    ["Ballots with too many votes", contest.overvotes],
  ].filter(([, votes]) => votes > 0);
  parts.others.replaceChildren(...others.flatMap(([name, votes]) => fact(name, number(votes))));
}

function newContestParts(contest) {
  const headingId = `contest-${contest.id}`;
  const parts = {
    all: false,
    summary: el("p", {}),
    list: el("ol", { class: "candidates" }),
    more: el("button", {
      type: "button",
      class: "secondary",
      hidden: true,
      onclick() {
        parts.all = !parts.all;
        showContest(shown.contests.find(({ id }) => id === contest.id));
      },
    }),
    others: el("dl", { class: "totals" }),
  };
  parts.section = el(
    "section",
    { "aria-labelledby": headingId },
    el("h2", { id: headingId }, text(contest.title)),
    parts.summary,
    parts.list,
    parts.more,
    parts.others,
  );
  return parts;
}

function candidateRow({ name, party, votes, percent }) {
  const bar = el("span", { class: "bar" });
  bar.style.width = `${percent ?? 0}%`;
  return el(
    "li",
    {},
    el("span", { class: "name" }, text(name), " "),
    party ? el("span", { class: "party" }, text(party), " ") : null,
    el(
      "span",
      { class: "figures" },
      el("strong", {}, percentage(percent)),
      ` ${count(votes, "vote")}`,
    ),
    el("span", { class: "track", "aria-hidden": "true" }, bar),
  );
}

// ---- Jurisdictions

function showJurisdictions() {
  const counted = shown.contests.filter(hasCounts);
  const select = byId("leading-contest");
  if (select.options.length !== counted.length) {
    select.replaceChildren(
      ...counted.map(({ id, title }) => el("option", { value: id }, text(title))),
    );
  }
  byId("leading-for").hidden = counted.length < 2;
  byId("leading-head").hidden = counted.length === 0;
  byId("jurisdiction-rows").replaceChildren(
    ...shown.jurisdictions.map((jurisdiction) =>
      el(
        "tr",
        { role: "row" },
        el("th", { scope: "row", role: "rowheader" }, text(jurisdiction.name)),
        el("td", { class: "number", role: "cell" }, number(jurisdiction.ballots_cast)),
        counted.length > 0 &&
          el("td", { class: "leading", role: "cell" }, leading(jurisdiction, select.value)),
      ),
    ),
  );
}

function leading({ contests }, contestId) {
  const contest = contests.find(({ id }) => id === contestId);
  if (!contest || !hasCounts(contest)) return "—";
  const [first, second] = ranked(contest);
  if (!first.votes) return "—";
  if (second?.votes === first.votes) return "Tie";
  return `${text(first.name)} ${percentage(first.percent)}`;
}

byId("leading-contest").addEventListener("change", showJurisdictions);

// ---- Words and numbers

/** Sets only what changed, so that a screen reader isn't told the same again. */
function setText(id, value) {
  if (byId(id).textContent !== value) byId(id).textContent = value;
}

function fact(name, value) {
  return [el("div", {}, el("dt", {}, name), el("dd", {}, value))];
}

function number(value) {
  return value.toLocaleString("en-US");
}

function percentage(percent) {
  return percent == null ? "—" : `${percent.toFixed(2)}%`;
}

function clock(date, seconds) {
  return date
    .toLocaleTimeString("en-US", { hour: "numeric", minute: "2-digit", second: seconds })
    .replace(/\s?([AP]M)$/, (_, half) => `\u00a0${half.toLowerCase()}`);
}

function moment(instant) {
  const date = new Date(instant);
  const day = date.toLocaleDateString("en-US", { month: "long", day: "numeric", year: "numeric" });
  return `${clock(date, "2-digit")}, ${day}`;
}

poll();
election = await loadElection();
setTitle("Results");
