// The results page: which view the address asks for, and showing it. Numbers once shown are never blanked;
// a failure only says since when they stand still.

import { apiAddress } from "../shared/config.js";
import { contestTitle, jurisdictionName, knownElection } from "../shared/election.js";
import { bdi, el } from "../shared/elements.js";
import { dateTime, number, t, text } from "../shared/messages.js";
import { setTitle, startPage } from "../shared/page.js";
import { contestSection, fact } from "./contests.js";
import { csv, hasCounts } from "./counts.js";
import { hasMap, jurisdictionMap } from "./map.js";
import { freshness, newest, setPaused, startPolling } from "./poll.js";
import { jurisdictionTable } from "./table.js";

const TURNOUT = ""; // the choice that is no contest

const byId = (id) => document.getElementById(id);
let isReady = false; // the messages are there
let contests = null; // contest id → its section, of the view that is shown
let table = null;
let map = null;
let chosen = null; // the contest that map and table show

// ---- The view

/** The jurisdiction that the address asks for; undefined for the whole election, null if there is none such. */
function asked(results) {
  const id = location.hash.replace(/^#\/?/, "");
  if (id === "") return undefined;
  return results.jurisdictions.find((jurisdiction) => jurisdiction.id === id) ?? null;
}

/** Puts up the view anew: another address, another language. */
function rebuild() {
  isReady = true;
  contests = table = map = null;
  byId("contests").replaceChildren();
  byId("table").replaceChildren();
  byId("map").replaceChildren();
  update();
  apiAddress().then((api) => (byId("json").href = new URL("/votes", api || location.origin)));
}

addEventListener("hashchange", () => {
  if (!isReady) return;
  rebuild();
  scrollTo(0, 0);
  byId("heading").focus({ preventScroll: true });
});

/** Shows the newest results in the view that is there. */
function update() {
  if (!isReady) return;
  const results = newest();
  showFreshness();
  if (!results) return setTitle(t("nav-results"));
  const place = asked(results);
  showHeading(place);
  showBanner(results);
  byId("results").hidden = place === null;
  if (place === null) return;
  showTotals(results, place);
  showContests(results, place);
  showJurisdictions(results, place);
}

function showHeading(place) {
  const heading = place === null ? t("no-such-jurisdiction") : place ? text(jurisdictionName(place)) : t("nav-results");
  byId("back").hidden = place === undefined;
  byId("heading").replaceChildren(place ? bdi(jurisdictionName(place)) : heading);
  setTitle(place ? `${heading} – ${t("nav-results")}` : heading);
}

// ---- Status

function phaseOf({ status, phase }) {
  if (status === "unofficial-partial") return phase === "open" ? "open" : "counting";
  return { "pre-election": "not-open", "unofficial-complete": "complete", certified: "certified" }[status];
}

function showBanner(results) {
  const phase = phaseOf(results);
  const { opens_at, closes_at } = knownElection()?.definition ?? {};
  const lines = [t(`status-${phase}`)];
  if (phase === "not-open") lines.push(...announced("opens-at", opens_at));
  if (phase === "open") lines.push(...announced("closes-at", closes_at));
  lines.push(t(`status-${phase}-means`));
  if (isTurnoutOnly(results)) lines.push(t("turnout-only"));
  const banner = byId("banner");
  banner.dataset.phase = phase;
  const [title, ...means] = lines;
  // Said again only if it changed.
  if (banner.textContent === title + means.join(" ")) return;
  banner.replaceChildren(el("strong", {}, title), el("p", {}, means.join(" ")));
}

/** What is announced and hasn't come: the polls open and close when officials say so. */
function announced(message, instant) {
  if (!instant || new Date(instant) < new Date()) return [];
  const day = { year: "numeric", month: "long", day: "numeric" };
  return [t(message, { time: dateTime(instant, { ...day, hour: "numeric", minute: "2-digit", timeZoneName: "short" }) })];
}

function showFreshness() {
  const { answeredAt, failing, paused } = freshness();
  const stale = byId("stale");
  stale.hidden = paused || !failing;
  const time = answeredAt && dateTime(answeredAt, { timeStyle: "short" });
  const words = stale.hidden ? "" : time ? t("not-updating", { time }) : t("not-loaded");
  if (stale.textContent !== words) stale.textContent = words;
  byId("pause").textContent = t(paused ? "resume" : "pause");
}

byId("pause").addEventListener("click", () => setPaused(!freshness().paused));

// ---- Numbers

function isTurnoutOnly({ contests: all }) {
  return !all.some(hasCounts);
}

function showTotals(results, place) {
  const updated = results.last_updated;
  byId("updated").textContent = updated
    ? t("last-updated", { time: dateTime(updated, { dateStyle: "long", timeStyle: "medium" }) })
    : t("nothing-counted");
  const all = results.jurisdictions;
  const reported = all.filter(({ ballots_cast }) => ballots_cast > 0).length;
  const counted = fact(t("ballots-counted"), number((place ?? results).ballots_cast));
  const reporting = fact(t("jurisdictions-reported"), t("of", { part: reported, whole: all.length }));
  byId("totals").replaceChildren(counted, ...(place || all.length === 1 ? [] : [reporting]));
}

function showContests(results, place) {
  const shown = (place ?? results).contests.filter(hasCounts);
  if (!contests || contests.size !== shown.length) {
    contests = new Map(
      shown.map((contest) => {
        const whole = results.contests.find(({ id }) => id === contest.id);
        return [contest.id, contestSection(contest, whole)];
      }),
    );
    byId("contests").replaceChildren(...[...contests.values()].map(({ element }) => element));
  }
  for (const contest of shown) contests.get(contest.id).show(contest);
}

function showJurisdictions(results, place) {
  const all = results.jurisdictions;
  byId("jurisdictions").hidden = place !== undefined || all.length === 1;
  byId("counts").dataset.map = !byId("jurisdictions").hidden && hasMap(all);
  if (byId("jurisdictions").hidden) return;
  const contest = showChoice(results.contests.filter(hasCounts));
  if (!table) {
    table = jurisdictionTable();
    byId("table").replaceChildren(table.element);
    map = hasMap(all) ? jurisdictionMap() : null;
    byId("map").replaceChildren(...(map ? [map.element] : []));
  }
  table.show(all, contest);
  map?.show(all, contest);
}

/** What the reader chose among the contests and the turnout; the first contest if nothing. */
function showChoice(counted) {
  const select = byId("shown-contest");
  byId("choice").hidden = counted.length === 0;
  const options = [...counted.map((contest) => [contest.id, t("who-leads", { contest: text(contestTitle(contest)) })])];
  options.push([TURNOUT, t("ballots-counted")]);
  if (JSON.stringify(options) !== select.dataset.options) {
    select.dataset.options = JSON.stringify(options);
    select.replaceChildren(...options.map(([value, label]) => el("option", { value }, label)));
  }
  const contest = counted.find(({ id }) => id === (chosen ?? counted[0]?.id)) ?? null;
  select.value = contest?.id ?? TURNOUT;
  return contest;
}

byId("shown-contest").addEventListener("change", ({ target }) => {
  chosen = target.value;
  update();
});

// ---- Data

byId("csv").addEventListener("click", ({ currentTarget }) => {
  const url = URL.createObjectURL(new Blob([csv(newest())], { type: "text/csv" }));
  currentTarget.href = url;
  // The browser has the file by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
});

startPolling(update);
startPage("results", rebuild);
