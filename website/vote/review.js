// The review of all choices before the ballot is cast. Changes nothing.

import { votesUsed, writeIns } from "./ballot.js";
import { el, text } from "../shared/page.js";

/** One section for each contest, with a button that calls `change(index)`. */
export function reviewRows(contests, choices, change) {
  return contests.map((contest, index) => {
    const title = text(contest.title);
    const id = `reviewed-${index}`;
    const onclick = () => change(index);
    return el(
      "section",
      { class: "reviewed", "aria-labelledby": id },
      el("h2", { id }, title),
      ...chosen(contest, choices.get(contest.id)),
      el(
        "p",
        {},
        el(
          "button",
          { type: "button", class: "secondary", "aria-label": `Change ${title}`, onclick },
          "Change",
        ),
      ),
    );
  });
}

function chosen(contest, choice) {
  const votes = votesUsed(choice);
  if (votes === 0) return [el("p", {}, "You made no choice in this contest.")];
  const allowed = contest.votes_allowed;
  const candidates = contest.candidates.filter(({ id }) => choice.chosen.has(id));
  return [
    el(
      "ul",
      {},
      ...candidates.map(({ name, party }) => line(text(name), text(party) && `, ${text(party)}`)),
      ...writeIns(choice).map((name) => line(name, " (write-in)")),
    ),
    votes < allowed && el("p", {}, `You used ${votes} of ${allowed} votes.`),
  ];
}

function line(name, note) {
  return el("li", {}, el("strong", {}, name), note);
}
