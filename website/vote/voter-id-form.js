// The form that asks for the voter ID. What is mistyped is told before anything is sent.

import { el, typingProblem } from "../shared/page.js";
import { parseVoterId } from "./voter-id.js";

/** `lookUp(voterId, typed)` answers null when the journey went on, or `{field, other}`: what
 *  is wrong with the voter ID or, if that is null, what else went wrong. */
export function voterIdForm({ typed, lookUp, onProblem }) {
  const field = el("input", {
    id: "voter-id",
    class: "code",
    type: "text",
    maxlength: "60",
    autocapitalize: "characters",
    autocomplete: "off",
    spellcheck: "false",
    "aria-describedby": "voter-id-problem voter-id-hint",
  });
  field.value = typed ?? "";
  const fieldProblem = el("p", { id: "voter-id-problem", class: "field-problem", hidden: true });
  const progress = el("p", { role: "status" });
  let busy = false;

  function markField(message) {
    fieldProblem.textContent = message ?? "";
    fieldProblem.hidden = !message;
    if (message) field.setAttribute("aria-invalid", "true");
    else field.removeAttribute("aria-invalid");
  }

  function fail(message) {
    markField(message);
    onProblem({ message, field: "voter-id" });
  }

  async function submit(event) {
    event.preventDefault();
    if (busy) return;
    const entered = field.value;
    const parsed = parseVoterId(entered);
    if (parsed.problem) {
      fail(typingProblem(parsed, "voter ID", 15, "your letter"));
      return;
    }
    busy = true;
    markField(null);
    progress.textContent = "Looking up your ballot…";
    const wrong = await lookUp(parsed.voterId, entered);
    busy = false;
    progress.textContent = "";
    if (wrong?.field) fail(wrong.field);
    else if (wrong) onProblem({ message: wrong.other });
  }

  return el(
    "form",
    { novalidate: true, autocomplete: "off", onsubmit: submit },
    el("label", { for: "voter-id" }, "Voter ID"),
    el(
      "p",
      { id: "voter-id-hint", class: "hint" },
      "It is on the letter we mailed you, for example K7RM2-9XQ4T-0WZ34. ",
      "Capital letters, spaces and hyphens do not matter.",
    ),
    fieldProblem,
    field,
    el("p", {}, el("button", { type: "submit" }, "Continue")),
    progress,
  );
}
