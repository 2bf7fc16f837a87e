// The review of all choices before the ballot is cast. Changes nothing.

import { bdi, el } from "../shared/elements.js";
import { t, text } from "../shared/messages.js";
import { votesUsed, writeIns } from "./ballot.js";

/** One section for each contest, with a button that calls `change(index)`. */
export function reviewRows(contests, choices, change) {
  return contests.map((contest, index) => {
    const id = `reviewed-${index}`;
    return el(
      "section",
      { class: "reviewed", "aria-labelledby": id },
      el("div", {}, el("h2", { id }, bdi(contest.title)), ...chosen(contest, choices.get(contest.id))),
      el(
        "button",
        {
          type: "button",
          class: "secondary",
          id: `change-${index}`,
          "aria-label": t("change-contest", { contest: text(contest.title) }),
          onclick: () => change(index),
        },
        t("change"),
      ),
    );
  });
}

function chosen(contest, choice) {
  const used = votesUsed(choice);
  if (used === 0) return [el("p", {}, t("no-choice"))];
  const allowed = contest.votes_allowed;
  const candidates = contest.candidates.filter(({ id }) => choice.chosen.has(id));
  return [
    el(
      "ul",
      {},
      ...candidates.map(({ name, party }) => line(name, party && [", ", bdi(party)])),
      ...writeIns(choice).map((name) => line(name, [" ", t("written-in")])),
    ),
    used < allowed && el("p", {}, t("votes-left", { used, allowed })),
  ];
}

function line(name, note) {
  return el("li", {}, el("strong", {}, bdi(name)), ...(note || []));
}
