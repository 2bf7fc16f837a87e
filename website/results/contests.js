// A contest's section: a bar for each candidate. What is on the page is changed in place, so that bars
// move and nothing that has the focus is lost.

import { candidateName, contestTitle, knownElection } from "../shared/election.js";
import { bdi, el } from "../shared/elements.js";
import { number, t } from "../shared/messages.js";
import { ranked, writeInPercent } from "./counts.js";

const TOP = 10;
const COLOURS = 6;

/** The class of a candidate's colour: of the first in the ballot's order one each, grey for all others. */
export function colour(contest, id) {
  const place = contest.candidates.findIndex((candidate) => candidate.id === id) + 1;
  return place > 0 && place <= COLOURS ? `lead-${place}` : "lead-other";
}

export function percentage(percent) {
  if (percent == null) return "—";
  return number(percent / 100, { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** One term of a list of figures. */
export function fact(name, value) {
  return el("div", {}, el("dt", {}, name), el("dd", {}, value));
}

/** A section and the function that shows counts in it. `whole` is the contest of the whole election. */
export function contestSection(contest, whole) {
  const headingId = `contest-${contest.id}`;
  const rows = new Map();
  let showsAll = false;
  let latest = contest;
  const summary = el("p", { class: "summary" });
  const list = el("ol", { class: "candidates" });
  const more = el("button", {
    type: "button",
    class: "secondary",
    onclick() {
      showsAll = !showsAll;
      show(latest);
    },
  });
  const others = el("dl", { class: "facts small" });
  const allowed = knownElection()?.definition?.contests.find(({ id }) => id === contest.id)?.votes_allowed ?? 1;

  function show(counted) {
    latest = counted;
    summary.textContent = t("contest-ballots", { ballots: counted.ballots_cast });
    if (allowed > 1) summary.append(" ", t("contest-allows", { allowed }));
    const candidates = ranked(counted);
    const visible = showsAll ? candidates : candidates.slice(0, TOP);
    const lines = visible.map((candidate) => {
      const row = rows.get(candidate.id) ?? candidateRow(contest, candidate, colour(whole, candidate.id));
      rows.set(candidate.id, row);
      row.show(candidate.votes, candidate.percent);
      return row.element;
    });
    if (counted.write_ins > 0) {
      const row = rows.get("") ?? shareRow(t("write-ins"), null, "lead-other");
      rows.set("", row);
      row.show(counted.write_ins, writeInPercent(counted));
      lines.push(row.element);
    }
    arrange(list, lines);
    more.hidden = candidates.length <= TOP;
    more.textContent = showsAll ? t("show-fewer", { count: TOP }) : t("show-all", { count: candidates.length });
    more.setAttribute("aria-expanded", String(showsAll));
    others.replaceChildren(
      ...[
        ["votes-not-used", counted.undervotes],
        ["overvotes", counted.overvotes],
      ]
        .filter(([, votes]) => votes > 0)
        .map(([name, votes]) => fact(t(name), number(votes))),
    );
  }

  const heading = el("h2", { id: headingId }, bdi(contestTitle(contest)));
  const element = el("section", { "aria-labelledby": headingId, class: "contest" }, heading, summary, list, more, others);
  return { element, show };
}

function candidateRow(contest, candidate, className) {
  return shareRow(
    bdi(candidateName(contest, candidate)),
    candidate.party && bdi(candidate.party, { class: "party" }),
    className,
  );
}

function shareRow(name, party, className) {
  const percent = el("strong");
  const votes = el("span", { class: "votes" });
  const bar = el("span", { class: `bar ${className}` });
  const element = el(
    "li",
    {},
    el("span", { class: "who" }, el("span", { class: "name" }, name), " ", party),
    " ",
    el("span", { class: "figures" }, percent, " ", votes),
    el("span", { class: "track", "aria-hidden": "true" }, bar),
  );
  return {
    element,
    show(count, share) {
      percent.textContent = percentage(share);
      votes.textContent = t("votes", { votes: count });
      bar.style.inlineSize = `${share ?? 0}%`;
    },
  };
}

/** Puts elements into a place in this order; those that are in order already aren't touched. */
export function arrange(place, elements) {
  const focused = document.activeElement;
  elements.forEach((element, index) => {
    if (place.children[index] !== element) place.insertBefore(element, place.children[index] ?? null);
  });
  while (place.children.length > elements.length) place.lastElementChild.remove();
  // What is moved loses the focus.
  if (focused !== document.activeElement && place.contains(focused)) focused.focus({ preventScroll: true });
}
