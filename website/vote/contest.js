// The fields of one contest: candidates and write-in lines, never more votes than allowed.
// Changes the `choice` it is given and nothing else.

import { votesUsed, writeIns } from "./ballot.js";
import { el, text } from "../shared/page.js";

export function writeInId(line) {
  return `write-in-${line + 1}`;
}

/** The fieldset. Calls `onVotes` with the number of votes used, at once and on each change. */
export function contestFields(contest, choice, onVotes) {
  const allowed = contest.votes_allowed;
  const used = el("p", { id: "used", role: "status" });
  const blocked = el("p", { class: "blocked", role: "alert" });

  function update() {
    const votes = votesUsed(choice);
    used.textContent = `You have used ${votes} of ${allowed} votes.`;
    onVotes(votes);
  }

  /** Why one more vote isn't possible, right below where it was tried. */
  function explain(wanted, field) {
    const names = [
      ...contest.candidates.filter(({ id }) => choice.chosen.has(id)).map(({ name }) => text(name)),
      ...writeIns(choice),
    ];
    const spent = allowed === 1 ? "your vote" : `all ${allowed} votes`;
    const remove = names.length === 1 ? `your vote for ${names[0]}` : "one of your other votes";
    field.after(blocked);
    blocked.textContent = `You have already used ${spent}. To vote for ${wanted}, first remove ${remove}.`;
  }

  function option(candidate) {
    const input = el("input", { type: "checkbox", id: `option-${candidate.id}` });
    input.checked = choice.chosen.has(candidate.id);
    const party = text(candidate.party);
    const label = el(
      "label",
      { class: "option" },
      input,
      el(
        "span",
        {},
        el("span", { class: "name" }, text(candidate.name)),
        party && " ",
        party && el("span", { class: "party" }, party),
      ),
    );
    input.addEventListener("change", () => {
      blocked.textContent = "";
      if (!input.checked) choice.chosen.delete(candidate.id);
      else if (votesUsed(choice) < allowed) choice.chosen.add(candidate.id);
      else {
        input.checked = false;
        explain(text(candidate.name), label);
      }
      update();
    });
    return label;
  }

  function writeInLine(typed, line) {
    const id = writeInId(line);
    const name = choice.written.length > 1 ? `Write-in ${line + 1}` : "Write-in";
    const input = el("input", {
      type: "text",
      id,
      maxlength: "200",
      autocomplete: "off",
      spellcheck: "false",
    });
    input.value = typed;
    const field = el(
      "div",
      { class: "write-in" },
      el("label", { for: id }, `${name} (optional)`),
      input,
    );
    input.addEventListener("input", () => {
      blocked.textContent = "";
      const before = choice.written[line];
      choice.written[line] = input.value;
      if (votesUsed(choice) > allowed) {
        choice.written[line] = before;
        input.value = before;
        explain("somebody else", field);
      }
      update();
    });
    return field;
  }

  const fields = el(
    "fieldset",
    { "aria-labelledby": "title", "aria-describedby": "allowed used" },
    el("p", { id: "allowed" }, allowed === 1 ? "Vote for one." : `Vote for up to ${allowed}.`),
    used,
    ...contest.candidates.map(option),
    ...choice.written.map(writeInLine),
    blocked,
  );
  update();
  return fields;
}
