// The fields of one contest: candidates and write-in lines, never more votes than allowed.
// Changes the `choice` it is given and nothing else.

import { bdi, el } from "../shared/elements.js";
import { t, text } from "../shared/messages.js";
import { votesUsed, writeIns } from "./ballot.js";

export function writeInId(line) {
  return `write-in-${line + 1}`;
}

/** The fieldset. Calls `onVotes` with the number of votes used, at once and on each change. */
export function contestFields(contest, choice, onVotes) {
  const allowed = contest.votes_allowed;
  const used = el("p", { id: "used", class: "used", role: "status" });
  const blocked = el("p", { class: "blocked", role: "alert" });

  function update() {
    const votes = votesUsed(choice);
    used.textContent = t("votes-used", { used: votes, allowed });
    onVotes(votes);
  }

  /** Why one more vote isn't possible, right below where it was tried. */
  function explain(wanted, field) {
    const chosen = [
      ...contest.candidates.filter(({ id }) => choice.chosen.has(id)).map(({ name }) => text(name)),
      ...writeIns(choice),
    ];
    field.after(blocked);
    blocked.textContent =
      allowed === 1
        ? t("overvote-one", { wanted, chosen: chosen[0] })
        : t("overvote-many", { wanted, allowed });
  }

  function option(candidate) {
    const input = el("input", { type: "checkbox", id: `option-${candidate.id}` });
    input.checked = choice.chosen.has(candidate.id);
    const label = el(
      "label",
      { class: "option" },
      input,
      el(
        "span",
        {},
        bdi(candidate.name, { class: "name" }),
        candidate.party && " ",
        candidate.party && el("span", { class: "party" }, bdi(candidate.party)),
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
    const name =
      choice.written.length > 1 ? t("write-in-line", { line: line + 1 }) : t("write-in");
    const input = el("input", {
      type: "text",
      id,
      dir: "auto",
      maxlength: "200",
      autocomplete: "off",
      spellcheck: "false",
      "aria-describedby": `${id}-hint`,
    });
    input.value = typed;
    const field = el(
      "div",
      { class: "write-in" },
      el("label", { for: id }, name),
      el("p", { id: `${id}-hint`, class: "hint" }, t("write-in-hint")),
      input,
    );
    input.addEventListener("input", () => {
      blocked.textContent = "";
      const before = choice.written[line];
      choice.written[line] = input.value;
      if (votesUsed(choice) > allowed) {
        choice.written[line] = before;
        input.value = before;
        explain(t("somebody-else"), field);
      }
      update();
    });
    return field;
  }

  const fields = el(
    "fieldset",
    { "aria-labelledby": "title", "aria-describedby": "allowed used" },
    el("p", { id: "allowed", class: "allowed" }, t("votes-allowed", { votes: allowed })),
    used,
    ...contest.candidates.map(option),
    ...choice.written.map(writeInLine),
    blocked,
  );
  update();
  return fields;
}
