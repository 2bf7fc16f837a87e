// The form that asks for the voter ID. What is mistyped is told before anything is sent.

import { el } from "../shared/elements.js";
import { t } from "../shared/messages.js";
import { parseVoterId } from "./voter-id.js";

/** `problem` is what is wrong with the field, in words, if anything. `lookUp(voterId)` may be slow;
 *  `onTyped(typed)` hears of each change, `onProblem(problem)` of what is mistyped. */
export function voterIdForm({ typed, problem, lookUp, onTyped, onProblem }) {
  const field = el("input", {
    id: "voter-id",
    class: "code",
    type: "text",
    maxlength: "60",
    autocapitalize: "characters",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "voter-id-problem voter-id-hint",
    "aria-invalid": problem ? "true" : null,
    oninput: () => onTyped(field.value),
  });
  field.value = typed;
  const progress = el("p", { role: "status" });
  let busy = false;

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    const parsed = parseVoterId(field.value);
    if (parsed.problem) {
      onProblem({ id: `voter-id-${parsed.problem}`, args: { length: parsed.length }, field: "voter-id" });
      return;
    }
    busy = true;
    progress.textContent = t("looking-up");
    await lookUp(parsed.voterId);
    busy = false;
    progress.textContent = "";
  }

  return el(
    "form",
    { novalidate: true, autocomplete: "off", onsubmit: submit },
    el("label", { for: "voter-id" }, t("voter-id")),
    el("p", { id: "voter-id-hint", class: "hint" }, t("voter-id-hint")),
    el("p", { id: "voter-id-problem", class: "field-problem", hidden: !problem }, problem ?? ""),
    field,
    el("p", { class: "actions" }, el("button", { type: "submit", id: "continue" }, t("continue"))),
    progress,
  );
}
